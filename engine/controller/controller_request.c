/* What people ask of the controller: submit, resume, cancel, delete, pause, stop. What is asked of
 * a study is handed on to controller_study.c. */

#include "engine/controller/controller_private.h"
#include "engine/store/pipeline_rows.h"

#include <inttypes.h>
#include <stdlib.h>

/* Ten digits, so that an id never begins with 0 and a trial's id stays within 63 bits. */
#define JOB_ID_MIN INT64_C(1000000000)
#define JOB_ID_COUNT INT64_C(9000000000)

static bool new_job_id(struct controller *c, int64_t *id, struct assay_error *err)
{
    for (;;) {
        struct job_row row = { 0 };
        struct assay_error none = { 0 };
        uint64_t random = 0;
        bool is_taken = false; /* by a pipeline: ids are unique among both */

        if (!c->env->entropy(c->env->context, &random, sizeof random))
            return assay_fail(err, ASSAY_INTERNAL, NULL, "the system gives no random numbers");
        *id = JOB_ID_MIN + (int64_t)(random % (uint64_t)JOB_ID_COUNT);
        if (store_job_get(c->store, *id, &row, &none)) {
            job_row_clear(&row);
            continue;
        }
        if (none.code == ASSAY_NOT_FOUND && store_pipeline_has(c->store, *id, &is_taken, &none)) {
            if (!is_taken)
                return true;
            continue;
        }
        *err = none;
        return false;
    }
}

/* Where a new job begins. */
static bool hold_job(struct controller *c, struct live_job *job)
{
    enum job_state state = JOB_STATE_RUNNING;

    if (job->spec->kind == JOB_STUDY || !c->outlet.hold)
        return true;
    if (!c->outlet.hold(c->outlet.context, job, &state))
        return controller_break_memory(c);
    job->life.is_held = state != JOB_STATE_RUNNING;
    if (job->life.is_held)
        job->life.state = state;
    job->row.state = (int)job->life.state;
    return true;
}

/* What is refused leaves nothing behind; *why is the refusal. False then, and once broken. */
static bool apply_edit(struct controller *c, const struct edit *edit, int64_t job,
                       struct assay_error *why)
{
    struct assay_error err = { 0 };
    bool is_kept = false;

    if (!edit || !edit->apply)
        return true;
    if (!store_savepoint_begin(c->store, &err))
        return controller_break(c, &err);
    is_kept = edit->apply(edit->context, c->store, c->now_us, job, why);
    if (store_savepoint_end(c->store, is_kept, &err))
        return is_kept;
    *why = err;
    return controller_break(c, &err);
}

static void handle_submit(struct controller *c, struct request *request)
{
    struct live_job *job = NULL;
    bool is_study = request->spec->kind == JOB_STUDY;
    int64_t id = 0;

    if (is_study && !controller_check_study_name(c, request->row, &request->err))
        return;
    if (!new_job_id(c, &id, &request->err))
        return;
    request->row->id = id;
    request->row->state = is_study ? JOB_STATE_RUNNING : JOB_STATE_PENDING;
    request->row->start_us = is_study ? c->now_us : 0;
    request->row->create_us = c->now_us;
    request->row->update_us = c->now_us;
    job = live_job_new(request->row, request->spec, &request->err);
    request->spec = NULL;
    if (!job)
        return;
    if (!apply_edit(c, request->edit, id, &request->err)) {
        live_job_free(job);
        return;
    }
    job->life.state = (enum job_state)job->row.state;
    if (!hold_job(c, job) || !store_job_insert(c->store, &job->row, &request->err)) {
        (void)controller_break(c, &request->err);
        live_job_free(job);
        return;
    }
    if (!controller_add_job(c, job))
        return;
    request->job = id;
    request->is_ok = true;
    assay_log(c->env, ASSAY_LOG_INFO, "job submitted job=%" PRId64 " seed=%" PRIu64, id,
              job->row.seed);
    controller_advance(c, job);
}

/* Why a trial is told to stop by a pause, or was by an engine that is gone: for the job's end, for
 * its study's stopping rule, or only to be started again. */
static enum stop_cause cause_of_stop(const struct live_job *job)
{
    const struct tuning_job *life = &job->life;

