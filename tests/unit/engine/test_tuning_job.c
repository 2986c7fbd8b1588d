#include "tuning_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

Test(tuning_job, all_places_are_filled_and_the_budget_is_kept)
{
    struct tuning_bench bench = tuning_bench_new(5, 3, 5);

    begin_job(&bench);
    cr_assert(eq(int, fill(&bench, 0), 3));
    succeed(&bench, 1, 0.5, 1);
    cr_assert(eq(int, fill(&bench, 1), 1));
    succeed(&bench, 2, 0.5, 2);
    succeed(&bench, 3, 0.5, 2);
    cr_assert(eq(int, fill(&bench, 2), 1)); /* the fifth and last, though two places are free */
    succeed(&bench, 4, 0.5, 3);
    cr_assert(eq(int, action_at(&bench, 3), JOB_WAIT));
    succeed(&bench, 5, 0.5, 4);
    check_end(&bench, 4, JOB_STATE_SUCCEEDED);
}

Test(tuning_job, where_the_launcher_has_some_wait_they_are_started_too_within_the_budget)
{
    struct tuning_bench bench = tuning_bench_new(4, 2, 4);

    begin_job(&bench);
    bench.job.ahead = 1;
    cr_assert(eq(int, fill(&bench, 0), 3));
    succeed(&bench, 1, 0.5, 1);
    cr_assert(eq(int, fill(&bench, 1), 1));
    succeed(&bench, 2, 0.5, 2);
    cr_assert(eq(int, action_at(&bench, 2), JOB_WAIT));
}

Test(tuning_job, a_waiting_trial_is_started_before_a_new_one_is_made)
{
    struct tuning_bench bench = tuning_bench_new(3, 1, 3);

    begin_job(&bench);
    cr_assert(eq(int, fill(&bench, 0), 1));
    bench.job.running--; /* the machine lost it */
    bench.job.waiting++;
    cr_assert(eq(int, fill(&bench, 1), 1));
    cr_assert(eq(i64, bench.job.created, 1));
}

Test(tuning_job, a_waiting_trial_is_started_also_when_the_budget_is_used_up)
{
    struct tuning_bench bench = tuning_bench_new(1, 1, 1);

    begin_job(&bench);
    (void)fill(&bench, 0);
    bench.job.running--;
    bench.job.waiting++;
    cr_assert(eq(int, fill(&bench, 1), 1));
}

Test(tuning_job, the_job_fails_at_the_nth_failed_trial_and_stops_the_others)
{
    struct tuning_bench bench = tuning_bench_new(10, 3, 2);
    struct job_decision decision;

    begin_job(&bench);
    (void)fill(&bench, 0);
    fail(&bench, 1, 1);
    cr_assert(eq(int, fill(&bench, 1), 1));
    fail(&bench, 2, 2);
    decision = next_at(&bench, AT(2));
    cr_assert(eq(int, (int)decision.action, JOB_STOP_TRIALS));
    cr_assert(eq(int, (int)decision.end_state, JOB_STATE_FAILED));
    cr_assert(strstr(decision.why, "2 trials failed") != NULL);
    bench.job.are_trials_stopped = true;
    cr_assert(eq(int, action_at(&bench, 2), JOB_WAIT));
    end_trial(&bench, 3, FAILURE_CANCELLED, (double)NAN, 3);
    end_trial(&bench, 4, FAILURE_CANCELLED, (double)NAN, 3);
    check_end(&bench, 3, JOB_STATE_FAILED);
}

Test(tuning_job, ends_that_are_nobodys_fault_do_not_count)
{
    static const enum failure_class classes[] = { FAILURE_STOPPED, FAILURE_CANCELLED,
                                                  FAILURE_LOST };
    struct tuning_bench bench = tuning_bench_new(4, 4, 1);

    begin_job(&bench);
    (void)fill(&bench, 0);
    for (int64_t i = 0; i < 3; i++)
        end_trial(&bench, i + 1, classes[i], (double)NAN, 1);
    succeed(&bench, 4, 1, 1);
    check_end(&bench, 1, JOB_STATE_SUCCEEDED);
}

Test(tuning_job, every_class_of_the_users_counts)
{
    static const enum failure_class classes[] = { FAILURE_USER_ERROR, FAILURE_NO_METRIC,
                                                  FAILURE_TIMEOUT, FAILURE_OUT_OF_MEMORY,
                                                  FAILURE_NOT_FOUND };

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        struct tuning_bench bench = tuning_bench_new(4, 1, 1);

        begin_job(&bench);
        (void)fill(&bench, 0);
        end_trial(&bench, 1, classes[i], (double)NAN, 1);
        check_end(&bench, 1, JOB_STATE_FAILED);
    }
}

