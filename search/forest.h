/*
 * search/forest.h - a regression forest of what a study's trials came to: the function that its
 * plots and its parameters' importance are read from.
 *
 * Breiman's random forest (2001) over the whole search space: each tree is a function that is
 * constant on boxes, so that every average over some parameters ("marginal") is a finite sum over
 * the boxes' volumes and no estimate. All parameters are independent and uniform there: a
 * coordinate in [0, 1] by its length, a choice by its share.
 *
 * An inactive parameter has no value and the trees never ask for one: a box is cut along a
 * conditional parameter only where the choices of its parents that are left in it all select it.
 * What is said of a conditional parameter is said of the part of the space in which it is active.
 *
 * Values far on the worse side (a diverged loss of 1e12) would be all that counts: what is worse
 * than the median by more than three times the best one's distance from it counts as that much
 * worse. Better ones are never changed. The same data and seed give the same forest, to the bit.
 *
 * Immutable once made; any thread may read it.
 */
#ifndef SEARCH_FOREST_H
#define SEARCH_FOREST_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOREST_TREES = 64,
    FOREST_ROWS_MIN = 4,
    FOREST_ROWS_MAX = 2000,     /* more only make it slower: the caller samples */
    FOREST_NUMBERS_MAX = 50000, /* rows x dimension, */
    FOREST_ROWS_SURE = 200,     /* but so many rows in any case */
    FOREST_CHOICES_MAX = 64,
    FOREST_NO_PARENT = -1,
};

/* One parameter. Filled by search/forest_space.h for a search space. */
struct forest_dimension {
    size_t choice_count; /* 0: a coordinate in [0, 1]; else the choices 0 .. choice_count - 1 */
    bool is_ordered;     /* choices: cut between two of them, not one off from the others */
    double shares[FOREST_CHOICES_MAX]; /* of each choice in the space; they sum up to 1 */
    int parent;         /* a dimension before this one that has choices, or FOREST_NO_PARENT */
    uint64_t selecting; /* a bit for each choice of the parent that makes this one active */
};

/* The caller's, only read by forest_new(). */
struct forest_data {
    size_t dimension;
    const struct forest_dimension *dimensions;
    size_t row_count;
    const double *rows;   /* row_count x dimension: coordinate or choice; NaN where inactive */
    const double *values; /* row_count */
    bool is_maximized;    /* which side is the worse one */
};

struct forest; /* opaque: forest.c */

/*
 * Grows FOREST_TREES trees. Left out are rows whose value is NaN, rows with a NaN where the
 * parameter is active or none where it is not, and rows past the first so many: FOREST_ROWS_MAX, of
 * more than 25 dimensions less. NULL and *err: ASSAY_PRECONDITION for fewer than FOREST_ROWS_MIN
 * rows, ASSAY_EXHAUSTED for no memory.
 */
struct forest *forest_new(const struct forest_data *data, uint64_t seed, struct assay_error *err);
void forest_free(struct forest *forest); /* NULL is fine */

size_t forest_row_count(const struct forest *forest); /* of those that it was grown from */
size_t forest_dimension(const struct forest *forest);

/* What the trees say: their mean, and the range that eight in ten of them lie in, one in ten below
 * and one above. It is widened to the mean where that lies outside, for a few trees far off. */
struct forest_spread {
    double mean, low, high;
};

/*
 * The value to expect where parameter i is at x (a coordinate in [0, 1], or a choice), all others
 * being anything; of a conditional one, anything that leaves it active. In the units of the values.
 * NaN for one that can never be active. About 0.3 ms.
 */
struct forest_spread forest_marginal(const struct forest *forest, size_t i, double x);

/* One side of a surface. */
struct forest_side {
    size_t dimension;
    const double *x; /* coordinates, rising, or choices in any order */
    size_t count;
};

/*
 * The same for two parameters at once, x and y, which differ: mean[b * x->count + a] is what to
 * expect at x->x[a] and y->x[b]. All NaN where the two are never active together. 40 x 40 places
 * take some milliseconds.
 */
void forest_surface(const struct forest *forest, const struct forest_side *x,
                    const struct forest_side *y, double *mean);

#endif
