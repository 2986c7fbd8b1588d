#include "engine/life/point_set.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void point_set_init(struct point_set *set, size_t width)
{
    *set = (struct point_set){ .width = width };
}

void point_set_clear(struct point_set *set)
{
    free(set->points);
    free(set->slots);
    *set = (struct point_set){ 0 };
}

static bool is_same(const double *a, const double *b, size_t width)
{
    for (size_t i = 0; i < width; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

/* FNV-1a over words, mixed at the end. What is equal has one hash: -0 and 0, all NaNs. */
static uint64_t hash(const double *point, size_t width)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < width; i++) {
        double value = isnan(point[i]) ? 0.1234567 : point[i] + 0.0;
        uint64_t bits = 0;

        memcpy(&bits, &value, sizeof bits);
        sum = (sum ^ bits) * UINT64_C(1099511628211);
        sum ^= sum >> 32;
    }
    return sum;
}

/* The slot where the point is, or the empty one where it would be. */
static size_t find_slot(const struct point_set *set, const double *point)
{
    size_t at = (size_t)hash(point, set->width) & (set->slot_count - 1);

    while (set->slots[at] &&
           !is_same(set->points + (set->slots[at] - 1) * set->width, point, set->width))
        at = (at + 1) & (set->slot_count - 1);
    return at;
}

/* Twice the room; half of the slots stay empty. */
static bool grow(struct point_set *set)
{
    size_t capacity = set->capacity ? set->capacity * 2 : 16;
    double *points = realloc(set->points, (capacity * set->width + 1) * sizeof *points);
    size_t *slots = NULL;

    if (!points)
        return false;
    set->points = points;
    slots = calloc(2 * capacity, sizeof *slots);
    if (!slots)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = 2 * capacity;
    set->capacity = capacity;
    for (size_t i = 0; i < set->count; i++)
        set->slots[find_slot(set, set->points + i * set->width)] = i + 1;
    return true;
}

bool point_set_add(struct point_set *set, const double *point)
{
    size_t at = 0;

    if (point_set_has(set, point))
        return true;
    if (set->count == set->capacity && !grow(set))
        return false;
    at = find_slot(set, point);
    memcpy(set->points + set->count * set->width, point, set->width * sizeof *point);
    set->slots[at] = ++set->count;
    return true;
}

bool point_set_has(const struct point_set *set, const double *point)
{
    return set->count > 0 && set->slots[find_slot(set, point)] != 0;
}
