/*
 * search/hypervolume.h - how much of objective space a set of results dominates.
 *
 * Losses are rows of metric_count finite numbers, less being better. The volume is that of all
 * points that some row dominates and that dominate the reference point; rows that are not below the
 * reference in every metric add nothing. Exact in any number of metrics: by sweeping for up to
 * three, O(n log n) and O(n^2), by the recursion of While, Bradstreet and Barone 2012 (WFG) beyond,
 * whose cost grows fast with metrics and rows. Pure; any thread may call.
 */
#ifndef SEARCH_HYPERVOLUME_H
#define SEARCH_HYPERVOLUME_H

#include <stdbool.h>
#include <stddef.h>

/* The set's worst value in each metric, and a tenth of its range beyond; a range of nothing counts
 * as 1. */
void hypervolume_reference(const double *losses, size_t count, size_t metric_count,
                           double *reference);

/* NaN for lack of memory, as below. */
double hypervolume(const double *losses, size_t count, size_t metric_count,
                   const double *reference);

/* What the volume gains by one more row. */
double hypervolume_gain(const double *losses, size_t count, size_t metric_count,
                        const double *reference, const double *row);

/*
 * Picks keep <= count rows one after the other, each the one that then adds most (the first of
 * equal ones); picked[0 .. keep-1] are their numbers. At least 1 - 1/e of the best set's volume
 * (Nemhauser, Wolsey and Fisher 1978). False: no memory.
 */
bool hypervolume_pick(const double *losses, size_t count, size_t metric_count,
                      const double *reference, size_t keep, size_t *picked);

#endif
