#include "engine/controller/controller.h"

#include "engine/array.h"
#include "engine/controller/controller_private.h"
#include "engine/life/optimal.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct controller *controller_new(struct store *store, const struct assay_env *env,
                                  const struct controller_outlet *outlet)
{
    struct controller *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->store = store;
    c->env = env;
    c->outlet = *outlet;
    return c;
}

static void free_left_jobs(struct controller *c)
{
    while (c->first_left) {
        struct live_job *job = c->first_left;

        c->first_left = job->next_left;
        live_job_free(job);
    }
}

void controller_free(struct controller *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->own_event_count; i++)
        event_clear(&c->own_events[i]);
    for (size_t i = 0; i < c->deed_count; i++)
        search_task_free(c->deeds[i].task);
    for (size_t i = 0; i < c->job_count; i++)
        live_job_free(c->jobs[i]);
    free_left_jobs(c);
    free(c->own_events);
    free(c->jobs);
    free(c->deeds);
    free(c);
}

bool controller_break(struct controller *c, const struct assay_error *err)
{
    if (!c->is_broken)
        c->why_broken = *err;
    c->is_broken = true;
    return false;
}

bool controller_break_memory(struct controller *c)
{
    struct assay_error err = { 0 };

    (void)assay_fail_memory(&err);
    return controller_break(c, &err);
}

struct live_job *controller_find_job(struct controller *c, int64_t id)
{
    for (size_t i = 0; i < c->job_count; i++)
        if (c->jobs[i]->row.id == id)
            return c->jobs[i];
    return NULL;
}

bool controller_add_job(struct controller *c, struct live_job *job)
{
    void *items = c->jobs;
    bool has_room =
        array_make_room(&items, c->job_count, &c->job_capacity, sizeof(struct live_job *));

    c->jobs = items;
    if (!has_room) {
        live_job_free(job);
        return controller_break_memory(c);
    }
    if (c->outlet.ahead)
        job->life.ahead = c->outlet.ahead(c->outlet.context, job);
    job->opening = ++c->opening_count;
    job->last_use = ++c->use_count;
    c->jobs[c->job_count++] = job;
    return true;
}

void controller_leave_job(struct controller *c, struct live_job *job)
{
    if (job->task_count == 0) {
        live_job_free(job);
        return;
    }
    job->next_left = c->first_left;
    c->first_left = job;
}

void controller_drop_job(struct controller *c, int64_t id)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->job_count; i++) {
        if (c->jobs[i]->row.id == id)
            controller_leave_job(c, c->jobs[i]);
        else
            c->jobs[kept++] = c->jobs[i];
    }
    c->job_count = kept;
}

bool controller_put_measurements(struct controller *c, const struct live_job *job,
                                 const struct live_trial *trial, size_t first)
{
    struct assay_error err = { 0 };

    for (size_t i = first; i < series_count(trial->series); i++) {
        struct measurement measurement = series_get(trial->series, i);
        struct measurement_row row = {
            .trial_id = store_trial_id(job->row.id, trial->number),
            .index = (int64_t)i,
            .step = measurement.step,
            .elapsed_us = measurement.elapsed_us,
            .values = measurement.values,
            .value_count = live_job_metric_count(job),
        };

        if (!store_measurement_put(c->store, &row, &err))
            return controller_break(c, &err);
    }
    return true;
}

/* Adds reports to the series; *first is the lowest index that changed (the count where none). */
static bool add_reports(struct controller *c, struct live_trial *trial,
                        const struct event_reports *reports, size_t *first)
{
    *first = series_count(trial->series);
    for (size_t i = 0; i < reports->count; i++) {
        int64_t index = series_add(trial->series, &reports->items[i]);

        if (index < 0)
            return controller_break_memory(c);
        if ((size_t)index < *first)
            *first = (size_t)index;
    }
    return true;
}

static void handle_measured(struct controller *c, struct live_job *job, struct live_trial *trial,
                            const struct event *event)
{
    struct assay_error err = { 0 };
    int64_t id = store_trial_id(job->row.id, trial->number);
    size_t first = 0;

    if (!add_reports(c, trial, &event->reports, &first))
        return;
    if (!controller_put_measurements(c, job, trial, first))
        return;
    trial->stored_measurements = series_count(trial->series);
    trial->has_mark = true;
    if (!store_mark_put(c->store, id, trial->attempt, &event->reports.mark,
                        sizeof event->reports.mark, &err)) {
        (void)controller_break(c, &err);
        return;
    }
    controller_judge(c, job, trial, first, false);
}

