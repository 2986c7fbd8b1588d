/* Contexts of SuggestTrials, and what a sampler's sequence does with trials that clients bring. */

#include "engine/life/point_set.h"
#include "study_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FREE ((double)NAN)

enum { WIDTH = 2 };

struct point {
    double values[WIDTH]; /* "a" and "c" of study_submit() */
};

struct search {
    int64_t number;
    struct point point;
};

static bool note_point(void *context, const struct trial_row *row)
{
    struct search *search = context;

    cr_assert(eq(i64, row->number, search->number));
    memcpy(search->point.values, row->point, sizeof search->point.values);
    return false;
}

static struct point point_of(struct bench *bench, int64_t study, int64_t trial)
{
    struct assay_error err = { 0 };
    struct search search = { .number = trial, .point = { { -1, -1 } } };
    struct trial_query query = { .job = study, .after = trial - 1, .limit = 1 };

    cr_assert(store_trial_each(bench->reader, &query, note_point, &search, &err));
    return search.point;
}

static void expect_numbers(struct answer answer, size_t count, const int64_t *numbers)
{
    cr_assert(eq(int, answer.code, ASSAY_OK), "%s", answer.message);
    cr_assert(eq(sz, answer.count, count));
    for (size_t i = 0; i < count; i++)
        cr_assert(eq(i64, answer.trials[i], numbers[i]));
}

static void check_contexts(const char *algorithm)
{
    static const double contexts[] = { FREE, 1, FREE, FREE, 7, 0 };
    static const int64_t numbers[] = { 1, 2, 3 };
    struct bench bench;
    struct point third;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, algorithm, "");
    expect_numbers(study_suggest_in(&bench, study, "w", 3, contexts), 3, numbers);
    cr_assert(eq(dbl, point_of(&bench, study, 1).values[1], 1));
    third = point_of(&bench, study, 3);
    cr_assert(eq(dbl, third.values[0], 7));
    cr_assert(eq(dbl, third.values[1], 0));
    /* The same contexts have the same trials, in this engine's life and the next. */
    expect_numbers(study_suggest_in(&bench, study, "w", 3, contexts), 3, numbers);
    bench_restart(&bench, true);
    expect_numbers(study_suggest_in(&bench, study, "w", 3, contexts), 3, numbers);
    /* Another client has others. */
    cr_assert(eq(i64, study_suggest_in(&bench, study, "v", 1, contexts + 4).trials[0], 4));
    cr_assert(eq(dbl, point_of(&bench, study, 4).values[0], 7));
    bench_clear(&bench);
}

Test(controller_context, each_suggestion_has_what_its_context_fixes)
{
    check_contexts("default");
    check_contexts("random");
    check_contexts("sobol");
    check_contexts("tpe");
    check_contexts("grid");
}

Test(controller_context, takes_what_waits_and_fits_before_anything_new)
{
    static const double y[] = { FREE, 1 };
    static const double both[] = { FREE, 0, FREE, 1 };
    static const int64_t numbers[] = { 1, 2 };
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    cr_assert(eq(i64, study_create(&bench, study, 3, 0, FREE).trial, 1));
    cr_assert(eq(i64, study_create(&bench, study, 4, 1, FREE).trial, 2));
    cr_assert(eq(i64, study_suggest_in(&bench, study, "w", 1, y).trials[0], 2));
    expect_numbers(study_suggest_in(&bench, study, "w", 2, both), 2, numbers);
    bench_clear(&bench);
}

Test(controller_context, several_that_must_be_made_stand_between_those_that_are_there)
{
    static const double contexts[] = { 7, 0, FREE, 1, 8, 1, FREE, FREE };
    static const int64_t numbers[] = { 3, 1, 4, 2 };
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    cr_assert(eq(i64, study_create(&bench, study, 4, 1, FREE).trial, 1));
    cr_assert(eq(i64, study_create(&bench, study, 8, 0, FREE).trial, 2));
    expect_numbers(study_suggest_in(&bench, study, "w", 4, contexts), 4, numbers);
    cr_assert(eq(dbl, point_of(&bench, study, 3).values[0], 7));
    cr_assert(eq(dbl, point_of(&bench, study, 4).values[0], 8));
    expect_numbers(study_suggest_in(&bench, study, "w", 4, contexts), 4, numbers);
    bench_clear(&bench);
}

