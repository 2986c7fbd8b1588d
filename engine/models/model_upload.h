/*
 * engine/models/model_upload.h - a model version made of a folder of artifacts, for the API and
 * for training pipelines.
 *
 * The artifacts are hashed and stored before the version is; a version that can be seen is whole.
 */
#ifndef ENGINE_MODELS_MODEL_UPLOAD_H
#define ENGINE_MODELS_MODEL_UPLOAD_H

#include "assay/json.h"
#include "engine/api/resource.h"
#include "engine/edit.h"
#include "engine/engine.h"

/* All borrowed. */
struct model_upload {
    const char *parent;   /* "projects/…/locations/…" */
    const cJSON *model;   /* a Model as received, checked by model_upload_check() */
    const char *model_id; /* wanted id of a new model; NULL or "": a number is made */
    const char
        *parent_model; /* resource name: the upload is a new version of it; NULL: a new model */
    const char *artifact_dir; /* absolute path of the folder; NULL: the model has no artifacts */
    const char *artifact_uri; /* what the version says as artifactUri; NULL: none */
    const char *training_pipeline; /* resource name, or NULL */
    const cJSON *lineage; /* what made it: {"job","trial","parameters","metrics","seed","document",
                             "pipeline","dataset","dataStats"}, all optional; NULL: nothing known */
    bool is_guarded;      /* the folder was written by others: links are not followed */
};

struct model_uploaded {
    char name[RESOURCE_NAME_SIZE]; /* projects/…/models/ID, without @version */
    char version[24];              /* "1" */
};

/* Faults of model, ids and aliases that can be known before the artifacts are; field paths begin
 * with prefix ("model", "model_to_upload"). Reads the store: does parentModel exist, is model_id
 * free? */
void model_upload_check(struct engine *engine, const struct model_upload *upload,
                        const char *prefix, struct assay_faults *faults);

/* The same without the store: what is wrong whatever there is. */
void model_upload_check_document(const struct model_upload *upload, const char *prefix,
                                 struct assay_faults *faults);

/* An id that no model has, of ten digits. */
bool model_new_id(struct engine *engine, struct store *store, char *id, size_t size,
                  struct assay_error *err);

/*
 * Copies, hashes, registers; blocks. *uploaded is set when also->apply is called, in the edit that
 * makes the version (also may be NULL): both are or none is. Doing it again after a crash finds the
 * blobs. False and *err: ASSAY_NOT_FOUND (no folder, no parentModel), ASSAY_PRECONDITION (the
 * folder is empty), ASSAY_EXISTS (model_id).
 */
bool model_upload_run(struct engine *engine, const struct model_upload *upload,
                      const struct edit *also, struct model_uploaded *uploaded,
                      struct assay_error *err);

#endif
