/*
 * engine/life/suggestion.h - what a stored suggestion was made from, so that it can be explained,
 * and made again.
 *
 * A study's past are its trials that ended by themselves, in the order of their ends: those that
 * succeeded, and those that failed for a reason of their own (failure_class_counts()). What was
 * cancelled, or lost by the machine, tells nothing about its point: it is no part of the past, and
 * from its end on not pending either.
 */
#ifndef ENGINE_LIFE_SUGGESTION_H
#define ENGINE_LIFE_SUGGESTION_H

#include "engine/store/store.h"
#include "search/history.h"
#include "search/provenance.h"

/*
 * Pending when a trial was suggested were those trials of lower numbers that had not ended by
 * last_end_order; the past, provenance.past_count trials, were those that had.
 */
struct suggestion {
    int64_t last_end_order;
    int64_t max_trial_count; /* the budget, where it had been changed by then; else 0 */
    struct provenance provenance;
};

/* As it is stored: numbers, so that a reader of another version finds its way. */
enum { SUGGESTION_NUMBERS = 9 + 2 * PROVENANCE_NEAREST, SUGGESTION_NUMBERS_MAX };

/* Returns how many numbers there are. */
size_t suggestion_encode(const struct suggestion *suggestion,
                         double numbers[SUGGESTION_NUMBERS_MAX]);

/* False: count numbers are no suggestion. More than are known are passed over. */
bool suggestion_decode(const double *numbers, size_t count, struct suggestion *suggestion);

/* The trial of an ended row as the past knows it, pointing into row; false where it is no part of
 * it. progress: how far it had come when it was stopped early, NaN where nobody knows; 0 where it
 * was not stopped. */
bool suggestion_past(const struct trial_row *row, double progress, struct past_trial *trial);

#endif