/* To be started once more: what the lost attempt had measured is forgotten. */
static void start_again(struct controller *c, struct live_job *job, struct live_trial *trial)
{
    struct assay_error err = { 0 };
    struct trial_row row = { .job = job->row.id,
                             .number = trial->number,
                             .state = TRIAL_REQUESTED,
                             .attempt = trial->attempt,
                             .start_us = trial->start_us };
    int64_t id = store_trial_id(job->row.id, trial->number);

    if (!store_measurement_clear(c->store, id, &err) || !store_mark_delete(c->store, id, &err) ||
        !store_trial_update(c->store, &row, &err)) {
        (void)controller_break(c, &err);
        return;
    }
    if (job->stopping && trial->stored_measurements > 0)
        early_stopping_forget(job->stopping);
    series_free(trial->series);
    trial->series = NULL;
    trial->stored_measurements = 0;
    trial->has_mark = false;
    trial->state = TRIAL_REQUESTED;
    trial->stop_cause = STOP_CAUSE_NONE;
    job->life.running--;
    job->life.waiting++;
}

static bool store_end(struct controller *c, struct live_job *job, struct live_trial *trial,
                      const struct trial_verdict *verdict, int64_t end_us, size_t first_changed)
{
    struct assay_error err = { 0 };
    int64_t id = store_trial_id(job->row.id, trial->number);
    struct trial_row row = {
        .job = job->row.id,
        .number = trial->number,
        .state = verdict->state,
        .attempt = trial->attempt,
        .failure = verdict->failure,
        .start_us = trial->start_us,
        .end_us = end_us,
        .end_order = ++job->last_end_order,
        .point = trial->point,
        .point_count = live_job_param_count(job),
        .values = verdict->has_final ? job->values : NULL,
        .value_count = live_job_metric_count(job),
        .step = verdict->step,
        .elapsed_us = verdict->elapsed_us,
        .reason = verdict->reason[0] ? verdict->reason : NULL,
    };
    /* A single measurement that is the final one is kept in the trial's row alone. */
    bool is_single =
        verdict->has_final && series_count(trial->series) == 1 && trial->stored_measurements == 0;

    if (!is_single && !controller_put_measurements(c, job, trial, first_changed))
        return false;
    if (trial->has_mark && !store_mark_delete(c->store, id, &err))
        return controller_break(c, &err);
    if (!store_trial_end(c->store, &row, &err))
        return controller_break(c, &err);
    if (!controller_settle_stop(c, job, trial, verdict))
        return false;
    return live_job_remember(job, &row, trial->progress) || controller_break_memory(c);
}

void controller_end_trial(struct controller *c, struct live_job *job, struct live_trial *trial,
                          const struct trial_verdict *verdict, int64_t end_us, size_t first_changed)
{
    const struct study_spec *study = &job->spec->study;
    int64_t best_before = job->life.best_trial;
    int64_t number = trial->number;
    double value = (double)NAN;
    bool is_safe = !verdict->has_final || optimal_is_safe(study, job->values);

    if (!store_end(c, job, trial, verdict, end_us, first_changed))
        return;
    if (verdict->state == TRIAL_INFEASIBLE)
        assay_log(c->env, ASSAY_LOG_INFO, "trial failed job=%" PRId64 " trial=%" PRId64 " class=%s",
                  job->row.id, number, failure_class_name((int)verdict->failure));
    if (verdict->has_final && study->metric_count)
        value = job->values[objective_metric(study->metrics, study->metric_count)];
    live_job_remove_trial(job, trial);
    /* A lost trial's point is free again: the sampler is to be asked anew. */
    job->life.is_exhausted = job->life.is_exhausted && !job->memory;
    job->life.running--;
    tuning_job_trial_ended(&job->life, number, verdict->state, verdict->failure, value, is_safe,
                           end_us);
    if (job->life.best_trial == best_before)
        return;
    job->row.best_trial = job->life.best_trial;
    (void)controller_store_job(c, job);
}

/*
 * A machine on which nothing starts any more (no disk, no processes, no shim) would otherwise burn
 * the whole budget in seconds. Attempts of an engine that is gone do not count: those it had stored
 * and not begun when it was killed say nothing of the machine.
 */
static void note_start(struct controller *c, struct live_job *job, const struct live_trial *trial,
                       const struct ending *ending)
{
    char *note = NULL;

    if (ending->kind != ENDING_NOT_STARTED) {
        job->unstarted_in_row = 0;
        return;
    }
    if (trial->is_adopted || ++job->unstarted_in_row < UNSTARTED_MAX || job->is_pausing)
        return;
    if (asprintf(&note, "paused: %d attempts in a row could not be started: %s", UNSTARTED_MAX,
                 ending->detail) < 0) {
        (void)controller_break_memory(c);
        return;
    }
    controller_pause_job(c, job, STOP_GENTLY, note);
}