Test(tuning_job, without_a_limit_the_first_trial_to_end_decides)
{
    struct tuning_bench bench = tuning_bench_new(20, 2, 0);

    begin_job(&bench);
    (void)fill(&bench, 0);
    fail(&bench, 2, 1); /* the second trial, but the first to end */
    cr_assert(eq(int, action_at(&bench, 1), JOB_STOP_TRIALS));
    bench.job.are_trials_stopped = true;
    succeed(&bench, 1, 1, 2);
    check_end(&bench, 2, JOB_STATE_FAILED);
}

Test(tuning_job, without_a_limit_half_of_ten_trials_may_fail)
{
    struct tuning_bench bench = tuning_bench_new(20, 1, 0);

    begin_job(&bench);
    for (int64_t i = 1; i <= 10; i++) {
        cr_assert(eq(int, fill(&bench, i), 1));
        if (i > 1 && i % 2 == 0)
            fail(&bench, i, i);
        else
            succeed(&bench, i, 1, i);
    }
    cr_assert(eq(int, fill(&bench, 11), 1)); /* 5 of 10: not more than half */
    fail(&bench, 11, 11);                    /* 6 of 11 */
    check_end(&bench, 11, JOB_STATE_FAILED);
}

Test(tuning_job, without_a_limit_nine_trials_are_too_few_to_judge)
{
    struct tuning_bench bench = tuning_bench_new(20, 1, 0);

    begin_job(&bench);
    for (int64_t i = 1; i <= 9; i++) {
        cr_assert(eq(int, fill(&bench, i), 1));
        if (i == 1)
            succeed(&bench, i, 1, i);
        else
            fail(&bench, i, i);
    }
    cr_assert(eq(int, fill(&bench, 10), 1));
}

/* What ends while the others are being stopped must not bring the ratio back under the limit. */
Test(tuning_job, a_failed_job_stays_failed_whatever_its_last_trials_do)
{
    struct tuning_bench bench = tuning_bench_new(40, 8, 0);

    begin_job(&bench);
    (void)fill(&bench, 0);
    for (int64_t i = 1; i <= 11; i++) {
        if (i % 2)
            succeed(&bench, i, 1, i);
        else
            fail(&bench, i, i);
        (void)fill(&bench, i);
    }
    fail(&bench, 12, 12);
    fail(&bench, 13, 12); /* 7 of 13 */
    cr_assert(eq(int, action_at(&bench, 12), JOB_STOP_TRIALS));
    bench.job.are_trials_stopped = true;
    while (bench.job.running > 0)
        succeed(&bench, 20, 1, 13);
    cr_assert(lt(i64, bench.job.failed * 2, bench.job.ended));
    check_end(&bench, 13, JOB_STATE_FAILED);
}

Test(tuning_job, a_job_without_any_success_fails)
{
    struct tuning_bench bench = tuning_bench_new(1, 1, 1);

    begin_job(&bench);
    (void)fill(&bench, 0);
    end_trial(&bench, 1, FAILURE_LOST, (double)NAN, 1);
    check_end(&bench, 1, JOB_STATE_FAILED);
}

Test(tuning_job, an_exhausted_space_ends_the_job_and_says_so)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    begin_job(&bench);
    bench.job.created = bench.job.running = 1;
    bench.job.is_exhausted = true;
    cr_assert(eq(int, action_at(&bench, 0), JOB_WAIT));
    succeed(&bench, 1, 1, 1);
    bench.job.is_published = true;
    cr_assert(strstr(next_at(&bench, AT(1)).why, "every point") != NULL);
    bench.job.is_published = false;
    check_end(&bench, 1, JOB_STATE_SUCCEEDED);
}

Test(tuning_job, an_exhausted_space_still_restarts_what_was_lost)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    begin_job(&bench);
    bench.job.created = bench.job.waiting = 1;
    bench.job.is_exhausted = true;
    cr_assert(eq(int, action_at(&bench, 0), JOB_START_TRIAL));
}

Test(tuning_job, one_suggestion_is_asked_for_at_a_time_and_lost_trials_go_on_meanwhile)
{
    struct tuning_bench bench = tuning_bench_new(10, 3, 10);

    begin_job(&bench);
    cr_assert(eq(int, action_at(&bench, 0), JOB_SUGGEST));
    bench.job.is_suggesting = true;
    cr_assert(eq(int, action_at(&bench, 0), JOB_WAIT));
    bench.job.created = bench.job.waiting = 1;
    cr_assert(eq(int, action_at(&bench, 0), JOB_START_TRIAL));
}

