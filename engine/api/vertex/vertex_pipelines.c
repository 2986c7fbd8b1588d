#include "engine/api/vertex/vertex_pipelines.h"

#include "assay/value.h"
#include "engine/api/pipelines.h"
#include "engine/api/vertex/vertex_jobs.h"
#include "engine/operations/long_operation.h"
#include "engine/pipelines/pipeline_life.h"
#include "engine/pipelines/pipeline_work.h"
#include "engine/spec/fields.h"
#include "engine/spec/pipeline_spec.h"

#include <inttypes.h>
#include <string.h>

enum { KEY_SIZE = 128 };

/* Objects whose keys are the user's own, or whose content is an untyped value. */
static bool is_free(const char *key)
{
    return strcmp(key, "labels") == 0 || strcmp(key, "metadata") == 0 ||
           strcmp(key, "trainingTaskInputs") == 0;
}

/* Absent and zero are the same to the API, which leaves both out; an empty message is there. */
static bool is_absent(const char *key, const cJSON *node)
{
    if (cJSON_IsObject(node))
        return !node->child && strcmp(key, "labels") == 0;
    if (cJSON_IsNumber(node))
        return !(node->valuedouble < 0 || node->valuedouble > 0);
    return cJSON_IsNull(node) || cJSON_IsFalse(node) || (cJSON_IsArray(node) && !node->child) ||
           (cJSON_IsString(node) && !*node->valuestring);
}

/* As the API writes it: keys in camelCase, nothing that is absent. */
static void write_node(struct json_writer *w, const cJSON *node)
{
    const cJSON *child = NULL;
    bool is_object = cJSON_IsObject(node);

    if (!is_object && !cJSON_IsArray(node)) {
        json_node(w, node);
        return;
    }
    if (is_object)
        json_begin_object(w);
    else
        json_begin_array(w);
    cJSON_ArrayForEach(child, node)
    {
        char key[KEY_SIZE];

        if (!is_object) {
            write_node(w, child);
            continue;
        }
        (void)fields_camel(child->string, key, sizeof key);
        if (is_absent(key, child))
            continue;
        json_key(w, key);
        if (is_free(key))
            json_node(w, child);
        else
            write_node(w, child);
    }
    if (is_object)
        json_end_object(w);
    else
        json_end_array(w);
}

/* With the name and version of the model that was made; what a client said of them is output only.
 */
static void write_model(struct json_writer *w, const cJSON *model, const struct pipeline_row *row)
{
    const cJSON *child = NULL;

    json_begin_object(w);
    if (row->model[0]) {
        json_key(w, "name");
        json_string(w, row->model);
        json_key(w, "versionId");
        json_string(w, row->version);
    }
    cJSON_ArrayForEach(child, model)
    {
        char key[KEY_SIZE];

        (void)fields_camel(child->string, key, sizeof key);
        if (is_absent(key, child) || strcmp(key, "name") == 0 || strcmp(key, "versionId") == 0)
            continue;
        json_key(w, key);
        if (is_free(key))
            json_node(w, child);
        else
            write_node(w, child);
    }
    json_end_object(w);
}

static bool is_output(const char *key)
{
    static const char *const keys[] = {
        "displayName", "assay",     "name",       "state",      "error",
        "endTime",     "startTime", "createTime", "updateTime", "trainingTaskMetadata"
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static void write_document(struct json_writer *w, const cJSON *document,
                           const struct pipeline_row *row)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, document)
    {
        char key[KEY_SIZE];

        (void)fields_camel(member->string, key, sizeof key);
        if (is_absent(key, member) || is_output(key))
            continue;
        json_key(w, key);
        if (strcmp(key, "modelToUpload") == 0)
            write_model(w, member, row);
        else if (is_free(key))
            json_node(w, member);
        else
            write_node(w, member);
    }
}

/* Of its job, as far as it is; 0: none yet. */
static int64_t best_trial(struct api_call *call, const struct pipeline_row *row)
{
    struct job_progress live;
    struct job_row job = { 0 };
    struct assay_error none = { 0 };
    int64_t best = row->best_trial;

    if (best != 0 || row->end_us != 0)
        return best;
    if (engine_progress(call->engine, row->job, &live))
        return live.best_trial;
    if (store_job_get(engine_read_begin(call->engine), row->job, &job, &none))
        best = job.best_trial;
    engine_read_end(call->engine);
    job_row_clear(&job);
    return best;
}

static void write_job_name(struct json_writer *w, const struct pipeline_row *row, const char *key,
                           const char *collection, int64_t id)
{
    char text[RESOURCE_NAME_SIZE];

    (void)snprintf(text, sizeof text, "%s/%s/%" PRId64, row->parent, collection, id);
    json_key(w, key);
    json_string(w, text);
}

