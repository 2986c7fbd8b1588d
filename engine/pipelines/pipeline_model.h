/*
 * engine/pipelines/pipeline_model.h - the end of a pipeline that makes a model: where its files
 * are, what it is made from, and its upload.
 */
#ifndef ENGINE_PIPELINES_PIPELINE_MODEL_H
#define ENGINE_PIPELINES_PIPELINE_MODEL_H

#include "engine/engine.h"
#include "engine/spec/pipeline_spec.h"
#include "engine/store/pipeline_rows.h"

/* All borrowed. */
struct pipeline_upload {
    const struct pipeline_row *row;
    const cJSON *document;
    const struct pipeline_spec *spec; /* with a model */
    const struct job_row *job;        /* that has succeeded */
};

/*
 * Blocks. The pipeline SUCCEEDED in the moment in which its model is made. False and *err;
 * *is_late: since it was cancelled or ended meanwhile, and then there is no model.
 */
bool pipeline_model_upload(struct engine *engine, const struct pipeline_upload *upload,
                           bool *is_late, struct assay_error *err);

/* The pipeline's resource name. Returns text. */
char *pipeline_name(const struct pipeline_row *row, char *text, size_t size);

/*
 * What a pipeline's model says as artifactUri: modelToUpload's own, else <base>/model, of a tuning
 * task <base>/<best trial>/model. The caller frees it; NULL for lack of memory.
 */
char *pipeline_artifact_uri(const struct pipeline_spec *spec, const char *base, int64_t best_trial);

#endif
