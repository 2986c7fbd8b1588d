/*
 * engine/keep/kept_job.h - a job as its outputs are seen to: which of its ended trials were looked
 * at, whose outputs stay, and what they take.
 */
#ifndef ENGINE_KEEP_KEPT_JOB_H
#define ENGINE_KEEP_KEPT_JOB_H

#include "assay/env.h"
#include "engine/keep/keep_set.h"
#include "engine/readers.h"

struct kept_job;

/* What all jobs of a folder have in common; borrowed. */
struct kept_place {
    const struct assay_env *env;
    const char *state_dir;
    struct readers *readers;
    const struct launch_settings *settings; /* NULL: none */
    bool is_measuring;                      /* what the trials hold is added up */
};

/* Of a stored job. NULL and *err: ASSAY_NOT_FOUND. Borrows place. */
struct kept_job *kept_job_open(const struct kept_place *place, int64_t job,
                               struct assay_error *err);
void kept_job_free(struct kept_job *kept); /* NULL is fine */

int64_t kept_job_id(const struct kept_job *kept);
int64_t kept_job_created_us(const struct kept_job *kept);
/* It has ended, and all its trials were seen to. */
bool kept_job_is_over(const struct kept_job *kept);
/* Trials of it are started: where it was over, it goes on with a larger budget. */
bool kept_job_wake(struct kept_job *kept, struct assay_error *err);

/*
 * Sees to the next thousand trials that have ended since: removes the outputs of those that can
 * never be among the best any more, and notes it in the job's folder. *is_all: no further ones are
 * left. False and *err: the store could not be read.
 */
bool kept_job_sweep(struct kept_job *kept, bool *is_all, struct assay_error *err);

/* What lies below the job's folder, of ended trials and, looked at now, of the others. */
bool kept_job_use(const struct kept_job *kept, int64_t *bytes, struct assay_error *err);

/*
 * Removes outputs of ended trials, the worst first, of equal ones the oldest, never the best
 * trial's, until so many bytes are free or none is left. *freed: how many.
 */
bool kept_job_evict(struct kept_job *kept, int64_t wanted, int64_t *freed, struct assay_error *err);

#endif
