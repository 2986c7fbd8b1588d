/* What people ask of the controller, alone and in one batch with what happens; and what they are
 * told when the store fails. */

#include "controller_bench.h"
#include "engine/store/store_private.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

/* Two trials at a time of four. */
static int64_t submit(struct bench *bench)
{
    char *document = make_document("", "\"maxTrialCount\":4,\"parallelTrialCount\":2,"
                                       "\"maxFailedTrialCount\":4,");
    int64_t job = bench_submit(bench, document);

    free(document);
    return job;
}

static void put_end(struct bench *bench, int64_t job, int64_t trial, int attempt,
                    enum ending_kind kind)
{
    bench_put_ending(bench, job, trial, attempt, kind, 0, NULL, 0);
}

/* A paused job with two trials that wait to be started again. */
static int64_t submit_and_pause(struct bench *bench)
{
    struct assay_error err = { 0 };
    int64_t job = submit(bench);

    cr_assert(bench_request(bench, REQUEST_PAUSE, 0, &err));
    put_end(bench, job, 1, 1, ENDING_STOPPED);
    put_end(bench, job, 2, 1, ENDING_STOPPED);
    bench_commit(bench);
    return job;
}

Test(request, a_pause_stops_the_trials_and_keeps_them_to_be_started_again)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit_and_pause(&bench);
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 1), 2));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_PAUSED));
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_REQUESTED));
    cr_assert(controller_is_idle(bench.controller));
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 2), 2));
    bench_clear(&bench);
}

Test(request, a_pause_in_a_hurry_hurries)
{
    struct bench bench;
    struct request request = { .kind = REQUEST_PAUSE, .manner = STOP_NOW };

    bench_init(&bench);
    (void)submit(&bench);
    bench_put_request(&bench, &request);
    bench_commit(&bench);
    cr_assert(eq(int, (int)bench.deeds[bench.deed_count - 1].manner, STOP_NOW));
    bench_clear(&bench);
}

Test(request, what_finishes_during_a_pause_counts)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    bench_end(&bench, job, 1, 0.5);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 2)); /* nothing new */
    put_end(&bench, job, 2, 1, ENDING_LOST);
    bench_commit(&bench);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_SUCCEEDED));
    cr_assert(eq(int, bench_trial(&bench, job, 2).state, TRIAL_REQUESTED));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_PAUSED));
    bench_clear(&bench);
}

Test(request, a_resume_that_comes_while_trials_still_stop_starts_them_again)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    bench_commit(&bench);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 1, 2), 1));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    bench_clear(&bench);
}

Test(request, a_resume_in_the_batch_that_ends_the_pause_is_not_lost)
{
    struct bench bench;
    struct request request = { .kind = REQUEST_RESUME };
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    put_end(&bench, job, 2, 1, ENDING_STOPPED);
    request.job = job;
    bench_put_request(&bench, &request);
    bench_commit(&bench);
    cr_assert(request.is_ok || request.err.code == ASSAY_PRECONDITION);
    if (request.is_ok)
        cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 2), request.is_ok ? 2 : 0));
    cr_assert(request.is_ok);
    bench_clear(&bench);
}

Test(request, resuming_what_runs_or_has_ended_or_never_was)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_count(&bench, DONE_ADOPT, 0, 0), 0));
    cr_assert(not(bench_request(&bench, REQUEST_RESUME, job + 1, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err));
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    put_end(&bench, job, 2, 1, ENDING_STOPPED);
    bench_commit(&bench);
    cr_assert(not(bench_request(&bench, REQUEST_RESUME, job, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    bench_clear(&bench);
}

Test(request, an_interrupted_job_is_taken_over_and_told_again_what_it_was_told)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    bench_restart(&bench, true);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 1, 2), 1));
    cr_assert(eq(int, bench_count(&bench, DONE_ADOPT, 2, 1), 1));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 2, 1), 2));
    put_end(&bench, job, 2, 1, ENDING_STOPPED);
    bench_commit(&bench);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 2, 2), 1));
    bench_clear(&bench);
}

/* max_trial_count is used up, but no rule has stopped the study: those trials were paused. */
Test(request, paused_trials_of_a_full_study_start_again_after_a_crash)
{
    struct bench bench;
    struct assay_error err = { 0 };
    char *document =
        make_document(",\"studyStoppingConfig\":{\"shouldStopAsap\":true}", "\"maxTrialCount\":1,");
    int64_t job = 0;

    bench_init(&bench);
    job = bench_submit(&bench, document);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    bench_restart(&bench, true);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    bench_commit(&bench);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 1, 2), 1));
    free(document);
    bench_clear(&bench);
}

