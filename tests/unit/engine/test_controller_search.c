/* Suggestions of samplers that learn: when they are asked for, what becomes of the answers, and
 * that a crash changes none of them. */

#include "controller_bench.h"

#include "engine/life/suggestion.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 14, PARAMS = 3 };

static char *make_study(const char *algorithm, int trials, int parallel)
{
    char *document = NULL;

    cr_assert(
        ge(int,
           asprintf(&document,
                    "{\"displayName\":\"a job\",\"studySpec\":{"
                    "\"metrics\":[{\"metricId\":\"m0\",\"goal\":\"MINIMIZE\"}],\"parameters\":["
                    "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":9}},"
                    "{\"parameterId\":\"b\",\"discreteValueSpec\":{\"values\":[1,2.5,7,11]}},"
                    "{\"parameterId\":\"c\",\"categoricalValueSpec\":{\"values\":[\"x\",\"y\"]}}]},"
                    "\"maxTrialCount\":%d,\"parallelTrialCount\":%d,\"maxFailedTrialCount\":%d,"
                    "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"machineSpec\":"
                    "{\"machineType\":\"n1-standard-4\"},\"replicaCount\":1,"
                    "\"containerSpec\":{\"imageUri\":\"host:\",\"command\":[\"true\"]}}]},"
                    "\"assay\":{\"seed\":7,\"algorithm\":\"%s\"}}",
                    trials, parallel, trials, algorithm),
           0));
    return document;
}

static int64_t submit(struct bench *bench, const char *algorithm, int trials, int parallel)
{
    char *document = make_study(algorithm, trials, parallel);
    int64_t job = bench_submit(bench, document);

    free(document);
    return job;
}

/* By the trial's number, so that a study can be told again. */
static void end(struct bench *bench, int64_t job, int64_t trial)
{
    struct trial_view view = bench_trial(bench, job, trial);
    double value = (double)((trial * 7) % 5);

    if (trial % 4 == 0)
        bench_put_ending(bench, job, trial, view.attempt, ENDING_EXITED, 1, NULL, 0);
    else if (trial % 7 == 0)
        bench_put_ending(bench, job, trial, view.attempt, ENDING_EXITED, 0, NULL, 0);
    else
        bench_put_ending(bench, job, trial, view.attempt, ENDING_EXITED, 0, &value, 1);
    bench_commit(bench);
}

static void resume(struct bench *bench, int64_t job)
{
    struct assay_error err = { 0 };

    cr_assert(bench_request(bench, REQUEST_RESUME, job, &err), "%s", err.message);
}

struct points {
    double items[TRIALS][PARAMS];
    size_t count;
};

static bool note_point(void *context, const struct trial_row *row)
{
    struct points *points = context;

    cr_assert(eq(sz, row->point_count, PARAMS));
    memcpy(points->items[points->count++], row->point, sizeof points->items[0]);
    return true;
}

/* Three at a time; of those that run the third has always finished first. The engine is killed
 * after each event where told so. */
static void run_study(const char *algorithm, bool is_killed, struct points *points)
{
    struct bench bench;
    struct assay_error err = { 0 };
    struct trial_query query = { 0 };
    int64_t running[3] = { 1, 2, 3 };

    bench_init(&bench);
    query.job = submit(&bench, algorithm, TRIALS, 3);
    for (int64_t next = 4; next <= TRIALS; next++) {
        if (is_killed) {
            bench_restart(&bench, true);
            resume(&bench, query.job);
        }
        end(&bench, query.job, running[next % 3]);
        running[next % 3] = next;
    }
    cr_assert(store_trial_each(bench.reader, &query, note_point, points, &err));
    bench_clear(&bench);
}

Test(controller_search, a_kill_after_any_event_changes_no_suggestion)
{
    static const char *const algorithms[] = { "default", "random", "grid", "sobol",
                                              "tpe",     "cmaes",  "nsga2" };

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        struct points calm = { .count = 0 };
        struct points killed = { .count = 0 };

        if (!sampler_is_known(algorithms[i]))
            continue;
        run_study(algorithms[i], false, &calm);
        run_study(algorithms[i], true, &killed);
        cr_assert(eq(sz, calm.count, TRIALS), "%s", algorithms[i]);
        cr_assert(eq(sz, killed.count, TRIALS), "%s", algorithms[i]);
        cr_assert(memcmp(calm.items, killed.items, sizeof calm.items) == 0, "%s", algorithms[i]);
    }
}