/* As the record tells, which may be long ago; after the start, whatever clocks did meanwhile. */
static int64_t moment_of_end(const struct controller *c, const struct live_trial *trial,
                             const struct ending *ending)
{
    int64_t end_us = ending->end_us > 0 ? ending->end_us : c->now_us;

    return end_us > trial->start_us ? end_us : trial->start_us;
}

static void handle_ended(struct controller *c, struct live_job *job, struct live_trial *trial,
                         const struct event *event)
{
    struct trial_verdict verdict;
    struct trial_facts facts = {
        .spec = job->spec,
        .ending = &event->ending,
        .stop_cause = trial->stop_cause,
        .series = trial->series,
        .seen = (const char *const *)event->reports.seen.items,
        .seen_count = event->reports.seen.count,
        .losses = trial->losses,
        .stderr_tail = event->stderr_tail,
    };
    size_t first = 0;
    char why[400];

    if (!add_reports(c, trial, &event->reports, &first))
        return;
    if (event->ending.start_us > trial->start_us)
        trial->start_us = event->ending.start_us;
    trial_judge(&facts, job->values, &verdict);
    note_start(c, job, trial, &event->ending);
    if (verdict.is_again) {
        trial->losses += trial->stop_cause == STOP_CAUSE_NONE;
        ending_describe(&event->ending, why, sizeof why);
        assay_log(c->env, ASSAY_LOG_INFO,
                  "attempt to be repeated job=%" PRId64 " trial=%" PRId64 " attempt=%d: %s",
                  job->row.id, trial->number, trial->attempt, why);
        start_again(c, job, trial);
    } else {
        controller_judge(c, job, trial, first, true);
        controller_end_trial(c, job, trial, &verdict, moment_of_end(c, trial, &event->ending),
                             first);
    }
}

/* The trial that an event speaks of, unless it is late news of an older attempt. */
static struct live_trial *find_attempt(struct controller *c, struct attempt_key key,
                                       struct live_job **job)
{
    struct live_trial *trial = NULL;

    *job = controller_find_job(c, key.trial / STORE_TRIALS_MAX);
    if (*job)
        trial = live_job_find_trial(*job, key.trial % STORE_TRIALS_MAX);
    if (trial && trial->attempt == key.attempt && trial->state != TRIAL_REQUESTED)
        return trial;
    assay_log(c->env, ASSAY_LOG_INFO, "late news refused trial=%" PRId64 " attempt=%d", key.trial,
              key.attempt);
    return NULL;
}

static void handle_published(struct controller *c, const struct event *event)
{
    struct live_job *job = controller_find_job(c, event->job);
    char *text = NULL;

    if (!job || !job->life.is_publishing)
        return;
    text = strdup(event->text ? event->text : "out of memory while the model was copied");
    if (!text) {
        (void)controller_break_memory(c);
        return;
    }
    job->life.is_publishing = false;
    /* A job that was given a larger budget meanwhile may have another winner by now. */
    job->life.is_published =
        event->published != PUBLISHED_FAILED && job->life.publishing_trial == job->life.best_trial;
    if (event->published == PUBLISHED_MODEL) {
        free(job->row.model_dir);
        job->row.model_dir = text;
    } else if (event->published == PUBLISHED_NOTHING || job->life.state != JOB_STATE_RUNNING) {
        free(job->row.note);
        job->row.note = text;
        if (event->published == PUBLISHED_NOTHING)
            job->row.model_dir[0] = '\0'; /* that of a winner before it */
    } else {
        /* Not the trial's fault: the job waits for a resume, which publishes again. */
        controller_pause_job(c, job, STOP_GENTLY, text);
    }
    controller_advance(c, job);
}

/* What runs goes on to its end; nothing is started any more until somebody has made room. */
static void handle_disk_full(struct controller *c, const char *why)
{
    for (size_t i = 0; i < c->job_count; i++) {
        struct live_job *job = c->jobs[i];
        char *note = NULL;

        if (job->spec->kind == JOB_STUDY || job->is_pausing ||
            job->life.state != JOB_STATE_RUNNING ||
            (tuning_job_is_full(&job->life) && job->life.waiting == 0))
            continue;
        note = strdup(why);
        if (!note) {
            (void)controller_break_memory(c);
            return;
        }
        free(job->row.note);
        job->row.note = note;
        job->is_pausing = true;
        assay_log(c->env, ASSAY_LOG_WARNING, "job=%" PRId64 " %s", job->row.id, note);
        controller_advance(c, job);
    }
}

