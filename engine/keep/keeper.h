/*
 * engine/keep/keeper.h - the thread that keeps a state folder from growing for ever.
 *
 * Of a job that keeps only its best trials it removes the outputs of those that can never be among
 * them any more (keep_set.h, trial_outputs.h). Where the folder has a limit and is above it, the
 * outputs of ended trials go, the oldest job's and the worst first, but for each job's best; when
 * that is not enough it says so, and no further trials are to be started.
 *
 * Trials that have not ended are never touched. What the folder holds is added up as trials end;
 * only what runs, and what is no trial's, is looked at again and again.
 */
#ifndef ENGINE_KEEP_KEEPER_H
#define ENGINE_KEEP_KEEPER_H

#include "assay/env.h"
#include "engine/readers.h"
#include "engine/spec/launch_settings.h"

struct keeper;

/* All borrowed until keeper_free(). */
struct keeper_options {
    const struct assay_env *env;
    const char *state_dir;
    struct readers *readers;
    const struct launch_settings *settings; /* of jobs that do not say it themselves; or NULL */
    int64_t max_disk_bytes;                 /* 0: no limit */
    /* The folder is above its limit, and nothing is left to be removed. On the keeper's thread. */
    void (*on_full)(void *context, const char *why);
    void *context;
};

/* Starts the thread, which begins with what the last engine has left undone. NULL and *err. */
struct keeper *keeper_new(const struct keeper_options *options, struct assay_error *err);
/* Sees to what has ended so far, and ends the thread. NULL is fine. */
void keeper_free(struct keeper *keeper);

/* The job's trials are started from now on. Any thread; NULL is fine. */
void keeper_watch(struct keeper *keeper, int64_t job, const struct launch_settings *settings);

/* Something was committed: trials may have ended. Any thread, often; NULL is fine. */
void keeper_note(struct keeper *keeper);

#endif
