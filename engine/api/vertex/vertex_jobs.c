/*
 * HyperparameterTuningJobs and CustomJobs as the API has them: create, get, list, cancel, delete.
 *
 * A trial's custom job is a CustomJob, too: it is read here, and nothing else.
 */

#include "engine/api/vertex/vertex_jobs.h"
#include "assay/value.h"
#include "engine/api/kept_answer.h"
#include "engine/api/submission.h"
#include "engine/api/vertex/trial_job.h"
#include "engine/spec/fields.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *type_name(enum job_kind kind)
{
    return kind == JOB_CUSTOM ? "CustomJob" : "HyperparameterTuningJob";
}

bool vertex_check_arguments(const struct api_call *call, const char *argument,
                            struct assay_error *err)
{
    const struct assay_request *request = call->request;
    cJSON *body = NULL;
    const cJSON *member = NULL;
    bool is_ok = true;

    if (request->body_size == 0)
        return true;
    body = json_read(request->body, request->body_size, err);
    if (!body)
        return assay_error_add(err, "the request's body");
    if (!cJSON_IsObject(body) && !(cJSON_IsString(body) && body->valuestring[0] == '\0'))
        is_ok = assay_fail(err, ASSAY_INVALID, NULL, "the request's body: expected an object");
    cJSON_ArrayForEach(member, body)
    {
        char camel[64];
        bool is_argument = strcmp(fields_camel(member->string, camel, sizeof camel), argument) == 0;
        int64_t time_us = 0;

        if (is_ok && is_argument && strcmp(argument, "timeout") == 0 &&
            !(cJSON_IsString(member) && assay_duration_parse(member->valuestring, &time_us)))
            is_ok =
                assay_fail(err, ASSAY_INVALID, argument, "expected a duration such as \"1.5s\"");
        if (is_ok && !is_argument && strcmp(member->string, "name") != 0)
            is_ok = assay_fail(err, ASSAY_INVALID, member->string, "unknown field");
    }
    cJSON_Delete(body);
    return is_ok;
}

static bool is_project(const char *asked, const char *stored, size_t size)
{
    bool is_same = strlen(asked) == size && strncmp(asked, stored, size) == 0;

    return is_same || strcmp(asked, "-") == 0 || strspn(asked, "0123456789") == strlen(asked) ||
           strspn(stored, "0123456789") >= size;
}

bool vertex_is_parent(const struct api_call *call, const char *parent)
{
    const char *project = parent + strlen("projects/");
    size_t size = strcspn(project, "/");
    const char *location = project + size + strlen("/locations/");
    const char *asked = call->match->words[ROUTE_LOCATION];

    return is_project(call->match->words[ROUTE_PROJECT], project, size) &&
           (strcmp(asked, location) == 0 || strcmp(asked, "-") == 0);
}

static bool fail_absent(const struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the %s %s does not exist", type_name(kind),
                      call->match->words[ROUTE_JOB]);
}

/* The row of the job that the path names. Clear it; also after false. */
static bool read_row(const struct api_call *call, enum job_kind kind, struct job_row *row,
                     struct assay_error *err)
{
    int64_t id = 0;
    bool is_read = false;

    if (!assay_integer_parse(call->match->words[ROUTE_JOB], &id))
        return fail_absent(call, kind, err);
    is_read = store_job_get(engine_read_begin(call->engine), id, row, err);
    engine_read_end(call->engine);
    if (!is_read && err->code != ASSAY_NOT_FOUND)
        return false;
    if (is_read && row->kind == (int)kind && vertex_is_parent(call, row->parent))
        return true;
    return fail_absent(call, kind, err);
}

bool vertex_write_job(struct api_call *call, struct json_writer *writer, const struct job_row *row,
                      bool has_trials, struct assay_error *err)
{
    struct job_spec *spec = NULL;
    bool is_ok = false;

    if (!has_trials || row->kind != JOB_TUNING)
        return resource_write_job(writer, row, NULL, NULL, err);
    spec = job_row_spec(row, err);
    if (!spec)
        return false;
    is_ok = resource_write_job(writer, row, spec, engine_read_begin(call->engine), err);
    engine_read_end(call->engine);
    job_spec_free(spec);
    return is_ok;
}

/* A trial that is written where it stands, in the walk's memory. */
struct trial_writing {
    struct api_call *call;
    const struct job_row *job;
    int64_t number;
    bool is_found, is_ok;
    struct assay_error *err;
};

