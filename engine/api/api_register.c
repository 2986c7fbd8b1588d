/* The model of a job's winner as a version in the registry, with what made it. */

#include "engine/api/vertex/vertex_models.h"

#include "engine/models/model_upload.h"
#include "engine/spec/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MANIFEST_BYTES_MAX = 64 * 1024 * 1024 };

/* What is asked; owns all. */
struct registering {
    cJSON *model;
    char *model_id;
    char *parent_model;
};

static void read_model(struct fields *fields, const cJSON *node, void *record)
{
    struct registering *registering = record;

    registering->model = cJSON_Duplicate(node, true);
    if (!registering->model)
        fields->is_short_of_memory = true;
}

static const struct field register_fields[] = {
    { .name = "model", .kind = FIELD_CUSTOM, .read = read_model },
    { .name = "modelId", .kind = FIELD_TEXT, .at = FIELD_AT(struct registering, model_id) },
    { .name = "parentModel", .kind = FIELD_TEXT, .at = FIELD_AT(struct registering, parent_model) },
};
static const struct message register_message = { MESSAGE_FIELDS(register_fields) };

/* The manifest that the job's publishing has left, without its files; the caller owns it. */
static cJSON *read_manifest(const char *dir, struct assay_error *err)
{
    char path[PATH_TEXT + 16];
    FILE *file = NULL;
    char *text = NULL;
    size_t room = 0;
    ssize_t size = 0;
    cJSON *manifest = NULL;

    (void)snprintf(path, sizeof path, "%s/manifest.json", dir);
    file = fopen(path, "re");
    if (!file) {
        (void)assay_fail_errno(err, errno, "%s", path);
        return NULL;
    }
    size = getdelim(&text, &room, '\0', file);
    (void)fclose(file);
    if (size > 0 && size <= MANIFEST_BYTES_MAX)
        manifest = json_read(text, (size_t)size, err);
    else
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL, "%s is damaged", path);
    free(text);
    cJSON_DeleteItemFromObjectCaseSensitive(manifest, "files");
    return manifest;
}

/* Who gives no name takes the job's. */
static bool choose_name(struct registering *registering, const struct job_row *job,
                        struct assay_error *err)
{
    const char *name = fields_member_text(registering->model, "displayName");

    if (!registering->model)
        registering->model = cJSON_CreateObject();
    if (name && *name)
        return true;
    cJSON_DeleteItemFromObjectCaseSensitive(registering->model, "displayName");
    return cJSON_AddStringToObject(registering->model, "displayName", job->display_name) ||
           assay_fail_memory(err);
}

static bool upload(struct api_call *call, struct registering *registering,
                   const struct job_row *job, struct model_uploaded *uploaded,
                   struct assay_error *err)
{
    char dir[PATH_TEXT];
    char model_dir[PATH_TEXT + 16];
    struct model_upload request = { .parent = job->parent,
                                    .model = registering->model,
                                    .model_id = registering->model_id,
                                    .parent_model = registering->parent_model,
                                    .artifact_dir = model_dir };
    cJSON *lineage = NULL;
    bool is_ok = false;

    if (!job->model_dir[0])
        return assay_fail(err, ASSAY_PRECONDITION, NULL, "job %" PRId64 " has left no model%s%s",
                          job->id, job->note[0] ? ": " : "", job->note);
    (void)path_of_model(engine_state_dir(call->engine), job->id, dir);
    (void)snprintf(model_dir, sizeof model_dir, "%s/model", dir);
    model_upload_check_document(&request, "model", &call->faults);
    if (!assay_faults_check(&call->faults, err))
        return false;
    lineage = read_manifest(dir, err);
    request.lineage = lineage;
    is_ok = lineage && model_upload_run(call->engine, &request, NULL, uploaded, err);
    cJSON_Delete(lineage);
    return is_ok;
}

bool api_register_job(struct api_call *call, struct assay_error *err)
{
    struct registering registering = { 0 };
    struct job_row job = { 0 };
    struct job_spec *spec = NULL;
    struct model_uploaded uploaded;
    struct json_writer *w = &call->json;
    bool is_ok = vertex_read_body(call, &register_message, &registering, err) &&
                 api_read_job(call, &job, &spec, err) && choose_name(&registering, &job, err) &&
                 upload(call, &registering, &job, &uploaded, err);

    if (is_ok) { /* as an operation that is done */
        json_begin_object(w);
        json_key(w, "done");
        json_bool(w, true);
        json_key(w, "response");
        json_begin_object(w);
        json_key(w, "model");
        json_string(w, uploaded.name);
        json_key(w, "modelVersionId");
        json_string(w, uploaded.version);
        json_end_object(w);
        json_end_object(w);
    }
    cJSON_Delete(registering.model);
    free(registering.model_id);
    free(registering.parent_model);
    job_spec_free(spec);
    job_row_clear(&job);
    return is_ok;
}
