/*
 * engine/life/study_stopping.h - the early-stopping rule of a study's document, asked about its
 * measurements. One thread.
 */
#ifndef ENGINE_LIFE_STUDY_STOPPING_H
#define ENGINE_LIFE_STUDY_STOPPING_H

#include "engine/spec/job_spec.h"
#include "search/stopper.h"

struct study_stopping;

/*
 * Borrows study. A document without a rule makes one that never stops anything. NULL and *err for
 * lack of memory, or a rule whose numbers cannot be.
 */
struct study_stopping *study_stopping_new(const struct study_spec *study, struct assay_error *err);
void study_stopping_free(struct study_stopping *stopping); /* NULL is fine */

/*
 * A trial was measured: at is the index of what changed in its series. *verdict is zeroed but for
 * what the rule says; a trial that lacks the objective there is not judged. False for lack of
 * memory.
 */
bool study_stopping_measured(struct study_stopping *stopping, uint64_t number, const double *point,
                             const struct series *series, size_t at,
                             struct stopper_verdict *verdict);

/* A trial ended with values (one per metric); series may be NULL. False for lack of memory. */
bool study_stopping_ended(struct study_stopping *stopping, const double *point,
                          const struct series *series, const double *values, bool is_stopped);

/*
 * How far a trial came beside those that ran to their end, or, before any did, beside the rule's
 * own greatest step: above 0, at most 1. NaN: nobody knows how long a trial is, or it was not
 * measured.
 */
double study_stopping_progress(const struct study_stopping *stopping, const struct series *series);

#endif