    if (life->state == JOB_STATE_CANCELLING || life->closing == JOB_CLOSING_FAILED)
        return STOP_CAUSE_CANCELLED;
    if (tuning_job_gives_up_waiting(life))
        return STOP_CAUSE_STOPPED;
    return STOP_CAUSE_PAUSED;
}

/* Trials that ran when the last engine went are taken over; those told to stop are told again. */
static bool adopt_trials(struct controller *c, struct live_job *job)
{
    for (size_t i = 0; i < job->trial_count; i++) {
        struct live_trial *trial = &job->trials[i];
        struct attempt_key key = live_trial_key(job, trial);

        if (trial->state == TRIAL_REQUESTED)
            continue;
        trial->is_adopted = true;
        if (!controller_add_deed(
                c, (struct deed){ .kind = DEED_ADOPT, .job = job->row.id, .key = key }))
            return false;
        if (trial->state != TRIAL_STOPPING)
            continue;
        if (!stop_cause_is_final(trial->stop_cause))
            trial->stop_cause = cause_of_stop(job);
        if (!controller_add_deed(c, (struct deed){ .kind = DEED_STOP, .key = key }))
            return false;
    }
    return true;
}

/* A job that ended in this very batch is live until the commit, but no more to be worked on; a
 * study never is. */
struct live_job *controller_find_unended(struct controller *c, int64_t id)
{
    struct live_job *job = controller_find_job(c, id);
    bool is_worked_on = job && job->spec->kind != JOB_STUDY;

    return is_worked_on && !job_state_is_terminal((int)job->life.state) ? job : NULL;
}

static struct live_job *open_job(struct controller *c, int64_t id, struct assay_error *err)
{
    struct live_job *job = live_job_load(c->store, id, err);

    if (!job)
        return NULL;
    if (job->spec->kind == JOB_STUDY) {
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "%" PRId64 " is a study, whose trials run at its clients: there is "
                         "nothing here to resume or to cancel",
                         id);
        live_job_free(job);
        return NULL;
    }
    if (job_state_is_terminal(job->row.state)) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "job %" PRId64 " has ended (%s); there is nothing to resume", id,
                         job_state_name(job->row.state));
        live_job_free(job);
        return NULL;
    }
    return controller_add_job(c, job) ? job : NULL;
}

/* One that is being paused goes on: its trials start again as soon as they have stopped. */
static void handle_resume(struct controller *c, struct request *request)
{
    struct live_job *job = controller_find_unended(c, request->job);
    bool is_live = job != NULL;

    request->is_ok = is_live;
    if (is_live && !job->is_pausing)
        return;
    if (!is_live)
        job = open_job(c, request->job, &request->err);
    if (!job)
        return;
    request->is_ok = true;
    job->is_pausing = false;
    job->life.are_trials_stopped = false;
    job->row.note[0] = '\0'; /* why it was paused */
    if (job->life.state == JOB_STATE_PAUSED) {
        job->life.state = JOB_STATE_RUNNING;
        if (!controller_store_job(c, job))
            return;
    }
    if (is_live || adopt_trials(c, job))
        controller_advance(c, job);
}

/* A job that nobody works on is opened first, so that its running trials are stopped. */
static void handle_cancel(struct controller *c, struct request *request)
{
    struct live_job *job = controller_find_unended(c, request->job);

    if (!job) {
        job = open_job(c, request->job, &request->err);
        if (!job) {
            /* To cancel what has ended is no fault: it is not running afterwards. */
            request->is_ok = request->err.code == ASSAY_PRECONDITION;
            return;
        }
        if (!adopt_trials(c, job))
            return;
    }
    request->is_ok = true;
    if (job->is_pausing) {
        /* Trials that were to start again are told anew, so that they end for good. */
        job->is_pausing = false;
        job->life.are_trials_stopped = false;
    }
    job->life.state = JOB_STATE_CANCELLING;
    if (controller_store_job(c, job))
        controller_advance(c, job);
}

/* For suggestions of a study that is gone. */
static void refuse_waiting(struct controller *c, int64_t id)
{
    struct live_job *job = controller_find_job(c, id);
    struct assay_error gone = { 0 };

    (void)assay_fail(&gone, ASSAY_NOT_FOUND, NULL, "the Study %" PRId64 " was deleted", id);
    if (job)
        controller_refuse_waiting(c, job, &gone);
}

