/* Jobs from their submission to their end. What people ask for meanwhile: test_request.c. */

#include "controller_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000)

/* Most tests: three trials, two at a time. */
static int64_t submit_small(struct bench *bench)
{
    char *document = make_document("", "\"maxTrialCount\":3,\"parallelTrialCount\":2,"
                                       "\"maxFailedTrialCount\":3,");
    int64_t job = bench_submit(bench, document);

    free(document);
    return job;
}

static int64_t submit(struct bench *bench, const char *study, const char *more)
{
    char *document = make_document(study, more);
    int64_t job = bench_submit(bench, document);

    free(document);
    return job;
}

/* Hands in an end without a metric. */
static void put_end(struct bench *bench, int64_t job, int64_t trial, int attempt,
                    enum ending_kind kind, int status)
{
    bench_put_ending(bench, job, trial, attempt, kind, status, NULL, 0);
}

Test(controller, a_submission_is_stored_before_it_is_answered_and_before_anything_starts)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_small(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 1), 2));
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_ACTIVE));
    bench_clear(&bench); /* which checks what the outlet saw */
}

Test(controller, job_ids_have_ten_digits_and_are_never_used_twice)
{
    struct bench bench;
    int64_t first = 0;
    int64_t second = 0;

    bench_init(&bench);
    first = submit_small(&bench);
    bench.entropy = 0; /* the same number is drawn again */
    second = submit_small(&bench);
    cr_assert(ne(i64, first, second));
    cr_assert(ge(i64, first, INT64_C(1000000000)));
    cr_assert(le(i64, second, INT64_C(9999999999)));
    bench_clear(&bench);
}

Test(controller, a_study_runs_to_its_end_and_publishes_its_best_trial)
{
    struct bench bench;
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_small(&bench);
    bench_end(&bench, job, 2, 0.75);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 3, 1), 1));
    bench_end(&bench, job, 1, 0.5);
    bench_end(&bench, job, 3, 0.25);
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 2, 0), 1));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    bench_put_published(&bench, job, PUBLISHED_MODEL, "models/1");
    bench_commit(&bench);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_SUCCEEDED));
    cr_assert(eq(i64, row.best_trial, 2));
    cr_assert(eq(str, row.model_dir, (char[]){ "models/1" }));
    cr_assert(eq(i64, bench_trial(&bench, job, 2).end_order, 1));
    cr_assert(eq(dbl, bench_trial(&bench, job, 2).value, 0.75));
    cr_assert(controller_is_idle(bench.controller));
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(controller, a_model_that_could_not_be_published_leaves_a_note)
{
    struct bench bench;
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "", "");
    bench_end(&bench, job, 1, 1);
    bench_put_published(&bench, job, PUBLISHED_NOTHING, "no model was kept");
    bench_put_published(&bench, job, PUBLISHED_MODEL, "late");
    bench_commit(&bench);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_SUCCEEDED));
    cr_assert(eq(str, row.note, (char[]){ "no model was kept" }));
    cr_assert(eq(sz, strlen(row.model_dir), 0));
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(controller, a_publisher_without_memory_leaves_the_model_to_a_resume)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    bench.has_no_memory = true;
    job = submit(&bench, "", "");
    bench_end(&bench, job, 1, 1);
    cr_assert(eq(i64, controller_deadline(bench.controller), 0)); /* there is news already */
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_PAUSED));
    bench_clear(&bench);
}

Test(controller, late_news_of_an_older_attempt_changes_nothing)
{
    struct bench bench;
    int64_t job = 0;
    double value = 9;

    bench_init(&bench);
    job = submit_small(&bench);
    put_end(&bench, job, 1, 1, ENDING_LOST, 0);
    bench_commit(&bench);
    bench_put_measured(&bench, job, 1, 1, 9);
    bench_put_ending(&bench, job, 1, 1, ENDING_EXITED, 0, &value, 1);
    put_end(&bench, job, 1, 3, ENDING_EXITED, 1);  /* to come, perhaps */
    put_end(&bench, job, 99, 1, ENDING_EXITED, 1); /* no such trial */
    bench_put_measured(&bench, job + 1, 1, 1, 9);  /* no such job */
    bench_put_published(&bench, job, PUBLISHED_MODEL, "models/of another time"); /* nobody asked */
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_ACTIVE));
    cr_assert(eq(int, bench_trial(&bench, job, 1).attempt, 2));
    cr_assert(eq(int, bench_trial(&bench, job, 1).measurements, 0));
    bench_end(&bench, job, 1, 0.5);
    put_end(&bench, job, 1, 2, ENDING_EXITED, 1); /* it has ended already */
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_SUCCEEDED));
    bench_clear(&bench);
}

