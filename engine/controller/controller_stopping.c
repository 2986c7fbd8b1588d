/* Early stopping: running trials that are not worth finishing. */

#include "engine/controller/controller_private.h"

/* Stored before it is told: a verdict is final, whatever becomes of the engine. */
static void stop_early(struct controller *c, struct live_job *job, struct live_trial *trial,
                       const struct stopper_verdict *verdict)
{
    struct assay_error err = { 0 };
    char why[STOPPER_SENTENCE_MAX];
    struct attempt_key key = live_trial_key(job, trial);
    struct trial_row row = { .job = job->row.id,
                             .number = trial->number,
                             .state = TRIAL_STOPPING,
                             .attempt = trial->attempt,
                             .start_us = trial->start_us };

    if (!store_trial_update(c->store, &row, &err) ||
        !store_early_stop_put(c->store, key.trial,
                              early_stopping_progress(job->stopping, trial->series),
                              stopper_sentence(verdict, why), &err)) {
        (void)controller_break(c, &err);
        return;
    }
    trial->state = TRIAL_STOPPING;
    trial->stop_cause = STOP_CAUSE_EARLY;
    assay_log(c->env, ASSAY_LOG_INFO, "trial is stopped early job=%lld trial=%lld: %s",
              (long long)job->row.id, (long long)trial->number, why);
    (void)controller_add_deed(
        c, (struct deed){ .kind = DEED_STOP, .key = key, .manner = STOP_GENTLY });
}

void controller_judge(struct controller *c, struct live_job *job, struct live_trial *trial,
                      size_t first, bool is_ended)
{
    struct stopper_verdict verdict;
    struct assay_error err = { 0 };

    if (!job->stopping || first >= series_count(trial->series))
        return;
    /* Nobody is stopped early meanwhile, and what was lost is made up for once, from the store. */
    if (job->is_pausing && early_stopping_is_stale(job->stopping))
        return;
    if (!early_stopping_refresh(job->stopping, c->store, job->row.id, job->spec, trial->number,
                                first, &err)) {
        (void)controller_break(c, &err);
        return;
    }
    if (!early_stopping_measured(job->stopping, trial->number, trial->point, trial->series, first,
                                 is_ended, &verdict))
        (void)controller_break_memory(c);
    else if (verdict.should_stop && !is_ended && trial->state == TRIAL_ACTIVE && !job->is_pausing)
        stop_early(c, job, trial, &verdict);
}

bool controller_settle_stop(struct controller *c, struct live_job *job, struct live_trial *trial,
                            const struct trial_verdict *verdict)
{
    struct assay_error err = { 0 };
    int64_t id = store_trial_id(job->row.id, trial->number);

    if (trial->stop_cause == STOP_CAUSE_EARLY) {
        /* One that came to its end before it heard of the stop was not stopped. */
        trial->progress =
            verdict->is_stopped_early ? early_stopping_progress(job->stopping, trial->series) : 0;
        if (verdict->is_stopped_early ? !store_early_stop_move(c->store, id, trial->progress, &err)
                                      : !store_early_stop_delete(c->store, id, &err))
            return controller_break(c, &err);
    }
    if (!job->stopping || verdict->state != TRIAL_SUCCEEDED)
        return true;
    return early_stopping_ended(job->stopping, trial->point, trial->series, job->values,
                                verdict->is_stopped_early) ||
           controller_break_memory(c);
}
