/* What people change about a tuning job: budgets, trials that are to end, trials that run again. */

#include "controller_bench.h"
#include "engine/life/job_budget.h"
#include "engine/replay.h"
#include "engine/store/pipeline_rows.h"
#include "engine/store/steering_rows.h"
#include "engine/store/store_private.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS_MAX = 40, WIDTH_MAX = 4 };

static int64_t submit(struct bench *bench, const char *algorithm, int max, int parallel, int failed)
{
    char *document = NULL;
    int64_t job = 0;

    cr_assert(
        ge(int,
           asprintf(&document,
                    "{\"displayName\":\"a job\",\"studySpec\":{"
                    "\"metrics\":[{\"metricId\":\"m0\",\"goal\":\"MINIMIZE\"}],\"parameters\":["
                    "{\"parameterId\":\"a\",\"integerValueSpec\":{\"minValue\":1,\"maxValue\":9}},"
                    "{\"parameterId\":\"b\",\"discreteValueSpec\":{\"values\":[1,2.5,7,11]}},"
                    "{\"parameterId\":\"c\",\"categoricalValueSpec\":{\"values\":[\"x\",\"y\"]}}]},"
                    "\"max_trial_count\":%d,\"parallelTrialCount\":%d,\"maxFailedTrialCount\":%d,"
                    "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"machineSpec\":"
                    "{\"machineType\":\"n1-standard-4\"},\"replicaCount\":1,"
                    "\"containerSpec\":{\"imageUri\":\"host:\",\"command\":[\"true\"]}}]},"
                    "\"assay\":{\"seed\":7,\"algorithm\":\"%s\"}}",
                    max, parallel, failed, algorithm),
           0));
    job = bench_submit(bench, document);
    free(document);
    return job;
}

static void fail(struct bench *bench, int64_t job, int64_t trial)
{
    bench_put_ending(bench, job, trial, bench_trial(bench, job, trial).attempt, ENDING_EXITED, 1,
                     NULL, 0);
    bench_commit(bench);
}

/* In a batch of its own; ASSAY_OK or why not. */
static int steer(struct bench *bench, enum request_kind kind, int64_t job,
                 const struct steering *steering)
{
    struct request request = { .kind = kind, .job = job, .steering = steering };

    bench_put_request(bench, &request);
    bench_commit(bench);
    cr_assert(request.is_answered);
    cr_assert(ne(int, request.is_ok, request.err.code != ASSAY_OK));
    return (int)request.err.code;
}

static int extend(struct bench *bench, int64_t job, int64_t trials)
{
    struct steering steering = { .has_count[STEERING_MAX_TRIALS] = true,
                                 .counts[STEERING_MAX_TRIALS] = trials };

    return steer(bench, REQUEST_BUDGET, job, &steering);
}

static int retry_one(struct bench *bench, int64_t job, int64_t trial)
{
    struct steering steering = { .trials = &trial, .trial_count = 1 };

    return steer(bench, REQUEST_RETRY, job, &steering);
}

static int retry_all(struct bench *bench, int64_t job)
{
    return steer(bench, REQUEST_RETRY, job, &(struct steering){ 0 });
}

static int end_trial(struct bench *bench, int64_t job, int64_t trial)
{
    return steer(bench, REQUEST_END_TRIAL, job, &(struct steering){ .trial = trial });
}

/* The model of the best is copied, and the job ends. */
static void publish(struct bench *bench, int64_t job, enum published published)
{
    bench_put_published(bench, job, published, "models/1");
    bench_commit(bench);
}

/* All points, and which trials were not suggested. */
struct points {
    size_t count;
    double items[TRIALS_MAX][WIDTH_MAX];
};

static bool note_point(void *context, const struct trial_row *row)
{
    struct points *points = context;

    cr_assert(lt(sz, points->count, TRIALS_MAX));
    memcpy(points->items[points->count++], row->point, row->point_count * sizeof *row->point);
    return true;
}

static struct points read_points(struct bench *bench, int64_t job)
{
    struct points points = { 0 };
    struct trial_query query = { .job = job };
    struct assay_error err = { 0 };

