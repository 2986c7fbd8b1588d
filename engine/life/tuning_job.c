#include "engine/life/tuning_job.h"

#include "engine/life/optimal.h"
#include "metrics/objective.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* maxFailedTrialCount 0 leaves the rule to the service: after the first trial, fail when more than
 * half of at least this many have failed. */
enum { FAILED_RATIO_TRIALS_MIN = 10 };

void tuning_job_init(struct tuning_job *job, const struct job_spec *spec, int64_t create_us)
{
    *job = (struct tuning_job){
        .spec = spec,
        .state = JOB_STATE_PENDING,
        .create_us = create_us,
        .progress_us = create_us,
        .best_value = (double)NAN,
    };
}

void tuning_job_trial_ended(struct tuning_job *job, int64_t number, enum trial_state state,
                            enum failure_class failure, double value, bool is_safe, int64_t end_us)
{
    const struct study_spec *study = &job->spec->study;
    enum goal goal = GOAL_MAXIMIZE;

    job->ended++;
    if (failure_class_counts((int)failure))
        job->failed++;
    if (job->ended == 1)
        job->has_first_ended_failed = failure_class_counts((int)failure);
    job->last_failure = failure;
    if (state != TRIAL_SUCCEEDED)
        return;
    job->succeeded++;
    if (!is_safe || (study->metric_count && isnan(value)))
        return;
    if (study->metric_count)
        goal = study->metrics[objective_metric(study->metrics, study->metric_count)].goal;
    /* Ties go to the lower number, however the trials happened to end. */
    if (job->best_trial && !objective_is_better(goal, value, job->best_value) &&
        !(value == job->best_value && number < job->best_trial))
        return;
    if (!job->best_trial || value != job->best_value) {
        job->ended_at_best = job->ended;
        job->progress_us = end_us;
    }
    job->best_trial = number;
    job->best_value = value;
    job->is_published = false;
}

bool tuning_job_is_over_failure_limit(const struct tuning_job *job)
{
    int64_t limit = job->spec->max_failed_trial_count;

    if (job->spec->kind == JOB_STUDY) /* whose trials are its clients' own affair */
        return false;
    if (limit > 0)
        return job->failed >= limit;
    if (job->has_first_ended_failed)
        return true;
    return job->ended >= FAILED_RATIO_TRIALS_MIN && (job->failed - job->forgiven) * 2 > job->ended;
}

/* The moment at which a constraint is reached; INT64_MAX when it is absent. */
static int64_t constraint_us(const struct time_constraint *constraint, int64_t create_us)
{
    if (!constraint->is_set)
        return INT64_MAX;
    if (constraint->end_time_us)
        return constraint->end_time_us;
    return create_us + constraint->max_duration_us;
}

/* With several, "no progress" has no meaning. */
static bool has_one_objective(const struct tuning_job *job)
{
    return optimal_objective_count(&job->spec->study) == 1;
}

static int64_t no_progress_us(const struct tuning_job *job)
{
    const struct stopping_config *stopping = &job->spec->study.stopping;

    if (!stopping->has_max_duration_no_progress || !has_one_objective(job))
        return INT64_MAX;
    return job->progress_us + stopping->max_duration_no_progress_us;
}

/* The two minimum rules of studyStoppingConfig hold back all others. */
static bool is_held_back(const struct tuning_job *job, int64_t now_us)
{
    const struct stopping_config *stopping = &job->spec->study.stopping;

    return (stopping->minimum_runtime.is_set &&
            now_us < constraint_us(&stopping->minimum_runtime, job->create_us)) ||
           (stopping->has_min_num_trials && job->ended < stopping->min_num_trials);
}

static bool is_stopped_by_config(const struct tuning_job *job, int64_t now_us)
{
    const struct stopping_config *stopping = &job->spec->study.stopping;

    if (!stopping->is_set || job->is_held_back)
        return false;
    if (now_us >= constraint_us(&stopping->maximum_runtime, job->create_us))
        return true;
    if (stopping->has_max_num_trials && job->ended >= stopping->max_num_trials)
        return true;
    if (stopping->has_max_num_trials_no_progress && has_one_objective(job) &&
        job->ended - job->ended_at_best >= stopping->max_num_trials_no_progress)
        return true;
    return now_us >= no_progress_us(job);
}

