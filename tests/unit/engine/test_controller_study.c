/* Studies of VizierService: who gets which trial, and what each state allows. */

#include "study_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOTHING ((double)NAN)

static void expect(struct answer answer, enum assay_code code)
{
    cr_assert(eq(int, answer.code, code), "%s", answer.message);
}

static void expect_trials(struct answer answer, size_t count, int64_t first)
{
    cr_assert(eq(int, answer.code, ASSAY_OK), "%s", answer.message);
    cr_assert(eq(sz, answer.count, count));
    for (size_t i = 0; i < count; i++)
        cr_assert(eq(i64, answer.trials[i], first + (int64_t)i));
}

static int state_of(struct bench *bench, int64_t study, int64_t trial)
{
    return bench_trial(bench, study, trial).state;
}

Test(controller_study, is_active_at_once_and_its_name_is_taken_in_its_parent)
{
    struct bench bench;

    bench_init(&bench);
    expect(study_try_submit(&bench, "s", "projects/p/locations/l"), ASSAY_OK);
    expect(study_try_submit(&bench, "s", "projects/p/locations/l"), ASSAY_EXISTS);
    expect(study_try_submit(&bench, "s", "projects/p/locations/m"), ASSAY_OK);
    expect(study_try_submit(&bench, "t", "projects/p/locations/l"), ASSAY_OK);
    cr_assert(controller_is_idle(bench.controller));
    bench_clear(&bench);
}

Test(controller_study, a_name_is_free_again_after_a_deletion)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    cr_assert(eq(int, bench_job_state(&bench, study), JOB_STATE_RUNNING));
    expect_trials(study_suggest(&bench, study, "w", 2), 2, 1);
    cr_assert(bench_request(&bench, REQUEST_DELETE, study, &err), "%s", err.message);
    cr_assert(eq(int, bench_job_state(&bench, study), 0));
    expect(study_suggest(&bench, study, "w", 1), ASSAY_NOT_FOUND);
    expect(study_try_submit(&bench, "s", "projects/p/locations/l"), ASSAY_OK);
    bench_clear(&bench);
}

Test(controller_study, a_client_gets_its_trials_back_and_another_one_others)
{
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    expect_trials(study_suggest(&bench, study, "w1", 2), 2, 1);
    expect_trials(study_suggest(&bench, study, "w2", 1), 1, 3);
    expect_trials(study_suggest(&bench, study, "w1", 2), 2, 1);
    expect_trials(study_suggest(&bench, study, "w1", 1), 1, 1);
    expect_trials(study_suggest(&bench, study, "w2", 3), 3, 3); /* two more than it holds */
    expect(study_complete(&bench, study, 1, 0.5), ASSAY_OK);
    expect_trials(study_suggest(&bench, study, "w1", 1), 1, 2);
    cr_assert(eq(int, bench_count(&bench, DONE_LAUNCH, 0, 0), 0), "nothing is launched");
    bench_clear(&bench);
}

Test(controller_study, trials_of_a_clients_own_are_handed_out_first_and_oldest_first)
{
    struct bench bench;
    struct answer made;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    made = study_create(&bench, study, 3, 1, NOTHING);
    expect(made, ASSAY_OK);
    cr_assert(eq(i64, made.trial, 1));
    cr_assert(eq(i64, study_create(&bench, study, 4, 0, NOTHING).trial, 2));
    cr_assert(eq(int, state_of(&bench, study, 1), TRIAL_REQUESTED));
    cr_assert(eq(i64, bench_trial(&bench, study, 1).start_us, 0));
    expect_trials(study_suggest(&bench, study, "w1", 1), 1, 1);
    expect_trials(study_suggest(&bench, study, "w2", 2), 2, 2);
    cr_assert(eq(int, state_of(&bench, study, 1), TRIAL_ACTIVE));
    cr_assert(eq(i64, bench_trial(&bench, study, 1).start_us, bench.now_us));
    bench_clear(&bench);
}

