/*
 * search/forest_space.h - a search space as the dimensions of a forest, points as its rows.
 *
 * Dimension i is parameter i. DOUBLEs, and INTEGER and DISCRETE ones without children, are
 * coordinates, by their scale (search/axis.h); CATEGORICAL ones are choices; INTEGER and DISCRETE
 * ones with children are ordered choices. Where a CATEGORICAL one has more than FOREST_CHOICES_MAX
 * values, neighbours in the list share a choice. Of a parent with more values than that the
 * children are left out: they are never active, their importance is 0. Immutable; any thread may
 * read it.
 */
#ifndef SEARCH_FOREST_SPACE_H
#define SEARCH_FOREST_SPACE_H

#include "search/forest.h"
#include "search/search_space.h"

struct forest_space; /* opaque: forest_space.c */

/* Borrows space, which must outlive it. NULL for lack of memory. */
struct forest_space *forest_space_new(const struct search_space *space);
void forest_space_free(struct forest_space *space); /* NULL is fine */

/* param_count of them, for struct forest_data. */
const struct forest_dimension *forest_space_dimensions(const struct forest_space *space);

/* A value of params[i], as in a point, as coordinate or choice. NaN is NaN. */
double forest_space_coordinate(const struct forest_space *space, size_t i, double value);

/* A legal point's row; row: param_count. point and row may be the same array. */
void forest_space_row(const struct forest_space *space, const double *point, double *row);

#endif
