/*
 * search/history.h - what a study has seen: the trials that ended, in the order in which they did.
 *
 * Grows at its end only, and what was appended never moves or changes. One thread appends; any
 * other may read the first so many trials that it was told of by then. A sampler's answers depend
 * on such a prefix, never on the time of day or on what was appended since.
 */
#ifndef SEARCH_HISTORY_H
#define SEARCH_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum past_state {
    PAST_COMPLETED,
    PAST_STOPPED,    /* stopped early: its values are those it had by then */
    PAST_INFEASIBLE, /* it has no values */
};

struct past_trial {
    uint64_t number; /* from 1 */
    enum past_state state;
    double progress;      /* PAST_STOPPED: how far it came, above 0 and at most 1; else 1 */
    const double *point;  /* param_count, as in search_space.h */
    const double *values; /* metric_count, as measured; NaN where missing or infeasible */
};

struct history;

/* NULL for lack of memory. metric_count is at least 1; param_count may be 0. */
struct history *history_new(size_t param_count, size_t metric_count);
void history_free(struct history *history); /* NULL is fine */

/* Copies what trial points to; values may be NULL for an infeasible trial. False for lack of
 * memory; nothing is appended then. */
bool history_append(struct history *history, const struct past_trial *trial);

/* For the thread that appends. */
size_t history_count(const struct history *history);

/* index is below the count. The trial's arrays live as long as the history. */
struct past_trial history_get(const struct history *history, size_t index);

size_t history_param_count(const struct history *history);
size_t history_metric_count(const struct history *history);

#endif
