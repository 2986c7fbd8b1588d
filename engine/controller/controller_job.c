/* What a job does next, done: the loop from a decision to what is stored and owed. */

#include "engine/controller/controller_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many failed trials the sentence about a failed job looks at. */
enum { FAILURES_COMPARED = 20 };

bool controller_store_job(struct controller *c, struct live_job *job)
{
    struct assay_error err = { 0 };

    job->row.state = (int)job->life.state;
    job->row.closing = (int)job->life.closing;
    job->row.update_us = c->now_us;
    return store_job_update(c->store, &job->row, &err) || controller_break(c, &err);
}

bool controller_stop_trials(struct controller *c, struct live_job *job, enum stop_cause cause,
                            enum stop_manner manner)
{
    struct assay_error err = { 0 };

    for (size_t i = 0; i < job->trial_count; i++) {
        struct live_trial *trial = &job->trials[i];
        struct attempt_key key = live_trial_key(job, trial);
        struct trial_row row = { .job = job->row.id,
                                 .number = trial->number,
                                 .state = TRIAL_STOPPING,
                                 .attempt = trial->attempt,
                                 .start_us = trial->start_us };

        if (trial->state == TRIAL_REQUESTED)
            continue;
        if (trial->state == TRIAL_ACTIVE && !store_trial_update(c->store, &row, &err))
            return controller_break(c, &err);
        trial->state = TRIAL_STOPPING;
        if (!stop_cause_is_final(trial->stop_cause))
            trial->stop_cause = cause;
        if (!controller_add_deed(c,
                                 (struct deed){ .kind = DEED_STOP, .key = key, .manner = manner }))
            return false;
    }
    job->life.are_trials_stopped = true;
    return true;
}

static bool store_start(struct controller *c, struct live_job *job, struct live_trial *trial)
{
    struct assay_error err = { 0 };
    struct trial_row row = {
        .job = job->row.id,
        .number = trial->number,
        .state = TRIAL_ACTIVE,
        .attempt = trial->attempt,
        .start_us = trial->start_us,
        .point = trial->point,
        .point_count = live_job_param_count(job),
    };

    if (trial->is_stored ? !store_trial_update(c->store, &row, &err)
                         : !store_trial_insert(c->store, &row, &err))
        return controller_break(c, &err);
    trial->is_stored = true;
    return true;
}

static void start_trial(struct controller *c, struct live_job *job)
{
    struct live_trial *trial = live_job_waiting_trial(job);
    struct deed deed = { .kind = DEED_LAUNCH, .job = job->row.id };

    trial->series = series_new(job->spec->study.metrics, live_job_metric_count(job));
    if (!trial->series) {
        (void)controller_break_memory(c);
        return;
    }
    trial->attempt++;
    trial->is_adopted = false;
    trial->state = TRIAL_ACTIVE;
    trial->start_us = c->now_us;
    job->life.waiting--;
    job->life.running++;
    deed.key = live_trial_key(job, trial);
    if (store_start(c, job, trial))
        (void)controller_add_deed(c, deed);
}

/* What the failed trials of a job have in common. */
struct failure_summary {
    int64_t count;
    int64_t first_trial;
    int failure;
    bool is_same;
    char reason[1024];
};

static bool add_failure(void *context, const struct trial_row *row)
{
    struct failure_summary *summary = context;

    if (!failure_class_counts(row->failure) && row->failure != FAILURE_LOST)
        return true;
    if (summary->count++ == 0) {
        summary->first_trial = row->number;
        summary->failure = row->failure;
        summary->is_same = true;
        (void)snprintf(summary->reason, sizeof summary->reason, "%s",
                       row->reason ? row->reason : "");
    }
    summary->is_same = summary->is_same && row->failure == summary->failure;
    return true;
}

/* " --replica workerpool1-0" where the reason, in trial.c's words, names another than the primary.
 */
static const char *log_option(const char *reason, char option[REPLICA_NAME_TEXT * 2])
{
    int role = 0;
    int index = 0;
    char name[REPLICA_NAME_TEXT];

    option[0] = '\0';
    if (sscanf(reason, "The replica workerpool%1d-%9d", &role, &index) == 2 && role + index > 0)
        (void)snprintf(option, (size_t)REPLICA_NAME_TEXT * 2, " --replica %s",
                       replica_name((enum replica_role)role, index, name));
    return option;
}

/* "…; all 3 failed the same way (user_error). Trial 1: …  See: assay logs ID 1" */
static char *failure_message(struct controller *c, const struct live_job *job, const char *why)
{
    struct assay_error err = { 0 };
    struct failure_summary summary = { 0 };
    struct trial_query query = { .job = job->row.id,
                                 .state = TRIAL_INFEASIBLE,
                                 .limit = FAILURES_COMPARED };
    char *text = NULL;
    char same[96] = "";
    char option[REPLICA_NAME_TEXT * 2];

    if (!store_trial_each(c->store, &query, add_failure, &summary, &err)) {
        (void)controller_break(c, &err);
        return NULL;
    }
    if (summary.count == 0)
        return strdup(why);
    if (summary.is_same && summary.count > 1)
        (void)snprintf(same, sizeof same, "; %lld failed the same way (%s)",
                       (long long)summary.count, failure_class_name(summary.failure));
    if (asprintf(&text, "%s%s. Trial %lld (%s): %s\nSee: assay logs %lld %lld%s", why, same,
                 (long long)summary.first_trial, failure_class_name(summary.failure),
                 summary.reason, (long long)job->row.id, (long long)summary.first_trial,
                 log_option(summary.reason, option)) < 0)
        return NULL;
    return text;
}

