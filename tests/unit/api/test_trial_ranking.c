/* Orders of random studies beside a naive twin: an array of all rows, filtered and sorted anew. */

#include "engine/api/window/trial_ranking.h"
#include "tests/simulation/dice.h"
#include "tests/unit/engine/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JOB INT64_C(1234567890)

static const char document[] =
    "{\"displayName\":\"n\",\"maxTrialCount\":400,\"parallelTrialCount\":2,\"studySpec\":{"
    "\"metrics\":[{\"metricId\":\"loss\",\"goal\":\"MINIMIZE\"},"
    "{\"metricId\":\"a.b,c\",\"goal\":\"MAXIMIZE\"}],"
    "\"parameters\":[{\"parameterId\":\"x\",\"doubleValueSpec\":{\"minValue\":-5,\"maxValue\":5}},"
    "{\"parameterId\":\"kind\",\"categoricalValueSpec\":{\"values\":[\"Zeta\",\"alpha\",\"beta\"]},"
    "\"conditionalParameterSpecs\":[{\"parentCategoricalValues\":{\"values\":[\"beta\"]},"
    "\"parameterSpec\":{\"parameterId\":\"n\",\"integerValueSpec\":{\"minValue\":1,"
    "\"maxValue\":4}}}]}]},"
    "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":{\"imageUri\":\"image\"}}]}}";

enum { X, KIND, N, PARAMS, METRICS = 2, TRIALS_MAX = 260, STEPS = 60 };

struct twin_row {
    struct trial_row row;
    double point[PARAMS], values[METRICS];
    bool is_deleted;
};

struct scene {
    struct bench_store bench;
    struct job_spec *spec;
    struct trial_fields *fields;
    struct dice dice;
    struct twin_row rows[TRIALS_MAX];
    int64_t count, ended;
};

/* What a filter says, and what it means. */
struct twin_filter {
    const char *text;
    bool (*holds)(const struct twin_row *row);
};

static bool any(const struct twin_row *row)
{
    (void)row;
    return true;
}

static bool is_succeeded(const struct twin_row *row)
{
    return row->row.state == TRIAL_SUCCEEDED;
}

static bool is_low(const struct twin_row *row)
{
    return row->row.values && row->values[0] < 0.5;
}

/* Beta is "beta"; and only "!=" holds where there is nothing. */
static bool is_odd(const struct twin_row *row)
{
    bool has_n = row->point[KIND] == 2;

    return (row->point[KIND] == 1 || row->point[KIND] == 2 || !(row->row.failure == 3)) &&
           (!has_n || row->point[N] != 2) && row->row.number > 3;
}

static bool has_second(const struct twin_row *row)
{
    return row->row.values && !isnan(row->values[1]) && row->row.end_us - row->row.start_us >= 1000;
}

static const struct twin_filter filters[] = {
    { "", any },
    { "state = SUCCEEDED", is_succeeded },
    { "metrics.loss < 5e-1", is_low },
    { "(parameters.kind:\"A\" AND NOT parameters.kind=\"Zeta\" OR parameters.kind:BET OR "
      "failure != timeout) AND parameters.n != 2 number > 3",
      NULL }, /* see is_odd() */
    { "metrics.\"a.b,c\":* duration >= 0.001", has_second },
};

enum { FILTERS = sizeof filters / sizeof filters[0] };

static bool holds(size_t filter, const struct twin_row *row)
{
    if (filters[filter].holds)
        return filters[filter].holds(row);
    /* "A" is part of each of the names, but for Zeta the next term does not hold. */
    return is_odd(row);
}

/* What an order says, and the number that it means. */
struct twin_order {
    const char *text;
    size_t count;
    int keys[3]; /* negative: falling */
};

enum twin_key { BY_NUMBER = 1, BY_STATE, BY_LOSS, BY_SECOND, BY_X, BY_KIND, BY_N, BY_END, BY_TIME };

static const struct twin_order orders[] = {
    { "", 1, { BY_NUMBER } },
    { "number desc", 1, { -BY_NUMBER } },
    { "metrics.loss", 1, { BY_LOSS } },
    { "metrics.loss desc", 1, { -BY_LOSS } },
    { "state desc, metrics.'a.b,c'", 2, { -BY_STATE, BY_SECOND } },
    { " parameters.kind asc ,parameters.n desc, parameters.x", 3, { BY_KIND, -BY_N, BY_X } },
    { "end_order", 1, { BY_END } },
    { "duration desc", 1, { -BY_TIME } },
};

enum { ORDERS = sizeof orders / sizeof orders[0] };

static double key_of(const struct twin_row *row, int key)
{
    const struct trial_row *r = &row->row;

    switch ((enum twin_key)key) {
    case BY_NUMBER:
        return (double)r->number;
    case BY_STATE:
        return r->state;
    case BY_LOSS:
        return r->values ? row->values[0] : (double)NAN;
    case BY_SECOND:
        return r->values ? row->values[1] : (double)NAN;
    case BY_X:
        return row->point[X];
    case BY_KIND:
        return row->point[KIND];
    case BY_N:
        return row->point[N];
    case BY_END:
        return r->end_order ? (double)r->end_order : (double)NAN;
    case BY_TIME:
        break;
    }
    return r->end_us ? (double)(r->end_us - r->start_us) : (double)NAN;
}

/* Below 0: a is before b. */
static int compare(const struct twin_order *order, const struct twin_row *a,
                   const struct twin_row *b)
{
    for (size_t i = 0; i < order->count; i++) {
        int key = abs(order->keys[i]);
        double first = key_of(a, key);
        double second = key_of(b, key);

        if (isnan(first) != isnan(second))
            return isnan(first) ? 1 : -1;
        if (first < second || first > second)
            return (first < second) == (order->keys[i] > 0) ? -1 : 1;
    }
    return a->row.number < b->row.number ? -1 : 1;
}

/* Insertion, one after the other. */
static size_t twin_rank(const struct scene *scene, size_t filter, const struct twin_order *order,
                        int64_t numbers[TRIALS_MAX])
{
    const struct twin_row *sorted[TRIALS_MAX];
    size_t count = 0;

    for (int64_t i = 0; i < scene->count; i++) {
        const struct twin_row *row = &scene->rows[i];
        size_t at = count;

        if (row->is_deleted || !holds(filter, row))
            continue;
        for (; at > 0 && compare(order, row, sorted[at - 1]) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = row;
        count++;
    }
    for (size_t i = 0; i < count; i++)
        numbers[i] = sorted[i]->row.number;
    return count;
}

static void scene_init(struct scene *scene, uint64_t seed)
{
    struct assay_error err = { 0 };

    *scene = (struct scene){ .dice = { seed } };
    bench_store_init(&scene->bench);
    insert_job(scene->bench.store, JOB, 1);
    scene->spec = make_spec(document);
    scene->fields = trial_fields_new(scene->spec);
    cr_assert(scene->fields != NULL, "%s", err.message);
}

static void scene_clear(struct scene *scene)
{
    trial_fields_free(scene->fields);
    job_spec_free(scene->spec);
    bench_store_clear(&scene->bench);
}

static void add_trial(struct scene *scene)
{
    struct twin_row *twin = &scene->rows[scene->count++];
    struct dice *dice = &scene->dice;
    struct assay_error err = { 0 };

    twin->point[X] = (dice_below(dice, 9) - 4) * 0.5;
    twin->point[KIND] = dice_below(dice, 3);
    twin->point[N] = twin->point[KIND] == 2 ? 1 + dice_below(dice, 4) : (double)NAN;
    twin->row = (struct trial_row){ .job = JOB,
                                    .number = scene->count,
                                    .state = TRIAL_ACTIVE,
                                    .attempt = 1,
                                    .start_us = 1 + dice_below(dice, 5),
                                    .point = twin->point,
                                    .point_count = PARAMS };
    cr_assert(store_trial_insert(scene->bench.store, &twin->row, &err), "%s", err.message);
}

static void end_trial(struct scene *scene, struct twin_row *twin)
{
    struct dice *dice = &scene->dice;
    struct trial_row *row = &twin->row;
    struct assay_error err = { 0 };

    row->state = dice_chance(dice, 70) ? TRIAL_SUCCEEDED : TRIAL_INFEASIBLE;
    row->failure = row->state == TRIAL_SUCCEEDED ? FAILURE_NONE : 1 + dice_below(dice, 4);
    row->end_us = row->start_us + 500 * dice_below(dice, 6);
    row->end_order = ++scene->ended;
    twin->values[0] = dice_below(dice, 8) * 0.125 - (dice_chance(dice, 20) ? 0.0 : 0.25);
    twin->values[1] = dice_chance(dice, 40) ? (double)NAN : -dice_below(dice, 3) * 1e200;
    row->values = dice_chance(dice, 80) ? twin->values : NULL;
    row->value_count = row->values ? METRICS : 0;
    cr_assert(store_trial_end(scene->bench.store, row, &err), "%s", err.message);
}

static void change_trial(struct scene *scene)
{
    struct twin_row *twin = &scene->rows[dice_below(&scene->dice, (int)scene->count)];
    struct assay_error err = { 0 };

    if (trial_state_is_terminal(twin->row.state) || twin->is_deleted)
        return;
    if (dice_chance(&scene->dice, 70)) {
        end_trial(scene, twin);
        return;
    }
    twin->row.state = dice_chance(&scene->dice, 50) ? TRIAL_REQUESTED : TRIAL_STOPPING;
    twin->row.attempt++;
    twin->row.start_us += 3;
    cr_assert(store_trial_update(scene->bench.store, &twin->row, &err), "%s", err.message);
}

static void delete_trial(struct scene *scene)
{
    struct twin_row *twin = &scene->rows[dice_below(&scene->dice, (int)scene->count)];
    struct assay_error err = { 0 };

    if (twin->is_deleted)
        return;
    twin->is_deleted = true;
    cr_assert(store_trial_delete(scene->bench.store, JOB, twin->row.number, &err), "%s",
              err.message);
}

static void live_a_little(struct scene *scene, bool has_deletions)
{
    int moves = dice_below(&scene->dice, 14);

    begin(scene->bench.store);
    for (int i = 0; i < moves; i++) {
        if (scene->count < TRIALS_MAX && (scene->count == 0 || dice_chance(&scene->dice, 50)))
            add_trial(scene);
        else if (has_deletions && dice_chance(&scene->dice, 4))
            delete_trial(scene);
        else
            change_trial(scene);
    }
    commit(scene->bench.store);
}

/* An order as it was last made. */
struct question {
    struct trial_question question;
    struct filter *filter;
    const struct trial_ranking *last;
};

static void ask(struct scene *scene, struct question *q, size_t filter, size_t order)
{
    struct assay_error err = { 0 };

    *q = (struct question){ .filter = filter_parse(filters[filter].text, scene->fields->items,
                                                   scene->fields->count, &err) };
    cr_assert(q->filter != NULL, "%s", err.message);
    q->question =
        (struct trial_question){ .job = JOB, .fields = scene->fields, .filter = q->filter };
    cr_assert(order_by_parse(orders[order].text, scene->fields->items, scene->fields->count,
                             &q->question.order, &err),
              "%s", err.message);
}

static void check(struct scene *scene, struct question *q, size_t filter, size_t order)
{
    int64_t wanted[TRIALS_MAX];
    int64_t numbers[TRIALS_MAX];
    size_t count = twin_rank(scene, filter, &orders[order], wanted);
    struct assay_error err = { 0 };
    const struct trial_ranking *made =
        trial_ranking_make(&q->question, q->last, scene->bench.store, &err);
    size_t offset = (size_t)dice_below(&scene->dice, 5);
    size_t left = count > offset ? count - offset : 0;

    cr_assert(made != NULL, "%s", err.message);
    cr_assert(eq(sz, trial_ranking_count(made), count), "%s | %s", orders[order].text,
              filters[filter].text);
    cr_assert(eq(sz, trial_ranking_copy(made, 0, TRIALS_MAX, numbers), count));
    cr_assert(zero(int, memcmp(numbers, wanted, count * sizeof *wanted)), "%s | %s",
              orders[order].text, filters[filter].text);
    cr_assert(eq(sz, trial_ranking_copy(made, offset, 3, numbers), left < 3 ? left : 3));
    cr_assert(left == 0 || numbers[0] == wanted[offset]);
    trial_ranking_release(q->last);
    q->last = made;
}

static void live(uint64_t seed, bool has_deletions)
{
    static struct scene scene; /* too large for a stack */
    struct question questions[ORDERS];

    scene_init(&scene, seed);
    for (size_t i = 0; i < ORDERS; i++)
        ask(&scene, &questions[i], (i + seed) % FILTERS, i);
    for (int step = 0; step < STEPS; step++) {
        live_a_little(&scene, has_deletions);
        for (size_t i = 0; i < ORDERS; i++)
            if (dice_chance(&scene.dice, 60))
                check(&scene, &questions[i], (i + seed) % FILTERS, i);
    }
    for (size_t i = 0; i < ORDERS; i++) {
        trial_ranking_release(questions[i].last);
        filter_free(questions[i].filter);
    }
    scene_clear(&scene);
}

Test(trial_ranking, is_the_sort_of_all_rows_made_at_once_or_followed)
{
    for (uint64_t seed = 1; seed <= FILTERS; seed++)
        live(seed, false);
}

Test(trial_ranking, is_the_sort_of_what_is_left_where_trials_are_deleted)
{
    for (uint64_t seed = 11; seed < 11 + FILTERS; seed++)
        live(seed, true);
}

Test(trial_ranking, a_trial_that_ends_a_second_time_is_not_overlooked)
{
    static struct scene scene;
    struct question q;

    scene_init(&scene, 3);
    ask(&scene, &q, 0, 2);
    begin(scene.bench.store);
    for (int i = 0; i < 20; i++)
        add_trial(&scene);
    for (int i = 0; i < 20; i++)
        end_trial(&scene, &scene.rows[i]);
    commit(scene.bench.store);
    check(&scene, &q, 0, 2);
    begin(scene.bench.store);
    end_trial(&scene, &scene.rows[4]);
    commit(scene.bench.store);
    check(&scene, &q, 0, 2);
    trial_ranking_release(q.last);
    filter_free(q.filter);
    scene_clear(&scene);
}

static void assert_refused(const struct scene *scene, const char *text, const char *words)
{
    struct order_by order;
    struct assay_error err = { 0 };

    cr_assert(not(order_by_parse(text, scene->fields->items, scene->fields->count, &order, &err)),
              "accepted: %s", text);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(eq(str, err.field, "order_by"));
    cr_assert(strstr(err.message, words) != NULL, "%s: %s", text, err.message);
}

Test(trial_ranking, an_order_that_means_nothing_is_refused_and_told_what_there_is)
{
    static struct scene scene;

    scene_init(&scene, 1);
    assert_refused(&scene, "lss", "expected one of number, state, start_time");
    assert_refused(&scene, "metrics", "expected metrics.ID, such as metrics.loss");
    assert_refused(&scene, "metrics.", "expected metrics.ID");
    assert_refused(&scene, "metrics.lss", "\"metrics.lss\"; expected one of loss, a.b,c");
    assert_refused(&scene, "metrics.\"loss", "expected metrics.ID");
    assert_refused(&scene, "number down", "expected asc, desc or a comma, found \"down\"");
    assert_refused(&scene, "number desc desc", "expected a comma");
    assert_refused(&scene, "number,", "expected a key after the comma");
    assert_refused(&scene, ",number", "expected one of");
    assert_refused(&scene, "number,state,attempt,failure,duration", "at most 4 keys");
    scene_clear(&scene);
}