Test(tuning_job, a_study_that_closes_does_not_wait_for_a_suggestion)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    begin_job(&bench);
    (void)fill(&bench, 0);
    succeed(&bench, 1, 0.5, 1);
    succeed(&bench, 2, 0.5, 1);
    bench.job.is_suggesting = true;
    cr_assert(eq(int, action_at(&bench, 1), JOB_WAIT));
    bench.job.closing = JOB_CLOSING_STOPPED;
    check_end(&bench, 1, JOB_STATE_SUCCEEDED);
}

Test(tuning_job, a_sampler_that_fails_fails_the_job_in_its_words)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);
    struct job_decision decision;

    begin_job(&bench);
    (void)snprintf(bench.job.search_error, sizeof bench.job.search_error, "%s",
                   "the matrix is singular");
    decision = next_at(&bench, AT(0));
    cr_assert(eq(int, (int)decision.end_state, JOB_STATE_FAILED));
    cr_assert(eq(int, (int)decision.error_code, ASSAY_INTERNAL));
    cr_assert(strstr(decision.why, "the matrix is singular") != NULL);
}

Test(tuning_job, a_cancelled_job_stops_its_trials_and_ends_with_the_last)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    begin_job(&bench);
    (void)fill(&bench, 0);
    bench.job.state = JOB_STATE_CANCELLING;
    cr_assert(eq(int, action_at(&bench, 1), JOB_STOP_TRIALS));
    bench.job.are_trials_stopped = true;
    succeed(&bench, 1, 1, 1); /* was faster than the order to stop */
    cr_assert(eq(int, action_at(&bench, 1), JOB_WAIT));
    end_trial(&bench, 2, FAILURE_CANCELLED, (double)NAN, 2);
    check_end(&bench, 2, JOB_STATE_CANCELLED);
}

Test(tuning_job, a_waiting_trial_does_not_hold_up_a_cancelled_job)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    begin_job(&bench);
    bench.job.created = bench.job.waiting = 1;
    bench.job.state = JOB_STATE_CANCELLING;
    cr_assert(tuning_job_gives_up_waiting(&bench.job));
    check_end(&bench, 1, JOB_STATE_CANCELLED);
}

Test(tuning_job, a_job_that_has_ended_or_lies_paused_waits)
{
    static const enum job_state states[] = { JOB_STATE_SUCCEEDED, JOB_STATE_FAILED,
                                             JOB_STATE_CANCELLED, JOB_STATE_PAUSED };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        struct tuning_bench bench = tuning_bench_new(10, 2, 10);

        begin_job(&bench);
        bench.job.state = states[i];
        cr_assert(eq(int, action_at(&bench, 0), JOB_WAIT));
        cr_assert(eq(i64, tuning_job_deadline(&bench.job, START_US), INT64_MAX));
    }
}

Test(tuning_job, a_custom_job_is_one_trial_and_fails_with_it)
{
    struct tuning_bench bench = tuning_bench_new(1, 1, 1);

    bench.spec.kind = JOB_CUSTOM;
    bench.spec.study = (struct study_spec){ 0 };
    begin_job(&bench);
    cr_assert(eq(int, fill(&bench, 0), 1));
    fail(&bench, 1, 1);
    cr_assert(strstr(next_at(&bench, AT(1)).why, "the run failed") != NULL);
    check_end(&bench, 1, JOB_STATE_FAILED);
}

Test(tuning_job, a_custom_job_succeeds_without_metrics)
{
    struct tuning_bench bench = tuning_bench_new(1, 1, 1);

    bench.spec.kind = JOB_CUSTOM;
    bench.spec.study = (struct study_spec){ 0 };
    begin_job(&bench);
    (void)fill(&bench, 0);
    succeed(&bench, 1, (double)NAN, 1);
    cr_assert(eq(i64, bench.job.best_trial, 1));
    check_end(&bench, 1, JOB_STATE_SUCCEEDED);
}

Test(tuning_job, the_best_trial_follows_the_goal)
{
    struct tuning_bench bench = tuning_bench_new(10, 4, 10);

    bench.spec.study.metrics = &tuning_bench_metrics()[1]; /* loss, minimised */
    begin_job(&bench);
    (void)fill(&bench, 0);
    succeed(&bench, 1, 0.5, 1);
    succeed(&bench, 2, 0.25, 2);
    succeed(&bench, 3, 0.75, 3);
    fail(&bench, 4, 4);
    cr_assert(eq(i64, bench.job.best_trial, 2));
    cr_assert(eq(dbl, bench.job.best_value, 0.25));
    cr_assert(eq(i64, bench.job.ended_at_best, 2));
    cr_assert(eq(i64, bench.job.progress_us, AT(2)));
}