bool controller_end_waiting(struct controller *c, struct live_job *job, struct live_trial *trial,
                            enum failure_class failure, const char *reason)
{
    struct assay_error err = { 0 };
    struct trial_row row = {
        .job = job->row.id,
        .number = trial->number,
        .state = TRIAL_INFEASIBLE,
        .attempt = trial->attempt,
        .failure = (int)failure,
        .start_us = trial->start_us,
        .end_us = c->now_us > trial->start_us ? c->now_us : trial->start_us,
        .end_order = ++job->last_end_order,
        .reason = reason,
    };

    if (!store_trial_end(c->store, &row, &err))
        return controller_break(c, &err);
    job->life.waiting--;
    tuning_job_trial_ended(&job->life, trial->number, TRIAL_INFEASIBLE, failure, (double)NAN, true,
                           c->now_us);
    live_job_remove_trial(job, trial);
    return true;
}

/* Trials that wait for another start when their job ends will never have it. */
static bool end_waiting_trials(struct controller *c, struct live_job *job,
                               enum failure_class failure)
{
    struct live_trial *trial = NULL;

    while ((trial = live_job_waiting_trial(job)))
        if (!controller_end_waiting(c, job, trial, failure,
                                    trial->attempt > 0
                                        ? "The job ended before the trial was started again."
                                        : "The job ended before the trial was started."))
            return false;
    return true;
}

static void end_job(struct controller *c, struct live_job *job, const struct job_decision *decision)
{
    bool is_stopped =
        job->life.state == JOB_STATE_RUNNING && job->life.closing == JOB_CLOSING_STOPPED;
    bool are_ended = end_waiting_trials(c, job, is_stopped ? FAILURE_STOPPED : FAILURE_CANCELLED);
    char **slot =
        decision->end_state == JOB_STATE_SUCCEEDED ? &job->row.note : &job->row.error_message;
    char *text = decision->end_state == JOB_STATE_FAILED ? failure_message(c, job, decision->why)
                                                         : strdup(decision->why);

    if (!text || !are_ended) {
        free(text);
        (void)controller_break_memory(c);
        return;
    }
    /* A note of the publisher's is worth more than ours. */
    if (decision->end_state == JOB_STATE_SUCCEEDED && job->row.note[0]) {
        free(text);
    } else {
        free(*slot);
        *slot = text;
    }
    assay_log(c->env, ASSAY_LOG_INFO, "job ends job=%lld state=%s: %s", (long long)job->row.id,
              job_state_name((int)decision->end_state), decision->why);
    job->life.state = decision->end_state;
    job->row.error_code = (int)decision->error_code;
    job->row.end_us = c->now_us;
    (void)controller_store_job(c, job);
}

static bool pause_if_done(struct controller *c, struct live_job *job)
{
    if (!job->is_pausing || job->life.state != JOB_STATE_RUNNING)
        return false;
    if (job->life.running == 0 && !job->life.is_publishing) {
        job->life.state = JOB_STATE_PAUSED;
        (void)controller_store_job(c, job);
    }
    return true;
}

void controller_advance(struct controller *c, struct live_job *job)
{
    if (job->spec->kind == JOB_STUDY) {
        controller_advance_study(c, job);
        return;
    }
    for (;;) {
        struct job_decision decision;

        /* Stored with what led to it, so that a crash does not open the job again. */
        if (tuning_job_settle(&job->life, c->now_us))
            (void)controller_store_job(c, job);
        if (c->is_broken || pause_if_done(c, job))
            return;
        decision = tuning_job_next(&job->life);
        switch (decision.action) {
        case JOB_WAIT:
            return;
        case JOB_START:
            job->life.state = JOB_STATE_RUNNING;
            job->row.start_us = c->now_us;
            (void)controller_store_job(c, job);
            break;
        case JOB_START_TRIAL:
            start_trial(c, job);
            break;
        case JOB_SUGGEST:
            controller_suggest(c, job);
            break;
        case JOB_STOP_TRIALS:
            (void)controller_stop_trials(c, job,
                                         decision.end_state == JOB_STATE_UNSPECIFIED
                                             ? STOP_CAUSE_STOPPED
                                             : STOP_CAUSE_CANCELLED,
                                         STOP_GENTLY);
            break;
        case JOB_PUBLISH:
            job->life.is_publishing = true;
            job->life.publishing_trial = job->life.best_trial;
            (void)controller_add_deed(
                c,
                (struct deed){ .kind = DEED_PUBLISH,
                               .job = job->row.id,
                               .trial = job->spec->kind == JOB_CUSTOM ? 0 : job->life.best_trial });
            return;
        case JOB_END:
            end_job(c, job, &decision);
            return;
        }
    }
}

void controller_move_job(struct controller *c, const struct event *event)
{
    struct live_job *job = controller_find_job(c, event->job);

    if (!job || job_state_is_terminal((int)job->life.state))
        return;
    if (event->state == JOB_STATE_FAILED) {
        job->life.break_code = event->code;
        (void)snprintf(job->life.break_reason, sizeof job->life.break_reason, "%s", event->text);
    } else if (job->life.is_held) {
        job->life.is_held = event->state == JOB_STATE_PENDING;
        if (job->life.state == JOB_STATE_QUEUED) {
            job->life.state = JOB_STATE_PENDING;
            (void)controller_store_job(c, job);
        }
    }
    controller_advance(c, job);
}
