/*
 * metrics/objective.h - judging numbers: which metric is the objective, which value is better, and
 * what to tell a person whose trainer never reported it. Pure functions.
 */
#ifndef METRICS_OBJECTIVE_H
#define METRICS_OBJECTIVE_H

#include "metrics/measurement.h"

/* The first ordinary (not safety) metric; 0 where there is none. */
size_t objective_metric(const struct metric_spec *specs, size_t metric_count);

/* Strictly better; NaN is worse than any number. */
bool objective_is_better(enum goal goal, double value, double than);

/*
 * One sentence in text ("" when nothing is missing): which metrics are missing (values NaN), which
 * names were seen instead (seen_count of them, may be 0), and what to do: give both sides one name
 * where a seen one is near, else how a trainer reports a metric. A missing metric that is itself
 * among the seen names came only as nan or inf.
 */
void objective_explain_missing(const struct metric_spec *specs, size_t metric_count,
                               const double *values, const char *const *seen, size_t seen_count,
                               char *text, size_t text_size);

#endif
