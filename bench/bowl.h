/*
 * bench/bowl.h - a made-up loss over any space, conditional ones too, whose best point is known.
 *
 * Each active parameter adds what it is away from the best: a skewed parabola with ripples along
 * the unit coordinate of a number, the square of a weighted sum with the number before it, a fixed
 * cost for each category but the best. The sum s >= 0 becomes the height 1 - exp(-s), in [0, 1), as
 * a loss saturates where nothing is learnt. Immutable: any thread may read it.
 */
#ifndef BENCH_BOWL_H
#define BENCH_BOWL_H

#include "search/search_space.h"

struct bowl;

/* Borrows space, which must outlive the bowl. The best point, weights and costs come from seed.
 * NULL for lack of memory, also where space is NULL. */
struct bowl *bowl_new(const struct search_space *space, uint64_t seed);
void bowl_free(struct bowl *bowl); /* NULL is fine */

/* 0 at the best point only. */
double bowl_height(const struct bowl *bowl, const double *point);

/* The best point; what is inactive there is NaN. */
const double *bowl_best(const struct bowl *bowl);

/* Of params[index], a number: the unit coordinate of its value less that of its best one. */
double bowl_offset(const struct bowl *bowl, const double *point, size_t index);

#endif
