/*
 * Studies of VizierService: their trials are not launched here but handed to clients, who measure
 * and complete them. Whatever is answered is in the store with the same commit.
 *
 * A suggestion that needs the sampler's other thread leaves its request waiting with the study.
 * Those who wait are served in the order they came, from what is there at that moment, so that a
 * client that asks twice at once gets one trial, and no two get the same.
 */

#include "assay/value.h"
#include "engine/controller/controller_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name_search {
    const char *parent;
    int64_t found;
};

static bool compare_parent(void *context, const struct job_row *row)
{
    struct name_search *search = context;

    if (strcmp(row->parent, search->parent) != 0)
        return true;
    search->found = row->id;
    return false;
}

bool controller_check_study_name(struct controller *c, const struct job_row *row,
                                 struct assay_error *err)
{
    struct name_search search = { .parent = row->parent ? row->parent : STORE_PARENT_LOCAL };

    if (!store_study_each(c->store, row->display_name, compare_parent, &search, err))
        return false;
    return !search.found || assay_fail(err, ASSAY_EXISTS, "study.display_name",
                                       "the Study %" PRId64 " has the display name \"%.200s\" "
                                       "already",
                                       search.found, row->display_name);
}

/* Of one that ended in this batch too, since its trials may go on. */
static struct live_job *open_study(struct controller *c, int64_t id, struct assay_error *err)
{
    struct live_job *job = controller_find_job(c, id);

    bool is_live = job != NULL;

    if (!is_live)
        job = live_job_load(c->store, id, err);
    if (!job)
        return NULL;
    if (job->spec->kind == JOB_STUDY) {
        if (!is_live)
            return controller_add_job(c, job) ? job : NULL;
        job->last_use = ++c->use_count;
        return job;
    }
    if (!is_live)
        live_job_free(job);
    (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Study %" PRId64 " does not exist", id);
    return NULL;
}

/* Takes the request at the head of those that wait. */
static struct request *pop_waiting(struct live_job *job)
{
    struct request *request = job->first_waiting;

    job->first_waiting = request->next;
    if (!job->first_waiting)
        job->last_waiting = NULL;
    request->next = NULL;
    return request;
}

static void push_waiting(struct live_job *job, struct request *request)
{
    request->is_kept = true;
    request->next = NULL;
    if (job->last_waiting)
        job->last_waiting->next = request;
    else
        job->first_waiting = request;
    job->last_waiting = request;
}

void controller_refuse_waiting(struct controller *c, struct live_job *job,
                               const struct assay_error *why)
{
    for (size_t i = 0; i < c->job_count; i++) {
        while ((!job || c->jobs[i] == job) && c->jobs[i]->first_waiting) {
            struct request *request = pop_waiting(c->jobs[i]);

            request->is_ok = false;
            request->err = *why;
            controller_answer(c, request);
        }
    }
}

/* A trial's state is stored as it is in memory. */
bool controller_store_trial_state(struct controller *c, const struct live_job *job,
                                  const struct live_trial *trial)
{
    struct assay_error err = { 0 };
    struct trial_row row = { .job = job->row.id,
                             .number = trial->number,
                             .state = (int)trial->state,
                             .attempt = trial->attempt,
                             .start_us = trial->start_us };

    return store_trial_update(c->store, &row, &err) || controller_break(c, &err);
}

bool controller_insert_trial(struct controller *c, const struct live_job *job,
                             const struct live_trial *trial)
{
    struct assay_error err = { 0 };
    struct trial_row row = { .job = job->row.id,
                             .number = trial->number,
                             .state = (int)trial->state,
                             .attempt = trial->attempt,
                             .start_us = trial->start_us,
                             .point = trial->point,
                             .point_count = live_job_param_count(job) };

    return store_trial_insert(c->store, &row, &err) || controller_break(c, &err);
}

/* From waiting to running, in memory. */
bool controller_begin_trial(struct controller *c, struct live_job *job, struct live_trial *trial)
{
    trial->series = series_new(job->spec->study.metrics, live_job_metric_count(job));
    if (!trial->series)
        return controller_break_memory(c);
    trial->state = TRIAL_ACTIVE;
    job->life.waiting--;
    job->life.running++;
    return true;
}

/* is_new: the sampler has just made it. */
static bool hand_out(struct controller *c, struct live_job *job, struct live_trial *trial,
                     const char *client, bool is_new)
{
    struct assay_error err = { 0 };

    trial->client = strdup(client);
    if (!trial->client)
        return controller_break_memory(c);
    if (!controller_begin_trial(c, job, trial))
        return false;
    trial->start_us = c->now_us;
    /* What no sampler has counted is as if it was given. */
    if (is_new && !(job->has_fixed && sampler_visits_once(job->sampler)))
        trial->attempt = 1;
    if (is_new ? !controller_insert_trial(c, job, trial)
               : !controller_store_trial_state(c, job, trial))
        return false;
    return store_client_put(c->store, store_trial_id(job->row.id, trial->number), client, &err) ||
           controller_break(c, &err);
}

static bool is_held_by(const struct live_trial *trial, const char *client)
{
    return trial->state == TRIAL_ACTIVE && trial->client && strcmp(trial->client, client) == 0;
}

static size_t count_held(const struct live_job *job, const char *client)
{
    size_t count = 0;

    for (size_t i = 0; i < job->trial_count; i++)
        count += is_held_by(&job->trials[i], client);
    return count;
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t *first = a;
    const int64_t *second = b;

    return (*first > *second) - (*first < *second);
}

/* The client's trials by number, at most as many as it wants. */
static bool list_held(struct controller *c, const struct live_job *job, struct study_request *ask)
{
    size_t held = count_held(job, ask->client);
    size_t count = 0;

    ask->trials = malloc((held + 1) * sizeof *ask->trials);
    if (!ask->trials)
        return controller_break_memory(c);
    for (size_t i = 0; i < job->trial_count; i++)
        if (is_held_by(&job->trials[i], ask->client))
            ask->trials[count++] = job->trials[i].number;
    qsort(ask->trials, count, sizeof *ask->trials, compare_numbers);
    ask->trial_count = count < ask->count ? count : ask->count;
    return true;
}

/* Numbers with spaces between; NULL for lack of memory. The caller frees it. */
static char *numbers_text(const int64_t *numbers, size_t count)
{
    char *text = malloc(count * ASSAY_NUMBER_TEXT + 1);
    char *to = text;

    if (!text)
        return NULL;
    *to = '\0';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *to++ = ' ';
        to += strlen(assay_integer_text(numbers[i], to));
    }
    return text;
}

