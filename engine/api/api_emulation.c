/*
 * Emulate mode: each request is one moment of a world that stands still in between, and may meet a
 * fault on purpose; and the requests by which a test moves that world.
 */

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/api/query.h"
#include "engine/emulate/emulated_engine.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* By these a test says what is to happen: no rule is about them, and they take no time. */
static bool is_control(const char *path)
{
    static const char *const paths[] = { "/assay/v1/emulation", "/assay/v1/clock:advance",
                                         "/assay/v1:reset" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (strcmp(path, paths[i]) == 0)
            return true;
    return false;
}

/* The number behind the last slash where the path names a job; 0 for any other path. That of a
 * trial's custom job begins with its job's. */
static int64_t job_of_path(const char *path)
{
    static const char *const collections[] = { "/jobs", "/customJobs",
                                               "/hyperparameterTuningJobs" };
    const char *last = strrchr(path, '/');
    int64_t id = 0;

    if (!last || last[1] == '-' || !assay_integer_parse(last + 1, &id))
        return 0;
    for (size_t i = 0; i < sizeof collections / sizeof collections[0]; i++) {
        size_t size = strlen(collections[i]);

        if ((size_t)(last - path) >= size && memcmp(last - size, collections[i], size) == 0)
            return id >= STORE_TRIALS_MAX * 1000 ? id / STORE_TRIALS_MAX : id;
    }
    return 0;
}

/* The first of two page sizes counts, so the one that the script wants goes before the client's,
 * unless that is smaller. The caller frees it; NULL for lack of memory. */
static char *cap_page_size(const char *query, int64_t most)
{
    char text[32];
    char *capped = NULL;
    int64_t asked = 0;

    if (query_find(query, "pageSize", text, sizeof text) &&
        (!assay_integer_parse(text, &asked) || asked < 0 || (asked > 0 && asked < most)))
        return strdup(query);
    return asprintf(&capped, "pageSize=%" PRId64 "&%s", most, query ? query : "") < 0 ? NULL
                                                                                      : capped;
}

static bool answer_capped(struct engine *engine, const struct assay_request *request,
                          int64_t page_size, struct assay_response *response,
                          struct assay_error *err)
{
    struct assay_request capped = *request;
    char *query = page_size ? cap_page_size(request->query, page_size) : NULL;
    bool is_answered = false;

    if (page_size && !query)
        return assay_fail_memory(err);
    if (query)
        capped.query = query;
    is_answered = api_answer(engine, &capped, response, err);
    free(query);
    return is_answered;
}

static bool answer_error(struct engine *engine, const struct assay_request *request,
                         const struct assay_error *why, struct assay_response *response,
                         struct assay_error *err)
{
    struct api_call call = { .engine = engine, .request = request };

    *response = (struct assay_response){ 0 };
    return api_answer_error(&call, why, response, err);
}

static bool pass_moment(struct engine *engine, struct assay_error *err)
{
    return engine_advance(engine, emulation_get_script(engine_emulation(engine))->per_request_us,
                          err);
}

bool api_pass_moment(struct engine *engine, struct assay_error *err)
{
    bool is_passed = true;

    engine_enter(engine);
    if (engine_emulation(engine))
        is_passed = pass_moment(engine, err);
    engine_leave(engine);
    return is_passed;
}

/* One request, with what is due before it. */
static bool answer_moment(struct engine *engine, const struct assay_request *request,
                          struct assay_response *response, int64_t *delay_us,
                          struct assay_error *err)
{
    struct emulation *emulation = engine_emulation(engine);
    struct assay_error why = { 0 };
    int64_t job = strcmp(request->method, "GET") == 0 ? job_of_path(request->path) : 0;
    struct emulated_verdict verdict;
    bool is_answered = false;

    if (!pass_moment(engine, &why))
        return answer_error(engine, request, &why, response, err);
    verdict = emulation_judge_request(emulation, request->method, request->path, &why);
    *delay_us = verdict.delay_us;
    if (verdict.is_refused)
        return answer_error(engine, request, &why, response, err);
    is_answered = answer_capped(engine, request, verdict.page_size, response, err);
    if (job && is_answered && response->status == 200)
        emulation_count_read(emulation, job);
    return is_answered;
}

/* The only real time in emulate mode; others go on meanwhile. */
static void sleep_us(int64_t delay_us)
{
    struct timespec left = { .tv_sec = (time_t)(delay_us / 1000000),
                             .tv_nsec = (long)(delay_us % 1000000) * 1000 };

    while (delay_us > 0 && nanosleep(&left, &left) != 0)
        continue;
}

bool api_call_emulated(struct engine *engine, const struct assay_request *request,
                       struct assay_response *response, struct assay_error *err)
{
    int64_t delay_us = 0;
    bool is_answered = false;

    engine_enter(engine);
    is_answered = is_control(request->path)
                      ? api_answer(engine, request, response, err)
                      : answer_moment(engine, request, response, &delay_us, err);
    engine_leave(engine);
    sleep_us(delay_us);
    return is_answered;
}

static bool need_emulation(const struct api_call *call, struct assay_error *err)
{
    return engine_is_emulated(call->engine) ||
           assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "%s is for emulate mode, and this server runs its jobs for real: start "
                      "another one by assay serve --emulate",
                      call->request->path);
}

