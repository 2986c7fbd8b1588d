/*
 * engine/pipelines/pipeline_work.h - one pipeline, moved on as far as it goes for now.
 */
#ifndef ENGINE_PIPELINES_PIPELINE_WORK_H
#define ENGINE_PIPELINES_PIPELINE_WORK_H

#include "engine/engine.h"

/*
 * Exports, submits, uploads: may take long; asks engine_is_ending() in between. One thread per
 * pipeline at a time. *is_over: it has ended, or is gone. False and *err: for a reason that is none
 * of the pipeline's (the engine ends, no memory), so that it is to be tried again.
 */
bool pipeline_work(struct engine *engine, int64_t id, bool *is_over, struct assay_error *err);

/* Asks for its end: CANCELLING, unless it has ended; the rest is done by the runner. */
bool pipeline_cancel(struct engine *engine, int64_t id, struct assay_error *err);

/* The row goes, of one that has ended (ASSAY_PRECONDITION); its job and its model stay. *operation
 * tells of it afterwards. */
bool pipeline_delete(struct engine *engine, int64_t id, int64_t *operation,
                     struct assay_error *err);

#endif
