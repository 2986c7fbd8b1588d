/*
 * search/forest_grow.h - one tree after the other, from rows that are known to be sound.
 *
 * Breiman 2001: each tree sees as many rows as there are, drawn with replacement, and is cut at
 * each node where that explains most. All dimensions are looked at: a random few of them, as is
 * usual where forests predict, spread importance over parameters that have none.
 */
#ifndef SEARCH_FOREST_GROW_H
#define SEARCH_FOREST_GROW_H

#include "search/forest_trees.h"

struct forest_grower; /* opaque: forest_grow.c */

/*
 * rows: forest->row_count x forest->dimension, coordinates or choices; targets: centred and within
 * -1 .. 1. Borrows all of it. NULL: no memory.
 */
struct forest_grower *forest_grower_new(struct forest *forest, const double *rows,
                                        const double *targets, uint64_t seed);
void forest_grower_free(struct forest_grower *grower); /* NULL is fine */

/* Appends tree number tree, in the order 0 .. FOREST_TREES - 1. False: no memory. */
bool forest_grower_grow(struct forest_grower *grower, size_t tree);

#endif
