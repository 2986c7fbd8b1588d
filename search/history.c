#include "search/history.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Block k holds FIRST_BLOCK << k trials: none ever moves, and so many are never filled. */
enum { FIRST_BLOCK = 64, BLOCK_MAX = 32 };

struct entry {
    uint64_t number;
    enum past_state state;
    double progress;
};

struct block {
    struct entry *entries;
    double *numbers; /* per trial: param_count coordinates of the point, metric_count values */
};

struct history {
    size_t param_count, metric_count;
    size_t count;
    struct block blocks[BLOCK_MAX];
};

/* Which block, and where in it. */
static size_t locate(size_t index, size_t *offset)
{
    size_t block = 0;
    size_t size = FIRST_BLOCK;

    while (index >= size) {
        index -= size;
        size *= 2;
        block++;
    }
    *offset = index;
    return block;
}

struct history *history_new(size_t param_count, size_t metric_count)
{
    struct history *history = calloc(1, sizeof *history);

    assert(metric_count >= 1);
    if (history) {
        history->param_count = param_count;
        history->metric_count = metric_count;
    }
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < BLOCK_MAX; i++) {
        free(history->blocks[i].entries);
        free(history->blocks[i].numbers);
    }
    free(history);
}

static bool make_block(struct history *history, size_t index)
{
    struct block *block = &history->blocks[index];
    size_t size = (size_t)FIRST_BLOCK << index;
    size_t width = history->param_count + history->metric_count;

    if (block->entries)
        return true;
    block->entries = calloc(size, sizeof *block->entries);
    block->numbers = calloc(size * width, sizeof *block->numbers);
    if (block->entries && block->numbers)
        return true;
    free(block->entries);
    free(block->numbers);
    *block = (struct block){ 0 };
    return false;
}

bool history_append(struct history *history, const struct past_trial *trial)
{
    size_t offset = 0;
    size_t index = locate(history->count, &offset);
    struct block *block = &history->blocks[index];
    double *numbers = NULL;

    if (index >= BLOCK_MAX || !make_block(history, index))
        return false;
    numbers = block->numbers + offset * (history->param_count + history->metric_count);
    block->entries[offset] = (struct entry){ trial->number, trial->state, trial->progress };
    if (history->param_count > 0)
        memcpy(numbers, trial->point, history->param_count * sizeof *numbers);
    for (size_t i = 0; i < history->metric_count; i++)
        numbers[history->param_count + i] = trial->values ? trial->values[i] : (double)NAN;
    history->count++;
    return true;
}

size_t history_count(const struct history *history)
{
    return history->count;
}

struct past_trial history_get(const struct history *history, size_t index)
{
    size_t offset = 0;
    const struct block *block = &history->blocks[locate(index, &offset)];
    const struct entry *entry = &block->entries[offset];
    const double *numbers =
        block->numbers + offset * (history->param_count + history->metric_count);

    return (struct past_trial){ .number = entry->number,
                                .state = entry->state,
                                .progress = entry->progress,
                                .point = numbers,
                                .values = numbers + history->param_count };
}

size_t history_param_count(const struct history *history)
{
    return history->param_count;
}

size_t history_metric_count(const struct history *history)
{
    return history->metric_count;
}