Test(controller, a_lost_attempt_is_repeated_from_nothing_up_to_the_limit)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "", "");
    for (int attempt = 1; attempt <= TRIAL_LOSSES_MAX + 1; attempt++) {
        cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 1, attempt), 1));
        bench_put_measured(&bench, job, 1, attempt, 1);
        bench_put_measured(&bench, job, 1, attempt, 2);
        bench_commit(&bench);
        cr_assert(eq(int, bench_trial(&bench, job, 1).measurements, 2));
        put_end(&bench, job, 1, attempt, ENDING_LOST, 0);
        bench_commit(&bench);
        if (attempt <= TRIAL_LOSSES_MAX)
            cr_assert(eq(int, bench_trial(&bench, job, 1).measurements, 0));
    }
    cr_assert(eq(int, bench_trial(&bench, job, 1).failure, FAILURE_LOST));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), TRIAL_LOSSES_MAX + 1));
    bench_clear(&bench);
}

Test(controller, a_refused_launch_is_repeated_with_the_next_batch)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    bench.refusal = ASSAY_UNAVAILABLE;
    job = submit(&bench, "", "");
    cr_assert(eq(i64, controller_deadline(bench.controller), 0));
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).attempt, 2));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 1, 2), 1));
    bench_clear(&bench);
}

Test(controller, a_launch_that_can_never_be_is_the_documents_fault)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    bench.refusal = ASSAY_INVALID;
    job = submit(&bench, "", "");
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).failure, FAILURE_NOT_FOUND));
    cr_assert(strstr(bench_trial(&bench, job, 1).reason, "refused") != NULL);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED));
    bench_clear(&bench);
}

Test(controller, a_failed_job_says_what_its_trials_have_in_common)
{
    struct bench bench;
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "", "\"maxTrialCount\":5,\"maxFailedTrialCount\":2,");
    put_end(&bench, job, 1, 1, ENDING_EXITED, 2);
    put_end(&bench, job, 2, 1, ENDING_EXITED, 2);
    bench_commit(&bench);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_FAILED));
    cr_assert(eq(int, row.error_code, ASSAY_INVALID));
    cr_assert(strstr(row.error_message, "2 failed the same way (user_error)") != NULL, "%s",
              row.error_message);
    cr_assert(strstr(row.error_message, "status of 2") != NULL);
    cr_assert(strstr(row.error_message, "assay logs") != NULL);
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(controller, measurements_are_stored_with_their_mark_while_the_trial_runs)
{
    struct bench bench;
    struct metric_mark mark;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit_small(&bench);
    bench_put_measured(&bench, job, 1, 1, 0.5);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).measurements, 1));
    cr_assert(store_mark_get(bench.reader, store_trial_id(job, 1), 1, &mark, sizeof mark, &err));
    cr_assert(eq(u64, mark.file_offset, 1));
    bench_end(&bench, job, 1, 0.25);
    cr_assert(
        not(store_mark_get(bench.reader, store_trial_id(job, 1), 1, &mark, sizeof mark, &err)));
    cr_assert(eq(int, bench_trial(&bench, job, 1).measurements, 2));
    bench_clear(&bench);
}

Test(controller, a_single_final_measurement_stands_in_the_trials_row_alone)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit_small(&bench);
    bench_end(&bench, job, 1, 0.5);
    cr_assert(eq(dbl, bench_trial(&bench, job, 1).value, 0.5));
    cr_assert(eq(int, bench_trial(&bench, job, 1).measurements, 0));
    bench_clear(&bench);
}

static bool check_both(void *context, const struct measurement_row *row)
{
    ++*(int *)context;
    cr_assert(eq(dbl, row->values[0], 0.5));
    cr_assert(eq(dbl, row->values[1], 0.25));
    return true;
}

/* The first metric was stored while the trial ran; the second came with the end, for the same step.
 */