Test(request, a_cancelled_job_ends_when_its_last_trial_has)
{
    struct bench bench;
    struct assay_error err = { 0 };
    struct job_row row;
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_CANCELLING));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 1), 2));
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err)); /* again */
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    put_end(&bench, job, 2, 1, ENDING_LOST); /* not repeated */
    bench_commit(&bench);
    row = bench_job(&bench, job);
    cr_assert(eq(int, row.state, JOB_STATE_CANCELLED));
    cr_assert(eq(int, row.error_code, ASSAY_CANCELLED));
    job_row_clear(&row);
    cr_assert(eq(int, bench_trial(&bench, job, 1).failure, FAILURE_CANCELLED));
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 2));
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err)); /* it is not running: fine */
    cr_assert(not(bench_request(&bench, REQUEST_CANCEL, job + 1, &err)));
    bench_clear(&bench);
}

Test(request, cancelling_a_paused_job_ends_the_trials_that_wait)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit_and_pause(&bench);
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_CANCELLED));
    for (int64_t trial = 1; trial <= 2; trial++) {
        cr_assert(eq(int, bench_trial(&bench, job, trial).state, TRIAL_INFEASIBLE));
        cr_assert(eq(int, bench_trial(&bench, job, trial).failure, FAILURE_CANCELLED));
        cr_assert(eq(i64, bench_trial(&bench, job, trial).end_order, trial));
    }
    bench_clear(&bench);
}

Test(request, cancelling_while_a_job_is_being_paused_ends_its_trials_for_good)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    put_end(&bench, job, 1, 1, ENDING_STOPPED); /* waits for another start */
    cr_assert(bench_request(&bench, REQUEST_CANCEL, job, &err));
    put_end(&bench, job, 2, 1, ENDING_STOPPED);
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_CANCELLED));
    cr_assert(eq(int, bench_trial(&bench, job, 1).failure, FAILURE_CANCELLED));
    cr_assert(strstr(bench_trial(&bench, job, 1).reason, "started again") != NULL);
    cr_assert(eq(int, bench_trial(&bench, job, 2).failure, FAILURE_CANCELLED));
    cr_assert(strstr(bench_trial(&bench, job, 2).reason, "while the trial ran") != NULL);
    bench_clear(&bench);
}

/* One that has ended in this batch is still in memory, but must not be touched. */
Test(request, nothing_changes_a_job_that_ended_in_the_same_batch)
{
    struct bench bench;
    struct request cancel = { .kind = REQUEST_CANCEL };
    struct request resume = { .kind = REQUEST_RESUME };
    struct request pause = { .kind = REQUEST_PAUSE };
    int64_t job = 0;
    char *document = make_document("", "");

    bench_init(&bench);
    job = bench_submit(&bench, document);
    bench_end(&bench, job, 1, 0.5);
    bench_put_published(&bench, job, PUBLISHED_MODEL, "models/1");
    cancel.job = resume.job = job;
    bench_put_request(&bench, &cancel);
    bench_put_request(&bench, &resume);
    bench_put_request(&bench, &pause);
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_SUCCEEDED));
    cr_assert(cancel.is_ok);
    cr_assert(not(resume.is_ok));
    cr_assert(eq(int, (int)resume.err.code, ASSAY_PRECONDITION));
    free(document);
    bench_clear(&bench);
}

Test(request, only_what_has_ended_or_lies_paused_is_deleted)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(not(bench_request(&bench, REQUEST_DELETE, job, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    cr_assert(strstr(err.message, "assay cancel") != NULL);
    cr_assert(not(bench_request(&bench, REQUEST_DELETE, job + 1, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    job = submit_and_pause(&bench);
    cr_assert(bench_request(&bench, REQUEST_DELETE, job, &err));
    cr_assert(eq(int, bench_job_state(&bench, job), 0));
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, 0));
    cr_assert(eq(int, bench_count(&bench, DONE_FORGET, 0, 0), 1));
    bench_clear(&bench);
}

Test(request, a_job_is_deleted_in_the_batch_in_which_it_ends_and_stays_so)
{
    struct bench bench;
    struct request pause = { .kind = REQUEST_PAUSE };
    struct request delete = { .kind = REQUEST_DELETE };
    struct request resume = { .kind = REQUEST_RESUME };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    delete.job = resume.job = job;
    bench_put_request(&bench, &pause);
    put_end(&bench, job, 1, 1, ENDING_STOPPED);
    put_end(&bench, job, 2, 1, ENDING_STOPPED);
    bench_put_request(&bench, &delete);
    bench_put_request(&bench, &resume);
    bench_commit(&bench);
    cr_assert(delete.is_ok);
    cr_assert(eq(int, (int)resume.err.code, ASSAY_NOT_FOUND));
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, 0));
    cr_assert(controller_is_idle(bench.controller));
    bench_clear(&bench);
}

Test(request, a_stop_is_noted_and_changes_nothing)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t job = 0;

    bench_init(&bench);
    job = submit(&bench);
    cr_assert(not(controller_is_stopped(bench.controller)));
    cr_assert(bench_request(&bench, REQUEST_STOP, 0, &err));
    cr_assert(controller_is_stopped(bench.controller));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 0), 0));
    cr_assert(eq(int, bench_job_state(&bench, job), JOB_STATE_RUNNING));
    bench_clear(&bench);
}