/* The job's rows, and a word that they are gone. */
static bool delete_rows(struct controller *c, const struct job_row *row, struct assay_error *err)
{
    struct operation_row gone = { .job = row->id, .kind = OPERATION_DELETION };

    gone.start_us = gone.end_us = assay_wall_us(c->env);
    return store_job_delete(c->store, row->id, err) &&
           store_operation_put(c->store, &gone, row->parent, "", err);
}

void controller_forget_operation(struct controller *c, struct request *request, int64_t number)
{
    struct operation_row row = { 0 };

    if (!store_operation_get(c->store, request->job, number, &row, &request->err))
        return;
    operation_row_clear(&row);
    request->is_ok = store_operation_delete(c->store, request->job, number, &request->err) ||
                     controller_break(c, &request->err);
}

static void handle_delete(struct controller *c, struct request *request)
{
    struct job_row row = { 0 };
    bool is_ended = false, is_gone = false;

    if (!store_job_get(c->store, request->job, &row, &request->err))
        return;
    is_ended =
        job_state_is_terminal(row.state) || row.state == JOB_STATE_PAUSED || row.kind == JOB_STUDY;
    if (!is_ended)
        (void)assay_fail(&request->err, ASSAY_PRECONDITION, NULL,
                         "job %" PRId64 " has not ended (%s); first: assay cancel %" PRId64, row.id,
                         job_state_name(row.state), row.id);
    is_gone = is_ended && delete_rows(c, &row, &request->err);
    job_row_clear(&row);
    if (!is_ended)
        return;
    if (!is_gone) {
        (void)controller_break(c, &request->err);
        return;
    }
    refuse_waiting(c, request->job);
    controller_drop_job(c, request->job);
    request->is_ok =
        controller_add_deed(c, (struct deed){ .kind = DEED_FORGET, .job = request->job });
}

void controller_pause_job(struct controller *c, struct live_job *job, enum stop_manner manner,
                          char *note)
{
    if (note) {
        free(job->row.note);
        job->row.note = note;
        assay_log(c->env, ASSAY_LOG_WARNING, "job=%" PRId64 " %s", job->row.id, note);
    }
    /* What ends anyway goes on to its end; its trials are only hurried on. */
    if (controller_stop_trials(c, job, cause_of_stop(job), manner))
        job->is_pausing = job->life.state == JOB_STATE_RUNNING;
}

static void handle_pause(struct controller *c, struct request *request)
{
    request->is_ok = true;
    for (size_t i = 0; i < c->job_count; i++) {
        if (c->jobs[i]->spec->kind == JOB_STUDY)
            continue;
        controller_pause_job(c, c->jobs[i], request->manner, NULL);
        controller_advance(c, c->jobs[i]);
    }
}

void controller_handle_request(struct controller *c, struct request *request)
{
    switch (request->kind) {
    case REQUEST_SUBMIT:
        handle_submit(c, request);
        break;
    case REQUEST_RESUME:
        handle_resume(c, request);
        break;
    case REQUEST_CANCEL:
        handle_cancel(c, request);
        break;
    case REQUEST_DELETE:
        handle_delete(c, request);
        break;
    case REQUEST_PAUSE:
        handle_pause(c, request);
        break;
    case REQUEST_STOP:
        request->is_ok = true;
        c->is_stopped = true;
        break;
    case REQUEST_SUGGEST:
    case REQUEST_TRIAL_CREATE:
    case REQUEST_TRIAL_MEASURE:
    case REQUEST_TRIAL_COMPLETE:
    case REQUEST_TRIAL_STOP:
    case REQUEST_TRIAL_CHECK:
    case REQUEST_TRIAL_DELETE:
        controller_handle_study_request(c, request);
        break;
    case REQUEST_OPERATION_DELETE:
        if (request->study->operation == 0) { /* of a job that is gone */
            controller_forget_operation(c, request, 0);
            break;
        }
        controller_handle_study_request(c, request);
        break;
    case REQUEST_EDIT:
        request->is_ok = apply_edit(c, request->edit, 0, &request->err);
        break;
    case REQUEST_END_TRIAL:
    case REQUEST_RETRY:
    case REQUEST_BUDGET:
        controller_handle_steering(c, request);
        break;
    }
}
