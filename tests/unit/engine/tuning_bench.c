#include "tuning_bench.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

struct metric_spec *tuning_bench_metrics(void)
{
    static char accuracy_id[] = "accuracy";
    static char loss_id[] = "loss";
    static struct metric_spec metrics[] = { { .id = accuracy_id, .goal = GOAL_MAXIMIZE },
                                            { .id = loss_id, .goal = GOAL_MINIMIZE } };

    return metrics;
}

struct tuning_bench tuning_bench_new(int64_t max, int64_t parallel, int64_t max_failed)
{
    return (struct tuning_bench){ .spec = { .kind = JOB_TUNING,
                                            .study = { .metrics = tuning_bench_metrics(),
                                                       .metric_count = 1 },
                                            .max_trial_count = max,
                                            .parallel_trial_count = parallel,
                                            .max_failed_trial_count = max_failed } };
}

void begin_job(struct tuning_bench *bench)
{
    tuning_job_init(&bench->job, &bench->spec, START_US);
    cr_assert(eq(int, (int)tuning_job_next(&bench->job).action, JOB_START));
    bench->job.state = JOB_STATE_RUNNING;
}

struct job_decision next_at(struct tuning_bench *bench, int64_t now_us)
{
    (void)tuning_job_settle(&bench->job, now_us);
    return tuning_job_next(&bench->job);
}

int action_at(struct tuning_bench *bench, int64_t seconds)
{
    return (int)next_at(bench, AT(seconds)).action;
}

int fill(struct tuning_bench *bench, int64_t seconds)
{
    int started = 0;

    for (;;) {
        int action = action_at(bench, seconds);

        if (action == JOB_SUGGEST) {
            bench->job.created++;
            bench->job.waiting++;
        } else if (action == JOB_START_TRIAL) {
            bench->job.waiting--;
            bench->job.running++;
            started++;
        } else {
            return started;
        }
    }
}

void end_trial(struct tuning_bench *bench, int64_t number, enum failure_class failure, double value,
               int64_t seconds)
{
    bench->job.running--;
    tuning_job_trial_ended(&bench->job, number,
                           failure == FAILURE_NONE ? TRIAL_SUCCEEDED : TRIAL_INFEASIBLE, failure,
                           value, true, AT(seconds));
}

void succeed(struct tuning_bench *bench, int64_t number, double value, int64_t seconds)
{
    end_trial(bench, number, FAILURE_NONE, value, seconds);
}

void fail(struct tuning_bench *bench, int64_t number, int64_t seconds)
{
    end_trial(bench, number, FAILURE_USER_ERROR, (double)NAN, seconds);
}

void check_end(struct tuning_bench *bench, int64_t seconds, enum job_state state)
{
    struct job_decision decision = next_at(bench, AT(seconds));

    if (state == JOB_STATE_SUCCEEDED) {
        cr_assert(eq(int, (int)decision.action, JOB_PUBLISH));
        bench->job.is_publishing = true;
        cr_assert(eq(int, action_at(bench, seconds), JOB_WAIT));
        bench->job.is_publishing = false;
        bench->job.is_published = true;
        decision = next_at(bench, AT(seconds));
    }
    cr_assert(eq(int, (int)decision.action, JOB_END));
    cr_assert(eq(int, (int)decision.end_state, (int)state));
    cr_assert(eq(int, decision.error_code == ASSAY_OK, state == JOB_STATE_SUCCEEDED));
}
