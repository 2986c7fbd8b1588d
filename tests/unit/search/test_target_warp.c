#include "search/target_warp.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 64, KINDS = 3 };

static const enum target_warp_kind kinds[KINDS] = { WARP_STANDARDIZE, WARP_HALF_RANK,
                                                    WARP_HALF_RANK_LOG };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Root mean square distance to the median of the distinct values of at least least. */
static double naive_spread(const double *sorted, size_t count, double least, double median)
{
    double sum = 0, used = 0;

    for (size_t i = 0; i < count; i++)
        if (sorted[i] >= least && (i == 0 || sorted[i] != sorted[i - 1])) {
            sum += pow(sorted[i] - median, 2);
            used++;
        }
    return sqrt(sum / used);
}

/* How many distinct values lie below value. */
static double distinct_below(const double *sorted, size_t count, double value)
{
    double below = 0;

    for (size_t i = 0; i < count && sorted[i] < value; i++)
        below += i == 0 || sorted[i] != sorted[i - 1];
    return below;
}

/* Song et al. 2024, section on output warping, one value at a time. */
static void naive_half_rank(const double *values, size_t count, double *targets)
{
    double sorted[VALUES_MAX];
    double median = 0, spread = 0, steps = 0;

    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    spread = naive_spread(sorted, count, median, median);
    if (spread == 0)
        spread = naive_spread(sorted, count, -HUGE_VAL, median);
    steps = distinct_below(sorted, count, median);
    for (size_t i = 0; i < count; i++)
        if (values[i] == median) {
            steps += 0.5;
            break;
        }
    for (size_t i = 0; i < count; i++) {
        double rank = distinct_below(sorted, count, values[i]) + 1;

        targets[i] = values[i] >= median
                         ? values[i]
                         : median + spread * gsl_cdf_ugaussian_Pinv(0.5 * (rank - 0.5) / steps);
    }
}

static void naive_stretch(double *targets, size_t count)
{
    double least = HUGE_VAL, most = -HUGE_VAL;

    for (size_t i = 0; i < count; i++) {
        least = fmin(least, targets[i]);
        most = fmax(most, targets[i]);
    }
    for (size_t i = 0; i < count; i++)
        targets[i] = 0.5 - log(1 + 0.5 * (most - targets[i]) / (most - least)) / log(1.5);
}

static void naive_warp(enum target_warp_kind kind, const double *values, size_t count,
                       double *targets)
{
    double mean = 0, square = 0;

    memcpy(targets, values, count * sizeof *targets);
    if (kind != WARP_STANDARDIZE)
        naive_half_rank(values, count, targets);
    if (kind == WARP_HALF_RANK_LOG)
        naive_stretch(targets, count);
    for (size_t i = 0; i < count; i++)
        mean += targets[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        square += pow(targets[i] - mean, 2) / (double)count;
    for (size_t i = 0; i < count; i++)
        targets[i] = (targets[i] - mean) / sqrt(square);
}

/* At least two different ones, many repeated; now and then with an outlier far below. */
static size_t roll_values(struct dice *dice, double *values)
{
    size_t count = 2 + dice_below(dice, VALUES_MAX - 1);
    uint64_t coarseness = dice_below(dice, 2) ? 8 : 1000000;

    for (size_t i = 0; i < count; i++)
        values[i] = (double)dice_below(dice, coarseness) / 8 - 3;
    values[0] = -4;
    if (dice_below(dice, 4) == 0)
        values[dice_below(dice, count)] -= 1e6;
    values[1] = 4;
    return count;
}

static void warp_values(enum target_warp_kind kind, const double *values, size_t count,
                        struct target_warp *warp, double *targets)
{
    bool is_made = target_warp_init(warp, kind, values, count, targets);

    cr_assert(is_made);
}

Test(target_warp, targets_equal_those_of_a_naive_twin)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 600; round++) {
        double values[VALUES_MAX], targets[VALUES_MAX], wanted[VALUES_MAX];
        size_t count = roll_values(&dice, values);
        struct target_warp warp;

        warp_values(kinds[round % KINDS], values, count, &warp, targets);
        naive_warp(kinds[round % KINDS], values, count, wanted);
        for (size_t i = 0; i < count; i++)
            cr_assert(is_near(targets[i], wanted[i], 1e-7, 1e-8), "round %d: %.17g for %.17g",
                      round, targets[i], wanted[i]);
        target_warp_clear(&warp);
    }
}

