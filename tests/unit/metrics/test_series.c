#include "metrics/series.h"

#include "metric_fixture.h"
#include "metrics/objective.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

enum { METRICS_MAX = 3 };

static char accuracy_id[] = "accuracy";
static char loss_id[] = "loss";

static const struct metric_spec two_metrics[] = {
    { .id = accuracy_id, .goal = GOAL_MAXIMIZE },
    { .id = loss_id, .goal = GOAL_MINIMIZE },
};

static int64_t add(struct series *series, size_t metric, int64_t step, int64_t elapsed_us,
                   double value)
{
    struct metric_report report = {
        .metric = metric, .step = step, .elapsed_us = elapsed_us, .value = value
    };

    return series_add(series, &report);
}

/* The naive twin: keeps every measurement and looks at all of them at each selection. */
struct twin {
    size_t count;
    struct {
        int64_t step;
        int64_t elapsed_us;
        double values[METRICS_MAX];
    } items[40000];
};

static int twin_order(const struct twin *twin, size_t a, size_t b)
{
    if (twin->items[a].step != twin->items[b].step)
        return twin->items[a].step < twin->items[b].step ? -1 : 1;
    return (twin->items[a].elapsed_us > twin->items[b].elapsed_us) -
           (twin->items[a].elapsed_us < twin->items[b].elapsed_us);
}

static void twin_add(struct twin *twin, const struct metric_report *report)
{
    size_t last = twin->count - 1;

    if (twin->count == 0 || twin->items[last].step != report->step ||
        !isnan(twin->items[last].values[report->metric])) {
        last = twin->count++;
        twin->items[last].step = report->step;
        twin->items[last].elapsed_us = report->elapsed_us;
        for (size_t m = 0; m < METRICS_MAX; m++)
            twin->items[last].values[m] = (double)NAN;
    }
    twin->items[last].values[report->metric] = report->value;
}

static size_t twin_choose(const struct twin *twin, const struct metric_spec *specs,
                          enum measurement_selection selection)
{
    size_t last = 0;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < twin->count; i++) {
        double value = twin->items[i].values[0];

        if (twin_order(twin, i, last) >= 0)
            last = i;
        if (isnan(value))
            continue;
        if (best == SIZE_MAX ||
            objective_is_better(specs[0].goal, value, twin->items[best].values[0]) ||
            (value == twin->items[best].values[0] &&
             twin->items[i].elapsed_us < twin->items[best].elapsed_us))
            best = i;
    }
    return selection == SELECT_BEST && best != SIZE_MAX ? best : last;
}

