/*
 * engine/api/pipelines.h - training pipelines in our own words: /assay/v1/pipelines, and documents
 * of POST /assay/v1/jobs that are one.
 */
#ifndef ENGINE_API_PIPELINES_H
#define ENGINE_API_PIPELINES_H

#include "engine/api/api_private.h"
#include "engine/pipelines/pipeline_submission.h"

/* Hands a submission in, or answers with its faults. */
bool api_hand_in_pipeline(struct api_call *call, struct pipeline_submission *submission,
                          const char *parent, int64_t *id, struct assay_error *err);

/* The pipeline, as one object of the answer: what GET /assay/v1/pipelines/ID answers. */
bool api_write_pipeline(struct api_call *call, int64_t id, struct assay_error *err);

/* Goes on with the pipeline of a job that is resumed, where it has one. */
void api_resume_pipeline_of(struct api_call *call, int64_t job);

/* Handlers; {pipeline} is an id, the beginning of one, or "last". */
bool api_list_pipelines(struct api_call *call, struct assay_error *err);
bool api_get_pipeline(struct api_call *call, struct assay_error *err);
bool api_get_pipeline_resource(struct api_call *call, struct assay_error *err);
bool api_delete_pipeline(struct api_call *call, struct assay_error *err);
bool api_cancel_pipeline(struct api_call *call, struct assay_error *err);
bool api_resume_pipeline(struct api_call *call, struct assay_error *err);

#endif
