#include "engine/notify/notify_delivery.h"

#include "assay/json.h"
#include "assay/value.h"
#include "engine/api/resource.h"
#include "engine/life/states.h"
#include "engine/pipelines/pipeline_life.h"
#include "launcher/sha256_text.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>

/* A receiver takes a note and answers; what it does about it is to happen after that. */
enum { WEBHOOK_SECONDS = 10, COMMAND_US = 60 * 1000 * 1000, LINE_TEXT = 160, ANSWER_MAX = 4096 };

static const char *kind_name(enum notice_kind kind)
{
    switch (kind) {
    case NOTICE_JOB:
        return "job";
    case NOTICE_PIPELINE:
        return "pipeline";
    case NOTICE_TRIAL:
        break;
    }
    return "trial";
}

static const char *state_name(enum notice_kind kind, int state)
{
    switch (kind) {
    case NOTICE_JOB:
        return job_state_name(state);
    case NOTICE_PIPELINE:
        return pipeline_state_name(state);
    case NOTICE_TRIAL:
        break;
    }
    return trial_state_name(state);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_string(w, text);
}

static void write_id(struct json_writer *w, const char *key, int64_t id)
{
    char text[ASSAY_NUMBER_TEXT];

    write_text(w, key, assay_integer_text(id, text));
}

/* The name of the resource; a trial's is its job's, with its number behind. */
static void write_resource(struct json_writer *w, const struct notice_row *notice)
{
    char name[1024];
    bool is_trial = notice->kind == NOTICE_TRIAL;
    int64_t id = is_trial ? notice->resource / STORE_TRIALS_MAX : notice->resource;
    int64_t number = is_trial ? notice->resource % STORE_TRIALS_MAX : 0;
    size_t used =
        (size_t)snprintf(name, sizeof name, "%s/%s/%" PRId64, notice->parent,
                         notice->kind == NOTICE_PIPELINE ? "trainingPipelines"
                                                         : resource_collection(notice->job_kind),
                         id);

    if (is_trial && used < sizeof name)
        (void)snprintf(name + used, sizeof name - used, "/trials/%" PRId64, number);
    write_text(w, "resource", name);
    write_id(w, "id", id);
    if (is_trial)
        write_id(w, "trial", number);
}

static void write_error(struct json_writer *w, const struct notice_row *notice)
{
    if (notice->error_code == 0 && !notice->error_message[0])
        return;
    json_key(w, "error");
    json_begin_object(w);
    json_key(w, "code");
    json_int(w, notice->error_code);
    write_text(w, "message", notice->error_message);
    json_end_object(w);
}

static void write_payload(struct json_writer *w, const struct notice_row *notice)
{
    char time[ASSAY_TIME_TEXT];

    json_begin_object(w);
    write_id(w, "notice", notice->id);
    write_text(w, "kind", kind_name(notice->kind));
    write_resource(w, notice);
    write_text(w, "displayName", notice->display_name);
    write_text(w, "state", state_name(notice->kind, notice->state));
    if (notice->old_state)
        write_text(w, "oldState", state_name(notice->kind, notice->old_state));
    write_text(w, "time", assay_time_text(notice->time_us, time));
    write_error(w, notice);
    json_end_object(w);
}

char *notify_payload(const struct notice_row *notice)
{
    struct json_writer w;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool is_whole = false;

    if (!out)
        return NULL;
    json_writer_init(&w, out, 0);
    write_payload(&w, notice);
    is_whole = json_writer_finish(&w);
    (void)fputc('\n', out);
    if (fclose(out) == 0 && is_whole)
        return text;
    free(text);
    return NULL;
}

char *notify_signature(const char *secret, const char *body, char text[NOTIFY_SIGNATURE_TEXT])
{
    struct hmac_sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    size_t used = (size_t)snprintf(text, NOTIFY_SIGNATURE_TEXT, "sha256=");

    hmac_sha256_set_key(&context, strlen(secret), (const uint8_t *)secret);
    hmac_sha256_update(&context, strlen(body), (const uint8_t *)body);
    hmac_sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        used += (size_t)snprintf(text + used, NOTIFY_SIGNATURE_TEXT - used, "%02x", digest[i]);
    return text;
}

static enum notify_outcome run_command(const struct notify_hook *hook, const char *payload,
                                       const struct assay_env *env,
                                       struct subprocess_cancel *cancel, struct assay_error *err)
{
    const char **argv = calloc(hook->command_count + 1, sizeof *argv);
    struct subprocess_result result = { 0 };
    struct subprocess_spec spec = {
        .env = env, .argv = argv, .input = payload, .timeout_us = COMMAND_US, .cancel = cancel
    };
    char line[LINE_TEXT] = "";
    bool is_run = false;

