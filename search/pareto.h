/*
 * search/pareto.h - which of several results are not beaten in all they measure.
 *
 * Losses are rows of metric_count numbers, none of them NaN, less being better. A row dominates
 * another when it is nowhere worse and somewhere better; equal rows do not dominate each other.
 * Pure functions; any thread may call. False: no memory.
 */
#ifndef SEARCH_PARETO_H
#define SEARCH_PARETO_H

#include "search/sampler.h"

#include <stdbool.h>
#include <stddef.h>

bool pareto_dominates(const double *a, const double *b, size_t metric_count);

/*
 * Marks the rows that no other dominates; equal ones all or none. O(count log count) for one or two
 * metrics, else O(count x front x metric_count).
 */
bool pareto_front(const double *losses, size_t count, size_t metric_count, bool *is_front);

/*
 * Ranks by non-domination: 0 for the front, 1 for the front of what is left, and so on.
 * O(count log count + count x ranks) for two metrics, O(count^2 metric_count) at worst for more.
 */
bool pareto_ranks(const double *losses, size_t count, size_t metric_count, size_t *ranks);

/*
 * The optimal trials of a study, as the API lists them. values: count x metric_count as measured,
 * in the order of metrics, NaN where missing; a trial that failed is a row of NaN. A trial
 * qualifies with a finite value for each metric and a safe one for each safety metric; it is
 * optimal when no other qualified trial dominates it in the objectives. With one objective these
 * are all trials with the best value.
 */
bool pareto_optimal(const struct sampler_metric *metrics, size_t metric_count, const double *values,
                    size_t count, bool *is_optimal);

#endif
