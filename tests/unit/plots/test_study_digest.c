/* Each part of a digest beside its naive twin, a look at all rows; random studies, whose seed is
 * printed, and taken back from ASSAY_TEST_SEED. */

#include "engine/plots/study_digest.h"
#include "search/pareto.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIALS_MAX = 40000, METRICS = 2 };

/* A study in memory. Trial number i stands at i - 1. */
struct table {
    size_t count;
    struct ended_row rows[TRIALS_MAX];
    double points[TRIALS_MAX][1];
    double values[TRIALS_MAX][METRICS];
};

static uint64_t state;

static double draw(void)
{
    state += UINT64_C(0x9e3779b97f4a7c15);
    return plot_chance((int64_t)(state >> 2));
}

static void seed_draws(void)
{
    const char *given = getenv("ASSAY_TEST_SEED");
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    state = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec;
    cr_log_info("ASSAY_TEST_SEED=%llu", (unsigned long long)state);
}

static void shuffle(int64_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)(draw() * (double)i);
        int64_t kept = items[i - 1];

        items[i - 1] = items[j];
        items[j] = kept;
    }
}

/* Some values come twice, some trials fail, some lack a metric, some were stopped early. */
static struct table *make_table(size_t count)
{
    struct table *table = calloc(1, sizeof *table);
    int64_t *orders = calloc(count + 1, sizeof *orders);

    cr_assert(table && orders);
    table->count = count;
    for (size_t i = 0; i < count; i++)
        orders[i] = (int64_t)i + 1;
    shuffle(orders, count);
    for (size_t i = 0; i < count; i++) {
        struct ended_row *row = &table->rows[i];
        bool has_failed = draw() < 0.1;

        table->points[i][0] = draw();
        table->values[i][0] = floor(draw() * draw() * 5000) / 16 - 100;
        table->values[i][1] = draw() < 0.05 ? (double)NAN : floor(draw() * 1000);
        *row = (struct ended_row){ .number = (int64_t)i + 1,
                                   .end_order = orders[i],
                                   .start_us = 1000,
                                   .end_us = 2000,
                                   .state = has_failed ? TRIAL_INFEASIBLE : TRIAL_SUCCEEDED,
                                   .is_stopped_early = draw() < 0.2,
                                   .point = table->points[i],
                                   .point_count = 1,
                                   .values = has_failed ? NULL : table->values[i],
                                   .value_count = has_failed ? 0 : METRICS };
    }
    free(orders);
    return table;
}

static struct study_digest *new_digest(void)
{
    static char first[] = "m0", second[] = "m1";
    struct metric_spec metrics[METRICS] = { { .id = first, .goal = GOAL_MINIMIZE },
                                            { .id = second, .goal = GOAL_MAXIMIZE } };
    struct param_spec param = { .max = 1 };
    struct search_space space = { .param_count = 1, .params = &param };
    struct study_spec study = { .metrics = metrics, .metric_count = METRICS, .space = &space };
    struct study_digest *digest = study_digest_new(&study);

    cr_assert(digest);
    return digest;
}

static struct study_digest *make_digest(const struct table *table, const int64_t *order)
{
    struct study_digest *digest = new_digest();

    for (size_t i = 0; i < table->count; i++)
        cr_assert(study_digest_add(digest, &table->rows[order ? order[i] : (int64_t)i]));
    return digest;
}

static bool has_value(const struct table *table, size_t i, size_t metric)
{
    return table->rows[i].state == TRIAL_SUCCEEDED && isfinite(table->values[i][metric]);
}

static double loss_of(const struct table *table, size_t i, size_t metric)
{
    return metric == 1 ? -table->values[i][metric] : table->values[i][metric];
}

/* The trial of an end order. */
static size_t find_order(const struct table *table, int64_t order)
{
    size_t i = 0;

    while (table->rows[i].end_order != order)
        i++;
    return i;
}

