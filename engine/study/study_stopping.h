/*
 * engine/study/study_stopping.h - the early-stopping rule of a study's document, asked about its
 * measurements. One thread.
 */
#ifndef ENGINE_STUDY_STUDY_STOPPING_H
#define ENGINE_STUDY_STUDY_STOPPING_H

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

/* How far a trial came, in the rule's own positions (steps where there is no rule); 0: it was not
 * measured. */
double study_stopping_position(const struct study_stopping *stopping, const struct series *series);

#endif
