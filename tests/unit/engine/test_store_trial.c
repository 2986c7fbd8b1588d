#include "metrics/metric_reader.h"
#include "support.h"
#include "tests/simulation/dice.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define JOB INT64_C(1234567890)

/* Naive twin of the trial table: an array of rows that own their arrays. */
enum { TRIALS = 300, PARAMS = 3, METRICS = MEASURED_METRICS };

struct twin {
    struct trial_row rows[TRIALS];
    double points[TRIALS][PARAMS], values[TRIALS][METRICS];
    char reasons[TRIALS][16];
    int64_t count, ended;
};

static bool is_same_array(const double *a, size_t a_count, const double *b, size_t b_count)
{
    /* Bit for bit, NaN and -0 included. */
    return !a == !b && (!a || (a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0));
}

static bool is_same_row(const struct trial_row *a, const struct trial_row *b)
{
    return a->job == b->job && a->number == b->number && a->state == b->state &&
           a->attempt == b->attempt && a->failure == b->failure && a->start_us == b->start_us &&
           a->end_us == b->end_us && a->end_order == b->end_order && a->step == b->step &&
           a->elapsed_us == b->elapsed_us && !a->reason == !b->reason &&
           (!a->reason || strcmp(a->reason, b->reason) == 0) &&
           is_same_array(a->point, a->point_count, b->point, b->point_count) &&
           is_same_array(a->values, a->value_count, b->values, b->value_count);
}

static void twin_start(struct twin *twin, struct store *store, struct dice *dice)
{
    struct trial_row *row = &twin->rows[twin->count];
    double *point = twin->points[twin->count++];
    struct assay_error err = { 0 };

    for (int i = 0; i < PARAMS; i++)
        point[i] = dice_chance(dice, 20) ? (double)NAN : (dice_below(dice, 100) - 50) * 0.1;
    *row = (struct trial_row){ .job = JOB,
                               .number = twin->count,
                               .state = TRIAL_ACTIVE,
                               .attempt = 1,
                               .start_us = dice_below(dice, 1000),
                               .point = point,
                               .point_count = PARAMS };
    cr_assert(store_trial_insert(store, row, &err), "%s", err.message);
}

static void twin_change(struct twin *twin, struct store *store, struct dice *dice)
{
    struct trial_row *row = &twin->rows[dice_below(dice, (int)twin->count)];
    struct assay_error err = { 0 };

    if (trial_state_is_terminal(row->state))
        return;
    row->state = dice_chance(dice, 50) ? TRIAL_REQUESTED : TRIAL_STOPPING;
    row->attempt++;
    row->start_us += 5;
    cr_assert(store_trial_update(store, row, &err), "%s", err.message);
}

static void twin_end(struct twin *twin, struct store *store, struct dice *dice)
{
    int index = dice_below(dice, (int)twin->count);
    struct trial_row *row = &twin->rows[index];
    struct assay_error err = { 0 };

    if (trial_state_is_terminal(row->state))
        return;
    row->end_order = ++twin->ended;
    row->end_us = row->start_us + 1;
    row->state = dice_chance(dice, 60) ? TRIAL_SUCCEEDED : TRIAL_INFEASIBLE;
    if (row->state == TRIAL_SUCCEEDED) {
        twin->values[index][0] = dice_below(dice, 10);
        twin->values[index][1] = -0.0;
        row->values = twin->values[index];
        row->value_count = METRICS;
        row->step = index;
        row->elapsed_us = row->step * 2;
    } else {
        row->failure = 1 + dice_below(dice, FAILURE_LOST);
        (void)snprintf(twin->reasons[index], sizeof twin->reasons[index], "reason %d", index);
        row->reason = twin->reasons[index];
    }
    cr_assert(store_trial_end(store, row, &err), "%s", err.message);
}

struct comparing {
    const struct twin *twin;
    const struct trial_query *query;
    int64_t next, seen; /* number, or end order */
};

static const struct trial_row *twin_next(struct comparing *comparing)
{
    const struct trial_query *query = comparing->query;

    for (; comparing->next <= comparing->twin->count; comparing->next++) {
        for (int64_t i = 0; i < comparing->twin->count; i++) {
            const struct trial_row *row = &comparing->twin->rows[i];
            int64_t place = query->order == TRIALS_BY_END ? row->end_order : row->number;

            if (place == comparing->next && place > 0 &&
                (!query->state || row->state == query->state) &&
                (!query->only_unended || !trial_state_is_terminal(row->state)))
                return row;
        }
    }
    return NULL;
}

static bool compare_row(void *context, const struct trial_row *row)
{
    struct comparing *comparing = context;
    const struct trial_row *expected = twin_next(comparing);

    cr_assert(expected != NULL);
    cr_assert(is_same_row(row, expected), "trial %" PRId64 " for %" PRId64, row->number,
              expected->number);
    comparing->next++;
    comparing->seen++;
    return true;
}

