#include "engine/api/api.h"

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/fault_json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX_SIZE = 64 };

/* {job} and {trial} stand for one segment each, up to a slash or a colon. */
static const struct {
    const char *method;
    const char *path;
    api_handler handler;
} routes[] = {
    { "GET", "/assay/v1/jobs", api_list_jobs },
    { "POST", "/assay/v1/jobs", api_submit_job },
    { "POST", "/assay/v1/jobs:check", api_check_job },
    { "POST", "/assay/v1:pause", api_pause },
    { "GET", "/assay/v1/jobs/{job}", api_get_job },
    { "DELETE", "/assay/v1/jobs/{job}", api_delete_job },
    { "POST", "/assay/v1/jobs/{job}:cancel", api_cancel_job },
    { "POST", "/assay/v1/jobs/{job}:resume", api_resume_job },
    { "GET", "/assay/v1/jobs/{job}/resource", api_get_resource },
    { "GET", "/assay/v1/jobs/{job}/trials", api_list_trials },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}", api_get_trial },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}/logs", api_get_logs },
    { "GET", "/assay/v1/jobs/{job}/trials/{trial}:explain", api_explain_trial },
    { "GET", "/assay/v1/jobs/{job}:replay", api_replay_job },
    { "GET", "/assay/v1/jobs/{job}/optimalTrials", api_list_optimal_trials },
};

/* The words of the path behind {job} and {trial}. */
struct path_words {
    char job[WORD_MAX_SIZE];
    char trial[WORD_MAX_SIZE];
};

static bool match_path(const char *pattern, const char *path, struct path_words *words)
{
    *words = (struct path_words){ 0 };
    while (*pattern) {
        size_t size = 0;
        char *word = NULL;

        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        word = pattern[1] == 'j' ? words->job : words->trial;
        pattern = strchr(pattern, '}') + 1;
        size = strcspn(path, "/:");
        if (size == 0 || size >= WORD_MAX_SIZE)
            return false;
        memcpy(word, path, size);
        word[size] = '\0';
        path += size;
    }
    return *path == '\0';
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* One percent-encoded value up to '&' or the end. */
static void decode_value(const char *from, char *value, size_t size)
{
    size_t used = 0;

    for (; *from && *from != '&' && used + 1 < size; from++) {
        if (*from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            value[used++] = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
            from += 2;
        } else {
            value[used++] = *from == '+' ? ' ' : *from;
        }
    }
    value[used] = '\0';
}

bool api_query(const struct api_call *call, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    const char *at = call->request->query;

    while (at && *at) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            decode_value(at + length + 1, value, size);
            return true;
        }
        at = strchr(at, '&');
        at = at ? at + 1 : NULL;
    }
    return false;
}

bool api_query_integer(const struct api_call *call, const char *name, int64_t fallback,
                       int64_t *value, struct assay_error *err)
{
    char text[32];

    *value = fallback;
    if (!api_query(call, name, text, sizeof text))
        return true;
    return (assay_integer_parse(text, value) && *value >= 0) ||
           assay_fail(err, ASSAY_INVALID, name, "\"%s\" is no number from 0 on", text);
}

bool api_find_job(const struct api_call *call, int64_t *job, struct assay_error *err)
{
    const char *word = strcmp(call->job_word, "last") == 0 ? "" : call->job_word;
    struct store *store = engine_read_begin(call->engine);
    int64_t count = 0;
    bool is_read = store_job_find(store, word, job, &count, err);

    engine_read_end(call->engine);
    if (!is_read)
        return false;
    if (count == 0)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                          "there is no job %s; `assay list` shows those "
                          "that exist",
                          call->job_word);
    if (count > 1 && *word)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%" PRId64 " jobs have ids that begin with %s; give more digits", count,
                          word);
    return true;
}

bool api_read_job(const struct api_call *call, struct job_row *row, struct job_spec **spec,
                  struct assay_error *err)
{
    int64_t id = 0;
    bool is_read = api_find_job(call, &id, err);

