/*
 * The trials of studies: made by a client, measured, judged, stopped, completed, deleted. What a
 * state allows stands with each verb; the rest is FAILED_PRECONDITION.
 */

#include "engine/controller/controller_private.h"
#include "engine/life/optimal.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state of a trial that is not live; 0: there is none. */
struct state_search {
    int64_t number;
    int state;
};

static bool note_state(void *context, const struct trial_row *row)
{
    struct state_search *search = context;

    if (row->number == search->number)
        search->state = row->state;
    return false;
}

/* False: the store could not be read, or there is no such trial. */
static bool read_state(struct controller *c, int64_t job, int64_t number, int *state,
                       struct assay_error *err)
{
    struct state_search search = { .number = number };
    struct trial_query query = { .job = job, .after = number - 1, .limit = 1 };

    if (!store_trial_each(c->store, &query, note_state, &search, err))
        return false;
    *state = search.state;
    return search.state ||
           assay_fail(err, ASSAY_NOT_FOUND, NULL,
                      "the Trial %" PRId64 " of the Study %" PRId64 " does not exist", number, job);
}

static bool fail_state(struct request *request, int state, const char *what)
{
    return assay_fail(&request->err, ASSAY_PRECONDITION, NULL, "the Trial %" PRId64 " is %s: %s",
                      request->study->trial, trial_state_name(state), what);
}

/*
 * A client's measurement among those that are there, by (step, elapsed time). *first is the lowest
 * index that changed, the count where nothing did. Said again it is no news; two values of one
 * metric at one moment are a fault.
 */
struct insertion {
    struct live_job *job;
    struct live_trial *trial;
    const struct study_measurement *given;
    size_t at;     /* its index */
    bool is_there; /* a measurement of that moment */
};

static int compare_moment(const struct measurement *a, const struct study_measurement *b)
{
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    return (a->elapsed_us > b->elapsed_us) - (a->elapsed_us < b->elapsed_us);
}

static void find_place(struct insertion *insertion)
{
    size_t at = series_count(insertion->trial->series);

    for (; at > 0; at--) {
        struct measurement before = series_get(insertion->trial->series, at - 1);
        int order = compare_moment(&before, insertion->given);

        insertion->is_there = order == 0;
        if (order <= 0)
            break;
    }
    insertion->at = insertion->is_there ? at - 1 : at;
}

/* What is there and what is given, in job->values. *is_new: that is more than is there. */
static bool merge_values(const struct insertion *insertion, bool *is_new, struct assay_error *err)
{
    struct live_job *job = insertion->job;
    struct measurement there = series_get(insertion->trial->series, insertion->at);
    const double *given = insertion->given->values;

    *is_new = false;
    for (size_t i = 0; i < live_job_metric_count(job); i++) {
        job->values[i] = isnan(given[i]) ? there.values[i] : given[i];
        if (isnan(given[i]) || given[i] == there.values[i])
            continue;
        if (!isnan(there.values[i]))
            return assay_fail(err, ASSAY_INVALID, "measurement.step_count",
                              "there is a measurement of \"%.100s\" with this step_count and "
                              "elapsed_duration already, with another value",
                              job->spec->study.metrics[i].id);
        *is_new = true;
    }
    return true;
}

/* The series anew, with the values of job->values at their place. False for lack of memory. */
static bool rebuild(const struct insertion *insertion)
{
    const struct study_spec *study = &insertion->job->spec->study;
    struct series *old = insertion->trial->series;
    struct series *made = series_new(study->metrics, study->metric_count);
    struct measurement news = { .step = insertion->given->step,
                                .elapsed_us = insertion->given->elapsed_us,
                                .values = insertion->job->values };
    size_t count = series_count(old);
    bool is_made = made != NULL;

    for (size_t i = 0; is_made && i < insertion->at; i++) {
        struct measurement m = series_get(old, i);

        is_made = series_restore(made, &m);
    }
    is_made = is_made && series_restore(made, &news);
    for (size_t i = insertion->at + insertion->is_there; is_made && i < count; i++) {
        struct measurement m = series_get(old, i);

        is_made = series_restore(made, &m);
    }
    if (!is_made) {
        series_free(made);
        return false;
    }
    series_free(old);
    insertion->trial->series = made;
    return true;
}

static bool insert_measurement(struct controller *c, struct live_job *job, struct live_trial *trial,
                               const struct study_measurement *given, size_t *first,
                               struct assay_error *err)
{
    struct insertion insertion = { .job = job, .trial = trial, .given = given };
    struct measurement news = { .step = given->step,
                                .elapsed_us = given->elapsed_us,
                                .values = given->values };
    bool is_new = true;
    bool is_made = false;

