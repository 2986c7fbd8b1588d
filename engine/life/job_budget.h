/*
 * engine/life/job_budget.h - what a job may spend, which may be changed while it runs and after.
 *
 * A job's document has its budget as it is now. What it was at first stays in the store, since
 * samplers are made for that: how they begin, and in which order they visit a grid, must not change
 * on the way. Only what is left to be spent they are told with each query (search/sampler.h).
 */
#ifndef ENGINE_LIFE_JOB_BUDGET_H
#define ENGINE_LIFE_JOB_BUDGET_H

#include "engine/life/tuning_job.h"
#include "engine/store/store.h"

struct job_budget {
    int64_t max_trial_count;
    int64_t parallel_trial_count;
    int64_t max_failed_trial_count; /* 0: the service's own rule */
};

struct job_budget job_budget_of(const struct job_spec *spec);

/* Whether a job of these counts may have it. ASSAY_INVALID, with the field. */
bool job_budget_check(const struct job_budget *budget, const struct tuning_job *life,
                      struct assay_error *err);

/* The document (JSON) with that budget instead of its own. The caller frees it; NULL and *err. */
char *job_budget_write(const struct job_budget *budget, const char *document,
                       struct assay_error *err);

/*
 * Within a transaction: the job's row and spec have that budget from now on, and the store keeps
 * what it was. created: how many trials were made. False and *err: nothing is worth keeping.
 */
bool job_budget_change(const struct job_budget *budget, struct store *store, struct job_row *row,
                       struct job_spec *spec, int64_t created, int64_t now_us,
                       struct assay_error *err);

/* Of a spec that was read from the stored document: what it was made for at first. */
bool job_budget_load_first(struct store *store, int64_t job, struct job_spec *spec,
                           struct assay_error *err);

#endif