static void write_moment(struct json_writer *w, const char *key, int64_t moment_us)
{
    char text[ASSAY_TIME_TEXT];

    json_key(w, key);
    json_string(w, assay_time_text(moment_us, text));
}

static bool write_state(struct api_call *call, bool has_script)
{
    const struct emulation *emulation = engine_emulation(call->engine);
    struct json_writer *w = &call->json;
    int64_t next_us = emulation_next_us(emulation);
    char seed[32];

    (void)snprintf(seed, sizeof seed, "%" PRIu64, emulation_seed(emulation));
    json_begin_object(w);
    write_moment(w, "now", emulation_now_us(emulation));
    if (next_us != INT64_MAX)
        write_moment(w, "next", next_us);
    json_key(w, "seed");
    json_string(w, seed);
    if (has_script) {
        json_key(w, "script");
        json_node(w, emulation_get_script(emulation)->document);
    }
    json_end_object(w);
    return true;
}

bool api_get_emulation(struct api_call *call, struct assay_error *err)
{
    return need_emulation(call, err) && write_state(call, true);
}

bool api_put_emulation(struct api_call *call, struct assay_error *err)
{
    const struct assay_request *request = call->request;
    struct emulation_script *script = NULL;

    if (!need_emulation(call, err))
        return false;
    script = emulation_script_read(request->body_size ? request->body : NULL, request->body_size,
                                   &call->faults, err);
    return script && emulation_take_script(engine_emulation(call->engine), script, err) &&
           write_state(call, true);
}

/* What the bodies of these requests may have. */
struct control {
    bool has_duration;
    int64_t duration_us;
    bool has_seed;
    int64_t seed;
};

static const struct field advance_fields[] = {
    { .name = "duration",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct control, duration_us),
      .has_at = FIELD_AT(struct control, has_duration) },
};

static void advance_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "duration");
}

static const struct message advance_message = { MESSAGE_FIELDS(advance_fields),
                                                .check = advance_check };

static const struct field reset_fields[] = {
    { .name = "seed",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct control, seed),
      .has_at = FIELD_AT(struct control, has_seed) },
};

static void reset_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct control *control = record;

    if (control->seed < 0)
        fields_fault(fields, node, "seed", "must be at least 0");
}

static const struct message reset_message = { MESSAGE_FIELDS(reset_fields), .check = reset_check };

/* No body reads as an empty one. */
static bool read_control(struct api_call *call, const struct message *message,
                         struct control *control, struct assay_error *err)
{
    const struct assay_request *request = call->request;
    const char *text = request->body_size ? request->body : "{}";
    cJSON *body = json_read(text, request->body_size ? request->body_size : 2, err);
    struct fields *fields = calloc(1, sizeof *fields);
    bool is_read = false;

    if (!fields)
        (void)assay_fail_memory(err);
    if (body && fields) {
        fields->faults = &call->faults;
        fields_read(fields, body, message, control);
        is_read = assay_faults_check(&call->faults, err);
        if (fields->is_short_of_memory)
            is_read = assay_fail_memory(err);
    }
    free(fields);
    cJSON_Delete(body);
    return is_read;
}

bool api_advance_clock(struct api_call *call, struct assay_error *err)
{
    struct control control = { 0 };

    return need_emulation(call, err) && read_control(call, &advance_message, &control, err) &&
           engine_advance(call->engine, control.duration_us, err) && write_state(call, false);
}

bool api_reset(struct api_call *call, struct assay_error *err)
{
    struct control control = { 0 };
    uint64_t seed = 0;

    if (!need_emulation(call, err) || !read_control(call, &reset_message, &control, err))
        return false;
    seed = (uint64_t)control.seed;
    return engine_reset(call->engine, control.has_seed ? &seed : NULL, err) &&
           write_state(call, false);
}