Test(controller_context, once_a_study_has_ended_those_that_have_no_trial_are_left_out)
{
    static const int64_t numbers[] = { 18, 17 };
    struct bench bench;
    struct point first, second, third;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "grid", "");
    cr_assert(eq(sz, study_suggest(&bench, study, "other", 16).count, 16));
    cr_assert(eq(int, study_suggest(&bench, study, "w", 3).state, JOB_STATE_SUCCEEDED));
    first = point_of(&bench, study, 18);
    second = point_of(&bench, study, 1);
    third = point_of(&bench, study, 17);
    expect_numbers(
        study_suggest_in(&bench, study, "w", 3,
                         (double[]){ first.values[0], first.values[1], second.values[0],
                                     second.values[1], third.values[0], third.values[1] }),
        2, numbers);
    bench_clear(&bench);
}

Test(controller_context, a_part_of_the_space_that_is_used_up_ends_no_study)
{
    static const double one[] = { 5, 1 };
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "default", "");
    for (int64_t trial = 1; trial <= 5; trial++) {
        struct answer answer = study_suggest_in(&bench, study, "w", 1, one);

        cr_assert(eq(i64, answer.trials[0], trial));
        cr_assert(eq(int, answer.state, JOB_STATE_RUNNING));
        cr_assert(eq(dbl, point_of(&bench, study, trial).values[0], 5));
        cr_assert(eq(int, study_complete(&bench, study, trial, 1).code, ASSAY_OK));
    }
    bench_clear(&bench);
}

/* The oldest task is run, and its answer taken in a batch of its own. */
static void come_back(struct bench *bench)
{
    search_task_run(bench->tasks[0]);
    bench_put_searched(bench, 0);
    bench_commit(bench);
}

Test(controller_context, an_answer_of_the_sampler_that_came_for_another_context_is_not_taken)
{
    static const double y[] = { FREE, 1 };
    static const double x[] = { FREE, 0 };
    struct bench bench;
    struct suggest_call first, second;
    struct answer answer;
    int64_t study = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    study = study_submit(&bench, "default", "");
    study_put_suggest_in(&bench, &first, study, "w", 1, y);
    study_put_suggest_in(&bench, &second, study, "v", 1, x);
    bench_commit(&bench);
    cr_assert(eq(sz, bench.task_count, 1));
    /* Meanwhile a trial comes that suits the first: what is computed was for nobody. */
    cr_assert(eq(i64, study_create(&bench, study, 2, 1, FREE).trial, 1));
    answer = study_take(&first);
    cr_assert(answer.is_answered);
    cr_assert(eq(i64, answer.trials[0], 1));
    come_back(&bench);
    cr_assert(eq(sz, bench.task_count, 1));
    come_back(&bench);
    answer = study_take(&second);
    cr_assert(answer.is_answered);
    cr_assert(eq(i64, answer.trials[0], 2));
    cr_assert(eq(dbl, point_of(&bench, study, 2).values[1], 0));
    bench_clear(&bench);
}

Test(controller_context, a_trial_that_ends_while_its_request_waits_is_made_again_for_it)
{
    static const double contexts[] = { FREE, 1, FREE, 0 };
    struct bench bench;
    struct suggest_call call;
    struct answer answer;
    int64_t study = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    study = study_submit(&bench, "default", "");
    study_put_suggest_in(&bench, &call, study, "w", 2, contexts);
    bench_commit(&bench);
    come_back(&bench);
    cr_assert(eq(int, study_complete(&bench, study, 1, 0.5).code, ASSAY_OK));
    while (bench.task_count > 0)
        come_back(&bench);
    answer = study_take(&call);
    cr_assert(answer.is_answered);
    cr_assert(eq(sz, answer.count, 2));
    for (size_t i = 0; i < answer.count; i++) {
        cr_assert(ne(i64, answer.trials[i], 1));
        cr_assert(eq(dbl, point_of(&bench, study, answer.trials[i]).values[1], i == 0 ? 1 : 0));
    }
    bench_clear(&bench);
}