    cr_assert(store_trial_each(bench->reader, &query, note_point, &points, &err));
    return points;
}

/* Each suggestion of the job comes out again; returns how many there were. */
static int64_t replay(struct bench *bench, int64_t job)
{
    struct engine_options options = { .state_dir = bench->base.folder, .is_reader = true };
    struct assay_error err = { 0 };
    struct engine *engine = engine_open(&options, &err);
    struct replay_progress progress = { 0 };
    int64_t checked = 0;

    cr_assert(engine != NULL, "%s", err.message);
    do {
        cr_assert(replay_some(engine, job, progress.last, &progress, &err), "%s", err.message);
        checked += progress.checked;
    } while (!progress.is_done);
    cr_assert(not(progress.has_difference), "trial %lld: %s", (long long)progress.difference.trial,
              progress.difference.message);
    engine_close(engine);
    return checked;
}

Test(steering, a_larger_budget_is_stored_with_its_answer_and_used_at_once)
{
    struct bench bench;
    struct job_row row;
    struct job_spec *spec = NULL;
    struct assay_error err = { 0 };
    struct steering wider = { .has_count = { false, true, false }, .counts = { 0, 3, 0 } };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 2, 2, 2);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 2));
    cr_assert(eq(int, extend(&bench, job, 5), ASSAY_OK));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 2)); /* two at a time */
    cr_assert(eq(int, steer(&bench, REQUEST_BUDGET, job, &wider), ASSAY_OK));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 3));
    bench_restart(&bench, false);
    row = bench_job(&bench, job);
    spec = job_row_spec(&row, &err);
    cr_assert(eq(i64, spec->max_trial_count, 5));
    cr_assert(eq(i64, spec->parallel_trial_count, 3));
    cr_assert(eq(i64, spec->max_failed_trial_count, 2));
    cr_assert(job_budget_load_first(bench.reader, job, spec, &err));
    cr_assert(eq(i64, spec->first_trial_count, 2));
    cr_assert(eq(i64, spec->first_parallel_count, 2));
    cr_assert(strstr(row.source, "\"max_trial_count\":2") != NULL); /* as received */
    cr_assert(strstr(row.document, "maxTrialCount") == NULL);       /* in its own spelling */
    job_spec_free(spec);
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(steering, a_job_that_has_ended_goes_on_and_publishes_its_new_best)
{
    struct bench bench;
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 2, 1, 2);
    bench_end(&bench, job, 1, 0.5);
    bench_end(&bench, job, 2, 0.7);
    publish(&bench, job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    cr_assert(controller_is_idle(bench.controller));
    cr_assert(eq(int, extend(&bench, job, 3), ASSAY_OK));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 3, 1), 1));
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_RUNNING));
    cr_assert(eq(i64, row.end_us, 0));
    cr_assert(
        eq(int, strcmp(row.model_dir, "models/1"), 0)); /* the old one, until there is a new one */
    job_row_clear(&row);
    bench_end(&bench, job, 3, 0.25);
    cr_assert(eq(i64, bench_trial(&bench, job, 3).end_order, 3));
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 3, 0), 1));
    publish(&bench, job, PUBLISHED_NOTHING);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_SUCCEEDED));
    cr_assert(eq(i64, row.best_trial, 3));
    cr_assert(eq(int, strcmp(row.model_dir, ""), 0)); /* what there is, is another trial's */
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(steering, a_budget_that_comes_while_the_model_is_copied_has_the_next_best_published_too)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 1, 1, 1);
    bench_end(&bench, job, 1, 0.5);
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 1, 0), 1));
    cr_assert(eq(int, extend(&bench, job, 2), ASSAY_OK));
    bench_end(&bench, job, 2, 0.25);
    publish(&bench, job, PUBLISHED_MODEL); /* that of trial 1 */
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 2, 0), 1));
    publish(&bench, job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    bench_clear(&bench);
}

