#include "engine/life/study_memory.h"

#include <stdlib.h>
#include <string.h>

struct learnt {
    size_t count; /* of the trials it was learnt from */
    struct sampler_model *model;
};

struct study_memory {
    const struct sampler *sampler;
    struct history *history;
    struct learnt *models; /* by count */
    size_t model_count, model_capacity;
};

struct study_memory *study_memory_new(const struct sampler *sampler, size_t param_count,
                                      size_t metric_count)
{
    struct study_memory *memory = calloc(1, sizeof *memory);

    if (!memory)
        return NULL;
    memory->sampler = sampler;
    memory->history = history_new(param_count, metric_count);
    if (memory->history)
        return memory;
    free(memory);
    return NULL;
}

void study_memory_free(struct study_memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < memory->model_count; i++)
        sampler_model_free(memory->sampler, memory->models[i].model);
    free(memory->models);
    history_free(memory->history);
    free(memory);
}

bool study_memory_append(struct study_memory *memory, const struct past_trial *trial)
{
    return history_append(memory->history, trial);
}

size_t study_memory_count(const struct study_memory *memory)
{
    return history_count(memory->history);
}

const struct history *study_memory_history(const struct study_memory *memory)
{
    return memory->history;
}

bool study_memory_lesson(const struct study_memory *memory, size_t *count,
                         const struct sampler_model **previous)
{
    const struct learnt *newest =
        memory->model_count ? &memory->models[memory->model_count - 1] : NULL;

    *count = sampler_next_model(memory->sampler, newest ? newest->count : 0);
    *previous = newest ? newest->model : NULL;
    return *count <= history_count(memory->history);
}

bool study_memory_add(struct study_memory *memory, size_t count, struct sampler_model *model)
{
    if (memory->model_count == memory->model_capacity) {
        size_t capacity = memory->model_capacity ? memory->model_capacity * 2 : 4;
        struct learnt *grown = realloc(memory->models, capacity * sizeof *grown);

        if (!grown) {
            sampler_model_free(memory->sampler, model);
            return false;
        }
        memory->models = grown;
        memory->model_capacity = capacity;
    }
    memory->models[memory->model_count++] = (struct learnt){ count, model };
    return true;
}

/* Whether count is of the sequence of models, and was enough for them to begin with. */
static bool is_start(const struct study_memory *memory, size_t count)
{
    size_t wanted = sampler_model_count(memory->sampler, history_count(memory->history));
    size_t next = sampler_next_model(memory->sampler, 0);

    while (next < count)
        next = sampler_next_model(memory->sampler, next);
    return next == count && count <= wanted;
}

/* A gap would leave a model that is wanted unlearnt for ever. */
static bool fits(const struct study_memory *memory, size_t count)
{
    size_t newest = memory->model_count ? memory->models[memory->model_count - 1].count : 0;

    if (count == 0 || count > history_count(memory->history))
        return false;
    return newest ? sampler_next_model(memory->sampler, newest) == count : is_start(memory, count);
}

bool study_memory_restore(struct study_memory *memory, size_t count, const double *numbers,
                          size_t number_count)
{
    size_t size = sampler_model_size(memory->sampler);
    struct sampler_model *model = NULL;
    struct assay_error err = { 0 };

    if (size == 0 || number_count != size || !fits(memory, count))
        return true;
    model = sampler_model_unpack(memory->sampler, numbers, &err);
    if (!model)
        return err.code != ASSAY_EXHAUSTED;
    return study_memory_add(memory, count, model);
}

bool study_memory_find(const struct study_memory *memory, size_t past_count,
                       const struct sampler_model **model)
{
    size_t wanted = sampler_model_count(memory->sampler, past_count);

    *model = NULL;
    for (size_t i = 0; i < memory->model_count; i++)
        if (memory->models[i].count == wanted)
            *model = memory->models[i].model;
    return wanted == 0 || *model;
}

size_t study_memory_trim(struct study_memory *memory, size_t past_count)
{
    size_t wanted = sampler_model_count(memory->sampler, past_count);
    size_t dropped = 0;

    while (dropped + 1 < memory->model_count && memory->models[dropped].count < wanted)
        sampler_model_free(memory->sampler, memory->models[dropped++].model);
    memory->model_count -= dropped;
    if (dropped)
        memmove(memory->models, memory->models + dropped,
                memory->model_count * sizeof *memory->models);
    return dropped ? memory->models[0].count : 0;
}