static void compare_query(const struct twin *twin, struct store *store, struct trial_query query)
{
    struct comparing comparing = { .twin = twin, .query = &query, .next = query.after + 1 };
    struct assay_error err = { 0 };

    cr_assert(store_trial_each(store, &query, compare_row, &comparing, &err), "%s", err.message);
    if (query.limit)
        cr_assert(le(i64, comparing.seen, query.limit));
    if (!query.limit || comparing.seen < query.limit)
        cr_assert(twin_next(&comparing) == NULL);
}

/* What the store lends for a call only is not copied. */
static void compare_first(const struct twin *twin, struct store *store, struct trial_query query)
{
    struct comparing comparing = { .twin = twin, .query = &query, .next = query.after + 1 };
    const struct trial_row *found = twin_next(&comparing);
    struct trial_row expected = { 0 };
    struct trial_row row;
    struct assay_error err = { 0 };

    if (found)
        expected = *found;
    cr_assert(store_trial_first(store, &query, &row, &err), "%s", err.message);
    cr_assert(eq(i64, row.number, expected.number));
    cr_assert(eq(int, row.state, expected.state));
    cr_assert(eq(int, row.attempt, expected.attempt));
    cr_assert(eq(i64, row.end_order, expected.end_order));
    cr_assert(row.point == NULL && row.values == NULL && row.reason == NULL);
}

static void compare_totals(const struct twin *twin, struct store *store)
{
    struct trial_totals naive = { .created = twin->count, .last_number = twin->count };
    struct trial_totals totals;
    struct assay_error err = { 0 };

    for (int64_t i = 0; i < twin->count; i++) {
        const struct trial_row *row = &twin->rows[i];
        bool is_failure = row->state == TRIAL_INFEASIBLE && failure_class_counts(row->failure);

        naive.ended += trial_state_is_terminal(row->state);
        naive.succeeded += row->state == TRIAL_SUCCEEDED;
        naive.failed += is_failure;
        naive.has_first_ended_failed =
            naive.has_first_ended_failed || (row->end_order == 1 && is_failure);
    }
    cr_assert(store_trial_totals(store, JOB, &totals, &err), "%s", err.message);
    cr_assert(eq(i64, totals.created, naive.created));
    cr_assert(eq(i64, totals.ended, naive.ended));
    cr_assert(eq(i64, totals.succeeded, naive.succeeded));
    cr_assert(eq(i64, totals.failed, naive.failed));
    cr_assert(eq(i64, totals.last_number, naive.last_number));
    cr_assert(eq(i64, totals.last_end_order, twin->ended));
    cr_assert(eq(int, totals.has_first_ended_failed, naive.has_first_ended_failed));
}

static void compare_all(const struct twin *twin, struct store *store, struct dice *dice)
{
    int64_t after = dice_below(dice, (int)twin->count + 1);
    int64_t limit = dice_below(dice, 10);

    compare_totals(twin, store);
    compare_query(twin, store, (struct trial_query){ .job = JOB, .after = after, .limit = limit });
    compare_query(twin, store, (struct trial_query){ .job = JOB, .only_unended = true });
    compare_query(twin, store,
                  (struct trial_query){ .job = JOB, .state = TRIAL_INFEASIBLE, .limit = limit });
    compare_query(
        twin, store,
        (struct trial_query){ .job = JOB, .order = TRIALS_BY_END, .after = after, .limit = limit });
    compare_first(twin, store, (struct trial_query){ .job = JOB, .after = after, .limit = 1 });
    compare_first(twin, store, (struct trial_query){ .job = JOB, .only_unended = true });
}

Test(store_trial, trials_are_those_of_a_naive_array_whatever_is_asked)
{
    struct bench_store bench;
    struct twin *twin = calloc(1, sizeof *twin);
    struct trial_row other = { .job = JOB + 1, .number = 1, .state = TRIAL_ACTIVE, .attempt = 1 };
    struct trial_row before = { .job = JOB - 1, .number = 9, .state = TRIAL_ACTIVE, .attempt = 1 };
    struct assay_error err = { 0 };
    struct dice dice = { 1 };
    const char *seed = getenv("ASSAY_TEST_SEED");

    if (!seed && getrandom(&dice.state, sizeof dice.state, 0) < 0)
        perror("getrandom");
    if (seed)
        dice.state = strtoull(seed, NULL, 10);
    (void)fprintf(stderr, "ASSAY_TEST_SEED=%" PRIu64 "\n", dice.state);
    cr_assert(twin != NULL);
    bench_store_init(&bench);
    begin(bench.store);
    other.point = before.point = twin->points[0]; /* neighbours' rows must not be seen */
    cr_assert(store_trial_insert(bench.store, &other, &err), "%s", err.message);
    cr_assert(store_trial_insert(bench.store, &before, &err), "%s", err.message);
    while (twin->count < TRIALS) {
        twin_start(twin, bench.store, &dice);
        for (int i = dice_below(&dice, 3); i > 0; i--)
            twin_change(twin, bench.store, &dice);
        for (int i = dice_below(&dice, 3); i > 0; i--)
            twin_end(twin, bench.store, &dice);
        if (dice_chance(&dice, 10))
            compare_all(twin, bench.store, &dice);
    }
    commit(bench.store);
    compare_all(twin, bench.store, &dice);
    free(twin);
    bench_store_clear(&bench);
}