    *first = series_count(trial->series);
    find_place(&insertion);
    if (insertion.is_there && !merge_values(&insertion, &is_new, err))
        return false;
    if (!is_new)
        return true;
    if (!insertion.is_there && *first >= SERIES_MAX)
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "a trial has at most %d measurements",
                          SERIES_MAX);
    if (!insertion.is_there)
        memcpy(job->values, given->values, live_job_metric_count(job) * sizeof *job->values);
    is_made = insertion.at == *first ? series_restore(trial->series, &news) : rebuild(&insertion);
    *first = insertion.at;
    return is_made || controller_break_memory(c);
}

/* The verdict is final: stored with what led to it, told when the client asks. */
static void note_verdict(struct controller *c, struct live_job *job, struct live_trial *trial,
                         const struct stopper_verdict *verdict)
{
    struct assay_error err = { 0 };
    char why[STOPPER_SENTENCE_MAX];

    if (!store_early_stop_put(c->store, store_trial_id(job->row.id, trial->number),
                              early_stopping_progress(job->stopping, trial->series),
                              stopper_sentence(verdict, why), &err)) {
        (void)controller_break(c, &err);
        return;
    }
    trial->stop_cause = STOP_CAUSE_EARLY;
    assay_log(c->env, ASSAY_LOG_INFO,
              "trial is to stop early job=%" PRId64 " trial=%" PRId64 ": %s", job->row.id,
              trial->number, why);
}

/* Asks the rule about the measurements from index first on. */
static void judge(struct controller *c, struct live_job *job, struct live_trial *trial,
                  size_t first)
{
    struct stopper_verdict verdict;

    if (!early_stopping_measured(job->stopping, trial->number, trial->point, trial->series, first,
                                 false, &verdict))
        (void)controller_break_memory(c);
    else if (verdict.should_stop && trial->state == TRIAL_ACTIVE &&
             trial->stop_cause == STOP_CAUSE_NONE)
        note_verdict(c, job, trial, &verdict);
    trial->judged = series_count(trial->series);
}

/* A rule that goes by the order of events must see each; others are asked when the client asks. */
static bool observes(const struct live_job *job)
{
    return job->stopping && job->spec->study.stopping_rule == STOPPING_HALVING;
}

static void handle_measure(struct controller *c, struct live_job *job, struct live_trial *trial,
                           struct request *request)
{
    size_t first = 0;

    if (trial->state == TRIAL_REQUESTED) {
        (void)fail_state(request, TRIAL_REQUESTED,
                         "no client has it yet, so it has no measurement");
        return;
    }
    if (!insert_measurement(c, job, trial, &request->study->final, &first, &request->err))
        return;
    request->is_ok = true;
    if (first == series_count(trial->series))
        return; /* no news */
    if (!controller_put_measurements(c, job, trial, first))
        return;
    trial->stored_measurements = series_count(trial->series);
    trial->judged = 0;
    if (observes(job))
        judge(c, job, trial, first);
}

static void stop_trial(struct controller *c, struct live_job *job, struct live_trial *trial)
{
    trial->state = TRIAL_STOPPING;
    (void)controller_store_trial_state(c, job, trial);
}

static void handle_check(struct controller *c, struct live_job *job, struct live_trial *trial,
                         struct request *request)
{
    struct study_request *ask = request->study;
    size_t count = trial->series ? series_count(trial->series) : 0;

    if (trial->state == TRIAL_REQUESTED) {
        (void)fail_state(request, TRIAL_REQUESTED, "no client has it yet, so it cannot be stopped");
        return;
    }
    ask->start_us = c->now_us;
    /* Not twice of the same newest measurement. */
    if (trial->state == TRIAL_ACTIVE && job->stopping && !observes(job) && count > 0 &&
        trial->judged != count && trial->stop_cause == STOP_CAUSE_NONE)
        judge(c, job, trial, count - 1);
    if (c->is_broken)
        return;
    if (trial->state == TRIAL_ACTIVE && trial->stop_cause == STOP_CAUSE_EARLY)
        stop_trial(c, job, trial);
    ask->should_stop = trial->state == TRIAL_STOPPING;
    request->is_ok = controller_store_operation(c, job, ask, OPERATION_CHECK, &ask->trial, 1);
}

