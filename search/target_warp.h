/*
 * search/target_warp.h - from measured objectives to what a Gaussian process can model.
 *
 * The half-rank transform of Vizier's (Song et al. 2024): values at or above the median keep their
 * scale, those below are replaced by normal scores of their rank, so that neither one disaster nor
 * many flatten what matters. Then mean 0 and deviation 1. Larger is better on both sides.
 */
#ifndef SEARCH_TARGET_WARP_H
#define SEARCH_TARGET_WARP_H

#include <stdbool.h>
#include <stddef.h>

enum target_warp_kind { WARP_STANDARDIZE, WARP_HALF_RANK, WARP_HALF_RANK_LOG };

/* Monotonic: kept as the values it was made from. */
struct target_warp {
    size_t count;
    double *values;  /* count, ascending and distinct, as measured */
    double *targets; /* count, what they became */
};

/*
 * Fills targets[0 .. count-1] for values[0 .. count-1] (0 or 1e-300 .. 1e300 in size;
 * the same array is fine) and
 * *warp; count 1 or all equal: zeros. False for lack of memory, *warp then zeroed.
 */
bool target_warp_init(struct target_warp *warp, enum target_warp_kind kind, const double *values,
                      size_t count, double *targets);
void target_warp_clear(struct target_warp *warp); /* a zeroed one is fine */

/* The measured value that a target stands for, by straight lines between those seen and, beyond
 * them, through the outermost two. */
double target_warp_value(const struct target_warp *warp, double target);

/* The other way. */
double target_warp_target(const struct target_warp *warp, double value);

#endif