static bool write_trial(void *context, const struct trial_row *trial)
{
    struct trial_writing *writing = context;

    writing->is_found = trial->number == writing->number;
    if (writing->is_found)
        writing->is_ok = trial_job_write(&writing->call->json, writing->job, trial, writing->err);
    return false;
}

/* The custom job that a trial is. False and ASSAY_NOT_FOUND where the path names none. */
static bool get_trial_job(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct trial_writing writing = { .call = call, .job = &row, .err = err };
    struct trial_query query = { .limit = 1 };
    int64_t id = 0;
    bool is_ok = assay_integer_parse(call->match->words[ROUTE_JOB], &id) &&
                 trial_job_find(id, &query.job, &writing.number);

    if (!is_ok)
        return fail_absent(call, JOB_CUSTOM, err);
    is_ok = store_job_get(engine_read_begin(call->engine), query.job, &row, err);
    engine_read_end(call->engine);
    if (is_ok && row.kind == JOB_TUNING && vertex_is_parent(call, row.parent)) {
        query.after = writing.number - 1;
        is_ok =
            store_trial_each(engine_read_begin(call->engine), &query, write_trial, &writing, err);
        engine_read_end(call->engine);
    }
    job_row_clear(&row);
    if (writing.is_found)
        return is_ok && writing.is_ok;
    return (is_ok || err->code == ASSAY_NOT_FOUND) ? fail_absent(call, JOB_CUSTOM, err) : false;
}

/* From what was answered before, where it is still true. */
static bool give_again(struct api_call *call, enum job_kind kind,
                       const struct answer_moment *moment)
{
    const struct kept_answer *kept = kept_answer_find(call, moment);
    bool is_given = kept && kept->kind == (int)kind && vertex_is_parent(call, kept->parent) &&
                    kept_answer_give(kept, call);

    kept_answer_release(kept);
    return is_given;
}

static bool get(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct answer_moment moment = { 0 };
    int64_t id = 0;
    bool is_read = false;
    bool is_ok = false;

    if (assay_integer_parse(call->match->words[ROUTE_JOB], &id))
        moment = answer_moment_now(call, id);
    if (give_again(call, kind, &moment))
        return true;
    is_read = read_row(call, kind, &row, err);
    is_ok = is_read && vertex_write_job(call, &call->json, &row, true, err);
    if (is_ok)
        kept_answer_keep(call, &moment, &row);
    job_row_clear(&row);
    if (!is_read && kind == JOB_CUSTOM && err->code == ASSAY_NOT_FOUND)
        return get_trial_job(call, err);
    return is_ok;
}

bool vertex_write_stored_job(struct api_call *call, int64_t job, bool has_trials,
                             struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = store_job_get(engine_read_begin(call->engine), job, &row, err);

    engine_read_end(call->engine);
    is_ok = is_ok && vertex_write_job(call, &call->json, &row, has_trials, err);
    job_row_clear(&row);
    return is_ok;
}

/* As proto3 sees it: a zero is no count, as "" is no name. */
static bool is_absent(const cJSON *member)
{
    return !member || (cJSON_IsString(member) && member->valuestring[0] == '\0') ||
           (cJSON_IsNumber(member) && member->valuedouble == 0);
}

/* A door that insists: the documents of `assay run` may do without a name and without counts, and
 * be of any kind. */
static void check_resource(struct submission *submission, enum job_kind kind)
{
    enum { REQUIRED_MAX = 5 };
    static const char *const required[2][REQUIRED_MAX] = {
        [JOB_TUNING] = { "displayName", "studySpec", "maxTrialCount", "parallelTrialCount",
                         "trialJobSpec" },
        [JOB_CUSTOM] = { "displayName", "jobSpec" },
    };
    struct assay_faults *faults = &submission->faults;
    const cJSON *document = submission->document;
    bool is_shapeless = !submission->spec && faults->stored > 0 && !faults->items[0].field[0];

    if (!document)
        return;
    if (is_shapeless) /* what is missing says it better */
        assay_faults_clear(faults);
    if (!cJSON_IsObject(document) && !is_absent(document)) {
        assay_faults_add(faults, 0, "", "the request's body: expected an object");
        return;
    }
    for (size_t i = 0; i < REQUIRED_MAX && required[kind][i]; i++) {
        char path[64];

        if (!is_absent(fields_member(document, required[kind][i])))
            continue;
        submission->is_unmet = false;
        assay_faults_add(faults, 0, fields_snake(required[kind][i], path, sizeof path),
                         "is required");
    }
}