struct found {
    struct suggestion suggestion;
    bool is_there;
};

static bool note_suggestion(void *context, int64_t number, const double *numbers, size_t count)
{
    struct found *found = context;

    (void)number;
    found->is_there = suggestion_decode(numbers, count, &found->suggestion);
    return true;
}

static struct found find_suggestion(const struct bench *bench, int64_t job, int64_t trial)
{
    struct found found = { .is_there = false };
    struct assay_error err = { 0 };

    cr_assert(
        store_suggestion_each(bench->reader, job, trial, trial, note_suggestion, &found, &err));
    return found;
}

/* Hands back the oldest task of the kind that the outlet was given. */
static void run_task(struct bench *bench, enum search_kind kind)
{
    size_t at = 0;

    while (at < bench->task_count && bench->tasks[at]->kind != kind)
        at++;
    cr_assert(lt(sz, at, bench->task_count), "no such task is under way");
    search_task_run(bench->tasks[at]);
    bench_put_searched(bench, at);
    bench_commit(bench);
}

static size_t count_tasks(const struct bench *bench, enum search_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < bench->task_count; i++)
        count += bench->tasks[i]->kind == kind;
    return count;
}

Test(controller_search, one_suggestion_is_made_at_a_time_and_knows_those_before_it)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    job = submit(&bench, "default", 9, 3);
    for (int64_t trial = 1; trial <= 3; trial++) {
        struct found found;

        cr_assert(eq(sz, count_tasks(&bench, SEARCH_SUGGEST), 1));
        cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), (int)trial - 1));
        run_task(&bench, SEARCH_SUGGEST);
        cr_assert(eq(int, bench_trial(&bench, job, trial).state, TRIAL_ACTIVE));
        found = find_suggestion(&bench, job, trial);
        cr_assert(found.is_there);
        cr_assert(eq(u64, found.suggestion.provenance.pending_count, (uint64_t)trial - 1));
    }
    cr_assert(eq(sz, bench.task_count, 0));
    bench_clear(&bench);
}

Test(controller_search, trials_end_while_the_sampler_is_at_work)
{
    struct bench bench;
    int64_t job = 0;
    struct found found;

    bench_init(&bench);
    bench_search_apart(&bench);
    job = submit(&bench, "default", 9, 2);
    run_task(&bench, SEARCH_SUGGEST);
    end(&bench, job, 1);
    cr_assert(eq(sz, count_tasks(&bench, SEARCH_SUGGEST), 1));
    run_task(&bench, SEARCH_SUGGEST); /* of what was known when it was asked */
    found = find_suggestion(&bench, job, 2);
    cr_assert(eq(u64, found.suggestion.provenance.past_count, 0));
    cr_assert(eq(u64, found.suggestion.provenance.pending_count, 1));
    run_task(&bench, SEARCH_SUGGEST);
    found = find_suggestion(&bench, job, 3);
    cr_assert(eq(u64, found.suggestion.provenance.past_count, 1));
    cr_assert(eq(i64, found.suggestion.last_end_order, 1));
    bench_clear(&bench);
}

Test(controller_search, a_suggestion_waits_for_its_model_and_no_longer)
{
    struct bench bench;
    int64_t job = 0;
    int64_t trial = 1;

    bench_init(&bench);
    bench_search_apart(&bench);
    job = submit(&bench, "default", 40, 1);
    run_task(&bench, SEARCH_SUGGEST);
    while (count_tasks(&bench, SEARCH_LEARN) == 0) {
        double value = (double)trial;

        bench_put_ending(&bench, job, trial, 1, ENDING_EXITED, 0, &value, 1);
        bench_commit(&bench);
        if (count_tasks(&bench, SEARCH_LEARN) == 0)
            run_task(&bench, SEARCH_SUGGEST);
        trial++;
        cr_assert(lt(i64, trial, 40), "nothing is ever learnt");
    }
    cr_assert(eq(sz, count_tasks(&bench, SEARCH_SUGGEST), 0));
    run_task(&bench, SEARCH_LEARN);
    run_task(&bench, SEARCH_SUGGEST);
    cr_assert(eq(int, bench_trial(&bench, job, trial).state, TRIAL_ACTIVE));
    bench_clear(&bench);
}

