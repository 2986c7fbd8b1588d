/*
 * engine/life/point_set.h - points that are known: those of a study that its sampler's sequence
 * need not come to any more. The controller's own.
 */
#ifndef ENGINE_LIFE_POINT_SET_H
#define ENGINE_LIFE_POINT_SET_H

#include <stdbool.h>
#include <stddef.h>

struct point_set {
    size_t width; /* numbers of a point */
    size_t count, capacity;
    double *points; /* count x width */
    size_t *slots;  /* by hash: 1 + the index of a point, 0 where there is none */
    size_t slot_count;
};

void point_set_init(struct point_set *set, size_t width);
void point_set_clear(struct point_set *set); /* a zeroed one is fine */

/* False for lack of memory. */
bool point_set_add(struct point_set *set, const double *point);

/* NaN (a parameter that is inactive) equals NaN. */
bool point_set_has(const struct point_set *set, const double *point);

#endif
