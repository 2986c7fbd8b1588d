/*
 * engine/keep/trial_outputs.h - what an ended trial has left on the disk: its model and
 * checkpoints, and the work folders of its attempts. Its logs, metrics and records are no outputs.
 */
#ifndef ENGINE_KEEP_TRIAL_OUTPUTS_H
#define ENGINE_KEEP_TRIAL_OUTPUTS_H

#include "engine/keep/keep_set.h"
#include "engine/paths.h"

/* Whose they are; all borrowed. */
struct outputs_owner {
    const char *state_dir;
    const char *source_dir;
    const struct job_spec *spec;
    int64_t job;
    int64_t create_us; /* of the job */
};

/* What the trial has below the job's folder, its logs too. */
int64_t trial_outputs_use(const struct outputs_owner *owner, int64_t number);

struct outputs_freed {
    int64_t job_bytes;   /* below the job's folder */
    int64_t other_bytes; /* elsewhere in the state folder: in a bucket */
};

/*
 * Removes them; adds what that freed to *freed. What a folder that the document names holds from
 * before the job is another one's and stays. False and *err: something could not be removed.
 */
bool trial_outputs_remove(const struct outputs_owner *owner, const struct keep_trial *trial,
                          struct outputs_freed *freed, struct assay_error *err);

#endif
