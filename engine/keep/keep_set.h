/*
 * engine/keep/keep_set.h - whose outputs stay: of the trials of a job that have ended, the best
 * few, or, with several objectives, all that no other beats. Pure.
 *
 * A trial that falls out never comes back: what has ended changes no more. So the trials are added
 * in the order in which they ended, and each is told when it falls out, once.
 */
#ifndef ENGINE_KEEP_KEEP_SET_H
#define ENGINE_KEEP_KEEP_SET_H

#include "engine/spec/job_spec.h"

struct keep_set;

/* Borrows study. limit: how many stay, at least 1; with several objectives it does not count. NULL
 * for lack of memory. */
struct keep_set *keep_set_new(const struct study_spec *study, int64_t limit);
void keep_set_free(struct keep_set *set); /* NULL is fine */

struct keep_trial {
    int64_t number;
    int64_t end_order;
    int attempts;
};

typedef void (*keep_drop_fn)(void *context, const struct keep_trial *trial);

/*
 * values: the trial's final measurement, one per metric; NULL: it has none, and falls out. drop is
 * called for each that falls out by it, itself perhaps among them. False for lack of memory; then
 * nothing has changed.
 */
bool keep_set_add(struct keep_set *set, const struct keep_trial *trial, const double *values,
                  keep_drop_fn drop, void *context);

#endif