Test(controller_study, what_was_run_before_succeeds_at_once_and_counts)
{
    struct bench bench;
    struct job_row row;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    expect(study_create(&bench, study, 3, 1, 0.25), ASSAY_OK);
    cr_assert(eq(int, state_of(&bench, study, 1), TRIAL_SUCCEEDED));
    cr_assert(eq(dbl, bench_trial(&bench, study, 1).value, 0.25));
    row = bench_job(&bench, study);
    cr_assert(eq(i64, row.best_trial, 1));
    job_row_clear(&row);
    expect_trials(study_suggest(&bench, study, "w", 1), 1, 2);
    bench_clear(&bench);
}

Test(controller_study, each_state_allows_what_it_allows)
{
    static const struct {
        int state;
        enum assay_code measure, complete, fail, stop, check;
    } rules[] = {
        { TRIAL_REQUESTED, ASSAY_PRECONDITION, ASSAY_PRECONDITION, ASSAY_OK, ASSAY_PRECONDITION,
          ASSAY_PRECONDITION },
        { TRIAL_ACTIVE, ASSAY_OK, ASSAY_OK, ASSAY_OK, ASSAY_OK, ASSAY_OK },
        { TRIAL_STOPPING, ASSAY_OK, ASSAY_OK, ASSAY_OK, ASSAY_OK, ASSAY_OK },
        { TRIAL_SUCCEEDED, ASSAY_PRECONDITION, ASSAY_PRECONDITION, ASSAY_PRECONDITION, ASSAY_OK,
          ASSAY_PRECONDITION },
        { TRIAL_INFEASIBLE, ASSAY_OK, ASSAY_PRECONDITION, ASSAY_PRECONDITION, ASSAY_PRECONDITION,
          ASSAY_PRECONDITION },
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        for (int verb = 0; verb < 5; verb++) {
            struct bench bench;
            enum assay_code codes[] = { rules[i].measure, rules[i].complete, rules[i].fail,
                                        rules[i].stop, rules[i].check };
            struct answer answer = { .code = ASSAY_OK };
            int64_t study = 0;

            bench_init(&bench);
            study = study_submit(&bench, "random", "");
            if (rules[i].state == TRIAL_REQUESTED)
                expect(study_create(&bench, study, 3, 1, NOTHING), ASSAY_OK);
            else
                expect_trials(study_suggest(&bench, study, "w", 1), 1, 1);
            if (rules[i].state == TRIAL_STOPPING)
                expect(study_ask(&bench, study, REQUEST_TRIAL_STOP, 1), ASSAY_OK);
            if (rules[i].state == TRIAL_SUCCEEDED)
                expect(study_complete(&bench, study, 1, 1), ASSAY_OK);
            if (rules[i].state == TRIAL_INFEASIBLE)
                expect(study_fail(&bench, study, 1, "it burnt"), ASSAY_OK);
            cr_assert(eq(int, state_of(&bench, study, 1), rules[i].state));
            if (verb == 0)
                answer = study_measure(&bench, study, 1, 1, 0.5);
            else if (verb == 1)
                answer = study_complete(&bench, study, 1, 0.5);
            else if (verb == 2)
                answer = study_fail(&bench, study, 1, "why");
            else
                answer = study_ask(&bench, study,
                                   verb == 3 ? REQUEST_TRIAL_STOP : REQUEST_TRIAL_CHECK, 1);
            cr_assert(eq(int, answer.code, codes[verb]), "state %d, verb %d: %s", rules[i].state,
                      verb, answer.message);
            bench_clear(&bench);
        }
    }
}

Test(controller_study, a_trial_that_does_not_exist_is_not_found)
{
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    expect(study_measure(&bench, study, 1, 1, 0.5), ASSAY_NOT_FOUND);
    expect(study_complete(&bench, study, 1, 0.5), ASSAY_NOT_FOUND);
    expect(study_ask(&bench, study, REQUEST_TRIAL_DELETE, 1), ASSAY_NOT_FOUND);
    expect(study_suggest(&bench, study + 1, "w", 1), ASSAY_NOT_FOUND);
    bench_clear(&bench);
}