static void handle_stop(struct controller *c, struct live_job *job, struct live_trial *trial,
                        struct request *request)
{
    if (trial->state == TRIAL_REQUESTED) {
        (void)fail_state(request, TRIAL_REQUESTED, "no client has it yet, so it cannot be stopped");
        return;
    }
    request->is_ok = true;
    if (trial->state == TRIAL_ACTIVE)
        stop_trial(c, job, trial);
}

static bool has_value(const double *values, size_t count)
{
    bool has_one = false;

    for (size_t i = 0; i < count; i++)
        has_one = has_one || !isnan(values[i]);
    return has_one;
}

/* By what the trial ends with. False and request->err: there is nothing. */
static bool choose_final(struct live_job *job, const struct live_trial *trial,
                         struct request *request, struct trial_verdict *verdict)
{
    const struct study_measurement *final = &request->study->final;
    size_t count = live_job_metric_count(job);

    verdict->state = TRIAL_SUCCEEDED;
    verdict->has_final = true;
    if (final->values) {
        memcpy(job->values, final->values, count * sizeof *job->values);
        verdict->step = final->step;
        verdict->elapsed_us = final->elapsed_us;
        return true;
    }
    if (trial->series && series_count(trial->series) > 0)
        (void)series_select(trial->series, job->spec->study.selection, &verdict->step,
                            &verdict->elapsed_us, job->values);
    if (trial->series && series_count(trial->series) > 0 && has_value(job->values, count))
        return true;
    return assay_fail(&request->err, ASSAY_PRECONDITION, "final_measurement",
                      "the Trial %" PRId64 " has no measurement: give a final_measurement, or "
                      "trial_infeasible",
                      trial->number);
}

static void end_trial(struct controller *c, struct live_job *job, struct live_trial *trial,
                      const struct trial_verdict *verdict)
{
    int64_t end_us = c->now_us > trial->start_us ? c->now_us : trial->start_us;

    controller_end_trial(c, job, trial, verdict, end_us, series_count(trial->series));
    if (c->is_broken)
        return;
    controller_learn(c, job);
    controller_advance_study(c, job);
}

static void handle_complete(struct controller *c, struct live_job *job, struct live_trial *trial,
                            struct request *request)
{
    const struct study_request *ask = request->study;
    struct trial_verdict verdict = { .failure = FAILURE_NONE };

    if (trial->state == TRIAL_REQUESTED && !ask->is_infeasible) {
        (void)fail_state(request, TRIAL_REQUESTED, "no client has it yet, so it cannot succeed");
        return;
    }
    verdict.is_stopped_early =
        trial->state == TRIAL_STOPPING && trial->stop_cause == STOP_CAUSE_EARLY;
    if (ask->is_infeasible) {
        verdict.state = TRIAL_INFEASIBLE;
        verdict.failure = FAILURE_USER_ERROR;
        (void)snprintf(verdict.reason, sizeof verdict.reason, "%s", ask->reason ? ask->reason : "");
    } else if (!choose_final(job, trial, request, &verdict)) {
        return;
    }
    if (trial->state == TRIAL_REQUESTED && !controller_begin_trial(c, job, trial))
        return;
    request->is_ok = true;
    end_trial(c, job, trial, &verdict);
}

/* A trial that its client has run before. */
static void end_created(struct controller *c, struct live_job *job, struct live_trial *trial,
                        const struct study_request *ask)
{
    struct trial_verdict verdict = { .state = TRIAL_SUCCEEDED,
                                     .has_final = true,
                                     .step = ask->final.step,
                                     .elapsed_us = ask->final.elapsed_us };
    struct stopper_verdict none;

    if (!controller_begin_trial(c, job, trial))
        return;
    for (size_t i = 0; i < ask->measurement_count; i++) {
        struct measurement m = { .step = ask->measurements[i].step,
                                 .elapsed_us = ask->measurements[i].elapsed_us,
                                 .values = ask->measurements[i].values };

        if (!series_restore(trial->series, &m)) {
            (void)controller_break_memory(c);
            return;
        }
    }
    if (!controller_put_measurements(c, job, trial, 0))
        return;
    trial->stored_measurements = series_count(trial->series);
    /* For others to learn from. */
    if (job->stopping && !early_stopping_measured(job->stopping, trial->number, trial->point,
                                                  trial->series, 0, true, &none)) {
        (void)controller_break_memory(c);
        return;
    }
    memcpy(job->values, ask->final.values, live_job_metric_count(job) * sizeof *job->values);
    end_trial(c, job, trial, &verdict);
}

