#include "bench/statistics.h"

#include <math.h>
#include <stdlib.h>

/* The target precision of COCO's final target, here relative to the distance that a typical random
 * point has from the optimum. */
const double score_floor = 1e-8;

double score_clip(double score)
{
    if (!(score < 1)) /* written so that NaN is as bad */
        return 1;
    return score > score_floor ? score : score_floor;
}

double regret_at(const double *curve, size_t count, size_t trial)
{
    if (count == 0)
        return (double)INFINITY;
    return curve[trial < count ? trial - 1 : count - 1];
}

double anytime_regret(const double *curve, size_t count, size_t budget)
{
    double sum = 0;

    for (size_t i = 1; i <= budget; i++)
        sum += log10(score_clip(regret_at(curve, count, i)));
    return sum / (double)budget;
}

static double floored(double score)
{
    return score > score_floor ? score : score_floor;
}

double win_of(double ours, double theirs)
{
    double left = floored(ours);
    double right = floored(theirs);

    return left < right ? 1 : (left > right ? 0 : 0.5);
}

void ranks_of(const double *scores, size_t count, double *ranks)
{
    for (size_t i = 0; i < count; i++) {
        ranks[i] = 1;
        for (size_t j = 0; j < count; j++)
            if (j != i)
                ranks[i] += win_of(scores[j], scores[i]);
    }
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

double quantile_of(double *values, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    double part = place - (double)below;

    qsort(values, count, sizeof *values, compare);
    /* Also so that infinity times zero does not come up. */
    if (part <= 0 || below + 1 >= count || values[below] == values[below + 1])
        return values[below];
    return values[below] + part * (values[below + 1] - values[below]);
}

/* Trials until the curve is at most value; e x budget when it never is. */
static double trials_to(const double *curve, size_t budget, double value)
{
    for (size_t i = 0; i < budget; i++)
        if (curve[i] <= value)
            return (double)(i + 1);
    return exp(1) * (double)budget;
}

double log_efficiency(const double *baseline, const double *ours, const double *pooled,
                      size_t budget, double *scratch)
{
    double middle = 0;

    for (size_t i = 0; i < budget; i++)
        scratch[i] = log1p(trials_to(baseline, budget, pooled[i])) -
                     log1p(trials_to(ours, budget, pooled[i]));
    middle = quantile_of(scratch, budget, 0.5);
    return middle < -1 ? -1 : (middle > 1 ? 1 : middle);
}

/* SplitMix64: Steele, Lea and Flood 2014. A thousand resamplings need no better numbers. */
static uint64_t next_bits(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Below count, which is far below 2^32: the bias is below 1e-5. */
static size_t next_below(uint64_t *state, size_t count)
{
    return (size_t)((next_bits(state) >> 32) * count >> 32);
}

static double group_mean(const struct grouped *grouped, size_t group)
{
    size_t start = grouped->starts[group];
    size_t end = grouped->starts[group + 1];
    double sum = 0;

    for (size_t i = start; i < end; i++)
        sum += grouped->values[i];
    return sum / (double)(end - start);
}

static double resampled_group_mean(const struct grouped *grouped, size_t group, uint64_t *state)
{
    size_t start = grouped->starts[group];
    size_t count = grouped->starts[group + 1] - start;
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += grouped->values[start + next_below(state, count)];
    return sum / (double)count;
}

struct interval bootstrap_mean(const struct grouped *grouped, uint64_t seed, double *scratch)
{
    size_t count = grouped->group_count;
    double mean = 0;
    uint64_t state = seed;

    if (count == 0)
        return (struct interval){ (double)NAN, (double)NAN, (double)NAN };
    for (size_t i = 0; i < count; i++)
        mean += group_mean(grouped, i);
    for (size_t round = 0; round < BOOTSTRAP_ROUNDS; round++) {
        double sum = 0;

        for (size_t i = 0; i < count; i++)
            sum += resampled_group_mean(grouped, next_below(&state, count), &state);
        scratch[round] = sum / (double)count;
    }
    return (struct interval){ .mean = mean / (double)count,
                              .low = quantile_of(scratch, BOOTSTRAP_ROUNDS, 0.025),
                              .high = quantile_of(scratch, BOOTSTRAP_ROUNDS, 0.975) };
}