Test(controller_study, completes_by_what_was_measured_where_nothing_else_is_said)
{
    struct bench bench;
    int64_t best = 0;
    int64_t last = 0;

    bench_init(&bench);
    last = study_submit(&bench, "random", "");
    expect_trials(study_suggest(&bench, last, "w", 1), 1, 1);
    expect(study_complete(&bench, last, 1, NOTHING), ASSAY_PRECONDITION);
    expect(study_measure(&bench, last, 1, 2, 0.25), ASSAY_OK);
    expect(study_measure(&bench, last, 1, 3, 0.75), ASSAY_OK);
    expect(study_complete(&bench, last, 1, NOTHING), ASSAY_OK);
    cr_assert(eq(dbl, bench_trial(&bench, last, 1).value, 0.75));
    bench_clear(&bench);

    bench_init(&bench);
    best = study_submit(&bench, "random", ",\"measurementSelectionType\":\"BEST_MEASUREMENT\"");
    expect_trials(study_suggest(&bench, best, "w", 1), 1, 1);
    expect(study_measure(&bench, best, 1, 2, 0.25), ASSAY_OK);
    expect(study_measure(&bench, best, 1, 3, 0.75), ASSAY_OK);
    expect(study_complete(&bench, best, 1, NOTHING), ASSAY_OK);
    cr_assert(eq(dbl, bench_trial(&bench, best, 1).value, 0.25));
    bench_clear(&bench);
}

static bool note_step(void *context, const struct measurement_row *row)
{
    int64_t **next = context;

    *(*next)++ = row->step;
    return true;
}

Test(controller_study, measurements_stand_in_order_however_they_come)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t steps[8] = { 0 };
    int64_t *next = steps;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    expect_trials(study_suggest(&bench, study, "w", 1), 1, 1);
    expect(study_measure(&bench, study, 1, 5, 0.5), ASSAY_OK);
    expect(study_measure(&bench, study, 1, 9, 0.9), ASSAY_OK);
    expect(study_measure(&bench, study, 1, 2, 0.2), ASSAY_OK);
    expect(study_measure(&bench, study, 1, 7, 0.7), ASSAY_OK);
    expect(study_measure(&bench, study, 1, 7, 0.7), ASSAY_OK); /* said again */
    expect(study_measure(&bench, study, 1, 7, 0.8), ASSAY_INVALID);
    bench_restart(&bench, true);
    expect(study_measure(&bench, study, 1, 6, 0.6), ASSAY_OK);
    cr_assert(
        store_measurement_each(bench.reader, store_trial_id(study, 1), note_step, &next, &err));
    cr_assert(eq(int, (int)(next - steps), 5));
    for (size_t i = 0; i < 5; i++)
        cr_assert(eq(i64, steps[i], ((int64_t[]){ 2, 5, 6, 7, 9 })[i]));
    expect(study_complete(&bench, study, 1, NOTHING), ASSAY_OK);
    cr_assert(eq(dbl, bench_trial(&bench, study, 1).value, 0.9));
    bench_clear(&bench);
}

Test(controller_study, ends_where_studyStoppingConfig_says_and_then_has_no_trials)
{
    struct bench bench;
    struct answer answer;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", ",\"studyStoppingConfig\":{\"maxNumTrials\":3}");
    expect_trials(study_suggest(&bench, study, "w1", 2), 2, 1);
    expect_trials(study_suggest(&bench, study, "w2", 5), 1, 3); /* no more than the limit */
    expect_trials(study_suggest(&bench, study, "w3", 1), 0, 0);
    for (int64_t trial = 1; trial <= 2; trial++)
        expect(study_complete(&bench, study, trial, 0.5), ASSAY_OK);
    answer = study_suggest(&bench, study, "w2", 1);
    expect_trials(answer, 1, 3);
    cr_assert(eq(int, answer.state, JOB_STATE_RUNNING));
    expect(study_complete(&bench, study, 3, 0.5), ASSAY_OK);
    cr_assert(eq(int, bench_job_state(&bench, study), JOB_STATE_SUCCEEDED));
    answer = study_suggest(&bench, study, "w2", 1);
    expect_trials(answer, 0, 0);
    cr_assert(eq(int, answer.state, JOB_STATE_SUCCEEDED));
    bench_clear(&bench);
}