Test(controller_search, an_answer_that_comes_too_late_is_dropped)
{
    static const enum request_kind kinds[] = { REQUEST_PAUSE, REQUEST_CANCEL };

    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        struct assay_error err = { 0 };
        int64_t job = 0;

        bench_init(&bench);
        bench_search_apart(&bench);
        job = submit(&bench, "default", 9, 1);
        cr_assert(bench_request(&bench, kinds[i], job, &err), "%s", err.message);
        cr_assert(bench_request(&bench, REQUEST_DELETE, job, &err), "%s", err.message);
        cr_assert(eq(sz, bench.task_count, 1));
        run_task(&bench, SEARCH_SUGGEST);
        cr_assert(eq(int, bench_job_state(&bench, job), 0));
        cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 0));
        bench_clear(&bench);
    }
}

Test(controller_search, a_resumed_job_takes_no_answer_that_was_meant_for_its_former_life)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    job = submit(&bench, "default", 9, 1);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, job, &err));
    resume(&bench, job);
    cr_assert(eq(sz, bench.task_count, 2));
    run_task(&bench, SEARCH_SUGGEST); /* the former life's */
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 0));
    run_task(&bench, SEARCH_SUGGEST);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 1, 1), 1));
    bench_clear(&bench);
}

Test(controller_search, a_lost_trial_takes_the_place_that_a_suggestion_was_asked_for)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    job = submit(&bench, "default", 9, 2);
    run_task(&bench, SEARCH_SUGGEST);
    run_task(&bench, SEARCH_SUGGEST);
    end(&bench, job, 1); /* and the next is asked for */
    bench_put_ending(&bench, job, 2, 1, ENDING_LOST, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 2).attempt, 2));
    run_task(&bench, SEARCH_SUGGEST);
    cr_assert(eq(int, bench_trial(&bench, job, 3).state, TRIAL_ACTIVE));
    bench_clear(&bench);
}

Test(controller_search, no_memory_for_a_task_ends_the_engine)
{
    struct bench bench;
    struct assay_error why = { 0 };
    char *document = make_study("default", 9, 1);

    bench_init(&bench);
    bench_search_apart(&bench);
    bench.has_no_memory = true;
    (void)bench_submit(&bench, document);
    cr_assert(not(bench_try_commit(&bench, &why)));
    cr_assert(eq(int, (int)why.code, ASSAY_EXHAUSTED));
    bench_clear(&bench);
    free(document);
}

/* One at a time: trial number END_AT is the last that runs, and has not ended yet. */
enum { END_AT = 20 };

static int64_t run_until(struct bench *bench, int64_t number)
{
    int64_t job = submit(bench, "default", 2 * END_AT, 1);

    for (int64_t trial = 1; trial < number; trial++)
        bench_end(bench, job, trial, (double)((trial * 7) % 5));
    return job;
}

/* A crash; then tasks wait here. */
static void restart_apart(struct bench *bench, int64_t job)
{
    bench_restart(bench, true);
    bench_search_apart(bench);
    resume(bench, job);
}

static bool note_last_point(void *context, const struct trial_row *row)
{
    memcpy(context, row->point, PARAMS * sizeof(double));
    return true;
}

/* Ends trial END_AT, runs what tasks come and compares the next point with that of an engine that
 * was never killed. */
