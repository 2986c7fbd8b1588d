#include "engine/plots/best_steps.h"

#include "engine/array.h"

#include <stdlib.h>
#include <string.h>

void best_steps_clear(struct best_steps *steps)
{
    free(steps->items);
    *steps = (struct best_steps){ 0 };
}

static bool is_better(const struct best_steps *steps, double value, double than)
{
    return steps->is_maximized ? value > than : value < than;
}

/* The first that ended later. As a rule it is the end: trials come almost in their order. */
static size_t find_later(const struct best_steps *steps, int64_t end_order)
{
    size_t at = steps->count;

    while (at > 0 && steps->items[at - 1].end_order > end_order)
        at--;
    return at;
}

static void thin_out(struct best_steps *steps)
{
    size_t kept = 0;

    for (size_t i = 0; i < steps->count; i++)
        if (i % 2 == 0 || i == steps->count - 1)
            steps->items[kept++] = steps->items[i];
    steps->count = kept;
    steps->is_thinned = true;
}

bool best_steps_add(struct best_steps *steps, const struct plot_point *point)
{
    size_t at = find_later(steps, point->end_order);
    size_t end = at; /* those from at on that it is not worse than improve nothing any more */
    void *items = steps->items;

    if (at > 0 && !is_better(steps, point->value, steps->items[at - 1].value))
        return true;
    while (end < steps->count && !is_better(steps, steps->items[end].value, point->value))
        end++;
    if (!array_make_room(&items, steps->count, &steps->capacity, sizeof *steps->items))
        return false;
    steps->items = items;
    memmove(steps->items + at + 1, steps->items + end, (steps->count - end) * sizeof *steps->items);
    steps->items[at] = *point;
    steps->count = steps->count - (end - at) + 1;
    if (steps->count > BEST_STEPS_MAX)
        thin_out(steps);
    return true;
}