Test(controller_study, ends_at_its_time_and_asks_its_trials_to_stop)
{
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random",
                         ",\"studyStoppingConfig\":{\"shouldStopAsap\":true,"
                         "\"maximumRuntimeConstraint\":{\"maxDuration\":\"60s\"}}");
    expect_trials(study_suggest(&bench, study, "w", 1), 1, 1);
    cr_assert(eq(i64, controller_deadline(bench.controller), bench.now_us + 60000000));
    bench.now_us += 60000000;
    bench_begin(&bench);
    bench_commit(&bench);
    cr_assert(eq(int, bench_job_state(&bench, study), JOB_STATE_SUCCEEDED));
    cr_assert(eq(int, state_of(&bench, study, 1), TRIAL_STOPPING));
    cr_assert(study_ask(&bench, study, REQUEST_TRIAL_CHECK, 1).should_stop);
    expect(study_complete(&bench, study, 1, 0.5), ASSAY_OK); /* it may still end */
    cr_assert(eq(int, state_of(&bench, study, 1), TRIAL_SUCCEEDED));
    bench_clear(&bench);
}

Test(controller_study, a_grid_is_handed_out_once_and_then_the_study_is_completed)
{
    struct bench bench;
    struct answer answer;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "grid", "");
    for (int i = 0; i < 18; i++) {
        char client[2] = { (char)('a' + i), 0 };

        answer = study_suggest(&bench, study, client, 1);
        cr_assert(eq(sz, answer.count, 1));
        cr_assert(eq(i64, answer.trials[0], i + 1));
    }
    answer = study_suggest(&bench, study, "late", 1);
    cr_assert(eq(sz, answer.count, 0));
    cr_assert(eq(int, answer.state, JOB_STATE_SUCCEEDED));
    bench_clear(&bench);
}

Test(controller_study, failed_trials_end_no_study)
{
    struct bench bench;
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    for (int64_t trial = 1; trial <= 12; trial++) {
        expect_trials(study_suggest(&bench, study, "w", 1), 1, trial);
        expect(study_fail(&bench, study, trial, "it burnt"), ASSAY_OK);
    }
    cr_assert(strcmp(bench_trial(&bench, study, 3).reason, "it burnt") == 0);
    cr_assert(eq(int, bench_job_state(&bench, study), JOB_STATE_RUNNING));
    bench_clear(&bench);
}

Test(controller_study, pause_resume_and_cancel_are_not_for_it)
{
    struct bench bench;
    struct assay_error err = { 0 };
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    expect_trials(study_suggest(&bench, study, "w", 1), 1, 1);
    cr_assert(bench_request(&bench, REQUEST_PAUSE, 0, &err));
    cr_assert(not(bench_request(&bench, REQUEST_RESUME, study, &err)));
    cr_assert(not(bench_request(&bench, REQUEST_CANCEL, study, &err)));
    cr_assert(eq(int, bench_job_state(&bench, study), JOB_STATE_RUNNING));
    cr_assert(eq(int, state_of(&bench, study, 1), TRIAL_ACTIVE));
    cr_assert(eq(int, bench_count(&bench, DONE_STOP, 0, 0), 0));
    bench_clear(&bench);
}

static bool note_point(void *context, const struct trial_row *row)
{
    double(**next)[2] = context;

    cr_assert(eq(sz, row->point_count, 2));
    memcpy(*(*next)++, row->point, sizeof(double[2]));
    return true;
}

/* Two clients, turn by turn; the engine is killed after each request where told so. */
static void run_study(const char *algorithm, bool is_killed, double (*points)[2])
{
    struct bench bench;
    struct assay_error err = { 0 };
    struct trial_query query = { 0 };
    int64_t held[2] = { 0, 0 };

    bench_init(&bench);
    query.job = study_submit(&bench, algorithm, "");
    for (int turn = 0; turn < STUDY_TRIALS; turn++) {
        const char *client = turn % 3 ? "one" : "other";
        int64_t *trial = &held[turn % 3 ? 1 : 0];
        struct answer answer;

        if (*trial && turn % 5 == 4)
            expect(study_fail(&bench, query.job, *trial, ""), ASSAY_OK);
        else if (*trial)
            expect(study_complete(&bench, query.job, *trial, (double)(*trial * 7 % 5)), ASSAY_OK);
        if (is_killed)
            bench_restart(&bench, true);
        answer = study_suggest(&bench, query.job, client, 1);
        expect_trials(answer, 1, turn + 1);
        *trial = answer.trials[0];
        if (is_killed)
            bench_restart(&bench, true);
        answer = study_suggest(&bench, query.job, client, 1); /* the same one again */
        expect_trials(answer, 1, turn + 1);
    }
    cr_assert(store_trial_each(bench.reader, &query, note_point, &points, &err), "%s", err.message);
    bench_clear(&bench);
}

