#include "search/curve.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

enum { COUNT = 20 };

Test(curve, what_cannot_be_used_is_dropped)
{
    double positions[] = { 1, 2, (double)NAN, 4, 5 };
    double values[] = { 0.1, (double)NAN, 0.3, (double)INFINITY, 0.5 };
    size_t count = 5;

    cr_assert(curve_clean(positions, values, &count));
    cr_assert(eq(sz, count, 2));
    cr_assert(eq(dbl, positions[1], 5));
    cr_assert(eq(dbl, values[0], 0.1));
    cr_assert(eq(dbl, values[1], 0.5));
    count = 0;
    cr_assert(curve_clean(NULL, NULL, &count));
    cr_assert(eq(sz, count, 0));
}

Test(curve, without_steps_the_order_is_the_position)
{
    double positions[] = { 0, 0, 0 };
    double values[] = { 3, 1, 2 };
    size_t count = 3;

    cr_assert(curve_clean(positions, values, &count));
    cr_assert(eq(sz, count, 3));
    cr_assert(eq(dbl, positions[0], 1));
    cr_assert(eq(dbl, positions[2], 3));
    cr_assert(eq(dbl, values[2], 2));
}

/* The naive twin: of each position, from the lowest up, the last report. */
static size_t naive_clean(const double *positions, const double *values, size_t count,
                          double *out_positions, double *out_values)
{
    double above = -(double)INFINITY;
    size_t kept = 0;

    for (;;) {
        double next = (double)INFINITY;

        for (size_t i = 0; i < count; i++)
            if (positions[i] > above && positions[i] < next && isfinite(values[i]))
                next = positions[i];
        if (isinf(next))
            return kept;
        for (size_t i = 0; i < count; i++)
            if (positions[i] == next && isfinite(values[i]))
                out_values[kept] = values[i];
        out_positions[kept++] = above = next;
    }
}

Test(curve, of_equal_positions_the_last_report_stays_whatever_the_order)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 5000; round++) {
        double positions[COUNT];
        double values[COUNT];
        double wanted_positions[COUNT];
        double wanted_values[COUNT];
        size_t count = dice_below(&dice, COUNT + 1);
        size_t wanted = 0;

        for (size_t i = 0; i < count; i++) {
            positions[i] = (double)dice_below(&dice, 12) - 3;
            values[i] = dice_below(&dice, 6) ? dice_unit(&dice) : (double)NAN;
            if (count > 1 && i == 0) /* else all could be without a step */
                positions[i] = 9, values[i] = 1;
        }
        if (count == 1)
            positions[0] = 2;
        wanted = naive_clean(positions, values, count, wanted_positions, wanted_values);
        cr_assert(curve_clean(positions, values, &count));
        cr_assert(eq(sz, count, wanted));
        cr_assert(is_same_point(positions, wanted_positions, count));
        cr_assert(is_same_point(values, wanted_values, count));
    }
}

Test(curve, sorting_may_lack_memory)
{
    double positions[] = { 2, 1 };
    double values[] = { 1, 2 };
    size_t count = 2;
    bool is_ok = true;

    allocations_fail_after(0);
    is_ok = curve_clean(positions, values, &count);
    allocations_fail_after(-1);
    cr_assert(not(is_ok));
    count = 2;
    cr_assert(curve_clean(positions, values, &count));
    cr_assert(eq(dbl, values[0], 2));
}

Test(curve, between_measurements_lie_straight_lines)
{
    const double positions[] = { 1, 3, 4 };
    const double values[] = { 10, 20, 0 };
    struct curve curve = { 3, positions, values };

    cr_assert(eq(dbl, curve_at(&curve, 0), 10));
    cr_assert(eq(dbl, curve_at(&curve, 1), 10));
    cr_assert(eq(dbl, curve_at(&curve, 2.5), 17.5));
    cr_assert(eq(dbl, curve_at(&curve, 3), 20));
    cr_assert(eq(dbl, curve_at(&curve, 3.75), 5));
    cr_assert(eq(dbl, curve_at(&curve, 9), 0));
    cr_assert(eq(sz, curve_count_until(&curve, 0.5), 0));
    cr_assert(eq(sz, curve_count_until(&curve, 3), 2));
    cr_assert(eq(sz, curve_count_until(&curve, 99), 3));
}

Test(curve, a_mean_takes_the_measurements_of_its_window)
{
    const double positions[] = { 1, 3, 4 };
    const double values[] = { 10, 20, 0 };
    const double huge[] = { 1.7e308, 1.7e308, 1.7e308 };
    struct curve curve = { 3, positions, values };
    struct curve far = { 3, positions, huge };

    cr_assert(eq(dbl, curve_mean(&curve, 0, 3), 15));
    cr_assert(eq(dbl, curve_mean(&curve, 1, 4), 10));
    cr_assert(eq(dbl, curve_mean(&curve, 1, 2), 12.5));
    cr_assert(eq(dbl, curve_mean(&far, 0, 9), 1.7e308));
}