static void check_steps(const struct table *table, const struct study_digest *digest, size_t metric)
{
    const struct best_steps *steps = &digest->metrics[metric].steps;
    double best = (double)INFINITY;
    size_t at = 0;

    for (int64_t order = 1; order <= (int64_t)table->count; order++) {
        size_t i = find_order(table, order);

        if (!has_value(table, i, metric) || loss_of(table, i, metric) >= best)
            continue;
        best = loss_of(table, i, metric);
        cr_assert_lt(at, steps->count);
        cr_assert_eq(steps->items[at].end_order, order);
        cr_assert_eq(steps->items[at++].number, (int64_t)i + 1);
    }
    cr_assert_eq(at, steps->count);
}

static void check_cells(const struct table *table, const struct study_digest *digest, size_t metric)
{
    enum { POINTS = 300 };
    double values[POINTS], fractions[POINTS];
    size_t count = value_cells_read(&digest->metrics[metric].cells, POINTS, values, fractions);
    size_t total = 0;

    for (size_t i = 0; i < table->count; i++)
        total += has_value(table, i, metric);
    cr_assert_eq((int64_t)total, digest->metrics[metric].cells.total);
    cr_assert_leq(count, POINTS);
    for (size_t k = 0; k < count; k++) {
        size_t below = 0;

        for (size_t i = 0; i < table->count; i++)
            below += has_value(table, i, metric) && table->values[i][metric] <= values[k];
        cr_assert_eq(fractions[k], (double)below / (double)total);
        cr_assert(k == 0 || values[k] > values[k - 1]);
    }
    cr_assert(total == 0 || fractions[count - 1] == 1);
}

/* No trial that was kept out has a less key than one that was kept. */
static void check_heap(const struct table *table, const struct trial_heap *heap,
                       double (*key)(const struct table *table, size_t i, size_t metric),
                       size_t metric, size_t max)
{
    bool *is_kept = calloc(table->count + 1, sizeof *is_kept);
    double worst = -(double)INFINITY, best_out = (double)INFINITY;
    size_t fitting = 0;

    for (size_t k = 0; k < heap->count; k++) {
        size_t i = (size_t)heap->items[k].number - 1;

        cr_assert(!is_kept[i]);
        is_kept[i] = true;
        worst = fmax(worst, key(table, i, metric));
        cr_assert_eq(trial_heap_point(heap, &heap->items[k])[0], table->points[i][0]);
        cr_assert(table->rows[i].state == TRIAL_INFEASIBLE ||
                  trial_heap_values(heap, &heap->items[k])[0] == table->values[i][0]);
    }
    for (size_t i = 0; i < table->count; i++) {
        if (isnan(key(table, i, metric)))
            continue;
        fitting++;
        if (!is_kept[i])
            best_out = fmin(best_out, key(table, i, metric));
    }
    cr_assert_eq(heap->count, fitting < max ? fitting : max);
    cr_assert_leq(worst, best_out);
    free(is_kept);
}

static double chance_key(const struct table *table, size_t i, size_t metric)
{
    (void)metric;
    return plot_chance(table->rows[i].number);
}

static double newest_key(const struct table *table, size_t i, size_t metric)
{
    (void)metric;
    return -(double)table->rows[i].end_order;
}

static double best_key(const struct table *table, size_t i, size_t metric)
{
    return has_value(table, i, metric) ? loss_of(table, i, metric) : (double)NAN;
}

static void check_front(const struct table *table, const struct study_digest *digest)
{
    struct sampler_metric metrics[METRICS] = { { .is_maximized = false },
                                               { .is_maximized = true } };
    double *values = calloc(table->count * METRICS + 1, sizeof *values);
    bool *is_front = calloc(table->count + 1, sizeof *is_front);
    size_t count = 0;

    for (size_t i = 0; i < table->count * METRICS; i++)
        values[i] =
            table->rows[i / METRICS].values ? table->values[i / METRICS][i % METRICS] : (double)NAN;
    cr_assert(pareto_optimal(metrics, METRICS, values, table->count, is_front));
    for (size_t i = 0; i < table->count; i++)
        count += is_front[i];
    cr_assert_eq(count, digest->front.count);
    for (size_t k = 0; k < count; k++)
        cr_assert(is_front[digest->front.numbers[digest->front.order[k]] - 1]);
    free(values);
    free(is_front);
}