static void write_metadata(struct api_call *call, struct json_writer *w,
                           const struct pipeline_row *row)
{
    bool is_tuning = strcmp(row->definition, PIPELINE_TUNING_TASK) == 0;
    int64_t best = 0;

    if (row->job == 0)
        return;
    json_key(w, "trainingTaskMetadata");
    json_begin_object(w);
    if (is_tuning) {
        write_job_name(w, row, "backingHyperparameterTuningJob", resource_collection(JOB_TUNING),
                       row->job);
        best = best_trial(call, row);
    } else {
        write_job_name(w, row, "backingCustomJob", resource_collection(JOB_CUSTOM), row->job);
    }
    if (best != 0)
        write_job_name(w, row, "bestTrialBackingCustomJob", resource_collection(JOB_CUSTOM),
                       store_trial_id(row->job, best));
    json_end_object(w);
}

bool vertex_write_pipeline(struct api_call *call, struct json_writer *w,
                           const struct pipeline_row *row, struct assay_error *err)
{
    cJSON *document = json_read(row->document, strlen(row->document), err);
    char text[RESOURCE_NAME_SIZE];

    if (!document)
        return false;
    json_begin_object(w);
    (void)snprintf(text, sizeof text, "%s/trainingPipelines/%" PRId64, row->parent, row->id);
    json_key(w, "name");
    json_string(w, text);
    json_key(w, "displayName");
    json_string(w, row->display_name);
    write_document(w, document, row);
    write_metadata(call, w, row);
    json_key(w, "state");
    json_enum(w, row->state, pipeline_state_name(row->state));
    resource_write_time(w, "createTime", row->create_us);
    resource_write_time(w, "startTime", row->start_us);
    resource_write_time(w, "endTime", row->end_us);
    resource_write_time(w, "updateTime", row->update_us);
    if (row->error_code != 0) {
        json_key(w, "error");
        json_begin_object(w);
        json_key(w, "code");
        json_int(w, row->error_code);
        json_key(w, "message");
        json_string(w, row->error_message);
        json_end_object(w);
    }
    json_end_object(w);
    cJSON_Delete(document);
    return true;
}

/* The row that the path names. Clear it, also after false. */
static bool read_row(const struct api_call *call, struct pipeline_row *row, struct assay_error *err)
{
    const char *word = call->match->words[ROUTE_PIPELINE];
    int64_t id = 0;
    bool is_read = false;

    if (assay_integer_parse(word, &id)) {
        is_read = store_pipeline_get(engine_read_begin(call->engine), id, row, err);
        engine_read_end(call->engine);
        if (!is_read && err->code != ASSAY_NOT_FOUND)
            return false;
    }
    if (is_read && vertex_is_parent(call, row->parent))
        return true;
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "the TrainingPipeline %s does not exist", word);
}

bool vertex_get_pipeline(struct api_call *call, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    bool is_ok = read_row(call, &row, err) && vertex_write_pipeline(call, &call->json, &row, err);

    pipeline_row_clear(&row);
    return is_ok;
}

static bool write_stored(struct api_call *call, int64_t id, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(engine_read_begin(call->engine), id, &row, err);

    engine_read_end(call->engine);
    is_ok = is_ok && vertex_write_pipeline(call, &call->json, &row, err);
    pipeline_row_clear(&row);
    return is_ok;
}

bool vertex_create_pipeline(struct api_call *call, struct assay_error *err)
{
    struct pipeline_submission submission = { 0 };
    const struct submission_text text = {
        .document = call->request->body ? call->request->body : "",
        .format = DOCUMENT_JSON,
        .dir = engine_state_dir(call->engine),
        .is_emulated = engine_is_emulated(call->engine),
    };
    const struct launch_place launch = engine_place(call->engine);
    char parent[2 * ROUTE_WORD_SIZE + 32];
    const struct pipeline_place place = {
        .launch = &launch, .engine = call->engine, .parent = parent, .must_be_named = true
    };
    int64_t id = 0;
    bool is_ok = false;

    (void)snprintf(parent, sizeof parent, "projects/%s/locations/%s",
                   call->match->words[ROUTE_PROJECT], call->match->words[ROUTE_LOCATION]);
    is_ok = pipeline_submission_read(&submission, &text, &place, err) &&
            api_hand_in_pipeline(call, &submission, parent, &id, err) &&
            write_stored(call, id, err);
    pipeline_submission_clear(&submission);
    return is_ok;
}

/* What has ended stays as it is. */
bool vertex_cancel_pipeline(struct api_call *call, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    bool is_ok = vertex_check_arguments(call, "", err) && read_row(call, &row, err) &&
                 pipeline_cancel(call->engine, row.id, err);

    pipeline_row_clear(&row);
    return is_ok && api_write_empty(call);
}

/* Its job and its model stay. */
bool vertex_delete_pipeline(struct api_call *call, struct assay_error *err)
{
    struct pipeline_row row = { 0 };
    int64_t operation = 0;
    bool is_ok = read_row(call, &row, err) &&
                 pipeline_delete(call->engine, row.id, &operation, err) &&
                 long_operation_answer(call, operation, err);

    pipeline_row_clear(&row);
    return is_ok;
}
