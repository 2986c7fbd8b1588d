#include "search/target_warp.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static size_t make_distinct(double *sorted, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (kept == 0 || sorted[i] != sorted[kept - 1])
            sorted[kept++] = sorted[i];
    return kept;
}

static double median_of(const double *sorted, size_t count)
{
    /* Halves first: the sum of two huge values would overflow. */
    return count % 2 ? sorted[count / 2] : sorted[count / 2 - 1] / 2 + sorted[count / 2] / 2;
}

/* Root mean square distance to the median of the distinct values from index on. */
static double spread_about(const double *distinct, size_t from, size_t count, double median)
{
    double scale = fmax(fabs(distinct[count - 1] - median), fabs(distinct[0] - median));
    double sum = 0;

    if (!(scale > 0))
        return 0;
    for (size_t i = from; i < count; i++) {
        double part = (distinct[i] - median) / scale;

        sum += part * part;
    }
    return from < count ? scale * sqrt(sum / (double)(count - from)) : 0;
}

/* Values below the median become normal scores of their rank among the distinct ones. */
static void half_rank(const double *distinct, size_t count, double median, double *targets)
{
    size_t at = 0; /* the first not below the median */
    double steps = 0, spread = 0;

    while (at + 1 < count && distinct[at] < median)
        at++;
    steps = (double)at + (distinct[at] == median ? 0.5 : 0);
    spread = spread_about(distinct, at, count, median);
    if (!(spread > 0))
        spread = spread_about(distinct, 0, count, median);
    for (size_t i = 0; i < at; i++)
        targets[i] = median + spread * gsl_cdf_ugaussian_Pinv(0.5 * ((double)i + 0.5) / steps);
}

/* Stretches differences near the top: 0.5 for the best, -0.5 for the worst. */
static void stretch(double *targets, size_t count)
{
    double top = targets[count - 1];
    double range = top - targets[0];

    for (size_t i = 0; i < count; i++)
        targets[i] = 0.5 - log1p(0.5 * (top - targets[i]) / range) / log(1.5);
}

static const double *find(const struct target_warp *warp, double value)
{
    return bsearch(&value, warp->values, warp->count, sizeof value, compare);
}

/* To mean 0 and deviation 1 over all values, repeated ones counted as often as they came. */
static void standardize(struct target_warp *warp, const double *values, size_t count,
                        double *targets)
{
    double mean = 0, square = 0, deviation = 0;

    for (size_t i = 0; i < count; i++) {
        targets[i] = warp->targets[find(warp, values[i]) - warp->values];
        mean += targets[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++)
        square += (targets[i] - mean) * (targets[i] - mean) / (double)count;
    deviation = sqrt(square);
    for (size_t i = 0; i < count; i++)
        targets[i] = (targets[i] - mean) / deviation;
    for (size_t i = 0; i < warp->count; i++)
        warp->targets[i] = (warp->targets[i] - mean) / deviation;
}

/* Brings the values to a scale in which squares neither overflow nor vanish. */
static void rescale(double *targets, size_t count)
{
    double middle = targets[0] / 2 + targets[count - 1] / 2;
    double half = targets[count - 1] / 2 - targets[0] / 2;

    for (size_t i = 0; i < count; i++)
        targets[i] = (targets[i] - middle) / half;
}

bool target_warp_init(struct target_warp *warp, enum target_warp_kind kind, const double *values,
                      size_t count, double *targets)
{
    double *numbers = calloc(2 * count + 1, sizeof *numbers);
    double median = 0;

    *warp = (struct target_warp){ 0 };
    if (!numbers)
        return false;
    memcpy(numbers, values, count * sizeof *numbers);
    qsort(numbers, count, sizeof *numbers, compare);
    median = count > 0 ? median_of(numbers, count) : 0;
    warp->values = numbers;
    warp->targets = numbers + count;
    warp->count = make_distinct(numbers, count);
    if (warp->count < 2) {
        memset(targets, 0, count * sizeof *targets);
        return true;
    }
    memcpy(warp->targets, warp->values, warp->count * sizeof *numbers);
    if (kind != WARP_STANDARDIZE)
        half_rank(warp->values, warp->count, median, warp->targets);
    rescale(warp->targets, warp->count);
    if (kind == WARP_HALF_RANK_LOG)
        stretch(warp->targets, warp->count);
    standardize(warp, values, count, targets);
    return true;
}

void target_warp_clear(struct target_warp *warp)
{
    free(warp->values);
    *warp = (struct target_warp){ 0 };
}

/* Where x lies among count (at least 2) ascending xs, the same place among ys. */
static double interpolate(const double *xs, const double *ys, size_t count, double x)
{
    size_t i = 1;

    while (i + 1 < count && xs[i] < x)
        i++;
    if (!(xs[i] > xs[i - 1])) /* too near to tell apart */
        return ys[i];
    return ys[i - 1] + (x - xs[i - 1]) / (xs[i] - xs[i - 1]) * (ys[i] - ys[i - 1]);
}

double target_warp_value(const struct target_warp *warp, double target)
{
    if (warp->count < 2)
        return warp->count == 1 ? warp->values[0] + target : (double)NAN;
    return interpolate(warp->targets, warp->values, warp->count, target);
}

double target_warp_target(const struct target_warp *warp, double value)
{
    if (warp->count < 2)
        return warp->count == 1 ? value - warp->values[0] : value;
    return interpolate(warp->values, warp->targets, warp->count, value);
}
