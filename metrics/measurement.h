/*
 * metrics/measurement.h - what a trial reports, and the metrics it is asked for.
 *
 * Plain records shared by the files of this room. A *report* is one value of one metric; a
 * *measurement* holds the values that belong to one step.
 */
#ifndef METRICS_MEASUREMENT_H
#define METRICS_MEASUREMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum goal { GOAL_MAXIMIZE, GOAL_MINIMIZE };

struct metric_spec {
    char *id;
    enum goal goal;
    bool is_safety; /* a safety metric is never the objective */
    double safety_threshold;
    double min_safe_fraction; /* 0 .. 1, NaN where none is wanted */
};

struct metric_report {
    size_t metric;      /* index in the study's metric specs */
    int64_t step;       /* 0 where the trainer gave none */
    int64_t elapsed_us; /* since the attempt started, at least 0 */
    double value;       /* finite */
};

struct measurement {
    int64_t step;
    int64_t elapsed_us;
    const double *values; /* one per metric, NaN where not reported; borrowed from its series */
};

#endif