static bool create(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct submission submission = { 0 };
    struct submission_text text = { .document = call->request->body ? call->request->body : "",
                                    .format = DOCUMENT_JSON,
                                    .dir = engine_state_dir(call->engine),
                                    .is_emulated = engine_is_emulated(call->engine) };
    struct launch_place place = engine_place(call->engine);
    char parent[2 * ROUTE_WORD_SIZE + 32];
    int64_t job = 0;
    bool is_ok = false;

    (void)snprintf(parent, sizeof parent, "projects/%s/locations/%s",
                   call->match->words[ROUTE_PROJECT], call->match->words[ROUTE_LOCATION]);
    is_ok = submission_read(&submission, &text, &place, err);
    if (is_ok) {
        check_resource(&submission, kind);
        is_ok = api_hand_in(call, &submission, parent, &job, err) &&
                vertex_write_stored_job(call, job, true, err);
    }
    submission_clear(&submission);
    return is_ok;
}

/* What has ended stays as it is. */
static bool cancel(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_CANCEL };
    bool is_ok = vertex_check_arguments(call, "", err) && read_row(call, kind, &row, err);

    request.job = row.id;
    if (is_ok && !job_state_is_terminal(row.state))
        is_ok = engine_ask(call->engine, &request, err);
    job_row_clear(&row);
    return is_ok && api_write_empty(call);
}

/* An operation that is done. */
static bool delete (struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct request request = { .kind = REQUEST_DELETE };
    bool is_ok = read_row(call, kind, &row, err);

    request.job = row.id;
    is_ok = is_ok && engine_ask(call->engine, &request, err) &&
            vertex_answer_deletion(call, row.id, err);
    job_row_clear(&row);
    return is_ok;
}

bool vertex_get_location(struct api_call *call, struct assay_error *err)
{
    const char *location = call->match->words[ROUTE_LOCATION];
    char name[2 * ROUTE_WORD_SIZE + 32];

    (void)err;
    (void)snprintf(name, sizeof name, "projects/%s/locations/%s", call->match->words[ROUTE_PROJECT],
                   location);
    json_begin_object(&call->json);
    json_key(&call->json, "name");
    json_string(&call->json, name);
    json_key(&call->json, "locationId");
    json_string(&call->json, location);
    json_end_object(&call->json);
    return true;
}

bool vertex_create_tuning_job(struct api_call *call, struct assay_error *err)
{
    return create(call, JOB_TUNING, err);
}

bool vertex_create_custom_job(struct api_call *call, struct assay_error *err)
{
    return create(call, JOB_CUSTOM, err);
}

bool vertex_list_tuning_jobs(struct api_call *call, struct assay_error *err)
{
    return vertex_list_jobs(call, JOB_TUNING, err);
}

bool vertex_list_custom_jobs(struct api_call *call, struct assay_error *err)
{
    return vertex_list_jobs(call, JOB_CUSTOM, err);
}

bool vertex_get_tuning_job(struct api_call *call, struct assay_error *err)
{
    return get(call, JOB_TUNING, err);
}

bool vertex_get_custom_job(struct api_call *call, struct assay_error *err)
{
    return get(call, JOB_CUSTOM, err);
}

bool vertex_delete_tuning_job(struct api_call *call, struct assay_error *err)
{
    return delete (call, JOB_TUNING, err);
}

bool vertex_delete_custom_job(struct api_call *call, struct assay_error *err)
{
    return delete (call, JOB_CUSTOM, err);
}

bool vertex_cancel_tuning_job(struct api_call *call, struct assay_error *err)
{
    return cancel(call, JOB_TUNING, err);
}

bool vertex_cancel_custom_job(struct api_call *call, struct assay_error *err)
{
    return cancel(call, JOB_CUSTOM, err);
}

static bool watch(struct api_call *call, enum job_kind kind, struct assay_error *err)
{
    struct job_row row = { 0 };
    bool is_ok = read_row(call, kind, &row, err) && api_note_watched(call, row.id, err);

    job_row_clear(&row);
    return is_ok;
}

bool vertex_watch_tuning_job(struct api_call *call, struct assay_error *err)
{
    return watch(call, JOB_TUNING, err);
}

bool vertex_watch_custom_job(struct api_call *call, struct assay_error *err)
{
    return watch(call, JOB_CUSTOM, err);
}
