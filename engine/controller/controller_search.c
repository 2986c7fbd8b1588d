/*
 * Suggestions. A sampler that needs no past answers here and now. One that does is asked on another
 * thread, and its models are learnt on a third: a task goes out after the commit, and comes back as
 * an event. One suggestion of a job is under way at a time, since the next one has to know it.
 *
 * What comes back after the job has been paused, ended or deleted is dropped: a suggestion that was
 * not stored was never made.
 */

#include "engine/controller/controller_private.h"
#include "engine/life/suggestion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool store_suggestion(struct controller *c, const struct live_job *job,
                             const struct search_task *task)
{
    struct assay_error err = { 0 };
    double numbers[SUGGESTION_NUMBERS_MAX];
    struct suggestion suggestion = { .last_end_order = task->last_end_order,
                                     .max_trial_count = task->max_trial_count,
                                     .provenance = task->provenance };
    int64_t id = store_trial_id(job->row.id, (int64_t)task->trial_number);
    size_t count = suggestion_encode(&suggestion, numbers);

    return store_suggestion_put(c->store, id, numbers, count, &err) || controller_break(c, &err);
}

/* The sampler's answer as a waiting trial, or the reason why there is none. */
static void take_answer(struct controller *c, struct live_job *job, enum sampler_answer answer,
                        const double *point, const struct assay_error *err)
{
    struct live_trial *trial = NULL;

    if (answer == SAMPLER_FAILED && err->code == ASSAY_EXHAUSTED) {
        (void)controller_break(c, err); /* not the study's fault: the next engine asks again */
        return;
    }
    job->life.is_exhausted = answer == SAMPLER_EXHAUSTED;
    if (answer == SAMPLER_FAILED)
        (void)snprintf(job->life.search_error, sizeof job->life.search_error, "%.*s",
                       (int)sizeof job->life.search_error - 1, err->message);
    if (answer != SAMPLER_POINT)
        return;
    trial = live_job_add_trial(job, job->last_number + 1);
    if (!trial) {
        (void)controller_break_memory(c);
        return;
    }
    memcpy(trial->point, point, live_job_param_count(job) * sizeof *point);
    job->last_number++;
    job->life.created++;
    job->life.waiting++;
}

/* What tells how the study's newest trial was made, where it is not simply the next: its number in
 * the sampler's sequence, and which parameters its client had fixed. */
static bool store_made(struct controller *c, const struct live_job *job, int64_t ordinal)
{
    struct assay_error err = { 0 };
    char *fixed = NULL;
    size_t size = 0;
    FILE *out = NULL;
    bool is_stored = false;

    if (ordinal == job->last_number && !job->has_fixed)
        return true;
    out = open_memstream(&fixed, &size);
    if (!out)
        return controller_break_memory(c);
    for (size_t i = 0; job->has_fixed && i < live_job_param_count(job); i++)
        if (!isnan(job->fixed[i]))
            (void)fprintf(out, "%s%zu", ftell(out) > 0 ? " " : "", i);
    if (fclose(out) == 0)
        is_stored = store_made_put(c->store, store_trial_id(job->row.id, job->last_number), ordinal,
                                   fixed, &err) ||
                    controller_break(c, &err);
    else
        (void)controller_break_memory(c);
    free(fixed);
    return is_stored;
}

/* A custom job's only run has no sampler, and no parameters. Trials that are run again use up no
 * number of the sampler's sequence. */
static void suggest_plainly(struct controller *c, struct live_job *job)
{
    struct sampler_query query = { .trial_number = (uint64_t)job->last_ordinal + 1 };
    struct provenance provenance;
    struct assay_error err = { 0 };
    enum sampler_answer answer = SAMPLER_POINT;

    if (job->sampler)
        answer = sampler_suggest(job->sampler, &query, job->point, &provenance, &err);
    take_answer(c, job, answer, job->point, &err);
    if (answer == SAMPLER_POINT && !c->is_broken)
        (void)store_made(c, job, ++job->last_ordinal);
}

/*
 * Of a study, whose clients bring trials of their own: they use up no number of the sampler's
 * sequence, and a sampler that visits each point once passes over theirs. What a context fixes is
 * no part of such a sequence either, and counts as theirs.
 */