Test(controller, a_stored_measurement_that_its_trials_end_completes_is_stored_anew)
{
    static const char document[] =
        "{\"displayName\":\"two\",\"studySpec\":{\"metrics\":[{\"metricId\":\"a\"},"
        "{\"metricId\":\"b\"}],\"parameters\":[{\"parameterId\":\"p\",\"doubleValueSpec\":"
        "{\"minValue\":0,\"maxValue\":1}}]},\"trialJobSpec\":{\"workerPoolSpecs\":[{"
        "\"machineSpec\":{\"machineType\":\"n1-standard-4\"},\"replicaCount\":1,"
        "\"containerSpec\":{\"imageUri\":\"host:\",\"command\":[\"true\"]}}]}}";
    struct bench bench;
    struct event event = { .kind = EVENT_ENDED };
    struct assay_error err = { 0 };
    int64_t job = 0;
    int seen = 0;

    bench_init(&bench);
    job = bench_submit(&bench, document);
    bench_put_measured(&bench, job, 1, 1, 0.5);
    bench_commit(&bench);
    event.ending.key = (struct attempt_key){ store_trial_id(job, 1), 1, 0 };
    event.reports.items = calloc(1, sizeof *event.reports.items);
    event.reports.items[0] =
        (struct metric_report){ .metric = 1, .step = 1, .elapsed_us = 2, .value = 0.25 };
    event.reports.count = 1;
    bench_begin(&bench);
    controller_handle(bench.controller, &event);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_SUCCEEDED));
    cr_assert(
        store_measurement_each(bench.reader, store_trial_id(job, 1), check_both, &seen, &err));
    cr_assert(eq(int, seen, 1));
    bench_clear(&bench);
}

Test(controller, jobs_side_by_side_do_not_disturb_each_other)
{
    struct bench bench;
    struct job_progress progress[4];
    int64_t first = 0;
    int64_t second = 0;

    bench_init(&bench);
    first = submit_small(&bench);
    second = submit_small(&bench);
    put_end(&bench, first, 1, 1, ENDING_EXITED, 1);
    bench_commit(&bench);
    bench_end(&bench, second, 1, 0.5);
    cr_assert(eq(sz, controller_progress(bench.controller, progress, 4), 2));
    cr_assert(eq(i64, progress[0].job, first));
    cr_assert(eq(i64, progress[0].failed, 1));
    cr_assert(eq(i64, progress[0].best_trial, 0));
    cr_assert(eq(i64, progress[1].succeeded, 1));
    cr_assert(eq(dbl, progress[1].best_value, 0.5));
    cr_assert(eq(sz, controller_progress(bench.controller, progress, 1), 1));
    bench_clear(&bench);
}

Test(controller, time_alone_stops_a_study)
{
    struct bench bench;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench,
                 ",\"studyStoppingConfig\":{\"shouldStopAsap\":true,"
                 "\"minimumRuntimeConstraint\":{\"maxDuration\":\"10s\"},"
                 "\"maximumRuntimeConstraint\":{\"maxDuration\":\"5s\"}}",
                 "\"maxTrialCount\":3,\"parallelTrialCount\":2,");
    cr_assert(eq(i64, controller_deadline(bench.controller), bench.now_us + 5 * SECOND));
    bench.now_us += 9 * SECOND;
    bench_commit(&bench);
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 0), 0));
    bench.now_us += SECOND;
    bench_commit(&bench);
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 1), 2));
    cr_assert(eq(i64, controller_deadline(bench.controller), INT64_MAX));
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_STOPPING));
    put_end(&bench, job, 1, 1, ENDING_STOPPED, 0);
    put_end(&bench, job, 2, 1, ENDING_STOPPED, 0);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).failure, FAILURE_STOPPED));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_FAILED)); /* none succeeded */
    bench_clear(&bench);
}

/* Progress of a trial that still ran must not open the study again, in this engine or the next. */
Test(controller, a_closed_study_stays_closed_through_a_crash)
{
    struct bench bench;
    struct assay_error err = { 0 };
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, ",\"studyStoppingConfig\":{\"maxNumTrialsNoProgress\":1}",
                 "\"maxTrialCount\":9,\"parallelTrialCount\":2,");
    bench_end(&bench, job, 1, 0.5);
    bench_end(&bench, job, 2, 0.25); /* no progress */
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.closing, JOB_CLOSING_STOPPED));
    job_row_clear(&row);
    bench_restart(&bench, true);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    bench_end(&bench, job, 3, 0.75); /* progress, too late */
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 4, 0), 0));
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 3, 0), 1));
    bench_clear(&bench);
}