static void handle_create(struct controller *c, struct live_job *job, struct request *request)
{
    struct study_request *ask = request->study;
    struct live_trial *trial = NULL;

    if (job->last_number >= JOB_TRIALS_MAX || ask->measurement_count > SERIES_MAX) {
        (void)assay_fail(&request->err, ASSAY_EXHAUSTED, NULL,
                         "a study has at most %d trials, a trial at most %d measurements",
                         JOB_TRIALS_MAX, SERIES_MAX);
        return;
    }
    trial = live_job_add_trial(job, job->last_number + 1);
    if (!trial) {
        (void)controller_break_memory(c);
        return;
    }
    memcpy(trial->point, ask->point, live_job_param_count(job) * sizeof *trial->point);
    trial->start_us = ask->final.values ? c->now_us : 0;
    ask->trial = ++job->last_number;
    job->life.created++;
    job->life.waiting++;
    if (!controller_insert_trial(c, job, trial))
        return;
    if (!live_job_note_given(job, trial->point)) {
        (void)controller_break_memory(c);
        return;
    }
    request->is_ok = true;
    if (ask->final.values)
        end_created(c, job, trial, ask);
    else
        controller_advance_study(c, job);
}

struct best_search {
    const struct study_spec *study;
    int64_t number;
    double value;
};

static bool compare_best(void *context, const struct trial_row *row)
{
    struct best_search *best = context;
    size_t metric = objective_metric(best->study->metrics, best->study->metric_count);

    if (row->value_count != best->study->metric_count || isnan(row->values[metric]) ||
        !optimal_is_safe(best->study, row->values))
        return true;
    if (best->number &&
        !objective_is_better(best->study->metrics[metric].goal, row->values[metric], best->value))
        return true;
    best->number = row->number;
    best->value = row->values[metric];
    return true;
}

/* The best of those that are left. */
static bool choose_best(struct controller *c, struct live_job *job)
{
    struct assay_error err = { 0 };
    struct best_search best = { .study = &job->spec->study };
    struct trial_query query = { .job = job->row.id, .state = TRIAL_SUCCEEDED };

    if (!store_trial_each(c->store, &query, compare_best, &best, &err))
        return controller_break(c, &err);
    job->row.best_trial = best.number;
    return controller_store_job(c, job);
}

static void handle_delete(struct controller *c, struct live_job *job, struct request *request)
{
    int64_t number = request->study->trial;
    struct assay_error err = { 0 };
    int state = 0;

    if (!read_state(c, job->row.id, number, &state, &request->err))
        return;
    request->is_ok = true;
    if (!store_trial_delete(c->store, job->row.id, number, &err) ||
        !store_model_trim(c->store, job->row.id, INT64_MAX, &err)) {
        (void)controller_break(c, &err);
        return;
    }
    if (job->row.best_trial != number || choose_best(c, job))
        controller_reopen_study(c, job);
}

/* What is asked of a trial that has ended, or that there is not. */
static void handle_ended(struct controller *c, struct live_job *job, struct request *request)
{
    int state = 0;
    bool is_known = read_state(c, job->row.id, request->study->trial, &state, &request->err);

    if (!is_known)
        return;
    /* To stop what has succeeded, and to measure what failed, changes nothing. */
    request->is_ok = (request->kind == REQUEST_TRIAL_STOP && state == TRIAL_SUCCEEDED) ||
                     (request->kind == REQUEST_TRIAL_MEASURE && state == TRIAL_INFEASIBLE);
    if (!request->is_ok)
        (void)fail_state(request, state, "it has ended");
}

void controller_handle_trial_request(struct controller *c, struct live_job *job,
                                     struct request *request)
{
    struct live_trial *trial = live_job_find_trial(job, request->study->trial);

    if (request->kind == REQUEST_TRIAL_CREATE)
        handle_create(c, job, request);
    else if (request->kind == REQUEST_TRIAL_DELETE)
        handle_delete(c, job, request);
    else if (!trial)
        handle_ended(c, job, request);
    else if (request->kind == REQUEST_TRIAL_MEASURE)
        handle_measure(c, job, trial, request);
    else if (request->kind == REQUEST_TRIAL_COMPLETE)
        handle_complete(c, job, trial, request);
    else if (request->kind == REQUEST_TRIAL_STOP)
        handle_stop(c, job, trial, request);
    else if (request->kind == REQUEST_TRIAL_CHECK)
        handle_check(c, job, trial, request);
}
