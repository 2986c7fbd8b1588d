#include "engine/study/study_learner.h"

#include "engine/life/study_memory.h"
#include "engine/thread.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct study_learner {
    const struct sampler *sampler;
    pthread_t thread;
    bool has_thread;

    pthread_mutex_t mutex; /* guards what follows; of memory all but what never changes */
    pthread_cond_t is_wanted, is_learnt;
    struct study_memory *memory;
    size_t goal; /* learns from so many trials, and no more */
    bool is_ending;
    bool has_failed; /* there was no memory for the next model */
    bool is_recording;
    struct study_model *first_new, *last_new; /* not taken yet */
};

struct study_learner *study_learner_new(const struct sampler *sampler, size_t param_count,
                                        size_t metric_count)
{
    struct study_learner *learner = calloc(1, sizeof *learner);

    if (!learner)
        return NULL;
    learner->sampler = sampler;
    learner->memory = study_memory_new(sampler, param_count, metric_count);
    if (!learner->memory) {
        free(learner);
        return NULL;
    }
    (void)pthread_mutex_init(&learner->mutex, NULL);
    (void)pthread_cond_init(&learner->is_wanted, NULL);
    (void)pthread_cond_init(&learner->is_learnt, NULL);
    return learner;
}

void study_models_free(struct study_model *models)
{
    while (models) {
        struct study_model *next = models->next;

        free(models);
        models = next;
    }
}

void study_learner_stop(struct study_learner *learner)
{
    if (!learner->has_thread)
        return;
    (void)pthread_mutex_lock(&learner->mutex);
    learner->is_ending = true;
    (void)pthread_cond_signal(&learner->is_wanted);
    (void)pthread_mutex_unlock(&learner->mutex);
    (void)pthread_join(learner->thread, NULL);
    learner->has_thread = false;
}

void study_learner_free(struct study_learner *learner)
{
    if (!learner)
        return;
    study_learner_stop(learner);
    (void)pthread_cond_destroy(&learner->is_learnt);
    (void)pthread_cond_destroy(&learner->is_wanted);
    (void)pthread_mutex_destroy(&learner->mutex);
    study_models_free(learner->first_new);
    study_memory_free(learner->memory);
    free(learner);
}

bool study_learner_append(struct study_learner *learner, const struct past_trial *trial)
{
    bool is_appended = false;

    (void)pthread_mutex_lock(&learner->mutex);
    is_appended = study_memory_append(learner->memory, trial);
    (void)pthread_mutex_unlock(&learner->mutex);
    return is_appended;
}

const struct history *study_learner_history(const struct study_learner *learner)
{
    return study_memory_history(learner->memory);
}

/* One model that is to be learnt, and what comes of it. */
struct lesson {
    size_t count;
    const struct sampler_model *previous;
    struct sampler_model *model;
    struct study_model *record; /* NULL where none is kept, or for lack of memory */
    struct assay_error err;
};

/* Needs the mutex. False: there is nothing to learn. */
static bool choose_lesson(const struct study_learner *learner, struct lesson *lesson)
{
    return study_memory_lesson(learner->memory, &lesson->count, &lesson->previous) &&
           lesson->count <= learner->goal;
}

/* Without the mutex: what is read does not change meanwhile. */
static void learn(const struct study_learner *learner, bool is_recording, struct lesson *lesson)
{
    size_t size = sampler_model_size(learner->sampler);

    lesson->record = NULL;
    lesson->model = sampler_learn(learner->sampler, study_memory_history(learner->memory),
                                  lesson->count, lesson->previous, &lesson->err);
    if (lesson->model && is_recording && size > 0)
        lesson->record = calloc(1, sizeof *lesson->record + size * sizeof(double));
    if (!lesson->record)
        return;
    lesson->record->count = lesson->count;
    sampler_model_pack(learner->sampler, lesson->model, lesson->record->numbers);
}

/*
 * Needs the mutex. What no suggestion from now on is made with goes, so that models do not pile up
 * while nobody asks. One that is being made meanwhile is made after as many trials as there are now
 * (its thread is the only one to append), and keeps its model.
 */
static void keep(struct study_learner *learner, const struct lesson *lesson)
{
    learner->has_failed =
        !lesson->model || !study_memory_add(learner->memory, lesson->count, lesson->model);
    (void)study_memory_trim(learner->memory, study_memory_count(learner->memory));
    if (learner->has_failed || !lesson->record) {
        free(lesson->record);
        return;
    }
    if (learner->first_new)
        learner->last_new->next = lesson->record;
    else
        learner->first_new = lesson->record;
    learner->last_new = lesson->record;
}

