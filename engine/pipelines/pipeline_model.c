#include "engine/pipelines/pipeline_model.h"

#include "engine/api/resource.h"
#include "engine/models/model_upload.h"
#include "engine/paths.h"
#include "engine/spec/fields.h"
#include "launcher/storage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the job's own publishing has left beside the model. */
#define MANIFEST "manifest.json"

char *pipeline_name(const struct pipeline_row *row, char *text, size_t size)
{
    (void)snprintf(text, size, "%s/trainingPipelines/%" PRId64, row->parent, row->id);
    return text;
}

char *pipeline_artifact_uri(const struct pipeline_spec *spec, const char *base, int64_t best_trial)
{
    size_t size = strlen(base);
    char *text = NULL;
    int length = 0;

    while (size > 1 && base[size - 1] == '/')
        size--;
    if (spec->artifact_uri)
        return strdup(spec->artifact_uri->valuestring);
    if (spec->kind == JOB_TUNING)
        length = asprintf(&text, "%.*s/%" PRId64 "/model", (int)size, base, best_trial);
    else
        length = asprintf(&text, "%.*s/model", (int)size, base);
    return length < 0 ? NULL : text;
}

/*
 * Of a job's own output what it has published counts, which was checked, belongs to this very job,
 * and changes no more. The caller frees the path; NULL and *err.
 */
static char *find_artifacts(struct engine *engine, const struct pipeline_upload *u,
                            struct assay_error *err)
{
    char path[PATH_TEXT];
    char *dir = NULL;

    if (u->spec->artifact_uri) {
        (void)snprintf(path, sizeof path, "%s/buckets", engine_state_dir(engine));
        return storage_path(u->spec->artifact_uri->valuestring, path, u->row->source_dir, err);
    }
    if (u->spec->kind == JOB_TUNING && u->job->best_trial == 0) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "job %" PRId64 " has no best trial whose model could be taken",
                         u->job->id);
        return NULL;
    }
    if (!u->job->model_dir[0]) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL, "%s",
                         u->job->note[0] ? u->job->note : "the job has left no model");
        return NULL;
    }
    (void)path_of_model(engine_state_dir(engine), u->job->id, path);
    if (asprintf(&dir, "%s/model", path) < 0) {
        dir = NULL;
        (void)assay_fail_memory(err);
    }
    return dir;
}

/* The manifest of the job's model, but for its files; an empty object where there is none. NULL
 * for lack of memory. */
static cJSON *read_manifest(struct engine *engine, const struct job_row *job)
{
    char dir[PATH_TEXT];
    char path[PATH_TEXT + sizeof MANIFEST];
    struct assay_error none = { 0 };
    cJSON *manifest = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *in = NULL;

    (void)snprintf(path, sizeof path, "%s/" MANIFEST,
                   path_of_model(engine_state_dir(engine), job->id, dir));
    in = job->model_dir[0] ? fopen(path, "re") : NULL;
    if (in && getdelim(&text, &size, '\0', in) > 0)
        manifest = json_read(text, strlen(text), &none);
    if (in)
        (void)fclose(in);
    free(text);
    if (!cJSON_IsObject(manifest)) {
        cJSON_Delete(manifest);
        return cJSON_CreateObject();
    }
    cJSON_DeleteItemFromObjectCaseSensitive(manifest, "files");
    return manifest;
}

static bool put_text(cJSON *object, const char *key, const char *text)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    return cJSON_AddStringToObject(object, key, text) != NULL;
}

static bool put_number(cJSON *object, const char *key, int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, number);
    return put_text(object, key, text);
}

static bool add_data(cJSON *lineage, const struct pipeline_upload *u)
{
    static const char *const names[] = { "trainingDataItemsCount", "validationDataItemsCount",
                                         "testDataItemsCount" };
    const char *dataset = fields_member_text(u->spec->data_config, "datasetId");
    char text[RESOURCE_NAME_SIZE];
    cJSON *stats = NULL;

    if (!dataset || !u->row->data_uri[0])
        return true;
    (void)snprintf(text, sizeof text, "%s/datasets/%.128s", u->row->parent, dataset);
    stats =
        put_text(lineage, "dataset", text) ? cJSON_AddObjectToObject(lineage, "dataStats") : NULL;
    for (size_t i = 0; stats && i < sizeof names / sizeof names[0]; i++)
        if (!put_number(stats, names[i], u->row->counts[i]))
            return false;
    return stats != NULL;
}