static void suggest_in_sequence(struct controller *c, struct live_job *job)
{
    bool is_aside = job->has_fixed && sampler_visits_once(job->sampler);
    int64_t ordinal = is_aside ? job->last_number : job->last_ordinal;
    struct sampler_query query = { .fixed = job->has_fixed ? job->fixed : NULL };
    struct provenance provenance;
    struct assay_error err = { 0 };
    enum sampler_answer answer = SAMPLER_POINT;

    do {
        query.trial_number = (uint64_t)++ordinal;
        answer = sampler_suggest(job->sampler, &query, job->point, &provenance, &err);
    } while (!is_aside && answer == SAMPLER_POINT && point_set_has(&job->given, job->point));
    take_answer(c, job, answer, job->point, &err);
    if (answer != SAMPLER_POINT || c->is_broken)
        return;
    if (is_aside) {
        if (!live_job_note_given(job, job->point))
            (void)controller_break_memory(c);
        return;
    }
    job->last_ordinal = ordinal;
    (void)store_made(c, job, ordinal);
}

/* The task's point has what the next suggestion is to have. */
static bool is_for_context(const struct live_job *job, const struct search_task *task)
{
    if (task->has_fixed != job->has_fixed)
        return false;
    for (size_t i = 0; task->has_fixed && i < live_job_param_count(job); i++)
        if (task->fixed[i] != job->fixed[i] && !(isnan(task->fixed[i]) && isnan(job->fixed[i])))
            return false;
    return true;
}

/* What has come back, by whichever way. */
static void finish_suggestion(struct controller *c, struct live_job *job,
                              const struct search_task *task)
{
    /* A study's client has made a trial of this number meanwhile, or the one that it was for needs
     * none any more: to be asked again. */
    if (task->trial_number != (uint64_t)job->last_number + 1 || !is_for_context(job, task))
        return;
    /* A trial that was lost meanwhile has left its point: to be asked again. */
    if (task->answer == SAMPLER_EXHAUSTED && task->last_end_order < job->last_end_order)
        return;
    if (task->answer == SAMPLER_POINT && !store_suggestion(c, job, task))
        return;
    take_answer(c, job, task->answer, task->point, &task->err);
    if (task->answer == SAMPLER_POINT && !c->is_broken)
        (void)store_made(c, job, job->last_number);
}

/* Where it is worth it: so that the next engine goes on from it. */
static bool store_model(struct controller *c, const struct live_job *job,
                        const struct search_task *task)
{
    struct assay_error err = { 0 };
    size_t size = sampler_model_size(job->sampler);
    double *numbers = NULL;
    bool is_stored = false;

    if (size == 0)
        return true;
    numbers = malloc(size * sizeof *numbers);
    if (!numbers)
        return controller_break_memory(c);
    sampler_model_pack(job->sampler, task->learnt, numbers);
    is_stored =
        store_model_put(c->store, job->row.id, (int64_t)task->past_count, numbers, size, &err) ||
        controller_break(c, &err);
    free(numbers);
    return is_stored;
}

static void finish_lesson(struct controller *c, struct live_job *job, struct search_task *task)
{
    struct sampler_model *learnt = task->learnt;

    job->is_learning = false;
    if (!learnt) {
        (void)controller_break(c, &task->err);
        return;
    }
    if (!store_model(c, job, task))
        return;
    task->learnt = NULL;
    if (!study_memory_add(job->memory, task->past_count, learnt))
        (void)controller_break_memory(c);
}

/* What no later suggestion needs, here and in the store. */
static bool trim_models(struct controller *c, struct live_job *job, size_t past_count)
{
    struct assay_error err = { 0 };
    size_t oldest = study_memory_trim(job->memory, past_count);

    return oldest == 0 || sampler_model_size(job->sampler) == 0 ||
           store_model_trim(c->store, job->row.id, (int64_t)oldest, &err) ||
           controller_break(c, &err);
}

/* Takes the task. True when it has been run already. */
static bool hand_out(struct controller *c, struct live_job *job, struct search_task *task)
{
    task->opening = job->opening;
    task->sampler = job->sampler;
    task->history = study_memory_history(job->memory);
    if (!c->outlet.search) {
        search_task_run(task);
        return true;
    }
    if (controller_add_deed(c, (struct deed){ .kind = DEED_SEARCH, .task = task }))
        job->task_count++;
    else
        search_task_free(task);
    return false;
}

void controller_learn(struct controller *c, struct live_job *job)
{
    const struct sampler_model *previous = NULL;
    size_t count = 0;

    while (!c->is_broken && job->memory && !job->is_learning &&
           job->life.state == JOB_STATE_RUNNING && !tuning_job_is_full(&job->life) &&
           study_memory_lesson(job->memory, &count, &previous)) {
        struct search_task *task = search_task_new(SEARCH_LEARN, 0, 0);

        if (!task) {
            (void)controller_break_memory(c);
            return;
        }
        task->past_count = count;
        task->model = previous;
        job->is_learning = true;
        if (hand_out(c, job, task)) {
            finish_lesson(c, job, task);
            search_task_free(task);
        }
    }
}

