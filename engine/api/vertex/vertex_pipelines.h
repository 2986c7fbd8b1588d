/*
 * engine/api/vertex/vertex_pipelines.h - TrainingPipelines as the API has them.
 */
#ifndef ENGINE_API_VERTEX_VERTEX_PIPELINES_H
#define ENGINE_API_VERTEX_VERTEX_PIPELINES_H

#include "engine/api/api_private.h"
#include "engine/store/pipeline_rows.h"

/* The resource: what was received, trainingTaskInputs to the letter, and what came of it. */
bool vertex_write_pipeline(struct api_call *call, struct json_writer *writer,
                           const struct pipeline_row *row, struct assay_error *err);

/* Handlers. */
bool vertex_create_pipeline(struct api_call *call, struct assay_error *err);
bool vertex_list_pipelines(struct api_call *call, struct assay_error *err);
bool vertex_get_pipeline(struct api_call *call, struct assay_error *err);
bool vertex_delete_pipeline(struct api_call *call, struct assay_error *err);
bool vertex_cancel_pipeline(struct api_call *call, struct assay_error *err);

#endif
