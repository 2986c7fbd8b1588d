#include "engine/api/pipelines.h"

#include "assay/value.h"
#include "engine/api/input_view.h"
#include "engine/api/vertex/vertex_pipelines.h"
#include "engine/paths.h"
#include "engine/pipelines/pipeline_life.h"
#include "engine/pipelines/pipeline_model.h"
#include "engine/pipelines/pipeline_runner.h"
#include "engine/pipelines/pipeline_work.h"
#include "launcher/storage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool api_hand_in_pipeline(struct api_call *call, struct pipeline_submission *s, const char *parent,
                          int64_t *id, struct assay_error *err)
{
    if (assay_faults_check(&s->faults, err))
        return pipeline_submission_hand_in(s, call->engine, parent, id, err);
    if (s->is_unmet && err->code == ASSAY_INVALID)
        err->code = ASSAY_PRECONDITION;
    /* The details are written after the handler has returned. */
    call->faults = s->faults;
    s->faults = (struct assay_faults){ 0 };
    return false;
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    if (!text[0])
        return;
    json_key(w, key);
    json_string(w, text);
}

static void write_id(struct json_writer *w, const char *key, int64_t id)
{
    char text[24];

    if (id == 0)
        return;
    (void)snprintf(text, sizeof text, "%" PRId64, id);
    write_text(w, key, text);
}

/* In one word, for a person: what is done now, or what was done last. */
static const char *step_name(const struct pipeline_row *row, int job_state)
{
    if (row->end_us != 0)
        return "ended";
    if (row->job == 0)
        return row->data_uri[0] ? "submit" : "export";
    return job_state_is_terminal(job_state) ? "upload" : "train";
}

static void write_data(struct api_call *call, const struct pipeline_row *row)
{
    struct json_writer *w = &call->json;
    struct assay_error none = { 0 };
    char buckets[PATH_TEXT];
    char *dir = NULL;

    if (!row->data_uri[0])
        return;
    (void)snprintf(buckets, sizeof buckets, "%s/buckets", engine_shown_dir(call->engine));
    dir = storage_path(row->data_uri, buckets, row->source_dir, &none);
    json_key(w, "data");
    json_begin_object(w);
    write_text(w, "format", row->data_format);
    write_text(w, "uri", row->data_uri);
    write_text(w, "dir", dir ? dir : "");
    json_key(w, "training");
    json_int(w, row->counts[0]);
    json_key(w, "validation");
    json_int(w, row->counts[1]);
    json_key(w, "test");
    json_int(w, row->counts[2]);
    json_end_object(w);
    free(dir);
}

/* job_state: of the backing job, where there is one. */
static bool write_pipeline(struct api_call *call, const struct pipeline_row *row, int job_state,
                           struct assay_error *err)
{
    struct json_writer *w = &call->json;
    char text[RESOURCE_NAME_SIZE];
    bool is_ok = true;

    json_begin_object(w);
    write_id(w, "id", row->id);
    write_text(w, "name", pipeline_name(row, text, sizeof text));
    write_text(w, "kind", "TrainingPipeline");
    write_text(w, "displayName", row->display_name);
    write_text(w, "state", pipeline_state_name(row->state));
    write_text(w, "step", step_name(row, job_state));
    json_key(w, "isWorkedOn");
    json_bool(w, pipeline_runner_has(engine_pipelines(call->engine), row->id));
    resource_write_time(w, "createTime", row->create_us);
    resource_write_time(w, "startTime", row->start_us);
    resource_write_time(w, "endTime", row->end_us);
    json_key(w, "errorCode");
    json_int(w, row->error_code);
    write_text(w, "errorMessage", row->error_message);
    write_id(w, "job", row->job);
    if (row->job != 0)
        write_text(w, "jobState", job_state_name(job_state));
    is_ok = input_view_write(w, row->document, err);
    write_data(call, row);
    write_text(w, "model", row->model);
    write_text(w, "version", row->version);
    write_text(w, "stateDir", engine_shown_dir(call->engine));
    json_end_object(w);
    return is_ok;
}

/* FAILED where the job is gone, since it will not go on. */
static int job_state_of(struct api_call *call, const struct pipeline_row *row)
{
    struct job_progress live;
    struct job_row job = { 0 };
    struct assay_error none = { 0 };
    int state = JOB_STATE_FAILED;

    if (row->job == 0)
        return JOB_STATE_UNSPECIFIED;
    if (engine_progress(call->engine, row->job, &live))
        return (int)live.state;
    if (store_job_get(engine_read_begin(call->engine), row->job, &job, &none))
        state = job.state;
    engine_read_end(call->engine);
    job_row_clear(&job);
    return state;
}

static bool read_row(struct api_call *call, int64_t id, struct pipeline_row *row,
                     struct assay_error *err)
{
    bool is_read = store_pipeline_get(engine_read_begin(call->engine), id, row, err);

    engine_read_end(call->engine);
    return is_read;
}

bool api_write_pipeline(struct api_call *call, int64_t id, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    bool is_ok = read_row(call, id, &row, err);

    is_ok = is_ok && write_pipeline(call, &row, job_state_of(call, &row), err);
    pipeline_row_clear(&row);
    return is_ok;
}

