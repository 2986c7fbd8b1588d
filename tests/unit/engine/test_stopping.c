/* studyStoppingConfig, and that a closed study stays closed. */

#include "tuning_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* Runs one trial at a time, each better than the last, until no more are wanted. */
static int64_t run_improving(struct tuning_bench *bench)
{
    begin_job(bench);
    for (int64_t i = 1; fill(bench, i) == 1; i++)
        succeed(bench, i, (double)i, i);
    return bench->job.created;
}

Test(stopping, max_num_trials_stops_the_study_at_that_number)
{
    struct tuning_bench bench = tuning_bench_new(10, 1, 10);

    bench.spec.study.stopping =
        (struct stopping_config){ .is_set = true, .has_max_num_trials = true, .max_num_trials = 4 };
    cr_assert(eq(i64, run_improving(&bench), 4));
    check_end(&bench, 5, JOB_STATE_SUCCEEDED);
}

Test(stopping, max_num_trials_counts_those_that_run)
{
    struct tuning_bench bench = tuning_bench_new(10, 8, 10);

    bench.spec.study.stopping =
        (struct stopping_config){ .is_set = true, .has_max_num_trials = true, .max_num_trials = 4 };
    begin_job(&bench);
    cr_assert(eq(int, fill(&bench, 0), 4));
}

Test(stopping, a_minimum_number_of_trials_blocks_every_maximum)
{
    struct tuning_bench bench = tuning_bench_new(10, 1, 10);

    bench.spec.study.stopping = (struct stopping_config){
        .is_set = true,
        .has_min_num_trials = true,
        .min_num_trials = 6,
        .has_max_num_trials = true,
        .max_num_trials = 2,
    };
    cr_assert(eq(i64, run_improving(&bench), 6));
}

Test(stopping, a_minimum_runtime_blocks_every_maximum_but_not_the_budget)
{
    struct tuning_bench bench = tuning_bench_new(10, 1, 10);

    bench.spec.study.stopping = (struct stopping_config){
        .is_set = true,
        .minimum_runtime = { .is_set = true, .max_duration_us = INT64_C(7000000) },
        .maximum_runtime = { .is_set = true, .max_duration_us = INT64_C(2000000) },
        .has_max_num_trials = true,
        .max_num_trials = 1,
    };
    cr_assert(eq(i64, run_improving(&bench), 6)); /* at 7 s no seventh is made */
    bench.spec.max_trial_count = 3;
    cr_assert(eq(i64, run_improving(&bench), 3));
}

/* Vizier's order of rules has minNumTrials after maximumRuntimeConstraint, but both minimum rules
 * hold back all maximum rules. */
Test(stopping, the_number_of_trials_holds_back_the_maximum_runtime_too)
{
    struct tuning_bench bench = tuning_bench_new(10, 1, 10);

    bench.spec.study.stopping = (struct stopping_config){
        .is_set = true,
        .maximum_runtime = { .is_set = true, .max_duration_us = 1 },
        .has_min_num_trials = true,
        .min_num_trials = 5,
    };
    cr_assert(eq(i64, run_improving(&bench), 5));
}

Test(stopping, the_maximum_runtime_stops_the_study_by_duration_or_by_time)
{
    static const struct time_constraint constraints[] = {
        { .is_set = true, .max_duration_us = INT64_C(4000000) },
        { .is_set = true, .end_time_us = AT(4) },
    };

    for (size_t i = 0; i < 2; i++) {
        struct tuning_bench bench = tuning_bench_new(10, 1, 10);

        bench.spec.study.stopping =
            (struct stopping_config){ .is_set = true, .maximum_runtime = constraints[i] };
        begin_job(&bench);
        cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(0)), AT(4)));
        cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(4)), INT64_MAX));
        cr_assert(eq(int, action_at(&bench, 3), JOB_SUGGEST));
        cr_assert(eq(int, action_at(&bench, 4), JOB_END)); /* FAILED: nothing was tried */
    }
}

Test(stopping, the_end_of_the_minimum_runtime_is_a_deadline_before_the_maximum)
{
    struct tuning_bench bench = tuning_bench_new(10, 1, 10);

    bench.spec.study.stopping = (struct stopping_config){
        .is_set = true,
        .minimum_runtime = { .is_set = true, .max_duration_us = INT64_C(2000000) },
        .maximum_runtime = { .is_set = true, .max_duration_us = INT64_C(9000000) },
        .has_max_num_trials = true,
        .max_num_trials = 1,
    };
    begin_job(&bench);
    cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(0)), AT(2)));
    cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(2)), AT(9)));
}

Test(stopping, trials_without_progress_stop_the_study)
{
    struct tuning_bench bench = tuning_bench_new(20, 1, 20);
    static const double values[] = { 0.1, 0.3, 0.2, 0.3, 0.1, 0.9 };
    int64_t i = 0;

    bench.spec.study.stopping = (struct stopping_config){ .is_set = true,
                                                          .has_max_num_trials_no_progress = true,
                                                          .max_num_trials_no_progress = 3 };
    begin_job(&bench);
    for (; fill(&bench, i) == 1; i++)
        succeed(&bench, i + 1, values[i], i);
    cr_assert(eq(i64, i, 5)); /* the second was the last progress */
}