Test(steering, a_job_that_ends_in_the_same_batch_goes_on_in_it)
{
    struct bench bench;
    struct steering steering = { .has_count[STEERING_MAX_TRIALS] = true,
                                 .counts[STEERING_MAX_TRIALS] = 2 };
    struct request request = { .kind = REQUEST_BUDGET, .steering = &steering };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 1, 1, 1);
    bench_end(&bench, job, 1, 0.5);
    bench_put_published(&bench, job, PUBLISHED_MODEL, "models/1");
    request.job = job;
    bench_put_request(&bench, &request);
    bench_commit(&bench);
    cr_assert(request.is_ok);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 2, 1), 1));
    bench_clear(&bench);
}

Test(steering, a_job_that_failed_by_its_limit_goes_on_when_that_is_raised)
{
    struct bench bench;
    struct steering raised = { .has_count[STEERING_MAX_FAILED] = true,
                               .counts[STEERING_MAX_FAILED] = 3 };
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 5, 1, 2);
    fail(&bench, job, 1);
    fail(&bench, job, 2);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED));
    cr_assert(eq(int, extend(&bench, job, 6), ASSAY_OK));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED)); /* by its limit, still */
    cr_assert(eq(int, steer(&bench, REQUEST_BUDGET, job, &raised), ASSAY_OK));
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_RUNNING));
    cr_assert(eq(int, row.error_code, ASSAY_OK));
    cr_assert(eq(int, strcmp(row.error_message, ""), 0));
    job_row_clear(&row);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 3, 1), 1));
    fail(&bench, job, 3);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED));
    bench_clear(&bench);
}

Test(steering, what_a_budget_cannot_be)
{
    static const struct {
        int64_t counts[STEERING_COUNTS]; /* -1: not given */
        const char *words;
    } cases[] = {
        { { 0, -1, -1 }, "at least 1" },
        { { -1, 0, -1 }, "at least 1" },
        { { -1, 100001, -1 }, "too many" },
        { { 100000000, -1, -1 }, "too many" },
        { { 2, -1, -1 }, "below the 3 trials" },
        { { -1, -1, 6 }, "above max_trial_count" },
        { { -1, -1, 1 }, "1 trials have failed already" },
        { { -1, -1, 0 }, "would end the job" }, /* the first that ended failed */
    };
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 5, 2, 4);
    fail(&bench, job, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct steering steering = { 0 };
        struct request request = { .kind = REQUEST_BUDGET, .job = job, .steering = &steering };

        for (int k = 0; k < STEERING_COUNTS; k++) {
            steering.has_count[k] = cases[i].counts[k] >= 0;
            steering.counts[k] = cases[i].counts[k];
        }
        bench_put_request(&bench, &request);
        bench_commit(&bench);
        cr_assert(not(request.is_ok), "case %zu", i);
        cr_assert(eq(int, (int)request.err.code, ASSAY_INVALID));
        cr_assert(strstr(request.err.message, cases[i].words) != NULL, "case %zu: %s", i,
                  request.err.message);
    }
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    bench_clear(&bench);
}

Test(steering, a_retry_has_the_same_parameters_and_a_number_of_its_own)
{
    struct bench bench;
    struct points points;
    struct job_row row;
    struct job_spec *spec = NULL;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 3, 1, 3);
    fail(&bench, job, 1);
    bench_end(&bench, job, 2, 0.5);
    cr_assert(eq(int, retry_one(&bench, job, 1), ASSAY_OK)); /* while trial 3 runs */
    cr_assert(eq(int, bench_trial(&bench, job, 4).state, TRIAL_REQUESTED));
    cr_assert(eq(int, retry_one(&bench, job, 1), ASSAY_PRECONDITION)); /* it waits already */
    bench_end(&bench, job, 3, 0.7);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 4, 1), 1));
    bench_end(&bench, job, 4, 0.25);
    publish(&bench, job, PUBLISHED_MODEL);
    points = read_points(&bench, job);
    cr_assert(eq(sz, points.count, 4));
    cr_assert(eq(int, memcmp(points.items[0], points.items[3], sizeof points.items[0]), 0));
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_SUCCEEDED));
    cr_assert(eq(i64, row.best_trial, 4));
    spec = job_row_spec(&row, &err);
    cr_assert(eq(i64, spec->max_trial_count, 4));
    cr_assert(eq(i64, spec->max_failed_trial_count, 4));
    job_spec_free(spec);
    job_row_clear(&row);
    cr_assert(eq(i64, replay(&bench, job), 3));
    bench_clear(&bench);
}