/* What the model came from. NULL for lack of memory. */
static cJSON *make_lineage(struct engine *engine, const struct pipeline_upload *u)
{
    cJSON *lineage = read_manifest(engine, u->job);
    cJSON *document = cJSON_Duplicate(u->document, true);
    char text[RESOURCE_NAME_SIZE];
    bool is_good = lineage && document;

    if (is_good) {
        cJSON_DeleteItemFromObjectCaseSensitive(lineage, "document");
        is_good = cJSON_AddItemToObject(lineage, "document", document);
        document = is_good ? NULL : document;
    }
    cJSON_Delete(document);
    if (is_good) {
        resource_job_name(u->job, text, sizeof text);
        is_good = put_text(lineage, "job", text) &&
                  put_text(lineage, "pipeline", pipeline_name(u->row, text, sizeof text)) &&
                  (!u->job->best_trial || u->spec->kind != JOB_TUNING ||
                   put_number(lineage, "trial", u->job->best_trial)) &&
                  put_number(lineage, "seed", (int64_t)u->job->seed) && add_data(lineage, u);
    }
    if (is_good)
        return lineage;
    cJSON_Delete(lineage);
    return NULL;
}

/* What ends the pipeline, in the moment of its model. */
struct model_ending {
    int64_t id;
    int64_t best_trial;
    const struct model_uploaded *model;
    bool is_late; /* set: there is nothing to be ended any more */
};

static bool apply_end(void *context, struct store *store, int64_t now_us, int64_t job,
                      struct assay_error *err)
{
    struct model_ending *ending = context;
    struct pipeline_row row = { 0 };
    bool is_ok = store_pipeline_get(store, ending->id, &row, err);

    (void)job;
    ending->is_late = is_ok && (row.end_us != 0 || row.state == JOB_STATE_CANCELLING);
    if (ending->is_late)
        is_ok = assay_fail(err, ASSAY_CANCELLED, NULL, "the pipeline was cancelled");
    if (is_ok) {
        free(row.model);
        free(row.version);
        row.model = strdup(ending->model->name);
        row.version = strdup(ending->model->version);
        row.state = JOB_STATE_SUCCEEDED;
        row.end_us = row.update_us = pipeline_row_moment(&row, now_us);
        row.best_trial = ending->best_trial;
        is_ok = (row.model && row.version) ? store_pipeline_update(store, &row, err)
                                           : assay_fail_memory(err);
    }
    pipeline_row_clear(&row);
    return is_ok;
}

static bool run(struct engine *engine, const struct pipeline_upload *u,
                const struct model_upload *upload, bool *is_late, struct assay_error *err)
{
    struct model_uploaded uploaded = { 0 };
    struct model_ending ending = { .id = u->row->id,
                                   .best_trial = u->job->best_trial,
                                   .model = &uploaded };
    const struct edit also = { .apply = apply_end, .context = &ending };
    bool is_ok = model_upload_run(engine, upload, &also, &uploaded, err);

    *is_late = ending.is_late;
    if (is_ok)
        assay_log(engine_env(engine), ASSAY_LOG_INFO, "model made pipeline=%" PRId64 " %s@%s",
                  u->row->id, uploaded.name, uploaded.version);
    return is_ok;
}

bool pipeline_model_upload(struct engine *engine, const struct pipeline_upload *u, bool *is_late,
                           struct assay_error *err)
{
    struct job_spec *job = job_row_spec(u->job, err);
    char *uri = NULL;
    char *dir = NULL;
    cJSON *lineage = NULL;
    char name[RESOURCE_NAME_SIZE];
    struct model_upload upload = { .parent = u->row->parent,
                                   .model = u->spec->model,
                                   .model_id = u->spec->model_id,
                                   .parent_model = u->spec->parent_model,
                                   .training_pipeline = pipeline_name(u->row, name, sizeof name),
                                   /* What was published is ours. */
                                   .is_guarded =
                                       u->spec->artifact_uri && engine_place(engine).is_guarded };
    bool is_ok = false;

    *is_late = false;
    if (!job)
        return false;
    if (!engine_is_emulated(engine)) { /* where nothing was trained */
        dir = find_artifacts(engine, u, err);
        if (!dir)
            goto out;
    }
    uri = pipeline_artifact_uri(u->spec, job->run.output_uri ? job->run.output_uri : "",
                                u->job->best_trial);
    lineage = make_lineage(engine, u);
    if (!uri || !lineage) {
        (void)assay_fail_memory(err);
        goto out;
    }
    upload.artifact_dir = dir;
    upload.artifact_uri = uri;
    upload.lineage = lineage;
    is_ok = run(engine, u, &upload, is_late, err);
out:
    cJSON_Delete(lineage);
    free(uri);
    free(dir);
    job_spec_free(job);
    return is_ok;
}
