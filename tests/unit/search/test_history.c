#include "search/history.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

enum { TRIALS = 2000, PARAMS = 3, METRICS = 2 };

/* What trial number of a test is made of; every fifth is infeasible. */
static struct past_trial make_trial(uint64_t number, double *point, double *values)
{
    for (size_t i = 0; i < PARAMS; i++)
        point[i] = (double)number + (double)i / 8;
    point[2] = number % 7 == 0 ? (double)NAN : point[2];
    for (size_t i = 0; i < METRICS; i++)
        values[i] = -(double)number * (double)(i + 1);
    return (struct past_trial){ .number = number,
                                .state = number % 5 == 0   ? PAST_INFEASIBLE
                                         : number % 3 == 0 ? PAST_STOPPED
                                                           : PAST_COMPLETED,
                                .progress = number % 3 == 0 ? 0.5 : 1,
                                .point = point,
                                .values = number % 5 == 0 ? NULL : values };
}

static void check_trial(const struct history *history, size_t index)
{
    double point[PARAMS], values[METRICS];
    struct past_trial wanted = make_trial(index + 1, point, values);
    struct past_trial trial = history_get(history, index);

    cr_assert(eq(u64, trial.number, wanted.number));
    cr_assert(eq(int, (int)trial.state, (int)wanted.state));
    cr_assert(eq(dbl, trial.progress, wanted.progress));
    cr_assert(is_same_point(trial.point, point, PARAMS));
    for (size_t i = 0; i < METRICS; i++)
        cr_assert(wanted.values ? trial.values[i] == values[i] : isnan(trial.values[i]));
}

Test(history, what_was_appended_comes_back_and_never_moves)
{
    struct history *history = history_new(PARAMS, METRICS);
    static const double *points[TRIALS], *values_of[TRIALS];

    cr_assert(eq(sz, history_param_count(history), PARAMS));
    cr_assert(eq(sz, history_metric_count(history), METRICS));
    for (size_t n = 0; n < TRIALS; n++) {
        double point[PARAMS], values[METRICS];
        struct past_trial trial = make_trial(n + 1, point, values);
        bool is_appended = history_append(history, &trial);

        cr_assert(is_appended);
        cr_assert(eq(sz, history_count(history), n + 1));
        points[n] = history_get(history, n).point;
        values_of[n] = history_get(history, n).values;
    }
    for (size_t n = 0; n < TRIALS; n++) {
        check_trial(history, n);
        cr_assert(history_get(history, n).point == points[n]);
        cr_assert(history_get(history, n).values == values_of[n]);
    }
    history_free(history);
    history_free(NULL);
}

Test(history, a_trial_may_be_copied_from_the_history_itself)
{
    struct history *history = history_new(PARAMS, METRICS);
    double point[PARAMS], values[METRICS];
    struct past_trial trial = make_trial(1, point, values);

    (void)history_append(history, &trial);
    for (size_t n = 1; n < 300; n++) {
        trial = history_get(history, n - 1);
        cr_assert(history_append(history, &trial));
    }
    cr_assert(eq(dbl, history_get(history, 299).values[1], -2));
    history_free(history);
}

Test(history, a_space_without_parameters_has_a_history_too)
{
    struct history *history = history_new(0, 1);

    for (size_t n = 0; n < 100; n++) {
        double value = (double)n;
        struct past_trial trial = { .number = n + 1, .progress = 1, .values = &value };

        cr_assert(history_append(history, &trial));
    }
    cr_assert(eq(dbl, history_get(history, 99).values[0], 99));
    history_free(history);
}

/* Each allocation of growing past three blocks fails once; the trial is then appended again. */
Test(history, a_failed_append_changes_nothing_and_may_be_repeated)
{
    struct history *history = NULL;

    allocations_fail_after(0);
    cr_assert(history_new(1, 1) == NULL);
    allocations_fail_after(-1);
    history = history_new(PARAMS, METRICS);
    for (size_t n = 0; n < 200; n++) {
        double point[PARAMS], values[METRICS];
        struct past_trial trial = make_trial(n + 1, point, values);

        for (int successes = 0;; successes++) {
            bool is_appended = false;

            allocations_fail_after(successes);
            is_appended = history_append(history, &trial);
            cr_assert(allocations_have_failed() == !is_appended);
            allocations_fail_after(-1);
            if (is_appended)
                break;
            cr_assert(eq(sz, history_count(history), n));
        }
        for (size_t i = 0; i <= n; i++)
            check_trial(history, i);
    }
    history_free(history);
}