bool tuning_job_settle(struct tuning_job *job, int64_t now_us)
{
    enum job_closing before = job->closing;

    job->is_held_back = is_held_back(job, now_us);
    if (job->state != JOB_STATE_RUNNING || before == JOB_CLOSING_FAILED)
        return false;
    if (tuning_job_is_over_failure_limit(job))
        job->closing = JOB_CLOSING_FAILED;
    else if (is_stopped_by_config(job, now_us))
        job->closing = JOB_CLOSING_STOPPED;
    return job->closing != before;
}

bool tuning_job_reopen(struct tuning_job *job, int64_t now_us)
{
    struct tuning_job again = *job;

    again.state = JOB_STATE_RUNNING;
    again.closing = JOB_CLOSING_NONE;
    (void)tuning_job_settle(&again, now_us);
    if (again.closing != JOB_CLOSING_NONE || (again.waiting == 0 && tuning_job_is_full(&again)))
        return false;
    *job = again;
    return true;
}

bool tuning_job_gives_up_waiting(const struct tuning_job *job)
{
    return job->state == JOB_STATE_CANCELLING || job->closing == JOB_CLOSING_FAILED ||
           (job->closing == JOB_CLOSING_STOPPED && job->spec->study.stopping.should_stop_asap);
}

bool tuning_job_is_full(const struct tuning_job *job)
{
    const struct stopping_config *stopping = &job->spec->study.stopping;

    /* maxNumTrials closes the study when so many have ended; no more are made before that. */
    if (stopping->has_max_num_trials && !job->is_held_back &&
        job->created >= stopping->max_num_trials)
        return true;
    if (job->spec->kind != JOB_STUDY && job->created >= job->spec->max_trial_count)
        return true;
    return job->is_exhausted || job->closing != JOB_CLOSING_NONE;
}

int64_t tuning_job_deadline(const struct tuning_job *job, int64_t now_us)
{
    const struct stopping_config *stopping = &job->spec->study.stopping;
    /* The end of the minimum is one too: it sets free what it had held back. */
    int64_t moments[] = {
        constraint_us(&stopping->minimum_runtime, job->create_us),
        constraint_us(&stopping->maximum_runtime, job->create_us),
        no_progress_us(job),
    };
    int64_t deadline = INT64_MAX;

    if (job->state != JOB_STATE_RUNNING || !stopping->is_set || job->closing != JOB_CLOSING_NONE)
        return INT64_MAX;
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
        if (moments[i] > now_us && moments[i] < deadline)
            deadline = moments[i];
    return deadline;
}

static struct job_decision decide(enum job_action action)
{
    return (struct job_decision){ .action = action };
}

static struct job_decision decide_end(enum job_state state, enum assay_code code, const char *fmt,
                                      ...) __attribute__((format(printf, 3, 4)));

static struct job_decision decide_end(enum job_state state, enum assay_code code, const char *fmt,
                                      ...)
{
    struct job_decision decision = { .action = JOB_END, .end_state = state, .error_code = code };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(decision.why, sizeof decision.why, fmt, args);
    va_end(args);
    return decision;
}

/* Trials that run are stopped first; the rest follows when the last has ended. */
static struct job_decision stop_then(const struct tuning_job *job, struct job_decision end)
{
    if (job->running == 0)
        return end;
    if (!job->are_trials_stopped) {
        end.action = JOB_STOP_TRIALS;
        return end;
    }
    return decide(JOB_WAIT);
}

/* Of a custom job's only run; a study's own failure is the user's. */
static enum assay_code code_of_failure(const struct tuning_job *job)
{
    if (job->spec->kind == JOB_CUSTOM && job->last_failure == FAILURE_TIMEOUT)
        return ASSAY_DEADLINE;
    if (job->spec->kind == JOB_CUSTOM && job->last_failure == FAILURE_LOST)
        return ASSAY_INTERNAL;
    return ASSAY_INVALID;
}

