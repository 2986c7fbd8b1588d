/*
 * engine/api/job_view.h - a job's row and its document, typed: what most answers begin with.
 * Kept while the row stays as it is, so that the document is not read anew for each request.
 */
#ifndef ENGINE_API_JOB_VIEW_H
#define ENGINE_API_JOB_VIEW_H

#include "engine/engine.h"

struct job_view {
    struct job_cached cached; /* first: it is the view */
    struct job_row row;
    struct job_spec *spec;
};

/* NULL and *err: ASSAY_NOT_FOUND. The caller releases it; immutable. */
const struct job_view *job_view_get(struct engine *engine, int64_t job, struct assay_error *err);
void job_view_release(const struct job_view *view); /* NULL is fine */

#endif
