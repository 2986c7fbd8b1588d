/*
 * bench/statistics.h - numbers about curves: ranks, regrets, medians and how sure of them one can
 * be. Pure functions, the same result on every machine.
 *
 * A score is a normalised regret, (truth - optimum) / (typical - optimum): 0 at the optimum, 1 at
 * the median of random points. A curve holds the score of the best trial after 1, 2, … trials.
 */
#ifndef BENCH_STATISTICS_H
#define BENCH_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below it a problem counts as solved: two scores there are a tie, and logarithms stop. */
extern const double score_floor;

/* Between score_floor and 1: what is worse than a typical random point is as bad as that one. NaN
 * counts as 1. */
double score_clip(double score);

/* What a curve says after trial (from 1): past its end its last value, infinite where empty. */
double regret_at(const double *curve, size_t count, size_t trial);

/* The mean over trials 1 .. budget of the decimal logarithm of the clipped score. */
double anytime_regret(const double *curve, size_t count, size_t budget);

/* 1 for the least value; equal ones (after the floor) share the mean of their ranks. */
void ranks_of(const double *scores, size_t count, double *ranks);

/* 1 when ours is less, 0.5 for a tie, 0 otherwise; ties as in ranks_of(). */
double win_of(double ours, double theirs);

/* Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996); sorts values.
 * count is at least 1, share 0 .. 1. */
double quantile_of(double *values, size_t count, double share);

/*
 * How many fewer trials one median curve needs than another to reach the same values: for each
 * value of the pooled curve ln(1 + trials of the baseline) - ln(1 + trials of ours), the median
 * over the values, clipped to -1 .. 1; 0.69 means half the trials. A value not reached counts as
 * reached after e times the budget. Song et al. 2024 (arXiv 2408.11527). All three curves have
 * budget values; scratch has room for as many.
 */
double log_efficiency(const double *baseline, const double *ours, const double *pooled,
                      size_t budget, double *scratch);

/* Numbers in groups: of problem i the values starts[i] .. starts[i + 1] - 1, one per seed. */
struct grouped {
    const double *values;
    const size_t *starts; /* group_count + 1 */
    size_t group_count;
};

struct interval {
    double mean; /* over groups, of the means within them */
    double low;  /* of the central 95 % */
    double high;
};

enum { BOOTSTRAP_ROUNDS = 1000 };

/*
 * Resamples groups, then values within each: Efron's percentile interval. No empty groups; without
 * any all three are NaN. scratch: BOOTSTRAP_ROUNDS numbers.
 */
struct interval bootstrap_mean(const struct grouped *grouped, uint64_t seed, double *scratch);

#endif
