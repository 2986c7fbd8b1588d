/*
 * search/acquisition.h - how much a point is worth trying, from what Gaussian processes expect.
 *
 * Values of different kinds are not comparable; larger is better. Objectives are turned so that
 * larger is better. A struct acquisition borrows its processes and arrays, and its scratch is used
 * by every call: one thread each.
 */
#ifndef SEARCH_ACQUISITION_H
#define SEARCH_ACQUISITION_H

#include "search/gp.h"
#include "search/provenance.h"

enum { ACQUISITION_GPS_MAX = 16 };

/* The point should have gp's value above the threshold: ln Phi((mean - threshold) /
 * sqrt(variance + extra_variance)) is added. */
struct acquisition_limit {
    const struct gp *gp;
    double threshold;
    double extra_variance;
};

struct acquisition {
    enum acquisition_kind kind;
    const struct gp *objectives[ACQUISITION_GPS_MAX];
    size_t objective_count; /* 1 but for ACQUISITION_HYPERVOLUME; 0 for ACQUISITION_SAFETY */
    struct acquisition_limit limits[ACQUISITION_GPS_MAX];
    size_t limit_count;
    double best;       /* LOG_EI: the target to improve on; EXPLORE: to compete with */
    double confidence; /* UCB, HYPERVOLUME: deviations above the mean */
    /* HYPERVOLUME (R. Zhang and D. Golovin 2020): directions of the positive orthant, and what the
     * front reaches along each. */
    size_t direction_count;
    const double *directions; /* direction_count x objective_count, above 0 */
    const double *reaches;    /* direction_count */
    const double *reference;  /* objective_count: worse than anything wanted */
    double *scratch;          /* acquisition_scratch_size() */
};

size_t acquisition_scratch_size(const struct acquisition *acquisition);

double acquisition_value(const struct acquisition *acquisition, const double *coordinates);

/* The value and its derivatives by the coordinates: dimension. */
double acquisition_gradient(const struct acquisition *acquisition, const double *coordinates,
                            double *slope);

/* Values of count points, row-major. False for lack of memory. */
bool acquisition_values(const struct acquisition *acquisition, const double *coordinates,
                        size_t count, double *values);

/* min_j max(values_j - reference_j, 0) / direction_j: how far values reach along a direction. */
double acquisition_reach(const double *values, const double *reference, const double *direction,
                         size_t count);

#endif
