/*
 * engine/life/early_stopping.h - a live job's early-stopping rule, and what it has seen.
 *
 * Judging is cheap enough for the controller: half a millisecond at most, and only for trials that
 * report on their way. Verdicts are final and stored by whoever asked (store_early_stop_put());
 * the rule's memory is not stored but made again from the trials' measurements. One thread.
 */
#ifndef ENGINE_LIFE_EARLY_STOPPING_H
#define ENGINE_LIFE_EARLY_STOPPING_H

#include "engine/spec/job_spec.h"
#include "engine/store/store.h"
#include "search/stopper.h"

struct early_stopping;

/* Borrows study, which must have a rule. NULL and *err: no memory. */
struct early_stopping *early_stopping_new(const struct study_spec *study, struct assay_error *err);
void early_stopping_free(struct early_stopping *stopping); /* NULL is fine */

/*
 * A trial's measurements from index first on are new or have changed. *verdict is the first that
 * would stop it, else the last. is_ended: it is too late to stop it; only what others can learn
 * from it counts. False for lack of memory.
 */
bool early_stopping_measured(struct early_stopping *stopping, int64_t number, const double *point,
                             const struct series *series, size_t first, bool is_ended,
                             struct stopper_verdict *verdict);

/* A trial has succeeded with values; is_stopped: early. False for lack of memory. */
bool early_stopping_ended(struct early_stopping *stopping, const double *point,
                          const struct series *series, const double *values, bool is_stopped);

/* How far a trial has come: study_stopping_progress(). */
double early_stopping_progress(const struct early_stopping *stopping, const struct series *series);

/*
 * Tells all that a stored job's trials reported, each trial's measurements by its clock. Between
 * different trials their order does not matter.
 */
bool early_stopping_load(struct early_stopping *stopping, struct store *store, int64_t job,
                         const struct job_spec *spec, struct assay_error *err);

/*
 * A running trial's measurements were cleared in the store: what the rule has seen is stale, if it
 * minds them, until early_stopping_refresh() has told it anew what is in the store, so that it
 * judges as one of an engine that begins now. Many may be lost in a row before that is done.
 */
void early_stopping_forget(struct early_stopping *stopping);
bool early_stopping_is_stale(const struct early_stopping *stopping);

/*
 * Reads all the job's measurements where the rule is stale; else does nothing. Those of trial
 * number from index first on are left out: they are to be told next. Unchanged on failure.
 */
bool early_stopping_refresh(struct early_stopping *stopping, struct store *store, int64_t job,
                            const struct job_spec *spec, int64_t number, size_t first,
                            struct assay_error *err);

#endif
