/*
 * search/importance.h - how much of what a forest says is due to each parameter, and to each pair.
 *
 * Functional ANOVA (Hutter, Hoos, Leyton-Brown 2014): a tree's variance over the whole space falls
 * apart into shares of single parameters (main effects), of pairs beyond these (interactions), and
 * of larger groups. A share is that of a tree; given are the mean of the trees and the range that
 * eight in ten of them lie in: how sure the forest is of it, not how it would change with other
 * trials.
 *
 * A conditional parameter's share is its main effect within the part of the space in which it is
 * active, times the size of that part: what its parent's choice makes of it is the parent's, and
 * being rarely active makes it less important once, not twice. A pair counts where both are active.
 * All shares of a tree together are at most 1; where a tree's variance is 0, all are 0.
 *
 * Immutable once made; any thread may read it.
 */
#ifndef SEARCH_IMPORTANCE_H
#define SEARCH_IMPORTANCE_H

#include "search/forest.h"

enum {
    IMPORTANCE_PAIRS_MAX = 10,
    IMPORTANCE_PAIRED = 7, /* so many parameters, the ones most cut along, are looked at in pairs */
};

struct importance; /* opaque: importance.c */

struct importance_pair {
    size_t i, j; /* i < j */
    struct forest_spread share;
};

/* Does not keep the forest. NULL and *err (ASSAY_EXHAUSTED): no memory. */
struct importance *importance_new(const struct forest *forest, struct assay_error *err);
void importance_free(struct importance *importance); /* NULL is fine */

/* Of parameter i: in 0 .. 1. */
struct forest_spread importance_of(const struct importance *importance, size_t i);

/* The parameters by their mean share, falling, the earlier first of two alike: forest_dimension()
 * indices. Lives as long as importance. */
const size_t *importance_order(const struct importance *importance);

/* The most important pairs, falling; *count is at most IMPORTANCE_PAIRS_MAX. Lives as long as
 * importance. */
const struct importance_pair *importance_pairs(const struct importance *importance, size_t *count);

#endif