/* The least and greatest of all that lies between two neighbours that are shown is shown. */
static void check_history(const struct table *table, const struct study_digest *digest,
                          size_t metric, size_t groups)
{
    struct plot_point *points = malloc(3 * groups * sizeof *points);
    int64_t last = (int64_t)table->count;
    size_t count = history_buckets_read(digest->history, metric, 1, last, groups, points);
    double least = (double)INFINITY, greatest = -(double)INFINITY;
    double shown_least = (double)INFINITY, shown_greatest = -(double)INFINITY;

    cr_assert_leq(count, 3 * groups);
    cr_assert_eq(history_buckets_count(digest->history, 1, last), last);
    for (size_t k = 0; k < count; k++) {
        size_t i = (size_t)points[k].number - 1;

        cr_assert(k == 0 || points[k].end_order > points[k - 1].end_order);
        cr_assert_eq(points[k].end_order, table->rows[i].end_order);
        cr_assert_eq(points[k].state, plot_state_of(&table->rows[i]));
        cr_assert_eq(isnan(points[k].value), !has_value(table, i, metric));
        if (isnan(points[k].value))
            continue;
        cr_assert_eq(points[k].value, table->values[i][metric]);
        shown_least = fmin(shown_least, points[k].value);
        shown_greatest = fmax(shown_greatest, points[k].value);
    }
    for (size_t i = 0; i < table->count; i++)
        if (has_value(table, i, metric)) {
            least = fmin(least, table->values[i][metric]);
            greatest = fmax(greatest, table->values[i][metric]);
        }
    cr_assert_eq(shown_least, least);
    cr_assert_eq(shown_greatest, greatest);
    free(points);
}

static void check_all(const struct table *table, const struct study_digest *digest)
{
    check_heap(table, &digest->sample, chance_key, 0, 10000);
    check_heap(table, &digest->newest, newest_key, 0, DIGEST_NEWEST);
    for (size_t metric = 0; metric < METRICS; metric++) {
        check_heap(table, &digest->metrics[metric].best, best_key, metric, DIGEST_BEST);
        check_cells(table, digest, metric);
    }
    check_front(table, digest);
}

Test(study_digest, small_studies_are_told_as_all_their_rows_tell)
{
    static const size_t counts[] = { 1, 2, 7, 150, 700 };

    seed_draws();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct table *table = make_table(counts[i]);
        struct study_digest *digest = make_digest(table, NULL);

        check_all(table, digest);
        for (size_t metric = 0; metric < METRICS; metric++) {
            check_steps(table, digest, metric);
            check_history(table, digest, metric, 1000);
            check_history(table, digest, metric, 10);
        }
        study_digest_free(digest);
        free(table);
    }
}

Test(study_digest, a_study_larger_than_its_memory_keeps_its_extremes_and_counts)
{
    struct table *table = NULL;
    struct study_digest *digest = NULL;

    seed_draws();
    table = make_table(TRIALS_MAX);
    digest = make_digest(table, NULL);
    cr_assert_gt(history_buckets_width(digest->history), 1);
    check_all(table, digest);
    check_history(table, digest, 0, 300);
    check_history(table, digest, 1, 300);
    study_digest_free(digest);
    free(table);
}

static int compare_numbers(const void *left, const void *right)
{
    const struct kept_trial *a = left, *b = right;

    return (a->number > b->number) - (a->number < b->number);
}

static void check_same_heap(const struct trial_heap *a, const struct trial_heap *b)
{
    cr_assert_eq(a->count, b->count);
    qsort(a->items, a->count, sizeof *a->items, compare_numbers);
    qsort(b->items, b->count, sizeof *b->items, compare_numbers);
    for (size_t i = 0; i < a->count; i++)
        cr_assert_eq(a->items[i].number, b->items[i].number);
}

