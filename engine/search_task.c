#include "engine/search_task.h"

#include <stdlib.h>

struct search_task *search_task_new(enum search_kind kind, size_t param_count, size_t pending_count)
{
    size_t count = param_count * (pending_count + 2);
    struct search_task *task = calloc(1, sizeof *task + count * sizeof task->numbers[0]);

    if (!task)
        return NULL;
    task->kind = kind;
    task->pending = task->numbers;
    task->pending_count = pending_count;
    task->fixed = task->numbers + param_count * pending_count;
    task->point = task->fixed + param_count;
    return task;
}

void search_task_free(struct search_task *task)
{
    if (!task)
        return;
    sampler_model_free(task->sampler, task->learnt);
    free(task);
}

static void learn(struct search_task *task)
{
    task->learnt =
        sampler_learn(task->sampler, task->history, task->past_count, task->model, &task->err);
    task->answer = task->learnt ? SAMPLER_POINT : SAMPLER_FAILED;
}

void search_task_run(struct search_task *task)
{
    struct sampler_query query = {
        .trial_number = task->trial_number,
        .max_trial_count = task->max_trial_count,
        .history = task->history,
        .past_count = task->past_count,
        .pending = task->pending,
        .pending_count = task->pending_count,
        .fixed = task->has_fixed ? task->fixed : NULL,
        .model = task->model,
    };

    if (task->kind == SEARCH_LEARN)
        learn(task);
    else
        task->answer =
            sampler_suggest(task->sampler, &query, task->point, &task->provenance, &task->err);
}
