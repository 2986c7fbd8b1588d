/*
 * engine/api/window/job_tally.h - what a job's trials add up to, for a line of a list. Kept while
 * they stay as they are: to count a million takes a while.
 */
#ifndef ENGINE_API_WINDOW_JOB_TALLY_H
#define ENGINE_API_WINDOW_JOB_TALLY_H

#include "engine/api/job_view.h"

struct job_tally {
    struct job_cached cached; /* first: it is the tally */
    struct trial_totals totals;
    int64_t stopped;   /* told to stop early; negative where the study has no rule */
    size_t metric;     /* index of the objective; of a study with metrics */
    double best_value; /* of the objective; NaN: there is none yet */
};

/* live: where the job stands, which spares counting; NULL where nobody works on it. NULL and *err;
 * the caller releases it. */
const struct job_tally *job_tally_get(struct engine *engine, const struct job_view *view,
                                      const struct job_progress *live, struct assay_error *err);
void job_tally_release(const struct job_tally *tally); /* NULL is fine */

#endif