/* All combinations of the study, but for those that its client brought. */
static void drain_grid(struct bench *bench, int64_t study, int expected)
{
    bool is_seen[10][2] = { 0 };
    struct answer answer;
    int count = 0;

    for (;; count++) {
        char client[2] = { (char)('a' + count), 0 };
        struct point point;

        answer = study_suggest(bench, study, client, 1);
        if (answer.count == 0)
            break;
        point = point_of(bench, study, answer.trials[0]);
        cr_assert(not(is_seen[(int)point.values[0]][(int)point.values[1]]));
        is_seen[(int)point.values[0]][(int)point.values[1]] = true;
        if (count % 4 == 1) /* neither deletions nor other engines change the sequence */
            cr_assert(eq(int, study_ask(bench, study, REQUEST_TRIAL_DELETE, answer.trials[0]).code,
                         ASSAY_OK));
        if (count % 5 == 2)
            bench_restart(bench, true);
    }
    cr_assert(eq(int, answer.state, JOB_STATE_SUCCEEDED));
    cr_assert(eq(int, count, expected));
}

Test(controller_context, a_grid_visits_all_but_what_clients_have_brought)
{
    static const double y[] = { FREE, 1 };
    struct bench bench;
    struct answer answer;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "grid", "");
    cr_assert(eq(i64, study_create(&bench, study, 1, 0, 0.5).trial, 1)); /* its first point */
    cr_assert(eq(i64, study_create(&bench, study, 9, 1, 0.5).trial, 2)); /* and its last */
    answer = study_suggest_in(&bench, study, "context", 1, y);
    cr_assert(eq(i64, answer.trials[0], 3));
    drain_grid(&bench, study, point_of(&bench, study, 3).values[0] == 9 ? 16 : 15);
    bench_clear(&bench);
}

Test(controller_context, a_study_that_has_just_ended_leaves_to_its_client_what_it_has)
{
    static const int64_t held[] = { 18 };
    struct bench bench;
    struct answer answer;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "grid", "");
    for (int i = 0; i < 17; i++)
        cr_assert(eq(int, study_suggest(&bench, study, (char[]){ (char)('a' + i), 0 }, 1).code,
                     ASSAY_OK));
    answer = study_suggest(&bench, study, "greedy", 2);
    expect_numbers(answer, 1, held);
    cr_assert(eq(int, answer.state, JOB_STATE_SUCCEEDED));
    bench_restart(&bench, true);
    expect_numbers(study_suggest(&bench, study, "greedy", 2), 1, held);
    cr_assert(eq(sz, study_suggest(&bench, study, "late", 2).count, 0));
    bench_clear(&bench);
}

Test(point_set, has_what_was_added_and_takes_inactive_for_inactive)
{
    struct point_set set;
    const double a[] = { 1, (double)NAN }, b[] = { 1, 2 }, c[] = { (double)NAN, 2 };

    point_set_init(&set, 2);
    cr_assert(not(point_set_has(&set, a)));
    for (int i = 0; i < 40; i++)
        cr_assert(point_set_add(&set, i == 20 ? a : c));
    cr_assert(point_set_has(&set, a));
    cr_assert(point_set_has(&set, c));
    cr_assert(not(point_set_has(&set, b)));
    point_set_clear(&set);
}

/* Its twin is the rule by which the points were chosen. */
Test(point_set, finds_each_of_thousands_and_no_other)
{
    enum { SIDE = 120 };
    struct point_set set;

    point_set_init(&set, 2);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double point[] = { i / SIDE, (double)(i % SIDE) / 8 };

        if (i * 7919 % 3 == 0)
            cr_assert(point_set_add(&set, point));
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double point[] = { i / SIDE, (double)(i % SIDE) / 8 };

        cr_assert(eq(int, point_set_has(&set, point), i * 7919 % 3 == 0));
    }
    cr_assert(eq(sz, set.count, SIDE * SIDE / 3));
    cr_assert(point_set_has(&set, (const double[]){ -0.0, 0.0 }));
    point_set_clear(&set);
}
