/*
 * metrics/series.h - the measurements of one attempt, in the order they came.
 *
 * Reports of one step are gathered in one measurement: a report joins the newest measurement when
 * it has the same step and that measurement lacks its metric; else it begins a new one. So a
 * trainer that never gives a step still gets one measurement per report.
 *
 * Memory is bounded: past SERIES_MAX measurements a new one takes the place of the oldest of the
 * last few that no selection can need. So indexes stay what they were, and the last, the best and
 * the newest value of every metric are never dropped; nor are they lost on the way through a store
 * that keeps one row per index. One thread.
 */
#ifndef METRICS_SERIES_H
#define METRICS_SERIES_H

#include "metrics/measurement.h"

enum { SERIES_MAX = 10000 };

enum measurement_selection { SELECT_LAST, SELECT_BEST };

struct series;

/* Borrows specs (metric_count of them), which must outlive the series. NULL for lack of memory. */
struct series *series_new(const struct metric_spec *specs, size_t metric_count);
void series_free(struct series *series);

/*
 * Index of the measurement that changed, was added or was replaced; -1 for lack of memory. The
 * elapsed time of a measurement is that of its first report.
 */
int64_t series_add(struct series *series, const struct metric_report *report);

size_t series_count(const struct series *series);

/* The values stay valid until the next series_add() or series_restore(). */
struct measurement series_get(const struct series *series, size_t index);

/*
 * Puts back a stored measurement (values: one per metric, NaN where absent); call in the order of
 * their indexes, before any series_add(). False for lack of memory.
 */
bool series_restore(struct series *series, const struct measurement *measurement);

/*
 * The final measurement. SELECT_LAST: the highest in (step, elapsed), ties to the one that came
 * last. SELECT_BEST: the best value of the first ordinary metric, ties to the least elapsed, then
 * to the one that came first; the last where that metric was never reported. A metric absent there
 * takes its latest value at or before it (in step, elapsed), else its latest of all, so that
 * trainers may report metrics at different steps. Fills *step, *elapsed_us and values; false when
 * some metric was never reported (values of the others are filled all the same, NaN for that one).
 */
bool series_select(const struct series *series, enum measurement_selection selection, int64_t *step,
                   int64_t *elapsed_us, double *values);

#endif
