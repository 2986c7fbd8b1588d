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
    call->json.has_enum_numbers = wants_enum_numbers(call);
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
    struct route_match match;
    struct assay_error why = { 0 };
    struct api_call call = { .engine = engine, .request = request, .match = &match };
    bool is_answered = false;

    *response = (struct assay_response){ 0 };
    if (!route_find(request->method, request->path, &match, &why))
        return answer_error(&call, &why, response, err);
    call.job_word = match.words[ROUTE_JOB];
    is_answered = answer(&call, match.handler, response, err);
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