Test(controller_study, a_kill_after_any_request_changes_no_suggestion)
{
    static const char *const algorithms[] = { "default", "random", "tpe" };

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        double calm[STUDY_TRIALS][2] = { { 0 } };
        double killed[STUDY_TRIALS][2] = { { 0 } };

        run_study(algorithms[i], false, calm);
        run_study(algorithms[i], true, killed);
        cr_assert(memcmp(calm, killed, sizeof calm) == 0, "%s", algorithms[i]);
    }
}

/* Hands back the oldest task. */
static void run_task(struct bench *bench)
{
    cr_assert(lt(sz, 0, bench->task_count), "no task is under way");
    search_task_run(bench->tasks[0]);
    bench_put_searched(bench, 0);
    bench_commit(bench);
}

Test(controller_study, who_waits_for_the_sampler_is_answered_when_its_points_are_there)
{
    struct bench bench;
    struct suggest_call first;
    struct suggest_call second;
    struct suggest_call again;
    int64_t study = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    study = study_submit(&bench, "default", "");
    study_put_suggest(&bench, &first, study, "one", 2);
    study_put_suggest(&bench, &second, study, "two", 1);
    study_put_suggest(&bench, &again, study, "one", 1);
    bench_commit(&bench);
    cr_assert(not(first.request.is_answered));
    cr_assert(eq(sz, bench.task_count, 1), "one suggestion at a time");
    cr_assert(not(controller_is_idle(bench.controller)));
    run_task(&bench);
    cr_assert(not(first.request.is_answered));
    run_task(&bench);
    cr_assert(first.request.is_answered);
    cr_assert(not(second.request.is_answered));
    run_task(&bench);
    cr_assert(second.request.is_answered);
    cr_assert(again.request.is_answered);
    cr_assert(eq(sz, bench.task_count, 0), "nobody waits any more");
    expect_trials(study_take(&first), 2, 1);
    expect_trials(study_take(&second), 1, 3);
    expect_trials(study_take(&again), 1, 1);
    bench_clear(&bench);
}

Test(controller_study, a_trial_made_while_the_sampler_works_takes_its_number_and_goes_first)
{
    struct bench bench;
    struct suggest_call call;
    int64_t study = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    study = study_submit(&bench, "default", "");
    study_put_suggest(&bench, &call, study, "one", 2);
    bench_commit(&bench);
    cr_assert(eq(i64, study_create(&bench, study, 3, 1, NOTHING).trial, 1));
    run_task(&bench); /* of number 1: nobody's now */
    cr_assert(not(call.request.is_answered));
    run_task(&bench);
    cr_assert(call.request.is_answered);
    expect_trials(study_take(&call), 2, 1);
    cr_assert(eq(int, bench_trial(&bench, study, 1).attempt, 0), "of a client's own");
    cr_assert(eq(int, bench_trial(&bench, study, 2).attempt, 1));
    bench_clear(&bench);
}

Test(controller_study, who_waits_is_told_when_the_study_or_the_engine_goes)
{
    struct bench bench;
    struct suggest_call call;
    struct assay_error err = { 0 };
    int64_t study = 0;

    bench_init(&bench);
    bench_search_apart(&bench);
    study = study_submit(&bench, "default", "");
    study_put_suggest(&bench, &call, study, "one", 1);
    bench_commit(&bench);
    cr_assert(bench_request(&bench, REQUEST_DELETE, study, &err), "%s", err.message);
    expect(study_take(&call), ASSAY_NOT_FOUND);
    run_task(&bench); /* late, and dropped */

    study = study_submit(&bench, "default", "");
    study_put_suggest(&bench, &call, study, "one", 1);
    bench_commit(&bench);
    cr_assert(bench_request(&bench, REQUEST_STOP, 0, &err));
    cr_assert(call.request.is_answered);
    expect(study_take(&call), ASSAY_UNAVAILABLE);
    bench_clear(&bench);
}