static void run_sql(struct bench *bench, const char *sql)
{
    cr_assert(eq(int, sqlite3_exec(bench->base.store->db, sql, NULL, NULL, NULL), SQLITE_OK));
}

/* Nothing of the batch counts, all who wait are told, and so is everybody who asks later. */
static void check_broken(struct bench *bench, struct request *early, size_t deeds_before)
{
    struct assay_error why = { 0 };
    struct request late = { .kind = REQUEST_SUBMIT };
    char *document = make_document("", "");
    struct job_row row = make_row(0, document);

    cr_assert(not(bench_try_commit(bench, &why)));
    cr_assert(ne(int, (int)why.code, ASSAY_OK));
    cr_assert(early->is_answered);
    cr_assert(not(early->is_ok));
    cr_assert(eq(int, (int)early->err.code, (int)why.code));
    cr_assert(eq(sz, bench->deed_count, deeds_before));
    late.row = &row;
    late.spec = make_spec(document);
    bench_put_request(bench, &late);
    cr_assert(not(bench_try_commit(bench, &why)));
    cr_assert(late.is_answered);
    cr_assert(not(late.is_ok));
    cr_assert(late.spec == NULL); /* taken, and freed */
    job_row_clear(&row);
    free(document);
}

Test(request, a_failed_write_breaks_the_controller_and_everybody_is_told)
{
    struct bench bench;
    struct request early = { .kind = REQUEST_PAUSE };
    struct assay_error err = { 0 };
    int64_t job = 0;
    size_t deeds = 0;

    bench_init(&bench);
    job = submit(&bench);
    deeds = bench.deed_count;
    bench_begin(&bench);
    bench_put_request(&bench, &early); /* stored well, but its batch is lost */
    run_sql(&bench, "PRAGMA query_only=ON");
    put_end(&bench, job, 1, 1, ENDING_EXITED);
    check_broken(&bench, &early, deeds);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_ACTIVE));
    bench_restart(&bench, false);
    cr_assert(bench_request(&bench, REQUEST_RESUME, job, &err));
    cr_assert(eq(int, bench_count(&bench, DONE_ADOPT, 0, 1), 2));
    bench_clear(&bench);
}

/* SQLite gives up a transaction at some failed reads; what follows must not be stored alone. */
Test(request, a_lost_transaction_breaks_the_controller)
{
    struct bench bench;
    struct request early = { .kind = REQUEST_RESUME };
    int64_t job = 0;
    size_t deeds = 0;

    bench_init(&bench);
    job = submit(&bench);
    deeds = bench.deed_count;
    bench_begin(&bench);
    bench_put_measured(&bench, job, 1, 1, 0.5);
    run_sql(&bench, "ROLLBACK");
    early.job = job;
    bench_put_request(&bench, &early);
    put_end(&bench, job, 1, 1, ENDING_EXITED);
    check_broken(&bench, &early, deeds);
    cr_assert(eq(int, bench_trial(&bench, job, 1).state, TRIAL_ACTIVE));
    bench_clear(&bench);
}

Test(request, a_store_that_cannot_begin_breaks_the_controller)
{
    struct bench bench;
    struct request early = { .kind = REQUEST_PAUSE };
    size_t deeds = 0;

    bench_init(&bench);
    (void)submit(&bench);
    deeds = bench.deed_count;
    run_sql(&bench, "BEGIN"); /* so that another cannot */
    bench_put_request(&bench, &early);
    check_broken(&bench, &early, deeds);
    bench_clear(&bench);
}