Test(steering, what_cannot_be_run_again)
{
    struct bench bench;
    int64_t twice[] = { 1, 1 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 4, 1, 4);
    cr_assert(eq(int, retry_all(&bench, job), ASSAY_PRECONDITION)); /* none has failed */
    fail(&bench, job, 1);
    bench_end(&bench, job, 2, 0.5);
    cr_assert(eq(int, retry_one(&bench, job, 2), ASSAY_PRECONDITION)); /* it has succeeded */
    cr_assert(eq(int, retry_one(&bench, job, 3), ASSAY_PRECONDITION)); /* it runs */
    cr_assert(eq(int, retry_one(&bench, job, 9), ASSAY_NOT_FOUND));
    cr_assert(eq(int, retry_one(&bench, job + 1, 1), ASSAY_NOT_FOUND));
    cr_assert(eq(
        int,
        steer(&bench, REQUEST_RETRY, job, &(struct steering){ .trials = twice, .trial_count = 2 }),
        ASSAY_INVALID));
    cr_assert(eq(sz, read_points(&bench, job).count, 3));
    bench_clear(&bench);
}

Test(steering, what_was_run_again_counts_as_failed_no_more)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 4, 1, 0); /* the first that fails ends it */
    fail(&bench, job, 1);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED));
    cr_assert(eq(int, retry_all(&bench, job), ASSAY_OK));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    bench_restart(&bench, true);
    cr_assert(eq(int, retry_all(&bench, job), ASSAY_PRECONDITION)); /* its retry has not failed */
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &(struct assay_error){ 0 }));
    for (int64_t trial = 2; trial <= 5; trial++)
        bench_end(&bench, job, trial, 0.5);
    publish(&bench, job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    bench_clear(&bench);
}

Test(steering, a_cancelled_job_goes_on_with_what_it_had_left)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 3, 1, 3);
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err));
    cr_assert(eq(int, extend(&bench, job, 5), ASSAY_PRECONDITION)); /* its trial still stops */
    bench_put_ending(&bench, job, 1, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_CANCELLED));
    cr_assert(eq(int, extend(&bench, job, 3), ASSAY_OK));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 2, 1), 1));
    bench_clear(&bench);
}

Test(steering, a_paused_job_keeps_what_was_changed_until_it_is_resumed)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 2, 1, 2);
    fail(&bench, job, 1);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    bench_put_ending(&bench, job, 2, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_PAUSED));
    cr_assert(eq(int, extend(&bench, job, 3), ASSAY_OK));
    cr_assert(eq(int, retry_all(&bench, job), ASSAY_OK));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_PAUSED));
    cr_assert(controller_is_idle(bench.controller));
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    bench_end(&bench, job, 2, 0.5);
    bench_end(&bench, job, 3, 0.5);
    bench_end(&bench, job, 4, 0.5);
    publish(&bench, job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    bench_clear(&bench);
}