Test(target_warp, the_result_may_take_the_place_of_the_values)
{
    struct dice dice = dice_new();

    for (size_t k = 0; k < KINDS; k++) {
        double values[VALUES_MAX], targets[VALUES_MAX];
        size_t count = roll_values(&dice, values);
        struct target_warp warp;

        warp_values(kinds[k], values, count, &warp, targets);
        target_warp_clear(&warp);
        warp_values(kinds[k], values, count, &warp, values);
        target_warp_clear(&warp);
        for (size_t i = 0; i < count; i++)
            cr_assert(eq(dbl, values[i], targets[i]));
    }
}

static void check_order(const double *values, const double *targets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            cr_assert(isfinite(targets[i]), "%g became %g", values[i], targets[i]);
            if (values[i] == values[j])
                cr_assert(eq(dbl, targets[i], targets[j]));
            if (values[i] < values[j])
                cr_assert(targets[i] <= targets[j], "%.17g < %.17g became %.17g, %.17g", values[i],
                          values[j], targets[i], targets[j]);
        }
}

Test(target_warp, order_is_kept_and_the_best_stays_above_the_worst)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 300; round++) {
        double values[VALUES_MAX], targets[VALUES_MAX];
        size_t count = roll_values(&dice, values);
        struct target_warp warp;

        warp_values(kinds[round % KINDS], values, count, &warp, targets);
        check_order(values, targets, count);
        cr_assert(warp.targets[0] < warp.targets[warp.count - 1]);
        target_warp_clear(&warp);
    }
}

Test(target_warp, shift_and_positive_factor_of_the_values_do_not_change_targets)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 300; round++) {
        double values[VALUES_MAX], targets[VALUES_MAX], others[VALUES_MAX];
        size_t count = roll_values(&dice, values);
        double factor = exp(10 * dice_unit(&dice) - 5), shift = 100 * dice_unit(&dice) - 50;
        struct target_warp warp;

        warp_values(kinds[round % KINDS], values, count, &warp, targets);
        target_warp_clear(&warp);
        for (size_t i = 0; i < count; i++)
            others[i] = factor * values[i] + shift;
        warp_values(kinds[round % KINDS], others, count, &warp, others);
        target_warp_clear(&warp);
        for (size_t i = 0; i < count; i++)
            cr_assert(is_near(targets[i], others[i], 1e-6, 1e-6), "factor %g, shift %g", factor,
                      shift);
    }
}

Test(target_warp, a_power_of_two_as_factor_changes_no_bit)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 100; round++) {
        double values[VALUES_MAX], targets[VALUES_MAX], others[VALUES_MAX];
        size_t count = roll_values(&dice, values);
        struct target_warp warp;

        warp_values(kinds[round % KINDS], values, count, &warp, targets);
        target_warp_clear(&warp);
        for (size_t i = 0; i < count; i++)
            others[i] = ldexp(values[i], round * 10 - 500);
        warp_values(kinds[round % KINDS], others, count, &warp, others);
        target_warp_clear(&warp);
        for (size_t i = 0; i < count; i++)
            cr_assert(eq(dbl, targets[i], others[i]));
    }
}

Test(target_warp, values_and_targets_lead_back_to_each_other)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 300; round++) {
        double values[VALUES_MAX], targets[VALUES_MAX];
        size_t count = roll_values(&dice, values);
        double between = -4 + 8 * dice_unit(&dice);
        struct target_warp warp;

        warp_values(kinds[round % KINDS], values, count, &warp, targets);
        for (size_t i = 0; i < count; i++) {
            cr_assert(is_near(target_warp_value(&warp, targets[i]), values[i], 1e-8, 1e-8));
            cr_assert(is_near(target_warp_target(&warp, values[i]), targets[i], 1e-12, 1e-12));
        }
        cr_assert(is_near(target_warp_value(&warp, target_warp_target(&warp, between)), between,
                          1e-6, 1e-6));
        target_warp_clear(&warp);
    }
}