static void handle_event(struct controller *c, struct event *event)
{
    struct live_job *job = NULL;
    struct live_trial *trial = NULL;

    switch (event->kind) {
    case EVENT_REQUEST:
        controller_handle_request(c, event->request);
        break;
    case EVENT_MEASURED:
        trial = find_attempt(c, event->key, &job);
        if (trial)
            handle_measured(c, job, trial, event);
        break;
    case EVENT_ENDED:
        trial = find_attempt(c, event->ending.key, &job);
        if (!trial)
            break;
        handle_ended(c, job, trial, event);
        controller_learn(c, job);
        controller_advance(c, job);
        break;
    case EVENT_SEARCHED:
        controller_searched(c, event->task);
        event->task = NULL;
        break;
    case EVENT_PUBLISHED:
        handle_published(c, event);
        break;
    case EVENT_DISK_FULL:
        handle_disk_full(c, event->text);
        break;
    case EVENT_MOVED:
        controller_move_job(c, event);
        break;
    case EVENT_OUT_OF_MEMORY:
        (void)controller_break_memory(c);
        break;
    }
}

/* A failed read may have cost the whole transaction; what comes next would be stored alone. */
static void check_transaction(struct controller *c)
{
    struct assay_error err = { 0 };

    if (c->is_broken || store_is_in_transaction(c->store))
        return;
    (void)assay_fail(&err, ASSAY_UNAVAILABLE, NULL,
                     "the state folder's assay.db could not be read");
    (void)controller_break(c, &err);
}

/* A waiting thread must be answered, also when there is no memory to remember it by. */
void controller_answer(struct controller *c, struct request *request)
{
    request->next = NULL;
    if (c->last_request)
        c->last_request->next = request;
    else
        c->first_request = request;
    c->last_request = request;
}

void controller_handle(struct controller *c, struct event *event)
{
    struct request *request = event->kind == EVENT_REQUEST ? event->request : NULL;

    if (!c->is_broken)
        handle_event(c, event);
    check_transaction(c);
    if (request) {
        request_drop_spec(request);
        if (!request->is_kept)
            controller_answer(c, request);
    }
    event_clear(event);
}

static void handle_own_events(struct controller *c)
{
    size_t count = c->own_event_count;

    for (size_t i = 0; i < count; i++)
        controller_handle(c, &c->own_events[i]);
    c->own_event_count = 0;
}

/* Of those moments that have come since the last batch. */
static void handle_deadlines(struct controller *c, int64_t last_us)
{
    for (size_t i = 0; i < c->job_count; i++)
        if (tuning_job_deadline(&c->jobs[i]->life, last_us) <= c->now_us)
            controller_advance(c, c->jobs[i]);
}

bool controller_begin(struct controller *c)
{
    struct assay_error err = { 0 };
    int64_t now = assay_wall_us(c->env);
    int64_t last_us = c->now_us;

    if (now > c->now_us)
        c->now_us = now;
    if (c->is_broken)
        return false;
    if (!store_begin(c->store, &err))
        return controller_break(c, &err);
    handle_own_events(c);
    handle_deadlines(c, last_us);
    return true;
}

int64_t controller_deadline(const struct controller *c)
{
    int64_t deadline = INT64_MAX;

    if (c->own_event_count > 0)
        return 0;
    for (size_t i = 0; i < c->job_count; i++) {
        int64_t next = tuning_job_deadline(&c->jobs[i]->life, c->now_us);

        if (next < deadline)
            deadline = next;
    }
    return deadline;
}

bool controller_is_stopped(const struct controller *c)
{
    return c->is_stopped;
}

size_t controller_progress(const struct controller *c, struct job_progress *items, size_t max)
{
    size_t count = 0;

    /* A study's rows tell all. */
    for (size_t i = 0; i < c->job_count && count < max; i++) {
        const struct live_job *job = c->jobs[i];

        if (job->spec->kind == JOB_STUDY)
            continue;
        items[count++] = (struct job_progress){ .job = job->row.id,
                                                .state = job->life.state,
                                                .created = job->life.created,
                                                .waiting = job->life.waiting,
                                                .running = job->life.running,
                                                .ended = job->life.ended,
                                                .succeeded = job->life.succeeded,
                                                .failed = job->life.failed,
                                                .best_trial = job->life.best_trial,
                                                .best_value = job->life.best_value,
                                                .last_end_order = job->last_end_order };
    }
    return count;
}

bool controller_is_idle(const struct controller *c)
{
    size_t studies = 0;

    for (size_t i = 0; i < c->job_count; i++)
        studies += c->jobs[i]->spec->kind == JOB_STUDY && !c->jobs[i]->first_waiting;
    return c->job_count == studies && c->own_event_count == 0;
}