/* What was answered, for those who look at it again. */
bool controller_store_operation(struct controller *c, struct live_job *job,
                                struct study_request *ask, enum operation_kind kind,
                                const int64_t *trials, size_t trial_count)
{
    struct assay_error err = { 0 };
    char *text = numbers_text(trials, trial_count);
    struct operation_row row = { .job = job->row.id,
                                 .kind = (int)kind,
                                 .state = kind == OPERATION_CHECK ? ask->should_stop : ask->state,
                                 .start_us = ask->start_us,
                                 .end_us = c->now_us };
    bool is_stored = false;

    if (!text)
        return controller_break_memory(c);
    row.number = ++job->last_operation;
    ask->operation = row.number;
    ask->end_us = c->now_us;
    is_stored = store_operation_put(c->store, &row, ask->client ? ask->client : "", text, &err) ||
                controller_break(c, &err);
    free(text);
    return is_stored;
}

static void answer_suggest(struct controller *c, struct live_job *job, struct request *request)
{
    struct study_request *ask = request->study;

    ask->state = (int)job->life.state;
    if (!ask->contexts && !list_held(c, job, ask))
        return;
    request->is_ok =
        controller_store_operation(c, job, ask, OPERATION_SUGGEST, ask->trials, ask->trial_count);
}

/*
 * A client's contexts, each with a trial of its own: one that the client holds, else one that waits
 * for anybody, else a new one. Of several that fit the one that was handed out first, so that who
 * asks again for the same contexts gets the same trials for them.
 */
struct matching {
    struct live_trial **trials; /* the client's, in the order they came to it; then those waiting */
    size_t count;
    size_t width; /* of a point */
};

static int compare_for_contexts(const void *a, const void *b)
{
    const struct live_trial *first = *(struct live_trial *const *)a;
    const struct live_trial *second = *(struct live_trial *const *)b;

    if ((first->state == TRIAL_REQUESTED) != (second->state == TRIAL_REQUESTED))
        return first->state == TRIAL_REQUESTED ? 1 : -1;
    if (first->start_us != second->start_us)
        return first->start_us < second->start_us ? -1 : 1;
    return compare_numbers(&first->number, &second->number);
}