static bool fail_on_row(void *context, const struct trial_row *row)
{
    (void)context;
    (void)row;
    cr_assert(false, "there should be no row");
    return false;
}

Test(store_trial, a_job_without_trials_adds_up_to_nothing)
{
    struct bench_store bench;
    struct trial_totals totals = { .created = 9, .has_first_ended_failed = true };
    struct trial_query query = { .job = JOB };
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    cr_assert(store_trial_totals(bench.store, JOB, &totals, &err));
    cr_assert(eq(i64, totals.created, 0));
    cr_assert(eq(i64, totals.last_number, 0));
    cr_assert(not(totals.has_first_ended_failed));
    cr_assert(store_trial_each(bench.store, &query, fail_on_row, NULL, &err));
    bench_store_clear(&bench);
}

struct measured {
    struct measurement_row rows[8];
    double values[8][METRICS];
    size_t count;
};

static bool note_measurement(void *context, const struct measurement_row *row)
{
    struct measured *measured = context;

    cr_assert(eq(sz, row->value_count, METRICS));
    memcpy(measured->values[measured->count], row->values, sizeof measured->values[0]);
    measured->rows[measured->count++] = *row;
    return true;
}

Test(store_trial, measurements_come_back_in_order_and_the_newest_of_an_index_counts)
{
    struct bench_store bench;
    struct measured measured = { 0 };
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    begin(bench.store);
    put_measurement(bench.store, 5, 2, 0.2);
    put_measurement(bench.store, 5, 0, 0.0);
    put_measurement(bench.store, 5, 1, 0.5);
    put_measurement(bench.store, 5, 1, 0.1);
    put_measurement(bench.store, 6, 0, 0.9);
    commit(bench.store);
    cr_assert(store_measurement_each(bench.store, 5, note_measurement, &measured, &err));
    cr_assert(eq(sz, measured.count, 3));
    for (size_t i = 0; i < 3; i++) {
        cr_assert(eq(i64, measured.rows[i].index, (int64_t)i));
        cr_assert(eq(i64, measured.rows[i].step, (int64_t)i * 10));
        cr_assert(eq(i64, measured.rows[i].elapsed_us, (int64_t)i * 100));
        cr_assert(ieee_ulp_eq(dbl, measured.values[i][0], (double)i / 10, 1));
        cr_assert(isnan(measured.values[i][1]));
    }
    begin(bench.store);
    cr_assert(store_measurement_clear(bench.store, 5, &err));
    commit(bench.store);
    measured.count = 0;
    cr_assert(store_measurement_each(bench.store, 5, note_measurement, &measured, &err));
    cr_assert(eq(sz, measured.count, 0));
    cr_assert(store_measurement_each(bench.store, 6, note_measurement, &measured, &err));
    cr_assert(eq(sz, measured.count, 1));
    bench_store_clear(&bench);
}

Test(store_trial, a_mark_belongs_to_one_attempt)
{
    struct bench_store bench;
    struct metric_mark mark = { .file_offset = 7, .line_hash = UINT64_MAX };
    struct metric_mark got = { 0 };
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    begin(bench.store);
    cr_assert(store_mark_put(bench.store, 5, 1, &mark, sizeof mark, &err));
    mark.file_offset = 8;
    cr_assert(store_mark_put(bench.store, 5, 2, &mark, sizeof mark, &err));
    commit(bench.store);
    cr_assert(store_mark_get(bench.store, 5, 2, &got, sizeof got, &err));
    cr_assert(eq(u64, got.file_offset, 8));
    cr_assert(eq(u64, got.line_hash, UINT64_MAX));
    cr_assert(not(store_mark_get(bench.store, 5, 1, &got, sizeof got, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_OK));
    /* A mark of another version's size is none. */
    cr_assert(not(store_mark_get(bench.store, 5, 2, &got, sizeof got - 8, &err)));
    begin(bench.store);
    cr_assert(store_mark_delete(bench.store, 5, &err));
    commit(bench.store);
    cr_assert(not(store_mark_get(bench.store, 5, 2, &got, sizeof got, &err)));
    bench_store_clear(&bench);
}
