/*
 * search/grid.h - the legal combinations of a space without DOUBLEs, numbered.
 *
 * The combinations of a parameter and all below it are its *ranks*, from 0 on: value after value in
 * ascending order (categories in the document's), and under one value the product of the children
 * that it selects, the first child fastest. Roots are independent of each other. Nothing is listed
 * in memory: a rank is turned into values by counting. Immutable; any thread may read it.
 */
#ifndef SEARCH_GRID_H
#define SEARCH_GRID_H

#include "search/search_space.h"

/* Counts of combinations pass 64 bits soon: 20 parameters of 10 values. */
__extension__ typedef unsigned __int128 grid_count;

/* Counts stop here, at 2^127: whoever has more combinations can reach the first 2^127 of them. The
 * bit above is left free so that two counts can be added. */
#define GRID_COUNT_MAX ((grid_count)1 << 127)

struct grid; /* opaque: grid.c */

/* Borrows space, in which no parameter is a DOUBLE of more than one value. NULL for lack of memory.
 */
struct grid *grid_new(const struct search_space *space);
void grid_free(struct grid *grid); /* NULL is fine */

/* How many combinations params[index] has with all below it, at most GRID_COUNT_MAX. */
grid_count grid_size(const struct grid *grid, size_t index);

/*
 * Sets the values of params[index] and of what it makes active below, by rank (below grid_size());
 * leaves inactive ones alone: start from NaNs. Recurses once a level of the tree.
 */
void grid_fill(const struct grid *grid, size_t index, grid_count rank, double *point);

/* The inverse, for a legal point. */
grid_count grid_rank(const struct grid *grid, size_t index, const double *point);

/* a x b, at most GRID_COUNT_MAX. */
grid_count grid_multiply(grid_count a, grid_count b);

#endif
