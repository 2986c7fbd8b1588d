#include "search/hypervolume.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { ROWS_MAX = 9, METRICS_MAX = 5 };

static size_t random_rows(struct dice *dice, size_t m, double *losses)
{
    size_t count = dice_below(dice, ROWS_MAX + 1);

    for (size_t i = 0; i < count * m; i++) /* some beyond the reference at 1, some equal */
        losses[i] = dice_below(dice, 4) ? 1.1 * dice_unit(dice) : 0.5;
    return count;
}

/* Inclusion and exclusion over all subsets of rows. */
static double naive_volume(const double *losses, size_t count, size_t m)
{
    double total = 0;

    for (unsigned set = 1; set < 1U << count; set++) {
        double box = 1;

        for (size_t k = 0; k < m; k++) {
            double worst = -(double)INFINITY;

            for (size_t i = 0; i < count; i++)
                if (set >> i & 1)
                    worst = fmax(worst, losses[i * m + k]);
            box *= fmax(0, 1 - worst);
        }
        total += __builtin_popcount(set) % 2 ? box : -box;
    }
    return total;
}

static const double ones[METRICS_MAX] = { 1, 1, 1, 1, 1 };

Test(hypervolume, volumes_and_gains_are_those_of_inclusion_and_exclusion)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 300; round++) {
        size_t m = 1 + dice_below(&dice, METRICS_MAX);
        double losses[(ROWS_MAX + 1) * METRICS_MAX];
        size_t count = random_rows(&dice, m, losses);
        double wanted = naive_volume(losses, count, m);
        double gain = 0;

        for (size_t k = 0; k < m; k++)
            losses[count * m + k] = dice_unit(&dice);
        gain = naive_volume(losses, count + 1, m) - wanted;
        cr_assert(epsilon_eq(dbl, hypervolume(losses, count, m, ones), wanted, 1e-12));
        cr_assert(epsilon_eq(dbl, hypervolume_gain(losses, count, m, ones, losses + count * m),
                             gain, 1e-12));
    }
}

Test(hypervolume, a_row_that_is_not_below_the_reference_adds_nothing)
{
    static const double losses[] = { 0.5, 0.5, 0.1, 1, -5, 2 };

    cr_assert(eq(dbl, hypervolume(losses, 3, 2, ones), 0.25));
    cr_assert(eq(dbl, hypervolume_gain(losses, 1, 2, ones, losses + 4), 0));
    cr_assert(eq(dbl, hypervolume(losses, 0, 2, ones), 0));
}

Test(hypervolume, the_reference_lies_a_tenth_of_the_range_beyond_the_worst)
{
    static const double losses[] = { 0, 7, 10, 7, 5, 7 };
    double reference[2];

    hypervolume_reference(losses, 3, 2, reference);
    cr_assert(epsilon_eq(dbl, reference[0], 11, 1e-12));
    cr_assert(epsilon_eq(dbl, reference[1], 7.1, 1e-12));
}

Test(hypervolume, rows_are_picked_as_a_plain_greedy_search_would)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 200; round++) {
        size_t m = 2 + dice_below(&dice, 2);
        double losses[ROWS_MAX * METRICS_MAX];
        double set[ROWS_MAX * METRICS_MAX];
        bool is_taken[ROWS_MAX] = { false };
        size_t picked[ROWS_MAX];
        size_t count = random_rows(&dice, m, losses);
        size_t keep = dice_below(&dice, count + 1);

        cr_assert(hypervolume_pick(losses, count, m, ones, keep, picked));
        for (size_t i = 0; i < keep; i++) {
            double best = -1;

            for (size_t r = 0; r < count; r++)
                if (!is_taken[r])
                    best = fmax(best, hypervolume_gain(set, i, m, ones, losses + r * m));
            cr_assert(not(is_taken[picked[i]]));
            cr_assert(epsilon_eq(dbl, hypervolume_gain(set, i, m, ones, losses + picked[i] * m),
                                 best, 1e-12));
            is_taken[picked[i]] = true;
            for (size_t k = 0; k < m; k++)
                set[i * m + k] = losses[picked[i] * m + k];
        }
    }
}

Test(hypervolume, a_failed_allocation_is_told_and_leaks_nothing)
{
    static const double losses[] = { 0.1, 0.9, 0.5, 0.5, 0.4, 0.6, 0.6, 0.5, 0.9, 0.1, 0.3, 0.2 };
    size_t picked[3];
    bool is_done = false;

    for (int successes = 0; !is_done; successes++) {
        allocations_fail_after(successes);
        is_done = !isnan(hypervolume(losses, 3, 4, ones));
        cr_assert(eq(int, is_done, !allocations_have_failed()));
        allocations_fail_after(successes);
        is_done = hypervolume_pick(losses, 3, 4, ones, 3, picked) && is_done;
        allocations_fail_after(-1);
    }
}
