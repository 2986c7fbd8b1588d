#include "engine/life/optimal.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

#define JOB INT64_C(1234567890)

enum { METRICS = 3 };

static char a_id[] = "a";
static char b_id[] = "b";
static char s_id[] = "s";

/* a is minimised, b maximised, s should stay at or below 5. */
static struct metric_spec metrics[METRICS] = {
    { .id = a_id, .goal = GOAL_MINIMIZE },
    { .id = b_id, .goal = GOAL_MAXIMIZE },
    { .id = s_id, .goal = GOAL_MINIMIZE, .is_safety = true, .safety_threshold = 5 },
};
static const struct study_spec study = { .metrics = metrics, .metric_count = METRICS };

static void put_trial(struct store *store, int64_t number, const double *values)
{
    struct trial_row row = { .job = JOB,
                             .number = number,
                             .state = TRIAL_ACTIVE,
                             .attempt = 1,
                             .point_count = 0,
                             .end_order = number,
                             .values = values,
                             .value_count = METRICS };
    struct assay_error err = { 0 };
    double none = 0;

    row.point = &none;
    cr_assert(store_trial_insert(store, &row, &err), "%s", err.message);
    row.state = values ? TRIAL_SUCCEEDED : TRIAL_INFEASIBLE;
    cr_assert(store_trial_end(store, &row, &err), "%s", err.message);
}

Test(optimal, of_several_objectives_it_is_the_front_of_what_is_safe)
{
    static const double values[][METRICS] = {
        { 1, 1, 0 },                 /* 1: on the front */
        { 2, 1, 0 },                 /* 2: worse than 1 in a */
        { 0, 9, 6 },                 /* 3: better than all, and not safe */
        { 2, 3, 5 },                 /* 4: on the front, just safe */
        { 1, 1, -1 },                /* 5: as good as 1: both count */
        { 3, 2, 0 },                 /* 6: worse than 4 */
        { 0, 9, (double)NAN },       /* 7: who knows whether it is safe */
        { 0, 9, -(double)INFINITY }, /* 8: nor this */
        { (double)NAN, 9, 0 },       /* 9: an objective is missing */
    };
    static const int64_t expected[] = { 1, 4, 5 };
    struct bench_store bench;
    struct assay_error err = { 0 };
    int64_t *numbers = NULL;
    size_t count = 0;

    bench_store_init(&bench);
    begin(bench.store);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        put_trial(bench.store, (int64_t)i + 1, values[i]);
    put_trial(bench.store, 10, NULL);
    commit(bench.store);
    cr_assert(optimal_trials(&study, bench.store, JOB, 3, &numbers, &count, &err));
    cr_assert(eq(sz, count, 3));
    for (size_t i = 0; i < count; i++)
        cr_assert(eq(i64, numbers[i], expected[i]));
    free(numbers);
    bench_store_clear(&bench);
}

Test(optimal, of_one_objective_it_is_the_best_trial_or_none)
{
    static const struct study_spec one = { .metrics = metrics, .metric_count = 1 };
    struct bench_store bench;
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    for (int64_t best = 0; best < 2; best++) {
        int64_t *numbers = NULL;
        size_t count = 9;

        cr_assert(optimal_trials(&one, bench.store, JOB, best, &numbers, &count, &err));
        cr_assert(eq(sz, count, (size_t)best));
        cr_assert(best == 0 || numbers[0] == 1);
        free(numbers);
    }
    bench_store_clear(&bench);
}

Test(optimal, a_job_without_trials_has_an_empty_front)
{
    struct bench_store bench;
    struct assay_error err = { 0 };
    int64_t *numbers = NULL;
    size_t count = 9;

    bench_store_init(&bench);
    cr_assert(optimal_trials(&study, bench.store, JOB, 0, &numbers, &count, &err));
    cr_assert(eq(sz, count, 0));
    free(numbers);
    bench_store_clear(&bench);
}

Test(optimal, safety_is_judged_by_the_metrics_goal)
{
    struct metric_spec one = { .id = s_id, .is_safety = true, .safety_threshold = 2 };
    struct study_spec spec = { .metrics = &one, .metric_count = 1 };
    static const struct {
        enum goal goal;
        double value;
        bool is_safe;
    } cases[] = {
        { GOAL_MAXIMIZE, 2, true },
        { GOAL_MAXIMIZE, 1.9, false },
        { GOAL_MAXIMIZE, 3, true },
        { GOAL_MINIMIZE, 2, true },
        { GOAL_MINIMIZE, 1.9, true },
        { GOAL_MINIMIZE, 3, false },
        { GOAL_MAXIMIZE, (double)NAN, false },
        { GOAL_MINIMIZE, (double)NAN, false },
        { GOAL_MAXIMIZE, (double)INFINITY, false },
        { GOAL_MINIMIZE, -(double)INFINITY, false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        one.goal = cases[i].goal;
        cr_assert(eq(int, optimal_is_safe(&spec, &cases[i].value), cases[i].is_safe), "case %zu",
                  i);
    }
    cr_assert(eq(sz, optimal_objective_count(&spec), 0));
    cr_assert(eq(sz, optimal_objective_count(&study), 2));
}