    if (is_read) {
        is_read = store_job_get(engine_read_begin(call->engine), id, row, err);
        engine_read_end(call->engine);
    }
    if (!is_read)
        return false;
    *spec = job_row_spec(row, err);
    if (*spec)
        return true;
    job_row_clear(row);
    return false;
}

static api_handler find_handler(const struct assay_request *request, struct path_words *words,
                                struct assay_error *err)
{
    bool is_path = false;

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!match_path(routes[i].path, request->path, words))
            continue;
        is_path = true;
        if (strcmp(routes[i].method, request->method) == 0)
            return routes[i].handler;
    }
    if (is_path)
        (void)assay_fail(err, ASSAY_UNIMPLEMENTED, NULL, "%s is not possible on %s",
                         request->method, request->path);
    else
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "unknown path %s", request->path);
    return NULL;
}

static void write_error(struct json_writer *w, const struct assay_error *err,
                        const struct assay_faults *faults)
{
    const struct assay_code_info *info = assay_code_info(err->code);

    json_begin_object(w);
    json_key(w, "error");
    json_begin_object(w);
    json_key(w, "code");
    json_int(w, info->http_status);
    json_key(w, "message");
    json_string(w, err->message);
    json_key(w, "status");
    json_string(w, info->name);
    if (faults->stored)
        fault_json_write_details(w, faults);
    json_end_object(w);
    json_end_object(w);
}

/* Opens the answer's stream into response->body. */
static bool begin_answer(struct api_call *call, struct assay_response *response,
                         struct assay_error *err)
{
    response->body = NULL;
    response->size = 0;
    call->out = open_memstream(&response->body, &response->size);
    if (!call->out)
        return assay_fail_memory(err);
    json_writer_init(&call->json, call->out, 2);
    return true;
}

static bool end_answer(struct api_call *call, struct assay_error *err)
{
    bool is_written = call->content_type || json_writer_finish(&call->json);

    is_written = !ferror(call->out) && is_written;
    is_written = fclose(call->out) == 0 && is_written;
    return is_written || assay_fail_memory(err);
}

static bool answer_error(struct api_call *call, const struct assay_error *why,
                         struct assay_response *response, struct assay_error *err)
{
    free(response->body);
    call->content_type = NULL;
    if (!begin_answer(call, response, err))
        return false;
    write_error(&call->json, why, &call->faults);
    response->status = assay_code_info(why->code)->http_status;
    response->content_type = "application/json; charset=UTF-8";
    return end_answer(call, err);
}

static bool answer(struct api_call *call, api_handler handler, struct assay_response *response,
                   struct assay_error *err)
{
    struct assay_error why = { 0 };

    if (!begin_answer(call, response, err))
        return false;
    if (handler(call, &why)) {
        response->status = 200;
        response->content_type =
            call->content_type ? call->content_type : "application/json; charset=UTF-8";
        return end_answer(call, err);
    }
    (void)fclose(call->out);
    return answer_error(call, &why, response, err);
}

bool api_call(struct engine *engine, const struct assay_request *request,
              struct assay_response *response, struct assay_error *err)
{
    struct path_words words;
    struct assay_error why = { 0 };
    struct api_call call = { .engine = engine, .request = request };
    api_handler handler = find_handler(request, &words, &why);
    bool is_answered = false;

    *response = (struct assay_response){ 0 };
    call.job_word = words.job;
    call.trial_word = words.trial;
    if (!handler)
        return answer_error(&call, &why, response, err);
    is_answered = answer(&call, handler, response, err);
    assay_faults_clear(&call.faults);
    return is_answered;
}

bool api_check(const char *state_dir, const char *body, size_t body_size,
               struct assay_response *response, struct assay_error *err)
{
    struct assay_request request = { .body = body, .body_size = body_size };
    struct api_call call = { .request = &request, .state_dir = state_dir };

    *response = (struct assay_response){ 0 };
    return answer(&call, api_check_job, response, err);
}
