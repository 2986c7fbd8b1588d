#include "engine/plots/trial_front.h"

#include "engine/plots/plot_point.h"
#include "search/pareto.h"

#include <stdlib.h>
#include <string.h>

void trial_front_init(struct trial_front *front, size_t width)
{
    *front = (struct trial_front){ .width = width };
}

void trial_front_clear(struct trial_front *front)
{
    free(front->losses);
    free(front->numbers);
    free(front->chances);
    free(front->order);
    *front = (struct trial_front){ 0 };
}

static const double *losses_at(const struct trial_front *front, size_t at)
{
    return front->losses + front->order[at] * front->width;
}

/* By losses, then by number. */
static bool is_before(const struct trial_front *front, size_t at, int64_t number,
                      const double *losses)
{
    const double *own = losses_at(front, at);

    for (size_t i = 0; i < front->width; i++)
        if (own[i] < losses[i] || own[i] > losses[i])
            return own[i] < losses[i];
    return front->numbers[front->order[at]] < number;
}

static size_t find(const struct trial_front *front, int64_t number, const double *losses)
{
    size_t low = 0, high = front->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (is_before(front, middle, number, losses))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whoever dominates it stands before it; of two losses the second falls along the front, so that
 * its neighbour is the only one that can. The latest first: they are the likeliest. */
static bool is_dominated(const struct trial_front *front, size_t at, const double *losses)
{
    size_t first = front->width <= 2 && at > 0 ? at - 1 : 0;

    for (size_t i = at; i > first; i--)
        if (pareto_dominates(losses_at(front, i - 1), losses, front->width))
            return true;
    return false;
}

static void swap(size_t *order, size_t a, size_t b)
{
    size_t slot = order[a];

    order[a] = order[b];
    order[b] = slot;
}

/* Takes out what it dominates, all of which stands behind it: of two losses, straight behind. Slots
 * that are free now stay behind the last. */
static void remove_dominated(struct trial_front *front, size_t at, const double *losses)
{
    size_t kept = at;
    bool is_over = false;

    for (size_t i = at; i < front->count; i++) {
        is_over = is_over || !pareto_dominates(losses, losses_at(front, i), front->width);
        if (!is_over)
            continue;
        if (kept == i && front->width <= 2)
            return;
        swap(front->order, kept++, i);
        is_over = front->width <= 2;
    }
    front->count = kept;
}

static void remove_one(struct trial_front *front)
{
    size_t worst = 0;

    for (size_t i = 1; i < front->count; i++)
        if (front->chances[front->order[i]] > front->chances[front->order[worst]])
            worst = i;
    for (; worst + 1 < front->count; worst++)
        swap(front->order, worst, worst + 1);
    front->count--;
    front->is_cut = true;
}

static bool grow(struct trial_front *front)
{
    size_t capacity = front->capacity > 0 ? front->capacity * 2 : 64;
    double *losses = realloc(front->losses, capacity * front->width * sizeof *losses);
    int64_t *numbers = NULL;
    double *chances = NULL;
    size_t *order = NULL;

    if (losses)
        front->losses = losses;
    numbers = realloc(front->numbers, capacity * sizeof *numbers);
    if (numbers)
        front->numbers = numbers;
    chances = realloc(front->chances, capacity * sizeof *chances);
    if (chances)
        front->chances = chances;
    order = realloc(front->order, capacity * sizeof *order);
    if (order)
        front->order = order;
    if (!losses || !numbers || !chances || !order)
        return false;
    for (size_t i = front->capacity; i < capacity; i++)
        front->order[i] = i;
    front->capacity = capacity;
    return true;
}

bool trial_front_add(struct trial_front *front, int64_t number, const double *losses)
{
    size_t at = find(front, number, losses);
    size_t slot = 0;

    if (is_dominated(front, at, losses))
        return true;
    if (front->count == front->capacity && !grow(front))
        return false;
    remove_dominated(front, at, losses);
    slot = front->order[front->count];
    memmove(front->order + at + 1, front->order + at, (front->count - at) * sizeof *front->order);
    front->order[at] = slot;
    front->count++;
    front->numbers[slot] = number;
    front->chances[slot] = plot_chance(number);
    memcpy(front->losses + slot * front->width, losses, front->width * sizeof *losses);
    if (front->count > TRIAL_FRONT_MAX)
        remove_one(front);
    return true;
}