static double twin_value(const struct twin *twin, size_t chosen, size_t metric)
{
    size_t before = SIZE_MAX;
    size_t latest = SIZE_MAX;

    if (!isnan(twin->items[chosen].values[metric]))
        return twin->items[chosen].values[metric];
    for (size_t i = 0; i < twin->count; i++) {
        if (isnan(twin->items[i].values[metric]))
            continue;
        if (latest == SIZE_MAX || twin_order(twin, i, latest) >= 0)
            latest = i;
        if (twin_order(twin, i, chosen) <= 0 &&
            (before == SIZE_MAX || twin_order(twin, i, before) >= 0))
            before = i;
    }
    if (before != SIZE_MAX)
        return twin->items[before].values[metric];
    return latest == SIZE_MAX ? (double)NAN : twin->items[latest].values[metric];
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void compare_selections(const struct series *series, const struct twin *twin,
                               const struct metric_spec *specs, size_t metric_count)
{
    for (int s = SELECT_LAST; s <= SELECT_BEST; s++) {
        enum measurement_selection selection = (enum measurement_selection)s;
        size_t chosen = twin_choose(twin, specs, selection);
        double values[METRICS_MAX] = { 0 };
        int64_t step = 0;
        int64_t elapsed_us = 0;
        bool is_complete = series_select(series, selection, &step, &elapsed_us, values);
        bool has_all = true;

        cr_assert(eq(i64, step, twin->items[chosen].step));
        cr_assert(eq(i64, elapsed_us, twin->items[chosen].elapsed_us));
        for (size_t m = 0; m < metric_count; m++) {
            cr_assert(is_same(values[m], twin_value(twin, chosen, m)),
                      "selection %d, metric %zu: %g and not %g", s, m, values[m],
                      twin_value(twin, chosen, m));
            has_all = has_all && !isnan(values[m]);
        }
        cr_assert(is_complete == has_all);
    }
}

Test(series, reports_of_one_step_gather_in_one_measurement)
{
    struct series *series = series_new(two_metrics, 2);

    cr_assert(eq(i64, add(series, 0, 1, 10, 0.5), 0));
    cr_assert(eq(i64, add(series, 1, 1, 11, 2.0), 0));
    cr_assert(eq(i64, add(series, 1, 2, 20, 1.0), 1));
    cr_assert(eq(sz, series_count(series), 2));
    cr_assert(eq(dbl, series_get(series, 0).values[0], 0.5));
    cr_assert(eq(dbl, series_get(series, 0).values[1], 2.0));
    cr_assert(eq(i64, series_get(series, 0).elapsed_us, 10));
    cr_assert(isnan(series_get(series, 1).values[0]));
    series_free(series);
}

Test(series, a_trainer_without_steps_gets_a_measurement_per_report)
{
    struct series *series = series_new(two_metrics, 1);

    for (int i = 0; i < 5; i++)
        cr_assert(eq(i64, add(series, 0, 0, i, 0.5), i));
    series_free(series);
}

Test(series, last_is_the_highest_step_even_if_it_came_first)
{
    struct series *series = series_new(two_metrics, 1);
    double value = 0;
    int64_t step = 0;
    int64_t elapsed_us = 0;

    (void)add(series, 0, 9, 10, 0.9);
    (void)add(series, 0, 1, 20, 0.1);
    cr_assert(series_select(series, SELECT_LAST, &step, &elapsed_us, &value));
    cr_assert(eq(i64, step, 9));
    cr_assert(eq(i64, elapsed_us, 10));
    cr_assert(eq(dbl, value, 0.9));
    series_free(series);
}

Test(series, best_takes_an_absent_metric_from_before_it)
{
    struct series *series = series_new(two_metrics, 2);
    double values[2];
    int64_t step = 0;
    int64_t elapsed_us = 0;

    (void)add(series, 1, 1, 10, 7.0);
    (void)add(series, 0, 2, 20, 0.9);
    (void)add(series, 1, 3, 30, 6.0);
    (void)add(series, 0, 4, 40, 0.8);
    cr_assert(series_select(series, SELECT_BEST, &step, &elapsed_us, values));
    cr_assert(eq(i64, step, 2));
    cr_assert(eq(dbl, values[0], 0.9));
    cr_assert(eq(dbl, values[1], 7.0));
    series_free(series);
}

Test(series, a_metric_reported_only_after_the_best_is_still_used)
{
    struct series *series = series_new(two_metrics, 2);
    double values[2];
    int64_t step = 0;
    int64_t elapsed_us = 0;

    (void)add(series, 0, 2, 20, 0.9);
    (void)add(series, 1, 3, 30, 6.0);
    cr_assert(series_select(series, SELECT_BEST, &step, &elapsed_us, values));
    cr_assert(eq(dbl, values[1], 6.0));
    series_free(series);
}

Test(series, ties_of_the_best_go_to_the_earliest)
{
    struct series *series = series_new(two_metrics, 1);
    double value = 0;
    int64_t step = 0;
    int64_t elapsed_us = 0;

    (void)add(series, 0, 5, 20, 0.9);
    (void)add(series, 0, 6, 30, 0.9);
    (void)add(series, 0, 1, 10, 0.9);
    cr_assert(series_select(series, SELECT_BEST, &step, &elapsed_us, &value));
    cr_assert(eq(i64, step, 1));
    series_free(series);
}

Test(series, a_metric_that_never_came_makes_the_selection_incomplete)
{
    struct series *series = series_new(two_metrics, 2);
    double values[2] = { 1, 1 };
    int64_t step = 7;
    int64_t elapsed_us = 7;

    cr_assert(not(series_select(series, SELECT_LAST, &step, &elapsed_us, values)));
    cr_assert(isnan(values[0]) && isnan(values[1]));
    cr_assert(eq(i64, step, 0));
    (void)add(series, 1, 3, 30, 6.0);
    cr_assert(not(series_select(series, SELECT_BEST, &step, &elapsed_us, values)));
    cr_assert(isnan(values[0]));
    cr_assert(eq(dbl, values[1], 6.0));
    cr_assert(eq(i64, step, 3));
    series_free(series);
}

Test(series, the_objective_of_best_is_the_first_metric_that_is_not_for_safety)
{
    static const struct metric_spec specs[] = {
        { .id = accuracy_id, .goal = GOAL_MAXIMIZE, .is_safety = true },
        { .id = loss_id, .goal = GOAL_MINIMIZE },
    };
    struct series *series = series_new(specs, 2);
    double values[2];
    int64_t step = 0;
    int64_t elapsed_us = 0;

    for (int i = 0; i < 3; i++) {
        (void)add(series, 0, i, i, (double)i);
        (void)add(series, 1, i, i, (double)abs(i - 1));
    }
    cr_assert(series_select(series, SELECT_BEST, &step, &elapsed_us, values));
    cr_assert(eq(i64, step, 1));
    series_free(series);
}

Test(series, selections_equal_those_of_a_naive_twin)
{
    uint64_t state = random_seed(11);
    struct twin *twin = calloc(1, sizeof *twin);

    cr_assert(twin != NULL);
    for (int round = 0; round < 300; round++) {
        size_t metric_count = 1 + random_below(&state, METRICS_MAX);
        struct metric_spec specs[METRICS_MAX] = { { .id = accuracy_id,
                                                    .goal = (enum goal)(round % 2) } };
        struct series *series = series_new(specs, metric_count);
        uint64_t span = 1 + random_below(&state, 20);

        twin->count = 0;
        for (int i = 0; i < 60; i++) {
            struct metric_report report = { .metric = random_below(&state, metric_count),
                                            .step = (int64_t)random_below(&state, span),
                                            .elapsed_us = (int64_t)random_below(&state, 30),
                                            .value = (double)random_below(&state, 10) };

            cr_assert(ge(i64, series_add(series, &report), 0));
            twin_add(twin, &report);
            compare_selections(series, twin, specs, metric_count);
        }
        cr_assert(eq(sz, series_count(series), twin->count));
        series_free(series);
    }
    free(twin);
}

/* What a store would keep: the measurement of each index as it was when the index was returned. */
static struct series *restore_from(const struct series *series, const struct metric_spec *specs,
                                   size_t metric_count)
{
    struct series *copy = series_new(specs, metric_count);

    for (size_t i = 0; i < series_count(series); i++) {
        struct measurement measurement = series_get(series, i);

        cr_assert(series_restore(copy, &measurement));
    }
    return copy;
}

/* Steps rise, now and then the trainer starts over; the best is found rarely, metrics alternate. */
Test(series, past_its_limit_nothing_that_a_selection_needs_is_dropped)
{
    uint64_t state = random_seed(12);
    struct twin *twin = calloc(1, sizeof *twin);

    cr_assert(twin != NULL);
    for (size_t metric_count = 1; metric_count <= METRICS_MAX; metric_count++) {
        struct metric_spec specs[METRICS_MAX] = { { .id = accuracy_id, .goal = GOAL_MINIMIZE } };
        struct series *series = series_new(specs, metric_count);
        struct series *copy = NULL;
        double early = 0;

        twin->count = 0;
        for (int i = 0; i < 30000; i++) {
            struct metric_report report = { .metric = (size_t)i % metric_count,
                                            .step = i,
                                            .elapsed_us = i,
                                            .value = (double)random_below(&state, 1 << 30) };
            int64_t index = series_add(series, &report);

            twin_add(twin, &report);
            cr_assert(ge(i64, index, 0));
            cr_assert(lt(i64, index, SERIES_MAX));
            if (i == 100)
                early = series_get(series, 50).values[50 % metric_count];
            if (i > SERIES_MAX && i % 1500 == 0)
                compare_selections(series, twin, specs, metric_count);
        }
        cr_assert(eq(sz, series_count(series), SERIES_MAX));
        cr_assert(eq(dbl, series_get(series, 50).values[50 % metric_count], early));
        copy = restore_from(series, specs, metric_count);
        compare_selections(copy, twin, specs, metric_count);
        series_free(copy);
        series_free(series);
    }
    free(twin);
}

Test(series, after_a_restart_of_the_trainer_past_the_limit_last_and_best_are_exact)
{
    struct series *series = series_new(two_metrics, 1);
    double value = 0;
    int64_t step = 0;
    int64_t elapsed_us = 0;

    for (int i = 0; i < SERIES_MAX + 500; i++)
        (void)add(series, 0, i, i, i == SERIES_MAX + 100 ? 5.0 : 1.0);
    for (int i = 0; i < 500; i++)
        (void)add(series, 0, i, SERIES_MAX + 500 + i, 2.0);
    cr_assert(series_select(series, SELECT_LAST, &step, &elapsed_us, &value));
    cr_assert(eq(i64, step, SERIES_MAX + 499));
    cr_assert(series_select(series, SELECT_BEST, &step, &elapsed_us, &value));
    cr_assert(eq(i64, step, SERIES_MAX + 100));
    series_free(series);
}

Test(series, freeing_nothing_is_fine)
{
    series_free(NULL);
}