static bool matching_init(struct matching *matching, struct live_job *job, const char *client)
{
    *matching = (struct matching){ .width = live_job_param_count(job) };
    matching->trials = malloc((job->trial_count + 1) * sizeof(struct live_trial *));
    if (!matching->trials)
        return false;
    for (size_t i = 0; i < job->trial_count; i++)
        if (is_held_by(&job->trials[i], client) ||
            (job->trials[i].state == TRIAL_REQUESTED && job->life.state == JOB_STATE_RUNNING))
            matching->trials[matching->count++] = &job->trials[i];
    qsort(matching->trials, matching->count, sizeof(struct live_trial *), compare_for_contexts);
    return true;
}

static bool is_in_context(const double *context, const double *point, size_t width)
{
    for (size_t i = 0; i < width; i++)
        if (!isnan(context[i]) && context[i] != point[i])
            return false;
    return true;
}

/* Takes the first trial that fits; NULL: none does. */
static struct live_trial *match(struct matching *matching, const double *context)
{
    for (size_t i = 0; i < matching->count; i++) {
        struct live_trial *trial = matching->trials[i];

        if (!trial || !is_in_context(context, trial->point, matching->width))
            continue;
        matching->trials[i] = NULL;
        return trial;
    }
    return NULL;
}

/* No trial is made any more. */
static bool is_closed(const struct live_job *job)
{
    return job->life.state != JOB_STATE_RUNNING || tuning_job_is_full(&job->life);
}

/* What the next new trial is to have. */
static void note_context(struct live_job *job, const double *context)
{
    job->has_fixed = false;
    for (size_t i = 0; context && i < live_job_param_count(job); i++) {
        job->fixed[i] = context[i];
        job->has_fixed = job->has_fixed || !isnan(context[i]);
    }
}

/* Gives each context the trial that is there for it: ask->trials has its number, or 0 where one
 * must be made. Costs contexts x trials, so it is done once, and not after each trial that is made.
 */
static void match_contexts(struct controller *c, struct live_job *job, struct study_request *ask)
{
    struct matching matching;

    free(ask->trials);
    ask->trials = calloc(ask->count + 1, sizeof *ask->trials);
    ask->trial_count = 0;
    if (!matching_init(&matching, job, ask->client) || !ask->trials) {
        free(matching.trials);
        (void)controller_break_memory(c);
        return;
    }
    for (size_t i = 0; i < ask->count && !c->is_broken; i++) {
        struct live_trial *trial = match(&matching, ask->contexts + i * matching.width);

        if (trial && (trial->state == TRIAL_ACTIVE || hand_out(c, job, trial, ask->client, false)))
            ask->trials[i] = trial->number;
    }
    free(matching.trials);
}

/* Nothing is made any more: those contexts that have no trial go without. */
static void leave_out_unmatched(struct study_request *ask)
{
    for (size_t i = ask->trial_count; i < ask->count; i++)
        if (ask->trials[i])
            ask->trials[ask->trial_count++] = ask->trials[i];
}

/* As serve(), of contexts that were matched. */
static bool serve_contexts(struct controller *c, struct live_job *job, struct study_request *ask)
{
    if (c->is_broken)
        return false;
    while (ask->trial_count < ask->count && ask->trials[ask->trial_count])
        ask->trial_count++;
    if (ask->trial_count == ask->count)
        return true;
    if (is_closed(job)) {
        leave_out_unmatched(ask);
        return true;
    }
    note_context(job, ask->contexts + ask->trial_count * live_job_param_count(job));
    return false;
}

/* Gives the client what waits for anybody, oldest first; a study that has ended gives nothing, and
 * leaves to the client what it has. True when it has all it can have; else job->fixed tells what
 * the next new trial is to have. */
static bool serve(struct controller *c, struct live_job *job, struct study_request *ask)
{
    size_t held = 0;
    struct live_trial *trial = NULL;

    if (ask->contexts)
        return serve_contexts(c, job, ask);
    if (job->life.state != JOB_STATE_RUNNING)
        return true;
    note_context(job, NULL);
    held = count_held(job, ask->client);
    for (; held < ask->count && (trial = live_job_waiting_trial(job)); held++)
        if (!hand_out(c, job, trial, ask->client, false))
            return false;
    return held >= ask->count || is_closed(job);
}

static void end_study(struct controller *c, struct live_job *job, enum job_state state,
                      const char *why)
{
    char **slot = state == JOB_STATE_FAILED ? &job->row.error_message : &job->row.note;
    char *text = strdup(why);

    if (!text) {
        (void)controller_break_memory(c);
        return;
    }
    free(*slot);
    *slot = text;
    job->life.state = state;
    job->row.error_code = state == JOB_STATE_FAILED ? ASSAY_INTERNAL : ASSAY_OK;
    job->row.end_us = c->now_us;
    assay_log(c->env, ASSAY_LOG_INFO, "study ends job=%" PRId64 " state=%s: %s", job->row.id,
              job_state_name((int)state), why);
    (void)controller_store_job(c, job);
}