Test(controller_study, a_deleted_trial_is_forgotten_and_its_number_not_given_again)
{
    static const char *const algorithms[] = { "default", "random" };

    for (size_t i = 0; i < 2; i++) {
        struct bench bench;
        struct job_row row;
        int64_t study = 0;

        bench_init(&bench);
        study = study_submit(&bench, algorithms[i], "");
        expect_trials(study_suggest(&bench, study, "w", 3), 3, 1);
        expect(study_complete(&bench, study, 1, 0.5), ASSAY_OK);
        expect(study_complete(&bench, study, 2, 0.25), ASSAY_OK);
        expect(study_ask(&bench, study, REQUEST_TRIAL_DELETE, 2), ASSAY_OK);
        expect(study_ask(&bench, study, REQUEST_TRIAL_DELETE, 3), ASSAY_OK);
        expect(study_ask(&bench, study, REQUEST_TRIAL_DELETE, 3), ASSAY_NOT_FOUND);
        row = bench_job(&bench, study);
        cr_assert(eq(i64, row.best_trial, 1));
        job_row_clear(&row);
        bench_restart(&bench, true);
        expect_trials(study_suggest(&bench, study, "w", 1), 1, 4);
        bench_clear(&bench);
    }
}

Test(controller_study, a_hopeless_trial_is_told_to_stop_and_ends_as_stopped_early)
{
    struct bench bench;
    struct answer answer;
    int64_t study = 0;
    int64_t stopped = 0;
    struct assay_error err = { 0 };

    bench_init(&bench);
    study = study_submit(&bench, "random", ",\"medianAutomatedStoppingSpec\":{}");
    for (int64_t trial = 1; trial <= 6; trial++) {
        expect_trials(study_suggest(&bench, study, "w", 1), 1, trial);
        for (int64_t step = 1; step <= 10; step++)
            expect(study_measure(&bench, study, trial, step, 1.0 / (double)step), ASSAY_OK);
        cr_assert(not(study_ask(&bench, study, REQUEST_TRIAL_CHECK, trial).should_stop));
        expect(study_complete(&bench, study, trial, NOTHING), ASSAY_OK);
    }
    expect_trials(study_suggest(&bench, study, "w", 1), 1, 7);
    cr_assert(not(study_ask(&bench, study, REQUEST_TRIAL_CHECK, 7).should_stop));
    for (int64_t step = 1; step <= 5; step++)
        expect(study_measure(&bench, study, 7, step, 50), ASSAY_OK);
    bench_restart(&bench, true);
    answer = study_ask(&bench, study, REQUEST_TRIAL_CHECK, 7);
    cr_assert(answer.should_stop);
    cr_assert(eq(int, state_of(&bench, study, 7), TRIAL_STOPPING));
    bench_restart(&bench, true);
    cr_assert(study_ask(&bench, study, REQUEST_TRIAL_CHECK, 7).should_stop);
    expect_trials(study_suggest(&bench, study, "w", 1), 1, 8); /* it is not its any more */
    expect(study_complete(&bench, study, 7, NOTHING), ASSAY_OK);
    cr_assert(eq(int, state_of(&bench, study, 7), TRIAL_SUCCEEDED));
    cr_assert(store_early_stop_count(bench.reader, study, &stopped, &err));
    cr_assert(eq(i64, stopped, 1));
    bench_clear(&bench);
}

Test(controller_study, operations_are_kept_a_while)
{
    struct bench bench;
    struct operation_row row = { 0 };
    struct assay_error err = { 0 };
    int64_t study = 0;

    bench_init(&bench);
    study = study_submit(&bench, "random", "");
    for (int64_t i = 1; i <= OPERATIONS_KEPT + 2; i++)
        cr_assert(eq(i64, study_suggest(&bench, study, "w", 2).operation, i));
    cr_assert(not(store_operation_get(bench.reader, study, 2, &row, &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(store_operation_get(bench.reader, study, 3, &row, &err), "%s", err.message);
    cr_assert(strcmp(row.trials, "1 2") == 0);
    cr_assert(strcmp(row.client, "w") == 0);
    operation_row_clear(&row);
    bench_restart(&bench, true);
    cr_assert(eq(i64, study_suggest(&bench, study, "w", 2).operation, OPERATIONS_KEPT + 3));
    bench_clear(&bench);
}