static void check_next_point(struct bench *bench, int64_t job)
{
    struct bench calm;
    struct trial_query query = { .job = job, .after = END_AT };
    struct assay_error err = { 0 };
    double point[PARAMS] = { 0 };
    double expected[PARAMS] = { 0 };

    while (count_tasks(bench, SEARCH_LEARN) > 0)
        run_task(bench, SEARCH_LEARN);
    run_task(bench, SEARCH_SUGGEST);
    cr_assert(store_trial_each(bench->reader, &query, note_last_point, point, &err));
    bench_init(&calm);
    query.job = run_until(&calm, END_AT + 1);
    cr_assert(store_trial_each(calm.reader, &query, note_last_point, expected, &err));
    cr_assert(expected[0] > 0);
    cr_assert(memcmp(point, expected, sizeof point) == 0);
    bench_clear(&calm);
}

Test(controller_search, a_new_engine_goes_on_from_the_stored_models)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = run_until(&bench, END_AT);
    restart_apart(&bench, job);
    cr_assert(eq(sz, bench.task_count, 0)); /* nothing is learnt again */
    bench_end(&bench, job, END_AT, 1);
    cr_assert(eq(sz, count_tasks(&bench, SEARCH_LEARN), 1));
    cr_assert(eq(sz, bench.tasks[0]->past_count, END_AT));
    cr_assert(bench.tasks[0]->model != NULL);
    bench_clear(&bench);
}

struct model_count {
    int models;
    int64_t newest;
};

static bool count_model(void *context, int64_t count, const double *numbers, size_t number_count)
{
    struct model_count *found = context;

    (void)numbers;
    cr_assert(lt(sz, 0, number_count));
    found->models++;
    found->newest = count;
    return true;
}

Test(controller_search, no_more_models_are_stored_than_are_wanted)
{
    struct bench bench;
    struct model_count found = { 0 };
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = run_until(&bench, END_AT);
    cr_assert(store_model_each(bench.reader, job, count_model, &found, &err));
    cr_assert(eq(int, found.models, 1));
    cr_assert(eq(i64, found.newest, END_AT - 1));
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err));
    bench_put_ending(&bench, job, END_AT, 1, ENDING_SIGNALED, 15, NULL, 0);
    bench_commit(&bench);
    cr_assert(bench_request(&bench, REQUEST_DELETE, job, &err), "%s", err.message);
    found.models = 0;
    cr_assert(store_model_each(bench.reader, job, count_model, &found, &err));
    cr_assert(eq(int, found.models, 0));
    bench_clear(&bench);
}

static void run_sql(const struct bench *bench, const char *sql)
{
    char path[FOLDER_PATH + 16];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "%s/assay.db", bench->base.folder);
    cr_assert(eq(int, sqlite3_open(path, &db), SQLITE_OK));
    cr_assert(eq(int, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK), "%s",
              sqlite3_errmsg(db));
    (void)sqlite3_close(db);
}

Test(controller_search, a_damaged_model_is_learnt_again_and_changes_nothing)
{
    static const char *const damages[] = {
        "DELETE FROM model",
        "UPDATE model SET numbers=zeroblob(3)",
        "UPDATE model SET numbers=zeroblob(4096)",
        "UPDATE model SET numbers=x''",
        "UPDATE model SET count=count+1",
        "UPDATE model SET count=-count",
        ("UPDATE model SET numbers=CAST(substr(numbers, 1, 8) || x'000000000000f87f' ||"
         " substr(numbers, 17) AS BLOB)"), /* a NaN */
    };

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct bench bench;
        int64_t job = 0;

        bench_init(&bench);
        job = run_until(&bench, END_AT);
        run_sql(&bench, damages[i]);
        restart_apart(&bench, job);
        bench_end(&bench, job, END_AT, (double)((END_AT * 7) % 5));
        cr_assert(eq(sz, count_tasks(&bench, SEARCH_LEARN), 1), "%s", damages[i]);
        cr_assert(bench.tasks[0]->model == NULL, "%s", damages[i]);
        check_next_point(&bench, job);
        bench_clear(&bench);
    }
}

Test(controller_search, the_point_after_a_stored_model_was_taken_up_is_the_same)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = run_until(&bench, END_AT);
    restart_apart(&bench, job);
    bench_end(&bench, job, END_AT, (double)((END_AT * 7) % 5));
    check_next_point(&bench, job);
    bench_clear(&bench);
}