Test(steering, a_trial_that_is_told_to_end_succeeds_with_what_it_has)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 4, 2, 4);
    bench_put_measured(&bench, job, 1, 1, 0.5);
    bench_commit(&bench);
    cr_assert(eq(int, end_trial(&bench, job, 1), ASSAY_OK));
    cr_assert(eq(int, end_trial(&bench, job, 1), ASSAY_OK)); /* which is said once */
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 1, 1), 1));
    /* The engine dies before the trial does: the next one knows that it is not to start again. */
    bench_restart(&bench, true);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 1, 1), 2));
    bench_put_ending(&bench, job, 1, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_SUCCEEDED));
    cr_assert(eq(int, bench_trial(&bench, job, 1).failure, FAILURE_NONE));
    cr_assert(eq(dbl, bench_trial(&bench, job, 1).value, 0.5));
    /* One that has measured nothing. */
    cr_assert(eq(int, end_trial(&bench, job, 2), ASSAY_OK));
    bench_put_ending(&bench, job, 2, 1, ENDING_LOST, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 2).state, TRIAL_INFEASIBLE));
    cr_assert(eq(int, bench_trial(&bench, job, 2).failure, FAILURE_STOPPED));
    cr_assert(eq(int, end_trial(&bench, job, 2), ASSAY_OK)); /* it has ended */
    cr_assert(eq(int, end_trial(&bench, job, 9), ASSAY_NOT_FOUND));
    bench_clear(&bench);
}

Test(steering, a_pause_does_not_start_a_trial_again_that_was_told_to_end)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 2, 1, 2);
    cr_assert(eq(int, end_trial(&bench, job, 1), ASSAY_OK));
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    bench_put_ending(&bench, job, 1, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_INFEASIBLE));
    cr_assert(eq(int, end_trial(&bench, job, 2), ASSAY_NOT_FOUND)); /* nothing was made meanwhile */
    bench_clear(&bench);
}

Test(steering, a_trial_that_waits_ends_without_having_run)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "random", 2, 1, 2);
    fail(&bench, job, 1);
    cr_assert(eq(int, retry_one(&bench, job, 1), ASSAY_OK));
    cr_assert(eq(int, end_trial(&bench, job, 3), ASSAY_OK));
    cr_assert(eq(int, bench_trial(&bench, job, 3).state, TRIAL_INFEASIBLE));
    cr_assert(eq(int, bench_trial(&bench, job, 3).failure, FAILURE_STOPPED));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 3, 0), 0));
    /* Nobody works on the job: there is nothing that runs here. */
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    bench_put_ending(&bench, job, 2, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&bench);
    cr_assert(eq(int, end_trial(&bench, job, 2), ASSAY_PRECONDITION));
    bench_clear(&bench);
}

Test(steering, custom_jobs_and_studies_are_not_steered)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = bench_submit(&bench, "{\"displayName\":\"run\",\"jobSpec\":{\"workerPoolSpecs\":[{"
                               "\"machineSpec\":{\"machineType\":\"n1-standard-4\"},"
                               "\"replicaCount\":1,\"containerSpec\":{\"imageUri\":\"host:\","
                               "\"command\":[\"true\"]}}]}}");
    cr_assert(eq(int, extend(&bench, job, 2), ASSAY_PRECONDITION));
    cr_assert(eq(int, end_trial(&bench, job, 1), ASSAY_PRECONDITION));
    fail(&bench, job, 1);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED));
    cr_assert(eq(int, retry_all(&bench, job), ASSAY_PRECONDITION));
    bench_clear(&bench);
}

static bool insert_pipeline(void *context, struct store *store, int64_t now_us, int64_t job,
                            struct assay_error *err)
{
    struct pipeline_row row = { .id = 1234567890, .state = JOB_STATE_RUNNING, .job = job };

    (void)context;
    row.create_us = row.start_us = row.update_us = now_us;
    return store_pipeline_insert(store, &row, err);
}