static int compare_numbers(const void *a, const void *b)
{
    const struct live_trial *const *first = a;
    const struct live_trial *const *second = b;

    return ((*first)->number > (*second)->number) - ((*first)->number < (*second)->number);
}

/* The points of all trials that have not ended, by number. False for lack of memory. */
static bool gather_pending(const struct live_job *job, struct search_task *task)
{
    size_t width = live_job_param_count(job);
    const struct live_trial **trials = malloc((job->trial_count + 1) * sizeof *trials);

    if (!trials)
        return false;
    for (size_t i = 0; i < job->trial_count; i++)
        trials[i] = &job->trials[i];
    qsort(trials, job->trial_count, sizeof *trials, compare_numbers);
    for (size_t i = 0; i < job->trial_count; i++)
        memcpy(task->pending + i * width, trials[i]->point, width * sizeof(double));
    free(trials);
    return true;
}

static void ask(struct controller *c, struct live_job *job, const struct sampler_model *model)
{
    struct search_task *task =
        search_task_new(SEARCH_SUGGEST, live_job_param_count(job), job->trial_count);

    if (!task || !gather_pending(job, task)) {
        search_task_free(task);
        (void)controller_break_memory(c);
        return;
    }
    task->model = model;
    task->past_count = study_memory_count(job->memory);
    task->trial_number = (uint64_t)job->last_number + 1;
    task->last_end_order = job->last_end_order;
    task->max_trial_count = job->spec->first_trial_count ? job->spec->max_trial_count : 0;
    task->has_fixed = job->has_fixed;
    if (job->has_fixed)
        memcpy(task->fixed, job->fixed, live_job_param_count(job) * sizeof *task->fixed);
    /* The answers come in this order, so no later one needs an older model. */
    if (!trim_models(c, job, task->past_count)) {
        search_task_free(task);
        return;
    }
    job->life.is_suggesting = true;
    if (hand_out(c, job, task)) {
        job->life.is_suggesting = false;
        finish_suggestion(c, job, task);
        search_task_free(task);
    }
}

void controller_suggest(struct controller *c, struct live_job *job)
{
    const struct sampler_model *model = NULL;

    if (!job->memory) {
        if (job->spec->kind == JOB_STUDY)
            suggest_in_sequence(c, job);
        else
            suggest_plainly(c, job);
        return;
    }
    if (job->answer) {
        finish_suggestion(c, job, job->answer);
        search_task_free(job->answer);
        job->answer = NULL;
        return;
    }
    controller_learn(c, job);
    if (c->is_broken)
        return;
    if (study_memory_find(job->memory, study_memory_count(job->memory), &model)) {
        ask(c, job, model);
        return;
    }
    job->awaits_model = true;
    job->life.is_suggesting = true;
}

/* The job of a task, which borrows from it no more; NULL where nobody works on the job. */
static struct live_job *take_back(struct controller *c, const struct search_task *task)
{
    for (size_t i = 0; i < c->job_count; i++) {
        if (c->jobs[i]->opening == task->opening) {
            c->jobs[i]->task_count--;
            return c->jobs[i];
        }
    }
    return NULL;
}

/* Frees the job once no task borrows from it. */
static void release_left_job(struct controller *c, uint64_t opening)
{
    struct live_job **link = &c->first_left;
    struct live_job *job = NULL;

    while (*link && (*link)->opening != opening)
        link = &(*link)->next_left;
    job = *link;
    if (!job || --job->task_count > 0)
        return;
    *link = job->next_left;
    live_job_free(job);
}

void controller_searched(struct controller *c, struct search_task *task)
{
    struct live_job *job = take_back(c, task);
    uint64_t opening = task->opening;

    if (!job) {
        search_task_free(task); /* with the sampler that made it */
        release_left_job(c, opening);
        return;
    }
    if (task->kind == SEARCH_LEARN) {
        finish_lesson(c, job, task);
        search_task_free(task);
        if (job->awaits_model)
            job->life.is_suggesting = false;
        job->awaits_model = false;
        controller_learn(c, job);
        controller_advance(c, job);
        return;
    }
    job->life.is_suggesting = false;
    job->answer = task;
    controller_advance(c, job);
    search_task_free(job->answer); /* nobody wanted it any more */
    job->answer = NULL;
}