    if (!argv) {
        (void)assay_fail_memory(err);
        return NOTIFY_AGAIN;
    }
    for (size_t i = 0; i < hook->command_count; i++)
        argv[i] = hook->command[i];
    is_run = subprocess_run(&spec, &result, err);
    if (is_run && result.status != 0)
        (void)assay_fail(err, ASSAY_UNKNOWN, NULL, "status %d%s%s", result.status,
                         result.errors_size ? ": " : "",
                         subprocess_last_line(result.errors, line, sizeof line));
    is_run = is_run && result.status == 0;
    subprocess_result_clear(&result);
    free(argv);
    return is_run ? NOTIFY_DONE : NOTIFY_AGAIN;
}

/* What is answered is of no interest. */
static size_t drop_bytes(char *bytes, size_t one, size_t size, void *context)
{
    size_t *total = context;

    (void)bytes;
    (void)one; /* always 1 */
    *total += size;
    return *total > ANSWER_MAX ? 0 : size;
}

/* Asked about once a second, also where nothing comes; other than 0 ends the call. */
static int is_given_up(void *context, curl_off_t total, curl_off_t now, curl_off_t upload_total,
                       curl_off_t upload_now)
{
    const struct subprocess_cancel *cancel = context;

    (void)total;
    (void)now;
    (void)upload_total;
    (void)upload_now;
    return cancel && subprocess_cancel_is_set(cancel);
}

static bool add_header(struct curl_slist **headers, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*headers, text);

    if (longer)
        *headers = longer;
    return longer != NULL;
}

static bool make_headers(const struct notify_hook *hook, const struct notice_row *notice,
                         const char *payload, struct curl_slist **headers)
{
    char signature[NOTIFY_SIGNATURE_TEXT];
    char text[128];
    bool is_ok = add_header(headers, "Content-Type: application/json; charset=UTF-8") &&
                 add_header(headers, "Expect:");

    (void)snprintf(text, sizeof text, "X-Assay-Notice: %" PRId64, notice->id);
    is_ok = is_ok && add_header(headers, text);
    if (!hook->secret)
        return is_ok;
    (void)snprintf(text, sizeof text, "X-Assay-Signature: %s",
                   notify_signature(hook->secret, payload, signature));
    return is_ok && add_header(headers, text);
}

/* A receiver that understands and does not want it will not want it later either. */
static enum notify_outcome judge(CURLcode code, long status, struct assay_error *err)
{
    bool is_answered = code == CURLE_OK || code == CURLE_WRITE_ERROR; /* ours: it said too much */

    if (!is_answered) {
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s", curl_easy_strerror(code));
        return NOTIFY_AGAIN;
    }
    if (status >= 200 && status < 300)
        return NOTIFY_DONE;
    (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "HTTP status %ld", status);
    return status >= 500 || status == 408 || status == 425 || status == 429 ? NOTIFY_AGAIN
                                                                            : NOTIFY_REFUSED;
}

static enum notify_outcome call_webhook(const struct notify_hook *hook,
                                        const struct notice_row *notice, const char *payload,
                                        struct subprocess_cancel *cancel, struct assay_error *err)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    enum notify_outcome outcome = NOTIFY_AGAIN;
    size_t answered = 0;
    long status = 0;
    CURLcode code = CURLE_OK;

    if (!curl || !make_headers(hook, notice, payload, &headers)) {
        (void)assay_fail_memory(err);
        goto out;
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, hook->webhook);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)WEBHOOK_SECONDS);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, payload);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "assay");
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answered);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_given_up);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, cancel);
    code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    outcome = judge(code, status, err);
out:
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return outcome;
}

enum notify_outcome notify_deliver(const struct notify_hook *hook, const struct notice_row *notice,
                                   const struct assay_env *env, struct subprocess_cancel *cancel,
                                   struct assay_error *err)
{
    char *payload = notify_payload(notice);
    enum notify_outcome outcome = NOTIFY_AGAIN;

    if (!payload)
        (void)assay_fail_memory(err);
    else if (hook->webhook)
        outcome = call_webhook(hook, notice, payload, cancel, err);
    else
        outcome = run_command(hook, payload, env, cancel, err);
    free(payload);
    return outcome;
}