/* shouldStopAsap: clients learn it when they ask whether to go on. */
static void stop_all(struct controller *c, struct live_job *job)
{
    job->matched = NULL;
    for (size_t i = 0; i < job->trial_count && !c->is_broken; i++) {
        if (job->trials[i].state != TRIAL_ACTIVE)
            continue;
        job->trials[i].state = TRIAL_STOPPING;
        (void)controller_store_trial_state(c, job, &job->trials[i]);
    }
}

static void settle(struct controller *c, struct live_job *job)
{
    char why[300];

    if (job->life.state != JOB_STATE_RUNNING)
        return;
    (void)tuning_job_settle(&job->life, c->now_us);
    if (job->life.closing == JOB_CLOSING_STOPPED) {
        (void)snprintf(why, sizeof why, "studyStoppingConfig ended the study after %lld trials",
                       (long long)job->life.ended);
        end_study(c, job, JOB_STATE_SUCCEEDED, why);
        if (job->spec->study.stopping.should_stop_asap)
            stop_all(c, job);
    } else if (job->life.search_error[0]) {
        (void)snprintf(why, sizeof why, "no suggestion: %s", job->life.search_error);
        end_study(c, job, JOB_STATE_FAILED, why);
    } else if (job->life.is_exhausted) {
        end_study(c, job, JOB_STATE_SUCCEEDED, "every point of the search space was tried");
    }
}

/* One point more, for the client that waits longest; at once, or when the sampler has answered. */
static void make_trial(struct controller *c, struct live_job *job)
{
    struct study_request *ask = job->first_waiting->study;
    int64_t before = job->last_number;

    if (before >= JOB_TRIALS_MAX) {
        job->life.is_exhausted = true;
        return;
    }
    controller_suggest(c, job);
    if (c->is_broken || job->last_number == before)
        return;
    if (hand_out(c, job, live_job_find_trial(job, job->last_number), ask->client, true) &&
        ask->contexts)
        ask->trials[ask->trial_count] = job->last_number;
}

void controller_advance_study(struct controller *c, struct live_job *job)
{
    settle(c, job);
    while (job->first_waiting && !c->is_broken) {
        struct study_request *ask = job->first_waiting->study;

        if (ask->contexts && job->first_waiting != job->matched)
            match_contexts(c, job, ask);
        job->matched = job->first_waiting;
        if (serve(c, job, ask)) {
            struct request *request = pop_waiting(job);

            answer_suggest(c, job, request);
            controller_answer(c, request);
            continue;
        }
        if (c->is_broken || job->life.is_suggesting)
            return;
        make_trial(c, job);
        settle(c, job);
    }
}

static void handle_suggest(struct controller *c, struct live_job *job, struct request *request)
{
    struct study_request *ask = request->study;

    ask->start_us = c->now_us;
    settle(c, job);
    /* What needs no sampler need not wait behind what does. */
    if (ask->contexts && !c->is_broken)
        match_contexts(c, job, ask);
    if (c->is_broken)
        return;
    if (serve(c, job, ask)) {
        answer_suggest(c, job, request);
        return;
    }
    push_waiting(job, request);
    controller_advance_study(c, job);
}

/* What the sampler has learnt from a trial it cannot forget, so the study is opened anew. */
void controller_reopen_study(struct controller *c, struct live_job *job)
{
    struct assay_error err = { 0 };
    struct request *first = job->first_waiting;
    struct request *last = job->last_waiting;
    int64_t id = job->row.id;

    job->first_waiting = job->last_waiting = NULL;
    controller_drop_job(c, id);
    if (!first)
        return;
    job = open_study(c, id, &err);
    if (!job) {
        (void)controller_break(c, &err);
        for (struct request *next = NULL; first; first = next) {
            next = first->next;
            controller_answer(c, first);
        }
        return;
    }
    job->first_waiting = first;
    job->last_waiting = last;
    controller_advance_study(c, job);
}

void controller_handle_study_request(struct controller *c, struct request *request)
{
    struct live_job *job = open_study(c, request->job, &request->err);

    if (!job)
        return;
    job->matched = NULL; /* whatever becomes of its trials, who waits for some looks again */
    if (request->kind == REQUEST_SUGGEST)
        handle_suggest(c, job, request);
    else if (request->kind == REQUEST_OPERATION_DELETE)
        controller_forget_operation(c, request, request->study->operation);
    else
        controller_handle_trial_request(c, job, request);
}