Test(target_warp, beyond_what_was_seen_the_outermost_two_lead_on)
{
    double values[] = { 1, 2, 4 };
    double targets[3];
    struct target_warp warp;

    warp_values(WARP_STANDARDIZE, values, 3, &warp, targets);
    cr_assert(is_near(target_warp_value(&warp, 2 * targets[2] - targets[1]), 6, 1e-12, 0));
    cr_assert(is_near(target_warp_value(&warp, 2 * targets[0] - targets[1]), 0, 0, 1e-12));
    cr_assert(is_near(target_warp_target(&warp, 6), 2 * targets[2] - targets[1], 1e-12, 0));
    cr_assert(is_near(target_warp_target(&warp, 0), 2 * targets[0] - targets[1], 1e-12, 0));
    target_warp_clear(&warp);
}

Test(target_warp, one_disaster_hardly_moves_the_others)
{
    double values[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    double targets[8], others[8];
    struct target_warp warp;

    warp_values(WARP_HALF_RANK, values, 8, &warp, targets);
    target_warp_clear(&warp);
    values[0] = -1e30;
    warp_values(WARP_HALF_RANK, values, 8, &warp, others);
    target_warp_clear(&warp);
    for (size_t i = 0; i < 8; i++)
        cr_assert(is_near(targets[i], others[i], 1e-12, 1e-12));
}

Test(target_warp, values_without_a_difference_become_zeros)
{
    double values[] = { 7, 7, 7 };
    double targets[] = { 1, 1, 1 };
    struct target_warp warp;

    for (size_t k = 0; k < KINDS; k++) {
        warp_values(kinds[k], values, 3, &warp, targets);
        for (size_t i = 0; i < 3; i++)
            cr_assert(eq(dbl, targets[i], 0));
        cr_assert(eq(dbl, target_warp_value(&warp, 0), 7));
        cr_assert(eq(dbl, target_warp_target(&warp, 7), 0));
        target_warp_clear(&warp);
        warp_values(kinds[k], values, 0, &warp, targets);
        cr_assert(isnan(target_warp_value(&warp, 0)));
        target_warp_clear(&warp);
    }
    target_warp_clear(&warp);
}

/* Rows of values that squares, sums or halves of which overflow, vanish or round away. */
static const struct {
    size_t count;
    double values[6];
} extremes[] = {
    { 2, { -1e300, 1e300 } },
    { 3, { -1e300, 0, 1e300 } },
    { 5, { -1e300, -1e-300, 0, 1e-300, 1e300 } },
    { 6, { 1e300, 1e-300, 1, -1e300, -1, 0 } },
    { 4, { 1e-300, 2e-300, 3e-300, 4e-300 } },
    { 3, { 1, 1 + DBL_EPSILON, 1 + 2 * DBL_EPSILON } },
    { 4, { 1, 1, 1 + DBL_EPSILON, 1 + DBL_EPSILON } },
    { 5, { -1e300, 1, 1 + DBL_EPSILON, 1 + 2 * DBL_EPSILON, 1 + 3 * DBL_EPSILON } },
    { 4, { 1e300, 1e300, 1e300, 9e299 } },
    { 3, { 1e-300, 1e-300 * (1 + DBL_EPSILON), 1e-300 * (1 + 2 * DBL_EPSILON) } },
    { 4, { -1, -1e-300, -1e-300, -1e-300 } },
    { 3, { 0.0, -0.0, 1 } },
};

Test(target_warp, extremes_become_finite_targets_in_their_order)
{
    for (size_t e = 0; e < sizeof extremes / sizeof extremes[0]; e++)
        for (size_t k = 0; k < KINDS; k++) {
            double targets[6];
            struct target_warp warp;

            warp_values(kinds[k], extremes[e].values, extremes[e].count, &warp, targets);
            check_order(extremes[e].values, targets, extremes[e].count);
            for (size_t i = 0; i < extremes[e].count; i++)
                cr_assert(isfinite(target_warp_value(&warp, targets[i])), "row %zu", e);
            target_warp_clear(&warp);
        }
}

Test(target_warp, without_memory_nothing_is_left_behind)
{
    double values[] = { 1, 2, 3 };
    double targets[3];
    struct target_warp warp = { .count = 9 };
    bool is_made = true;

    allocations_fail_after(0);
    is_made = target_warp_init(&warp, WARP_HALF_RANK, values, 3, targets);
    allocations_fail_after(-1);
    cr_assert(not(is_made));
    cr_assert(zero(sz, warp.count));
    cr_assert(zero(ptr, warp.values));
}