static struct job_decision decide_failed(const struct tuning_job *job)
{
    if (job->spec->kind == JOB_CUSTOM)
        return stop_then(job, decide_end(JOB_STATE_FAILED, code_of_failure(job), "the run failed"));
    if (job->spec->max_failed_trial_count > 0)
        return stop_then(job, decide_end(JOB_STATE_FAILED, ASSAY_INVALID,
                                         "%lld trials failed: maxFailedTrialCount is reached",
                                         (long long)job->failed));
    if (job->has_first_ended_failed)
        return stop_then(job, decide_end(JOB_STATE_FAILED, ASSAY_INVALID,
                                         "the first trial to end failed, which ends a job without "
                                         "maxFailedTrialCount"));
    return stop_then(job, decide_end(JOB_STATE_FAILED, ASSAY_INVALID, "%lld of %lld trials failed",
                                     (long long)job->failed, (long long)job->ended));
}

static struct job_decision decide_done(const struct tuning_job *job)
{
    bool is_stopped = job->closing == JOB_CLOSING_STOPPED;

    if (job->succeeded == 0)
        return decide_end(JOB_STATE_FAILED, code_of_failure(job), "no trial succeeded%s",
                          is_stopped ? " before studyStoppingConfig ended the study" : "");
    if (job->is_publishing)
        return decide(JOB_WAIT);
    if (job->spec->kind == JOB_TUNING && !job->best_trial)
        return decide_end(JOB_STATE_SUCCEEDED, ASSAY_OK,
                          "no trial met every safety threshold, so none is the best");
    if (!job->is_published)
        return decide(JOB_PUBLISH);
    if (is_stopped)
        return decide_end(JOB_STATE_SUCCEEDED, ASSAY_OK,
                          "studyStoppingConfig ended the study after %lld trials",
                          (long long)job->ended);
    return decide_end(JOB_STATE_SUCCEEDED, ASSAY_OK, "%s",
                      job->is_exhausted ? "every point of the search space was tried" : "");
}

static struct job_decision decide_running(const struct tuning_job *job)
{
    int64_t places = job->spec->parallel_trial_count + job->ahead - job->running;
    int64_t waiting = tuning_job_gives_up_waiting(job) ? 0 : job->waiting;
    bool wants_more = !tuning_job_is_full(job);

    if (job->closing == JOB_CLOSING_FAILED)
        return decide_failed(job);
    if (job->search_error[0])
        return stop_then(job, decide_end(JOB_STATE_FAILED, ASSAY_INTERNAL, "no suggestion: %s",
                                         job->search_error));
    if (job->closing == JOB_CLOSING_STOPPED && job->spec->study.stopping.should_stop_asap &&
        job->running > 0)
        return stop_then(job, decide(JOB_STOP_TRIALS));
    if (places > 0 && waiting > 0)
        return decide(JOB_START_TRIAL);
    if (places > 0 && wants_more && !job->is_suggesting)
        return decide(JOB_SUGGEST);
    if (job->running > 0 || waiting > 0 || wants_more)
        return decide(JOB_WAIT);
    return decide_done(job);
}

/* It has neither ended nor been cancelled. */
static bool is_open(enum job_state state)
{
    return state == JOB_STATE_QUEUED || state == JOB_STATE_PENDING || state == JOB_STATE_RUNNING;
}

struct job_decision tuning_job_next(const struct tuning_job *job)
{
    if (job->break_reason[0] && is_open(job->state))
        return stop_then(job,
                         decide_end(JOB_STATE_FAILED, job->break_code, "%s", job->break_reason));
    switch (job->state) {
    case JOB_STATE_PENDING:
        return decide(job->is_held ? JOB_WAIT : JOB_START);
    case JOB_STATE_RUNNING:
        return decide_running(job);
    case JOB_STATE_CANCELLING:
        if (job->running == 0 && job->is_publishing)
            break; /* whoever deletes the job next must not meet the publisher */
        return stop_then(job, decide_end(JOB_STATE_CANCELLED, ASSAY_CANCELLED, "CANCELED"));
    case JOB_STATE_UNSPECIFIED:
    case JOB_STATE_QUEUED:
    case JOB_STATE_SUCCEEDED:
    case JOB_STATE_FAILED:
    case JOB_STATE_CANCELLED:
    case JOB_STATE_PAUSED:
        break;
    }
    return decide(JOB_WAIT);
}
