/*
 * engine/plots/history_buckets.h - a study's history in fixed memory: of each stretch of end orders
 * the trials with the least and the greatest value of each metric, and one of those without.
 *
 * All stretches are of one length, a power of two; when the history outgrows the buckets there are,
 * pairs of them are merged. What is kept depends on which trials were added, not on when. One
 * thread at a time.
 */
#ifndef ENGINE_PLOTS_HISTORY_BUCKETS_H
#define ENGINE_PLOTS_HISTORY_BUCKETS_H

#include "engine/plots/plot_point.h"

struct history_buckets;

/* For trials that ended as first or later. At most max buckets (a power of two). NULL for lack of
 * memory. */
struct history_buckets *history_buckets_new(size_t metric_count, size_t max, int64_t first);
void history_buckets_free(struct history_buckets *buckets); /* NULL is fine */

/* Its end order is at least first. values: one per metric, not finite where there is none; NULL:
 * there are none at all. False for lack of memory: nothing has changed. */
bool history_buckets_add(struct history_buckets *buckets, int64_t number, int64_t end_order,
                         enum plot_state state, const double *values);

/* End orders that a bucket stands for: with 1, all trials are there. */
int64_t history_buckets_width(const struct history_buckets *buckets);

/* How many trials were added that ended from … to; where the ends are not those of buckets, with
 * those of the whole buckets. */
int64_t history_buckets_count(const struct history_buckets *buckets, int64_t from, int64_t to);

/*
 * The points of a metric that ended from … to, by end order, in no more than group_max groups of
 * neighbouring buckets: at most three of each. Room for 3 * group_max in points; returns how many.
 */
size_t history_buckets_read(const struct history_buckets *buckets, size_t metric, int64_t from,
                            int64_t to, size_t group_max, struct plot_point *points);

#endif
