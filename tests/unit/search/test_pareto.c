#include "search/pareto.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

enum { ROWS_MAX = 60, METRICS_MAX = 4 };

/* Few different values, so that ties are common. */
static size_t random_rows(struct dice *dice, size_t metric_count, double *losses)
{
    size_t count = dice_below(dice, ROWS_MAX + 1);
    uint64_t values = 2 + dice_below(dice, 30);

    for (size_t i = 0; i < count * metric_count; i++)
        losses[i] = (double)dice_below(dice, values);
    return count;
}

/* The plain definition, among the rows that are left. */
static bool is_undominated(const double *losses, size_t count, size_t m, const bool *is_left,
                           size_t row)
{
    for (size_t i = 0; i < count; i++) {
        bool is_worse = false;
        bool is_better = false;

        for (size_t k = 0; k < m; k++) {
            is_worse = is_worse || losses[i * m + k] > losses[row * m + k];
            is_better = is_better || losses[i * m + k] < losses[row * m + k];
        }
        if (is_left[i] && !is_worse && is_better)
            return false;
    }
    return true;
}

Test(pareto, a_row_dominates_where_it_is_nowhere_worse_and_somewhere_better)
{
    static const double low[] = { 1, 2 };
    static const double high[] = { 1, 3 };
    static const double other[] = { 0, 4 };

    cr_assert(pareto_dominates(low, high, 2));
    cr_assert(not(pareto_dominates(high, low, 2)));
    cr_assert(not(pareto_dominates(low, low, 2)));
    cr_assert(not(pareto_dominates(low, other, 2)));
    cr_assert(not(pareto_dominates(other, low, 2)));
}

Test(pareto, front_and_ranks_are_those_of_the_plain_definition)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 400; round++) {
        size_t m = 1 + dice_below(&dice, METRICS_MAX);
        double losses[ROWS_MAX * METRICS_MAX];
        bool is_left[ROWS_MAX];
        bool is_front[ROWS_MAX];
        size_t ranks[ROWS_MAX];
        size_t wanted[ROWS_MAX];
        size_t count = random_rows(&dice, m, losses);
        size_t left = count;

        for (size_t i = 0; i < count; i++)
            is_left[i] = true;
        for (size_t rank = 0; left > 0; rank++) {
            bool is_next[ROWS_MAX];

            for (size_t i = 0; i < count; i++)
                is_next[i] = is_left[i] && is_undominated(losses, count, m, is_left, i);
            for (size_t i = 0; i < count; i++)
                if (is_next[i]) {
                    wanted[i] = rank;
                    is_left[i] = false;
                    left--;
                }
        }
        cr_assert(pareto_front(losses, count, m, is_front));
        cr_assert(pareto_ranks(losses, count, m, ranks));
        for (size_t i = 0; i < count; i++) {
            cr_assert(eq(sz, ranks[i], wanted[i]));
            cr_assert(eq(int, is_front[i], wanted[i] == 0));
        }
    }
}

Test(pareto, equal_trials_are_all_optimal_and_missing_values_never)
{
    static const struct sampler_metric metrics[] = { { .is_maximized = true }, { 0 } };
    const double missing = (double)NAN;
    const double values[][2] = { { 3, 1 },       { 3, 1 },
                                 { 4, 2 },       { 2, 1 },
                                 { 5, 3 },       { missing, 0 },
                                 { 9, missing }, { 9, -(double)INFINITY },
                                 { 1, 0 },       { missing, missing } };
    static const bool wanted[] = { 1, 1, 1, 0, 1, 0, 0, 0, 1, 0 };
    bool is_optimal[10];

    cr_assert(pareto_optimal(metrics, 2, values[0], 10, is_optimal));
    for (int i = 0; i < 10; i++)
        cr_assert(eq(int, is_optimal[i], wanted[i]), "trial %d", i);
}

Test(pareto, unsafe_trials_are_never_optimal_and_safety_is_no_objective)
{
    static const struct sampler_metric metrics[] = {
        { 0 },
        { .is_safety = true, .is_maximized = true, .safety_threshold = 0.5 },
        { .is_safety = true, .safety_threshold = 10 },
    };
    const double values[][3] = { { 1, 0.4, 0 },         { 2, 0.5, 10 }, { 1, 0.9, 10.5 },
                                 { 1, (double)NAN, 0 }, { 3, 0.9, 0 },  { 2, 0.8, 3 } };
    static const bool wanted[] = { 0, 1, 0, 0, 0, 1 };
    bool is_optimal[6];

    cr_assert(pareto_optimal(metrics, 3, values[0], 6, is_optimal));
    for (int i = 0; i < 6; i++)
        cr_assert(eq(int, is_optimal[i], wanted[i]), "trial %d", i);
}

Test(pareto, a_failed_allocation_is_told_and_leaks_nothing)
{
    static const struct sampler_metric metrics[2];
    static const double values[] = { 1, 2, 2, 1, 3, 3 };
    bool is_optimal[3];
    size_t ranks[3];
    bool is_done = false;

    for (int successes = 0; !is_done; successes++) {
        allocations_fail_after(successes);
        is_done = pareto_optimal(metrics, 2, values, 3, is_optimal);
        cr_assert(eq(int, is_done, !allocations_have_failed()));
        allocations_fail_after(successes);
        is_done = pareto_ranks(values, 3, 2, ranks) && is_done;
        allocations_fail_after(-1);
    }
    cr_assert(is_optimal[0] && is_optimal[1] && !is_optimal[2]);
}