Test(controller, what_was_not_committed_never_was)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;
    double value = 1;

    bench_init(&bench);
    job = submit_small(&bench);
    bench_put_ending(&bench, job, 1, 1, ENDING_EXITED, 0, &value, 1);
    bench_restart(&bench, false);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_ACTIVE));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 3, 0), 0));
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_count(&bench, DONE_ADOPT, 0, 1), 2));
    bench_end(&bench, job, 1, 1);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 3, 1), 1));
    bench_clear(&bench);
}

Test(controller, a_clock_that_goes_back_is_not_followed)
{
    struct bench bench;
    int64_t job = 0;
    struct trial_view view;

    bench_init(&bench);
    job = submit_small(&bench);
    bench.now_us -= 3600 * SECOND;
    bench_end(&bench, job, 1, 1);
    view = bench_trial(&bench, job, 1);
    cr_assert(ge(i64, view.end_us, view.start_us));
    bench_clear(&bench);
}

Test(controller, a_machine_on_which_nothing_starts_pauses_the_job_and_keeps_its_budget)
{
    struct bench bench;
    struct job_row row;
    int64_t job = 0;
    int attempt = 0;

    bench_init(&bench);
    job = submit(&bench, "", "\"maxTrialCount\":9,");
    while (bench_job_state(&bench, job) == JOB_STATE_RUNNING && attempt < 20) {
        put_end(&bench, job, 1, ++attempt, ENDING_NOT_STARTED, 0);
        bench_commit(&bench);
    }
    cr_assert(eq(int, attempt, 5));
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_PAUSED));
    cr_assert(strstr(row.note, "could not be started") != NULL, "%s", row.note);
    job_row_clear(&row);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_REQUESTED));
    cr_assert(eq(int, bench_trial(&bench, job, 2).state, 0));
    bench_clear(&bench);
}

Test(controller, a_folder_above_its_limit_lets_end_what_runs_and_starts_nothing)
{
    struct bench bench;
    struct job_row row;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "", "\"maxTrialCount\":4,\"parallelTrialCount\":2,");
    bench_put_disk_full(&bench, "paused: no room");
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 0), 0));
    bench_end(&bench, job, 1, 1);
    bench_put_disk_full(&bench, "paused: still no room");
    bench_end(&bench, job, 2, 1);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_PAUSED));
    cr_assert(strcmp(row.note, "paused: no room") == 0, "%s", row.note);
    job_row_clear(&row);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 2));
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err), "%s", err.message);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 4));
    /* Nothing is left to be started. */
    bench_put_disk_full(&bench, "paused: no room");
    bench_end(&bench, job, 3, 1);
    bench_end(&bench, job, 4, 1);
    row = bench_job(&bench, job);
    cr_assert(zero(int, strcmp(row.note, "")), "%s", row.note);
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(controller, a_model_that_could_not_be_copied_pauses_the_job_and_a_resume_copies_it)
{
    struct bench bench;
    struct assay_error err = { 0 };
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench, "", "");
    bench_end(&bench, job, 1, 0.5);
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 0, 0), 1));
    bench_put_published(&bench, job, PUBLISHED_FAILED, "the disk is full");
    bench_commit(&bench);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_PAUSED));
    cr_assert(strstr(row.note, "the disk is full") != NULL);
    job_row_clear(&row);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_count(&bench, DONE_PUBLISH, 0, 0), 2));
    bench_put_published(&bench, job, PUBLISHED_MODEL, "models/1");
    bench_commit(&bench);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_SUCCEEDED));
    cr_assert(eq(int, row.note[0], 0));
    job_row_clear(&row);
    bench_clear(&bench);
}

Test(controller, the_end_of_a_trial_is_the_moment_its_record_tells)
{
    struct bench bench;
    int64_t job = 0;
    int64_t start_us = 0;
    struct event event = { .kind = EVENT_ENDED };

    bench_init(&bench);
    job = submit(&bench, "", "");
    start_us = bench_trial(&bench, job, 1).start_us;
    bench.now_us += 600 * SECOND; /* the engine was away */
    event.ending = (struct ending){ .key = { .trial = store_trial_id(job, 1), .attempt = 1 },
                                    .kind = ENDING_EXITED,
                                    .status = 1,
                                    .start_us = start_us,
                                    .end_us = start_us + 2 * SECOND };
    bench_begin(&bench);
    controller_handle(bench.controller, &event);
    bench_commit(&bench);
    cr_assert(eq(i64, bench_trial(&bench, job, 1).end_us, start_us + 2 * SECOND));
    bench_clear(&bench);
}
