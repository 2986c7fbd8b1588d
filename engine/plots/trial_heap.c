#include "engine/plots/trial_heap.h"

#include <math.h>
#include <stdlib.h>

void trial_heap_init(struct trial_heap *heap, size_t param_count, size_t metric_count, size_t max)
{
    *heap =
        (struct trial_heap){ .param_count = param_count, .metric_count = metric_count, .max = max };
}

void trial_heap_clear(struct trial_heap *heap)
{
    free(heap->items);
    free(heap->numbers);
    *heap = (struct trial_heap){ 0 };
}

static size_t width_of(const struct trial_heap *heap)
{
    return heap->param_count + heap->metric_count;
}

const double *trial_heap_point(const struct trial_heap *heap, const struct kept_trial *trial)
{
    return heap->numbers + trial->slot * width_of(heap);
}

const double *trial_heap_values(const struct trial_heap *heap, const struct kept_trial *trial)
{
    return trial_heap_point(heap, trial) + heap->param_count;
}

/* The heap is full, and of what it keeps nothing would make room for this. */
static bool is_refused(const struct trial_heap *heap, double key, int64_t number)
{
    const struct kept_trial *worst = heap->items;

    return heap->count == heap->max &&
           (key > worst->key || (!(key < worst->key) && number > worst->number));
}

static bool is_greater(const struct kept_trial *a, const struct kept_trial *b)
{
    return a->key > b->key || (!(a->key < b->key) && a->number > b->number);
}

static void sift_up(struct trial_heap *heap, size_t at)
{
    struct kept_trial moved = heap->items[at];

    for (; at > 0 && is_greater(&moved, &heap->items[(at - 1) / 2]); at = (at - 1) / 2)
        heap->items[at] = heap->items[(at - 1) / 2];
    heap->items[at] = moved;
}

static void sift_down(struct trial_heap *heap)
{
    struct kept_trial moved = heap->items[0];
    size_t at = 0;

    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && is_greater(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!is_greater(&heap->items[child], &moved))
            break;
        heap->items[at] = heap->items[child];
        at = child;
    }
    heap->items[at] = moved;
}

static bool grow(struct trial_heap *heap)
{
    size_t capacity = heap->capacity > 0 ? heap->capacity * 2 : 32;
    struct kept_trial *items = NULL;
    double *numbers = NULL;

    if (capacity > heap->max)
        capacity = heap->max;
    items = realloc(heap->items, capacity * sizeof *items);
    if (items)
        heap->items = items;
    numbers = realloc(heap->numbers, (capacity * width_of(heap) + 1) * sizeof *numbers);
    if (numbers)
        heap->numbers = numbers;
    if (!items || !numbers)
        return false;
    heap->capacity = capacity;
    return true;
}

static void copy_numbers(double *to, size_t wanted, const double *from, size_t count)
{
    for (size_t i = 0; i < wanted; i++)
        to[i] = from && i < count ? from[i] : (double)NAN;
}

static void fill(struct trial_heap *heap, const struct kept_trial *trial,
                 const struct ended_row *row)
{
    double *numbers = heap->numbers + trial->slot * width_of(heap);

    copy_numbers(numbers, heap->param_count, row->point, row->point_count);
    copy_numbers(numbers + heap->param_count, heap->metric_count, row->values, row->value_count);
}

bool trial_heap_offer(struct trial_heap *heap, double key, const struct ended_row *row)
{
    struct kept_trial trial;

    if (is_refused(heap, key, row->number))
        return true;
    trial = (struct kept_trial){ .key = key,
                                 .number = row->number,
                                 .end_order = row->end_order,
                                 .start_us = row->start_us,
                                 .end_us = row->end_us,
                                 .state = plot_state_of(row),
                                 .slot = heap->count };

    if (heap->count == heap->max) {
        trial.slot = heap->items[0].slot;
        heap->items[0] = trial;
        fill(heap, &trial, row);
        sift_down(heap);
        return true;
    }
    if (heap->count == heap->capacity && !grow(heap))
        return false;
    fill(heap, &trial, row);
    heap->items[heap->count] = trial;
    sift_up(heap, heap->count++);
    return true;
}
