/*
 * search/gp_past.h - a study's past as rows that a Gaussian process can take.
 *
 * All ended trials up to a limit; past it the best, the newest, and an even selection of the rest.
 * Pending trials follow as rows without values. Immutable once made.
 */
#ifndef SEARCH_GP_PAST_H
#define SEARCH_GP_PAST_H

#include "search/gp_space.h"
#include "search/sampler_ops.h"

struct gp_past {
    size_t count;         /* ended trials kept */
    size_t pending_count; /* rows after them */
    size_t param_count, dimension, metric_count;
    size_t valued_count; /* rows with a value of each objective */
    size_t failed_count; /* infeasible rows */
    uint64_t *numbers;   /* count: the trials' */
    enum past_state *states;
    double *progress;
    double *values;      /* count x metric_count, turned so that larger is better; NaN: none */
    double *points;      /* (count + pending_count) x param_count */
    double *coordinates; /* (count + pending_count) x dimension */
};

/* Of the query's past and pending trials; at most limit ended ones. NULL for lack of memory. */
struct gp_past *gp_past_new(const struct sampler *sampler, const struct gp_space *gp_space,
                            const struct history *history, size_t past_count, const double *pending,
                            size_t pending_count, size_t limit);
void gp_past_free(struct gp_past *past); /* NULL is fine */

#endif
