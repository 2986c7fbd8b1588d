/*
 * bench/curves.h - what figures are drawn from: how a comparison goes trial by trial.
 */
#ifndef BENCH_CURVES_H
#define BENCH_CURVES_H

#include "bench/comparison.h"

/* After each trial, budget values each; the memory is one block that low points to. */
struct quartiles {
    double *low;    /* a quarter of the runs is better */
    double *middle; /* the median */
    double *high;
};

/* Of the scores of one arm over all cells, of which there is at least one. False for lack of
 * memory. */
bool quartiles_init(struct quartiles *quartiles, const struct comparison *comparison, size_t arm);
void quartiles_clear(struct quartiles *quartiles);

/* arm_count x budget: mean ranks after each trial, every problem with the same weight. The caller
 * frees; NULL for lack of memory. */
double *rank_curves(const struct comparison *comparison);

/* The median of one arm's last scores over the cells first .. last - 1; scratch: last - first. */
double median_score(const struct comparison *comparison, size_t arm, size_t first, size_t last,
                    double *scratch);

#endif