/* Ids of rows; those that a word means, or whose data is of a dataset, or all. */
struct id_list {
    const char *beginning;
    const char *dataset; /* "": any */
    int64_t *items;
    size_t count, capacity;
    bool is_ok; /* else *err says why the walk stopped */
    struct assay_error *err;
};

static bool note_id(void *context, const struct pipeline_row *row)
{
    struct id_list *list = context;
    char text[24];
    bool is_wanted = true;

    (void)snprintf(text, sizeof text, "%" PRId64, row->id);
    if (strncmp(text, list->beginning, strlen(list->beginning)) != 0)
        return true;
    if (list->dataset[0])
        list->is_ok = input_view_is_of(row->document, list->dataset, &is_wanted, list->err);
    if (!list->is_ok || !is_wanted)
        return list->is_ok;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        int64_t *items = realloc(list->items, capacity * sizeof *items);

        if (!items) {
            list->is_ok = assay_fail_memory(list->err);
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = row->id;
    return true;
}

/* Newest first. The caller frees list->items, also after false. */
static bool read_ids(struct api_call *call, const char *beginning, const char *dataset,
                     struct id_list *list, struct assay_error *err)
{
    bool is_read = false;

    *list =
        (struct id_list){ .beginning = beginning, .dataset = dataset, .is_ok = true, .err = err };
    is_read = store_pipeline_each(engine_read_begin(call->engine), INT64_MAX, INT64_MAX, note_id,
                                  list, err);
    engine_read_end(call->engine);
    return is_read && list->is_ok;
}

static bool find(struct api_call *call, int64_t *id, struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_PIPELINE];
    bool is_last = strcmp(word, "last") == 0;
    struct id_list list = { 0 };
    bool is_found = read_ids(call, is_last ? "" : word, "", &list, err);

    if (is_found && list.count == 0)
        is_found = assay_fail(err, ASSAY_NOT_FOUND, NULL,
                              "there is no pipeline %s; `assay list` shows those that exist", word);
    else if (is_found && list.count > 1 && !is_last)
        is_found = assay_fail(err, ASSAY_INVALID, NULL,
                              "%zu pipelines have ids that begin with %s; give more digits",
                              list.count, word);
    if (is_found)
        *id = list.items[0];
    free(list.items);
    return is_found;
}

bool api_get_pipeline(struct api_call *call, struct assay_error *err)
{
    int64_t id = 0;

    return find(call, &id, err) && api_write_pipeline(call, id, err);
}

bool api_get_pipeline_resource(struct api_call *call, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    int64_t id = 0;
    bool is_ok = find(call, &id, err) && read_row(call, id, &row, err) &&
                 vertex_write_pipeline(call, &call->json, &row, err);

    pipeline_row_clear(&row);
    return is_ok;
}

/* One that was deleted since is passed over. */
bool api_list_pipelines(struct api_call *call, struct assay_error *err)
{
    struct id_list list = { 0 };
    char dataset[32] = "";
    bool is_ok = false;

    (void)api_query(call, "dataset", dataset, sizeof dataset);
    is_ok = read_ids(call, "", dataset, &list, err);
    json_begin_object(&call->json);
    json_key(&call->json, "pipelines");
    json_begin_array(&call->json);
    for (size_t i = 0; i < list.count && is_ok; i++)
        is_ok = api_write_pipeline(call, list.items[i], err) || err->code == ASSAY_NOT_FOUND;
    json_end_array(&call->json);
    json_end_object(&call->json);
    free(list.items);
    return is_ok;
}

bool api_delete_pipeline(struct api_call *call, struct assay_error *err)
{
    int64_t operation = 0;
    int64_t id = 0;

    return find(call, &id, err) && pipeline_delete(call->engine, id, &operation, err) &&
           api_write_empty(call);
}

bool api_cancel_pipeline(struct api_call *call, struct assay_error *err)
{
    int64_t id = 0;

    return find(call, &id, err) && pipeline_cancel(call->engine, id, err) &&
           api_write_pipeline(call, id, err);
}

/* Its job goes on with it. */
bool api_resume_pipeline(struct api_call *call, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    struct request request = { .kind = REQUEST_RESUME };
    int64_t id = 0;
    bool is_ok = find(call, &id, err) && read_row(call, id, &row, err);

    if (is_ok && row.end_us != 0)
        is_ok = assay_fail(err, ASSAY_PRECONDITION, NULL,
                           "pipeline %" PRId64 " has ended (%s); there is nothing to resume", id,
                           pipeline_state_name(row.state));
    request.job = row.job;
    /* What became of its job is told by the pipeline's own end. */
    if (is_ok && row.job != 0)
        is_ok = engine_ask(call->engine, &request, err) || err->code == ASSAY_PRECONDITION ||
                err->code == ASSAY_NOT_FOUND;
    pipeline_row_clear(&row);
    if (!is_ok)
        return false;
    pipeline_runner_watch(engine_pipelines(call->engine), id);
    return api_write_pipeline(call, id, err);
}

void api_resume_pipeline_of(struct api_call *call, int64_t job)
{
    struct assay_error none = { 0 };
    int64_t id = 0;
    bool is_read = store_pipeline_of_job(engine_read_begin(call->engine), job, &id, &none);

    engine_read_end(call->engine);
    if (is_read && id != 0)
        pipeline_runner_watch(engine_pipelines(call->engine), id);
}
