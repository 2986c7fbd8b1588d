/*
 * What people change about a tuning job: a trial that runs is to end now, trials that failed are to
 * run again, the budget is another one. All of it is rows of the transaction in which it is
 * answered; a job that had ended goes on from them as the next engine would have it.
 */

#include "engine/array.h"
#include "engine/controller/controller_private.h"
#include "engine/life/job_budget.h"
#include "engine/life/retries.h"
#include "engine/store/pipeline_rows.h"
#include "engine/store/steering_rows.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A job that is steered. */
struct steered {
    struct controller *c;
    struct request *request;
    const struct steering *steering;
    struct live_job *job;
    bool is_live; /* it is worked on; else it was read for this, and is to be freed */
    bool has_ended;
};

static bool refuse(const struct steered *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(const struct steered *s, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return assay_fail(&s->request->err, ASSAY_PRECONDITION, NULL, "%s", text);
}

static bool check_kind(const struct steered *s, int kind)
{
    int64_t id = s->request->job;

    if (kind == JOB_STUDY)
        return refuse(s,
                      "%" PRId64 " is a study, whose trials run at its clients: it is steered by "
                      "them, as VizierService has it",
                      id);
    if (kind != JOB_CUSTOM)
        return true;
    if (s->request->kind == REQUEST_END_TRIAL)
        return refuse(s,
                      "%" PRId64 " is a custom job, whose run ends with it: assay cancel %" PRId64,
                      id, id);
    return refuse(s,
                  "%" PRId64 " is a custom job, which runs once: it is run again by submitting its "
                  "document again",
                  id);
}

/* Who depends on a job that has ended has taken its result: another one would belie it. */
static bool check_unused(const struct steered *s)
{
    struct controller *c = s->c;
    const struct job_row *row = &s->job->row;
    char name[1024];
    char *model = NULL;
    int64_t pipeline = 0;
    bool is_unused = false;

    (void)snprintf(name, sizeof name, "%s/hyperparameterTuningJobs/%" PRId64, row->parent, row->id);
    if (!store_pipeline_of_job(c->store, row->id, &pipeline, &s->request->err) ||
        !store_model_of_job(c->store, name, &model, &s->request->err))
        return controller_break(c, &s->request->err);
    if (pipeline)
        (void)refuse(s,
                     "job %" PRId64 " has ended, and the pipeline %" PRId64 " has gone on with its "
                     "result: submit the pipeline again with a larger max_trial_count",
                     row->id, pipeline);
    else if (model)
        (void)refuse(s,
                     "job %" PRId64 " has ended, and the model %.64s was made from its best trial: "
                     "submit the document again with a larger max_trial_count",
                     row->id, model);
    else
        is_unused = true;
    free(model);
    return is_unused;
}

/* What is on its way to an end cannot be turned round any more. */
static bool check_not_ending(const struct steered *s)
{
    const struct tuning_job *life = &s->job->life;

    if (life->state != JOB_STATE_CANCELLING && life->closing != JOB_CLOSING_FAILED &&
        !life->search_error[0] && !life->break_reason[0])
        return true;
    return refuse(s, "job %" PRId64 " is about to end; once it has, ask again", s->job->row.id);
}

static bool open_steered(struct steered *s)
{
    struct controller *c = s->c;
    struct request *request = s->request;

    s->job = controller_find_unended(c, request->job);
    s->is_live = s->job != NULL;
    if (!s->is_live)
        s->job = live_job_load(c->store, request->job, &request->err);
    if (!s->job)
        return false;
    s->has_ended = job_state_is_terminal(s->job->row.state);
    return check_kind(s, s->job->row.kind) &&
           (s->has_ended ? check_unused(s) : check_not_ending(s));
}

/* The job is worked on from now on; it is the controller's. */
static bool reopen(struct steered *s)
{
    struct controller *c = s->c;
    struct live_job *job = s->job;

    job->row.end_us = 0;
    job->row.error_code = ASSAY_OK;
    job->row.error_message[0] = '\0';
    job->row.note[0] = '\0';
    /* One that ended in this very batch is there still. */
    controller_drop_job(c, job->row.id);
    s->is_live = true; /* taken, also on failure */
    if (!controller_add_job(c, job))
        return false;
    assay_log(c->env, ASSAY_LOG_INFO, "job goes on job=%" PRId64 " trials=%" PRId64, job->row.id,
              job->spec->max_trial_count);
    return true;
}

static bool change_budget(struct steered *s, const struct job_budget *budget)
{
    struct controller *c = s->c;
    struct live_job *job = s->job;
    struct assay_error err = { 0 };

    if (!job_budget_change(budget, c->store, &job->row, job->spec, job->life.created, c->now_us,
                           &err))
        return controller_break(c, &err);
    if (s->is_live && c->outlet.ahead)
        job->life.ahead = c->outlet.ahead(c->outlet.context, job);
    return true;
}

/* What was changed is stored, and the job goes on with it where somebody works on it. */
static void finish(struct steered *s)
{
    if (!controller_store_job(s->c, s->job))
        return;
    s->request->is_ok = true;
    if (!s->is_live)
        return;
    controller_learn(s->c, s->job);
    controller_advance(s->c, s->job);
}

static bool check_limit(const struct steered *s, const struct job_budget *budget)
{
    struct job_spec spec = *s->job->spec;
    struct tuning_job life = s->job->life;

    if (!job_budget_check(budget, &life, &s->request->err))
        return false;
    spec.max_failed_trial_count = budget->max_failed_trial_count;
    life.spec = &spec;
    if (s->has_ended || !tuning_job_is_over_failure_limit(&life))
        return true;
    return assay_fail(&s->request->err, ASSAY_INVALID, "max_failed_trial_count",
                      "%" PRId64 " of %" PRId64 " trials have failed, which would end the job; to "
                      "end it: assay cancel %" PRId64,
                      life.failed, life.ended, s->job->row.id);
}

static void handle_budget(struct steered *s)
{
    const struct steering *steering = s->steering;
    struct job_budget before = job_budget_of(s->job->spec);
    int64_t counts[STEERING_COUNTS] = { before.max_trial_count, before.parallel_trial_count,
                                        before.max_failed_trial_count };
    bool is_to_go_on = s->has_ended && (steering->has_count[STEERING_MAX_TRIALS] ||
                                        steering->has_count[STEERING_MAX_FAILED]);
    struct job_budget budget;

    for (int i = 0; i < STEERING_COUNTS; i++)
        if (steering->has_count[i])
            counts[i] = steering->counts[i];
    budget = (struct job_budget){ .max_trial_count = counts[STEERING_MAX_TRIALS],
                                  .parallel_trial_count = counts[STEERING_PARALLEL],
                                  .max_failed_trial_count = counts[STEERING_MAX_FAILED] };
    if (!check_limit(s, &budget))
        return;
    if (memcmp(&budget, &before, sizeof budget) != 0 && !change_budget(s, &budget))
        return;
    if (is_to_go_on && tuning_job_reopen(&s->job->life, s->c->now_us) && !reopen(s))
        return;
    finish(s);
}

/* A trial that is to run again, as its row has it. */
struct retried {
    int64_t number;
    int state, failure;
    int64_t end_order;
    double *point;
};

struct selection {
    const struct steered *steered;
    struct retried *items;
    size_t count, capacity;
    struct retries before; /* what was run again already */
    bool has_memory;
};

static void selection_clear(struct selection *selection)
{
    for (size_t i = 0; i < selection->count; i++)
        free(selection->items[i].point);
    free(selection->items);
    retries_clear(&selection->before);
}

static bool add_retried(struct selection *selection, const struct trial_row *row)
{
    size_t width = live_job_param_count(selection->steered->job);
    double *point = malloc((width + 1) * sizeof *point);
    void *items = selection->items;

    selection->has_memory =
        array_make_room(&items, selection->count, &selection->capacity, sizeof *selection->items) &&
        point;
    selection->items = items;
    if (!selection->has_memory) {
        free(point);
        return false;
    }
    memcpy(point, row->point,
           (row->point_count < width ? row->point_count : width) * sizeof *point);
    selection->items[selection->count++] = (struct retried){ .number = row->number,
                                                             .state = row->state,
                                                             .failure = row->failure,
                                                             .end_order = row->end_order,
                                                             .point = point };
    return true;
}

static bool add_failed(void *context, const struct trial_row *row)
{
    struct selection *selection = context;

    return !failure_class_counts(row->failure) || retries_newest(&selection->before, row->number) ||
           add_retried(selection, row);
}

static bool add_one(void *context, const struct trial_row *row)
{
    (void)add_retried(context, row);
    return false;
}

/* Of the trials that were named. */
static bool check_retried(const struct steered *s, const struct selection *selection,
                          int64_t number)
{
    const struct retried *last = selection->count ? &selection->items[selection->count - 1] : NULL;
    int64_t again = retries_newest(&selection->before, number);

    if (!last || last->number != number)
        return assay_fail(&s->request->err, ASSAY_NOT_FOUND, NULL,
                          "job %" PRId64 " has no trial %" PRId64, s->job->row.id, number);
    if (last->state == TRIAL_SUCCEEDED)
        return refuse(s, "trial %" PRId64 " has succeeded: there is nothing to run again", number);
    if (last->state != TRIAL_INFEASIBLE)
        return refuse(s, "trial %" PRId64 " has not ended (%s)", number,
                      trial_state_name(last->state));
    if (again && live_job_find_trial(s->job, again))
        return refuse(s, "trial %" PRId64 " is run again already, as trial %" PRId64, number,
                      again);
    for (size_t i = 0; i + 1 < selection->count; i++)
        if (selection->items[i].number == number)
            return assay_fail(&s->request->err, ASSAY_INVALID, "trial_ids",
                              "trial %" PRId64 " is named twice", number);
    return true;
}

static bool read_named(const struct steered *s, struct selection *selection)
{
    for (size_t i = 0; i < s->steering->trial_count; i++) {
        int64_t number = s->steering->trials[i];
        struct trial_query query = { .job = s->job->row.id, .after = number - 1, .limit = 1 };
        size_t before = selection->count;

        if (!store_trial_each(s->c->store, &query, add_one, selection, &s->request->err))
            return controller_break(s->c, &s->request->err);
        if (!selection->has_memory)
            return controller_break_memory(s->c);
        if (selection->count > before && selection->items[before].number != number)
            free(selection->items[--selection->count].point);
        if (!check_retried(s, selection, number))
            return false;
    }
    return true;
}

static bool read_failed(const struct steered *s, struct selection *selection)
{
    struct trial_query query = { .job = s->job->row.id, .state = TRIAL_INFEASIBLE };

    if (!store_trial_each(s->c->store, &query, add_failed, selection, &s->request->err))
        return controller_break(s->c, &s->request->err);
    if (!selection->has_memory)
        return controller_break_memory(s->c);
    return selection->count > 0 ||
           refuse(s,
                  "no trial of job %" PRId64 " has failed by a fault of its own and was not run "
                  "again: name the trials that are to be",
                  s->job->row.id);
}

static bool read_retries(const struct steered *s, struct selection *selection)
{
    if (!retries_read(&selection->before, s->c->store, s->job->row.id, 1, STORE_TRIALS_MAX - 1,
                      &s->request->err))
        return controller_break(s->c, &s->request->err);
    retries_sort_by_original(&selection->before);
    return s->steering->trials ? read_named(s, selection) : read_failed(s, selection);
}

/* Makes a trial with the parameters of another: it waits to be started. */
static bool run_again(struct steered *s, const struct retried *retried)
{
    struct controller *c = s->c;
    struct live_job *job = s->job;
    struct live_trial *trial = live_job_add_trial(job, job->last_number + 1);
    struct assay_error err = { 0 };

    if (!trial)
        return controller_break_memory(c);
    memcpy(trial->point, retried->point, live_job_param_count(job) * sizeof *trial->point);
    trial->is_stored = true;
    job->last_number++;
    job->life.created++;
    job->life.waiting++;
    return controller_insert_trial(c, job, trial) &&
           (store_retry_put(c->store, job->row.id, trial->number, retried->number, &err) ||
            controller_break(c, &err));
}

/* What the job's counts are once these trials run again: those that had failed do so no more. */
static void forgive(const struct selection *selection, struct tuning_job *life,
                    struct job_budget *budget)
{
    budget->max_trial_count += (int64_t)selection->count;
    for (size_t i = 0; i < selection->count; i++) {
        const struct retried *retried = &selection->items[i];

        if (!failure_class_counts(retried->failure) ||
            retries_newest(&selection->before, retried->number))
            continue;
        life->forgiven++;
        budget->max_failed_trial_count += budget->max_failed_trial_count > 0;
        if (retried->end_order == 1)
            life->has_first_ended_failed = false;
    }
}

/* Before anything is written: whether the job would run them. */
static bool check_goes_on(const struct steered *s, const struct selection *selection)
{
    struct job_spec spec = *s->job->spec;
    struct tuning_job life = s->job->life;
    struct job_budget budget = job_budget_of(&spec);

    forgive(selection, &life, &budget);
    if (budget.max_trial_count > JOB_TRIALS_MAX ||
        s->job->last_number + (int64_t)selection->count > JOB_TRIALS_MAX)
        return assay_fail(&s->request->err, ASSAY_EXHAUSTED, NULL, "a job has at most %d trials",
                          JOB_TRIALS_MAX);
    spec.max_trial_count = budget.max_trial_count;
    spec.max_failed_trial_count = budget.max_failed_trial_count;
    life.spec = &spec;
    life.created += (int64_t)selection->count;
    life.waiting += (int64_t)selection->count;
    if (s->has_ended ? tuning_job_reopen(&life, s->c->now_us) : !tuning_job_gives_up_waiting(&life))
        return true;
    return refuse(s, "job %" PRId64 " would end at once: %s", s->job->row.id,
                  life.spec->study.stopping.is_set && !tuning_job_is_over_failure_limit(&life)
                      ? "studyStoppingConfig has ended its study"
                      : "too many of its trials have failed; run more of them again, or raise "
                        "maxFailedTrialCount");
}

static void retry(struct steered *s, struct selection *selection)
{
    struct job_budget budget = job_budget_of(s->job->spec);

    if (!read_retries(s, selection) || !check_goes_on(s, selection))
        return;
    forgive(selection, &s->job->life, &budget);
    if (!change_budget(s, &budget))
        return;
    for (size_t i = 0; i < selection->count; i++)
        if (!run_again(s, &selection->items[i]))
            return;
    if (s->has_ended && (!tuning_job_reopen(&s->job->life, s->c->now_us) || !reopen(s)))
        return;
    finish(s);
}

static void handle_retry(struct steered *s)
{
    struct selection selection = { .steered = s, .has_memory = true };

    retry(s, &selection);
    selection_clear(&selection);
}

/* Of a job that nobody works on, or a trial that has ended: to end that is no fault, since it does
 * not run afterwards. */
static void end_absent_trial(const struct steered *s)
{
    struct request *request = s->request;
    int64_t number = s->steering->trial;
    struct trial_query query = { .job = request->job, .after = number - 1, .limit = 1 };
    struct trial_row row = { 0 };

    if (!store_trial_first(s->c->store, &query, &row, &request->err))
        (void)controller_break(s->c, &request->err);
    else if (row.number != number)
        (void)assay_fail(&request->err, ASSAY_NOT_FOUND, NULL,
                         "job %" PRId64 " has no trial %" PRId64, request->job, number);
    else if (trial_state_is_terminal(row.state))
        request->is_ok = true;
    else
        (void)refuse(s,
                     "nobody works on job %" PRId64 ", so none of its trials can be stopped; "
                     "first: assay resume %" PRId64,
                     request->job, request->job);
}

/* Stored before it is told: it ends for good, whatever becomes of the engine. */
static void end_running_trial(struct controller *c, struct live_job *job, struct live_trial *trial)
{
    struct assay_error err = { 0 };

    if (stop_cause_is_final(trial->stop_cause) || trial->stop_cause == STOP_CAUSE_CANCELLED ||
        trial->stop_cause == STOP_CAUSE_STOPPED)
        return;
    if (!store_trial_stop(c->store, job->row.id, trial->number, &err)) {
        (void)controller_break(c, &err);
        return;
    }
    trial->state = TRIAL_STOPPING;
    trial->stop_cause = STOP_CAUSE_ASKED;
    assay_log(c->env, ASSAY_LOG_INFO, "trial is stopped as asked job=%" PRId64 " trial=%" PRId64,
              job->row.id, trial->number);
    (void)controller_add_deed(c, (struct deed){ .kind = DEED_STOP,
                                                .key = live_trial_key(job, trial),
                                                .manner = STOP_GENTLY });
}

static void handle_end_trial(const struct steered *s)
{
    struct controller *c = s->c;
    struct live_job *job = controller_find_unended(c, s->request->job);
    struct live_trial *trial = job ? live_job_find_trial(job, s->steering->trial) : NULL;
    struct job_row row = { 0 };
    bool is_kind = false;

    if (!store_job_get(c->store, s->request->job, &row, &s->request->err))
        return;
    is_kind = check_kind(s, row.kind);
    job_row_clear(&row);
    if (!is_kind)
        return;
    if (!trial) {
        end_absent_trial(s);
        return;
    }
    s->request->is_ok = true;
    if (trial->state != TRIAL_REQUESTED)
        end_running_trial(c, job, trial);
    else if (controller_end_waiting(c, job, trial, FAILURE_STOPPED,
                                    "The trial was stopped before it was started."))
        controller_advance(c, job);
}

void controller_handle_steering(struct controller *c, struct request *request)
{
    struct steered s = { .c = c, .request = request, .steering = request->steering };

    if (request->kind == REQUEST_END_TRIAL) {
        handle_end_trial(&s);
        return;
    }
    if (open_steered(&s)) {
        if (request->kind == REQUEST_RETRY)
            handle_retry(&s);
        else
            handle_budget(&s);
    }
    if (!s.is_live)
        live_job_free(s.job);
}