Test(tuning_job, a_safety_metric_is_not_the_objective)
{
    struct metric_spec both[] = {
        { .id = tuning_bench_metrics()[0].id, .goal = GOAL_MINIMIZE, .is_safety = true },
        { .id = tuning_bench_metrics()[1].id, .goal = GOAL_MAXIMIZE }
    };
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    bench.spec.study.metrics = both;
    bench.spec.study.metric_count = 2;
    begin_job(&bench);
    (void)fill(&bench, 0);
    succeed(&bench, 1, 1, 1);
    succeed(&bench, 2, 2, 1);
    cr_assert(eq(i64, bench.job.best_trial, 2));
}

Test(tuning_job, a_tie_goes_to_the_lower_number_in_any_order_and_is_no_progress)
{
    struct tuning_bench bench = tuning_bench_new(10, 3, 10);

    begin_job(&bench);
    (void)fill(&bench, 0);
    succeed(&bench, 2, 0.5, 1);
    succeed(&bench, 3, 0.5, 2);
    cr_assert(eq(i64, bench.job.best_trial, 2));
    succeed(&bench, 1, 0.5, 3);
    cr_assert(eq(i64, bench.job.best_trial, 1));
    cr_assert(eq(i64, bench.job.ended_at_best, 1));
    cr_assert(eq(i64, bench.job.progress_us, AT(1)));
}

Test(tuning_job, a_trial_that_is_not_safe_is_never_the_best)
{
    struct tuning_bench bench = tuning_bench_new(2, 1, 2);

    begin_job(&bench);
    for (int64_t number = 1; number <= 2; number++) {
        cr_assert(eq(int, fill(&bench, number), 1));
        bench.job.running--;
        tuning_job_trial_ended(&bench.job, number, TRIAL_SUCCEEDED, FAILURE_NONE,
                               number == 1 ? 0.9 : 0.5, number == 2, AT(number));
        cr_assert(eq(i64, bench.job.best_trial, number == 1 ? 0 : 2));
    }
    cr_assert(eq(i64, bench.job.succeeded, 2));
}

Test(tuning_job, without_a_safe_trial_the_job_ends_and_publishes_nothing)
{
    struct tuning_bench bench = tuning_bench_new(1, 1, 1);
    struct job_decision decision;

    begin_job(&bench);
    (void)fill(&bench, 0);
    bench.job.running--;
    tuning_job_trial_ended(&bench.job, 1, TRIAL_SUCCEEDED, FAILURE_NONE, 0.5, false, AT(1));
    decision = next_at(&bench, AT(1));
    cr_assert(eq(int, (int)decision.action, JOB_END));
    cr_assert(eq(int, (int)decision.end_state, JOB_STATE_SUCCEEDED));
    cr_assert(strstr(decision.why, "safe") != NULL);
}

Test(tuning_job, a_held_job_does_not_start)
{
    struct tuning_bench bench = tuning_bench_new(1, 1, 1);

    tuning_job_init(&bench.job, &bench.spec, START_US);
    bench.job.is_held = true;
    cr_assert(eq(int, action_at(&bench, 0), JOB_WAIT));
    bench.job.state = JOB_STATE_QUEUED;
    cr_assert(eq(int, action_at(&bench, 0), JOB_WAIT));
    bench.job.state = JOB_STATE_PENDING;
    bench.job.is_held = false;
    cr_assert(eq(int, action_at(&bench, 0), JOB_START));
}

Test(tuning_job, a_job_that_breaks_fails_with_its_reason_once_its_trials_have_stopped)
{
    struct tuning_bench bench = tuning_bench_new(3, 2, 3);
    struct job_decision decision;

    begin_job(&bench);
    (void)fill(&bench, 0);
    bench.job.break_code = ASSAY_INTERNAL;
    (void)snprintf(bench.job.break_reason, sizeof bench.job.break_reason, "Replica lost");
    cr_assert(eq(int, action_at(&bench, 1), JOB_STOP_TRIALS));
    bench.job.are_trials_stopped = true;
    cr_assert(eq(int, action_at(&bench, 1), JOB_WAIT));
    bench.job.running = 0;
    decision = next_at(&bench, AT(2));
    cr_assert(decision.action == JOB_END && decision.end_state == JOB_STATE_FAILED);
    cr_assert(eq(int, (int)decision.error_code, ASSAY_INTERNAL));
    cr_assert(eq(int, strcmp(decision.why, "Replica lost"), 0));
    bench.job.state = JOB_STATE_CANCELLING;
    decision = next_at(&bench, AT(2));
    cr_assert(eq(int, (int)decision.end_state, JOB_STATE_CANCELLED));
}