/* Needs the mutex, which is free while the lesson goes on. */
static void take_lesson(struct study_learner *learner, struct lesson *lesson)
{
    bool is_recording = learner->is_recording;

    (void)pthread_mutex_unlock(&learner->mutex);
    learn(learner, is_recording, lesson);
    (void)pthread_mutex_lock(&learner->mutex);
    keep(learner, lesson);
    (void)pthread_cond_broadcast(&learner->is_learnt);
}

static void *learner_thread(void *context)
{
    struct study_learner *learner = context;
    struct lesson lesson;

    (void)pthread_mutex_lock(&learner->mutex);
    while (!learner->is_ending) {
        if (!learner->has_failed && choose_lesson(learner, &lesson))
            take_lesson(learner, &lesson);
        else
            (void)pthread_cond_wait(&learner->is_wanted, &learner->mutex);
    }
    (void)pthread_mutex_unlock(&learner->mutex);
    return NULL;
}

void study_learner_go_ahead(struct study_learner *learner)
{
    struct lesson lesson;
    bool is_needed = false;

    (void)pthread_mutex_lock(&learner->mutex);
    learner->goal = study_memory_count(learner->memory);
    learner->has_failed = false;
    is_needed = choose_lesson(learner, &lesson);
    (void)pthread_cond_signal(&learner->is_wanted);
    (void)pthread_mutex_unlock(&learner->mutex);
    /* Where no thread can be had, all is learnt by study_learner_find(). */
    if (is_needed && !learner->has_thread)
        learner->has_thread = thread_start(&learner->thread, learner_thread, learner) == 0;
}

/* Needs the mutex. Until something has been learnt, or not. */
static void wait_for_lesson(struct study_learner *learner)
{
    struct lesson lesson;

    bool is_needed = choose_lesson(learner, &lesson);

    assert(is_needed || learner->has_thread);
    if (learner->has_thread)
        (void)pthread_cond_wait(&learner->is_learnt, &learner->mutex);
    else if (is_needed)
        take_lesson(learner, &lesson);
}

bool study_learner_find(struct study_learner *learner, const struct sampler_model **model,
                        struct assay_error *err)
{
    size_t past_count = study_memory_count(learner->memory); /* only this thread appends */
    bool is_found = false;

    (void)pthread_mutex_lock(&learner->mutex);
    is_found = study_memory_find(learner->memory, past_count, model);
    if (!is_found) {
        learner->goal = past_count;
        learner->has_failed = false;
        (void)pthread_cond_signal(&learner->is_wanted);
    }
    while (!is_found && !learner->has_failed) {
        wait_for_lesson(learner);
        is_found = study_memory_find(learner->memory, past_count, model);
    }
    if (is_found)
        (void)study_memory_trim(learner->memory, past_count);
    (void)pthread_mutex_unlock(&learner->mutex);
    return is_found || assay_fail_memory(err);
}

size_t study_learner_model_size(const struct study_learner *learner)
{
    return sampler_model_size(learner->sampler);
}

void study_learner_record(struct study_learner *learner)
{
    (void)pthread_mutex_lock(&learner->mutex);
    learner->is_recording = true;
    (void)pthread_mutex_unlock(&learner->mutex);
}

struct study_model *study_learner_take_new(struct study_learner *learner)
{
    struct study_model *models = NULL;

    (void)pthread_mutex_lock(&learner->mutex);
    models = learner->first_new;
    learner->first_new = NULL;
    learner->last_new = NULL;
    (void)pthread_mutex_unlock(&learner->mutex);
    return models;
}

static const struct study_model *find_stored(const struct study_model *newest, size_t count)
{
    while (newest && newest->count != count)
        newest = newest->next;
    return newest;
}

/* Needs the mutex. False: it was passed over. *next is what comes after the newest there is. */
static bool take_up(struct study_learner *learner, const struct study_model *stored, size_t *next)
{
    const struct sampler_model *model = NULL;
    size_t before = 0;

    (void)study_memory_lesson(learner->memory, &before, &model);
    /* Without memory it is as good as not stored. */
    (void)study_memory_restore(learner->memory, stored->count, stored->numbers,
                               sampler_model_size(learner->sampler));
    (void)study_memory_lesson(learner->memory, next, &model);
    return *next != before;
}

/*
 * The first one is that of the next suggestion, or the newest before it, from which that can be
 * learnt. Of the later ones those follow that come next in the sequence.
 */
void study_learner_take_up(struct study_learner *learner, const struct study_model *newest)
{
    const struct study_model *at = newest;
    size_t next = 0;

    (void)pthread_mutex_lock(&learner->mutex);
    while (at && !take_up(learner, at, &next))
        at = at->next;
    while (at) {
        at = find_stored(newest, next);
        if (at && !take_up(learner, at, &next))
            at = NULL;
    }
    (void)pthread_mutex_unlock(&learner->mutex);
}