static void check_same(const struct study_digest *a, const struct study_digest *b)
{
    enum { GROUPS = 5000 };
    struct plot_point *points = malloc(6 * GROUPS * sizeof *points);

    cr_assert_eq(a->trial_count, b->trial_count);
    cr_assert_eq(a->first_order, b->first_order);
    cr_assert_eq(a->last_order, b->last_order);
    check_same_heap(&a->sample, &b->sample);
    check_same_heap(&a->newest, &b->newest);
    cr_assert_eq(a->front.count, b->front.count);
    for (size_t i = 0; i < a->front.count; i++)
        cr_assert_eq(a->front.numbers[a->front.order[i]], b->front.numbers[b->front.order[i]]);
    for (size_t m = 0; m < METRICS; m++) {
        size_t count = history_buckets_read(a->history, m, 1, a->last_order, GROUPS, points);

        cr_assert_eq(count, history_buckets_read(b->history, m, 1, a->last_order, GROUPS,
                                                 points + (size_t)3 * GROUPS));
        for (size_t i = 0; i < count; i++)
            cr_assert_eq(points[i].number, points[i + (size_t)3 * GROUPS].number);
        check_same_heap(&a->metrics[m].best, &b->metrics[m].best);
        cr_assert_eq(a->metrics[m].steps.count, b->metrics[m].steps.count);
        for (size_t i = 0; i < a->metrics[m].steps.count; i++)
            cr_assert_eq(a->metrics[m].steps.items[i].number, b->metrics[m].steps.items[i].number);
        cr_assert_eq(a->metrics[m].cells.count, b->metrics[m].cells.count);
        for (size_t i = 0; i < a->metrics[m].cells.count; i++) {
            cr_assert_eq(a->metrics[m].cells.items[i].count, b->metrics[m].cells.items[i].count);
            cr_assert_eq(a->metrics[m].cells.items[i].greatest,
                         b->metrics[m].cells.items[i].greatest);
        }
    }
    free(points);
}

Test(study_digest, the_order_in_which_trials_are_read_makes_no_difference)
{
    struct table *table = NULL;
    struct study_digest *by_number = NULL, *shuffled = NULL;
    int64_t *order = calloc(TRIALS_MAX, sizeof *order);

    seed_draws();
    table = make_table(TRIALS_MAX);
    for (size_t i = 0; i < TRIALS_MAX; i++)
        order[i] = (int64_t)i;
    shuffle(order, TRIALS_MAX);
    by_number = make_digest(table, NULL);
    shuffled = make_digest(table, order);
    check_same(by_number, shuffled);
    study_digest_free(by_number);
    study_digest_free(shuffled);
    free(table);
    free(order);
}

Test(study_digest, a_front_of_three_objectives_is_that_of_all_rows)
{
    enum { ROWS = 600, WIDTH = 3 };
    double losses[ROWS * WIDTH];
    bool is_front[ROWS];
    struct trial_front front;
    size_t count = 0;

    seed_draws();
    trial_front_init(&front, WIDTH);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < WIDTH; k++)
            losses[i * WIDTH + k] = floor(draw() * 12);
        cr_assert(trial_front_add(&front, (int64_t)i + 1, losses + i * WIDTH));
    }
    cr_assert(pareto_front(losses, ROWS, WIDTH, is_front));
    for (size_t i = 0; i < ROWS; i++)
        count += is_front[i];
    cr_assert_eq(front.count, count);
    for (size_t k = 0; k < count; k++)
        cr_assert(is_front[front.numbers[front.order[k]] - 1]);
    trial_front_clear(&front);
}

Test(study_digest, endless_improvement_stays_within_its_memory_and_keeps_the_last)
{
    struct best_steps steps = { 0 };
    struct trial_front front;

    trial_front_init(&front, 2);
    for (int64_t i = 1; i <= 3 * BEST_STEPS_MAX; i++) {
        struct plot_point point = { .value = -(double)i, .end_order = i, .number = i };
        double losses[] = { (double)i, -(double)i };

        cr_assert(best_steps_add(&steps, &point));
        cr_assert(trial_front_add(&front, i, losses));
    }
    cr_assert(steps.is_thinned && front.is_cut);
    cr_assert_leq(steps.count, BEST_STEPS_MAX);
    cr_assert_eq(front.count, TRIAL_FRONT_MAX);
    cr_assert_eq(steps.items[steps.count - 1].number, 3 * BEST_STEPS_MAX);
    cr_assert_eq(steps.items[0].number, 1);
    best_steps_clear(&steps);
    trial_front_clear(&front);
}