Test(stopping, time_without_progress_stops_the_study)
{
    struct tuning_bench bench = tuning_bench_new(20, 1, 20);

    bench.spec.study.stopping =
        (struct stopping_config){ .is_set = true,
                                  .has_max_duration_no_progress = true,
                                  .max_duration_no_progress_us = INT64_C(5000000) };
    begin_job(&bench);
    cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(0)), AT(5)));
    cr_assert(eq(int, fill(&bench, 1), 1));
    succeed(&bench, 1, 0.5, 3);
    cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(3)), AT(8)));
    cr_assert(eq(int, fill(&bench, 7), 1));
    succeed(&bench, 2, 0.5, 7); /* a tie is no progress */
    cr_assert(eq(int, action_at(&bench, 8), JOB_PUBLISH));
}

Test(stopping, progress_is_not_asked_for_with_several_metrics)
{
    struct tuning_bench bench = tuning_bench_new(6, 1, 6);

    bench.spec.study.metric_count = 2;
    bench.spec.study.stopping = (struct stopping_config){ .is_set = true,
                                                          .has_max_num_trials_no_progress = true,
                                                          .max_num_trials_no_progress = 1,
                                                          .has_max_duration_no_progress = true,
                                                          .max_duration_no_progress_us = 1 };
    begin_job(&bench);
    for (int64_t i = 1; fill(&bench, i) == 1; i++)
        succeed(&bench, i, 0.5, i);
    cr_assert(eq(i64, bench.job.created, 6));
    cr_assert(eq(i64, tuning_job_deadline(&bench.job, AT(0)), INT64_MAX));
}

Test(stopping, running_trials_finish_unless_the_study_stops_as_soon_as_possible)
{
    for (int is_asap = 0; is_asap < 2; is_asap++) {
        struct tuning_bench bench = tuning_bench_new(10, 2, 10);

        bench.spec.study.stopping = (struct stopping_config){
            .is_set = true,
            .should_stop_asap = is_asap,
            .maximum_runtime = { .is_set = true, .max_duration_us = INT64_C(5000000) },
        };
        begin_job(&bench);
        cr_assert(eq(int, fill(&bench, 0), 2));
        cr_assert(eq(int, action_at(&bench, 5), is_asap ? JOB_STOP_TRIALS : JOB_WAIT));
        bench.job.are_trials_stopped = is_asap;
        cr_assert(eq(int, action_at(&bench, 5), JOB_WAIT));
        succeed(&bench, 1, 1, 6);
        succeed(&bench, 2, 1, 6);
        check_end(&bench, 6, JOB_STATE_SUCCEEDED);
    }
}

Test(stopping, a_stopped_study_starts_what_was_lost_unless_it_stops_as_soon_as_possible)
{
    for (int is_asap = 0; is_asap < 2; is_asap++) {
        struct tuning_bench bench = tuning_bench_new(10, 2, 10);

        bench.spec.study.stopping = (struct stopping_config){ .is_set = true,
                                                              .should_stop_asap = is_asap,
                                                              .has_max_num_trials = true,
                                                              .max_num_trials = 1 };
        begin_job(&bench);
        (void)fill(&bench, 0);
        bench.job.running--; /* lost: to be started again */
        bench.job.waiting = 1;
        bench.job.ended = 1;
        bench.job.succeeded = 1;
        bench.job.is_published = true;
        cr_assert(eq(int, action_at(&bench, 0), is_asap ? JOB_END : JOB_START_TRIAL));
    }
}

Test(stopping, a_stopped_study_never_becomes_active_again)
{
    struct tuning_bench bench = tuning_bench_new(20, 3, 20);

    bench.spec.study.stopping = (struct stopping_config){ .is_set = true,
                                                          .has_max_num_trials_no_progress = true,
                                                          .max_num_trials_no_progress = 2 };
    begin_job(&bench);
    (void)fill(&bench, 0);
    succeed(&bench, 1, 0.5, 1);
    (void)fill(&bench, 1);
    succeed(&bench, 2, 0.4, 2);
    (void)fill(&bench, 2);
    succeed(&bench, 3, 0.4, 3);
    cr_assert(eq(int, action_at(&bench, 3), JOB_WAIT));
    succeed(&bench, 4, 0.9, 4); /* progress, but too late */
    cr_assert(eq(int, action_at(&bench, 4), JOB_WAIT));
    succeed(&bench, 5, 0.9, 5);
    check_end(&bench, 5, JOB_STATE_SUCCEEDED);
}

Test(stopping, closing_is_told_once)
{
    struct tuning_bench bench = tuning_bench_new(4, 1, 1);

    begin_job(&bench);
    cr_assert(not(tuning_job_settle(&bench.job, AT(0))));
    (void)fill(&bench, 0);
    fail(&bench, 1, 1);
    cr_assert(tuning_job_settle(&bench.job, AT(1)));
    cr_assert(eq(int, (int)bench.job.closing, JOB_CLOSING_FAILED));
    cr_assert(not(tuning_job_settle(&bench.job, AT(2))));
}

Test(stopping, as_soon_as_possible_does_not_stop_the_trials_that_make_up_the_number)
{
    struct tuning_bench bench = tuning_bench_new(10, 2, 10);

    bench.spec.study.stopping = (struct stopping_config){
        .is_set = true, .should_stop_asap = true, .has_max_num_trials = true, .max_num_trials = 2
    };
    begin_job(&bench);
    cr_assert(eq(int, fill(&bench, 0), 2));
    cr_assert(eq(int, action_at(&bench, 1), JOB_WAIT));
    succeed(&bench, 1, 0.5, 2);
    cr_assert(eq(int, action_at(&bench, 2), JOB_WAIT));
    succeed(&bench, 2, 0.6, 3);
    check_end(&bench, 3, JOB_STATE_SUCCEEDED);
}
