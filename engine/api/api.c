#include "engine/api/api.h"

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/api/query.h"
#include "engine/fault_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool api_query(const struct api_call *call, const char *name, char *value, size_t size)
{
    return query_find(call->request->query, name, value, size);
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

bool api_query_word(const struct api_call *call, const char *name)
{
    char value[8] = "";

    return api_query(call, name, value, sizeof value) && strcmp(value, "false") != 0 &&
           strcmp(value, "0") != 0;
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
    fault_json_write_details(w, faults, err);
    json_end_object(w);
    json_end_object(w);
}

/* What the official clients ask for: $alt=json;enum-encoding=int */
static bool wants_enum_numbers(const struct api_call *call)
{
    char value[64] = "";

    return (api_query(call, "$alt", value, sizeof value) ||
            api_query(call, "alt", value, sizeof value)) &&
           strstr(value, "enum-encoding=int");
}

/* As Google's services are asked for it. */
static bool wants_one_line(const struct api_call *call)
{
    char value[8] = "";

    return (api_query(call, "$prettyPrint", value, sizeof value) ||
            api_query(call, "prettyPrint", value, sizeof value)) &&
           (strcmp(value, "false") == 0 || strcmp(value, "0") == 0);
}

/* Opens the answer's stream into response->body. */
static bool begin_answer(struct api_call *call, struct assay_response *response,
                         struct assay_error *err)
{
    response->body = NULL;
    response->size = 0;
    call->response = response;
    call->out = open_memstream(&response->body, &response->size);
    if (!call->out)
        return assay_fail_memory(err);
    json_writer_init(&call->json, call->out, wants_one_line(call) ? 0 : 2);
    call->json.has_enum_numbers = wants_enum_numbers(call);
    call->json.origin = call->request->origin;
    return true;
}

/* What a handler had ready in place of what it could write. */
static void end_ready(struct api_call *call)
{
    (void)fclose(call->out);
    free(call->response->body);
    call->response->body = call->ready;
    call->response->size = call->ready_size;
}

static bool end_answer(struct api_call *call, struct assay_error *err)
{
    bool is_written = false;

    if (call->ready) {
        end_ready(call);
        return true;
    }
    is_written = call->content_type || json_writer_finish(&call->json);

    is_written = !ferror(call->out) && is_written;
    is_written = fclose(call->out) == 0 && is_written;
    return is_written || assay_fail_memory(err);
}

bool api_answer_error(struct api_call *call, const struct assay_error *why,
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

static bool end_call(struct api_call *call, bool is_ok, const struct assay_error *why,
                     struct assay_response *response, struct assay_error *err)
{
    if (call->question.free)
        call->question.free(call->question.state);
    if (is_ok) {
        response->status = 200;
        response->content_type =
            call->content_type ? call->content_type : "application/json; charset=UTF-8";
        return end_answer(call, err);
    }
    (void)fclose(call->out);
    return api_answer_error(call, why, response, err);
}

static bool ask_and_wait(struct api_call *call, struct assay_error *why)
{
    const struct api_question *question = &call->question;

    return !question->request || (engine_ask(call->engine, question->request, why) &&
                                  question->answer(call, question->state, why));
}

static bool answer(struct api_call *call, api_handler handler, struct assay_response *response,
                   struct assay_error *err)
{
    struct assay_error why = { 0 };

    return begin_answer(call, response, err) &&
           end_call(call, handler(call, &why) && ask_and_wait(call, &why), &why, response, err);
}

bool api_answer(struct engine *engine, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    struct route_match match;
    struct assay_error why = { 0 };
    struct api_call call = { .engine = engine, .request = request, .match = &match };
    bool is_answered = false;

    *response = (struct assay_response){ 0 };
    if (!route_find(request->method, request->path, &match, &why))
        return api_answer_error(&call, &why, response, err);
    call.job_word = match.words[ROUTE_JOB];
    is_answered = answer(&call, match.handler, response, err);
    assay_faults_clear(&call.faults);
    return is_answered;
}

bool api_call(struct engine *engine, const struct assay_request *request,
              struct assay_response *response, struct assay_error *err)
{
    return engine_is_emulated(engine) ? api_call_emulated(engine, request, response, err)
                                      : api_answer(engine, request, response, err);
}

/* A call that goes on when the controller has answered. */
struct later {
    struct api_call call;
    struct route_match match;
    struct assay_request request;
    struct assay_response response;
    assay_answer_fn done;
    void *context;
};

/* Its end. */
static void end_later(struct later *later, bool is_ok, const struct assay_error *why)
{
    struct assay_error err = { 0 };

    if (!end_call(&later->call, is_ok, why, &later->response, &err))
        assay_response_clear(&later->response);
    assay_faults_clear(&later->call.faults);
    later->done(later->context, &later->response);
    free(later);
}

static void write_later(void *context, bool is_dropped)
{
    struct later *later = context;
    struct api_question *question = &later->call.question;
    struct assay_error why = question->request->err;
    bool is_ok = question->request->is_ok && question->answer(&later->call, question->state, &why);

    (void)is_dropped; /* whoever asked is told, also at the end */
    end_later(later, is_ok, &why);
}

static void on_answered(struct request *request)
{
    struct later *later = request->asker;

    if (!engine_follow_up(later->call.engine, write_later, later))
        write_later(later, false);
}

static struct later *later_new(struct engine *engine, const struct assay_request *request,
                               assay_answer_fn done, void *context)
{
    struct later *later = calloc(1, sizeof *later);

    if (!later)
        return NULL;
    later->request = *request;
    later->done = done;
    later->context = context;
    later->call.engine = engine;
    later->call.request = &later->request;
    later->call.match = &later->match;
    return later;
}

/* Asks, unless the handler has done without; *why is the handler's, or why nothing was asked. */
static void go_on(struct later *later, bool is_ok, struct assay_error *why)
{
    struct request *request = later->call.question.request;

    if (is_ok && request) {
        request->on_answered = on_answered;
        request->asker = later;
        if (engine_ask_later(later->call.engine, request, why))
            return; /* it may be gone */
        is_ok = false;
    }
    end_later(later, is_ok, why);
}

static bool call_at_once(struct engine *engine, const struct assay_request *request,
                         assay_answer_fn done, void *context, struct assay_error *err)
{
    struct assay_response response = { 0 };

    if (!api_call(engine, request, &response, err))
        return false;
    done(context, &response);
    return true;
}

bool api_begin(struct engine *engine, const struct assay_request *request, assay_answer_fn done,
               void *context, struct assay_error *err)
{
    struct assay_error why = { 0 };
    struct later *later = NULL;

    if (!engine_answers_later(engine))
        return call_at_once(engine, request, done, context, err);
    later = later_new(engine, request, done, context);
    if (!later)
        return assay_fail_memory(err);
    if (!route_find(request->method, request->path, &later->match, &why) ||
        !begin_answer(&later->call, &later->response, err)) {
        free(later);
        return call_at_once(engine, request, done, context, err);
    }
    later->call.job_word = later->match.words[ROUTE_JOB];
    go_on(later, later->match.handler(&later->call, &why), &why);
    return true;
}

bool api_check(const struct launch_place *place, const char *body, size_t body_size,
               struct assay_response *response, struct assay_error *err)
{
    struct assay_request request = { .body = body, .body_size = body_size };
    struct api_call call = { .request = &request, .place = place };

    *response = (struct assay_response){ 0 };
    return answer(&call, api_check_job, response, err);
}

bool api_python_environments(const char *state_dir, const char *body, size_t body_size,
                             struct assay_response *response, struct assay_error *err)
{
    struct assay_request request = { .body = body, .body_size = body_size };
    struct api_call call = { .request = &request, .state_dir = state_dir };

    *response = (struct assay_response){ 0 };
    return answer(&call, api_prune_environments, response, err);
}