Test(steering, a_pipelines_job_may_have_more_while_it_runs_and_not_after)
{
    struct bench bench;
    const struct edit edit = { .apply = insert_pipeline };
    char *document = make_document("", "\"maxTrialCount\":1,");
    int64_t job = 0;

    bench_init(&bench);
    cr_assert(bench_submit_with(&bench, document, &edit, &job));
    cr_assert(eq(int, extend(&bench, job, 2), ASSAY_OK));
    bench_end(&bench, job, 1, 0.5);
    bench_end(&bench, job, 2, 0.5);
    publish(&bench, job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    cr_assert(eq(int, extend(&bench, job, 3), ASSAY_PRECONDITION));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    free(document);
    bench_clear(&bench);
}

/* The study of one algorithm: failures, a retry of them while it runs, a trial that is stopped, an
 * end, a larger budget, a retry after the end. is_killed: the engine, after each step. */
struct story {
    struct bench bench;
    int64_t job;
    bool is_killed;
};

static void kill_here(struct story *story)
{
    struct assay_error err = { 0 };
    int state = bench_job_state(&story->bench, story->job);

    if (!story->is_killed)
        return;
    bench_restart(&story->bench, true);
    if (!job_state_is_terminal(state))
        cr_assert(bench_request(&story->bench, REQUEST_RESUME, story->job, &err), "%s",
                  err.message);
}

static void end_those(struct story *story, int64_t first, int64_t last)
{
    for (int64_t trial = first; trial <= last; trial++) {
        if (trial % 4 == 0)
            fail(&story->bench, story->job, trial);
        else
            bench_end(&story->bench, story->job, trial, (double)((trial * 7) % 5));
        kill_here(story);
    }
}

static struct points tell(const char *algorithm, bool is_killed)
{
    struct story story = { .is_killed = is_killed };
    struct points points;

    bench_init(&story.bench);
    story.job = submit(&story.bench, algorithm, 12, 2, 12);
    end_those(&story, 1, 8);
    cr_assert(eq(int, retry_one(&story.bench, story.job, 4), ASSAY_OK)); /* as trial 11 */
    kill_here(&story);
    end_those(&story, 9, 9);
    cr_assert(eq(int, end_trial(&story.bench, story.job, 10), ASSAY_OK));
    kill_here(&story);
    bench_put_step(&story.bench, story.job, 10, 1, 3);
    bench_put_ending(&story.bench, story.job, 10, 1, ENDING_STOPPED, 0, NULL, 0);
    bench_commit(&story.bench);
    kill_here(&story);
    end_those(&story, 11, 13);
    publish(&story.bench, story.job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&story.bench, story.job), JOB_STATE_SUCCEEDED), "%s",
              algorithm);
    kill_here(&story);
    cr_assert(eq(int, extend(&story.bench, story.job, 20), ASSAY_OK));
    kill_here(&story);
    end_those(&story, 14, 20);
    publish(&story.bench, story.job, PUBLISHED_MODEL);
    cr_assert(eq(int, retry_all(&story.bench, story.job), ASSAY_OK)); /* 8, 12, 16, 20 */
    kill_here(&story);
    end_those(&story, 21, 24);
    publish(&story.bench, story.job, PUBLISHED_MODEL);
    cr_assert(eq(int, bench_job_state(&story.bench, story.job), JOB_STATE_SUCCEEDED));
    cr_assert(eq(i64, replay(&story.bench, story.job), 19), "%s", algorithm);
    points = read_points(&story.bench, story.job);
    bench_clear(&story.bench);
    return points;
}

Test(steering, a_kill_after_any_step_changes_no_suggestion_and_each_can_be_made_again)
{
    static const char *const algorithms[] = { "default", "random", "grid", "sobol",
                                              "tpe",     "cmaes",  "nsga2" };

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        struct points whole = tell(algorithms[i], false);
        struct points killed = tell(algorithms[i], true);

        cr_assert(eq(sz, whole.count, 24));
        cr_assert(eq(sz, killed.count, 24));
        cr_assert(eq(int, memcmp(&whole, &killed, sizeof whole), 0), "%s", algorithms[i]);
        cr_assert(eq(int, memcmp(whole.items[3], whole.items[10], sizeof whole.items[0]), 0));
        cr_assert(eq(int, memcmp(whole.items[19], whole.items[23], sizeof whole.items[0]), 0));
    }
}

Test(steering, a_grid_visits_each_point_once_whatever_was_run_again)
{
    struct points points = tell("grid", false);

    for (size_t i = 0; i < points.count; i++)
        for (size_t k = 0; k < i; k++) {
            bool is_retry = i == 10 || i >= 20;

            cr_assert(is_retry ||
                          memcmp(points.items[i], points.items[k], sizeof points.items[i]) != 0,
                      "trials %zu and %zu", k + 1, i + 1);
        }
}
