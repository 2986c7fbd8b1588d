/*
 * search/gp_space.h - the coordinates in which a Gaussian process sees the points of a space.
 *
 * One *axis* per parameter that has more than one value. Numbers lie at their scaled place in
 * [0, 1] (param_spec_encode()); what has no order, CATEGORICAL and two-valued parameters, is the
 * value's index, of which only equality matters. An inactive parameter lies at a place of its own,
 * 0.5 or index -1: two points in which it is inactive do not differ by it, and points of which it
 * is active in one only differ by the parent's axis in any case. Immutable; any thread may read it.
 */
#ifndef SEARCH_GP_SPACE_H
#define SEARCH_GP_SPACE_H

#include "search/axis.h"
#include "search/search_space.h"

enum gp_axis_kind {
    GP_AXIS_CONTINUOUS, /* DOUBLE */
    GP_AXIS_ORDERED,    /* INTEGER or DISCRETE of three values and more */
    GP_AXIS_CATEGORY,   /* CATEGORICAL, or anything of two values */
};

struct gp_axis {
    enum gp_axis_kind kind;
    size_t param;         /* index in the space */
    uint64_t value_total; /* 0 for continuous ones */
};

struct gp_space {
    const struct search_space *space; /* borrowed */
    size_t dimension;
    struct gp_axis *axes;
    bool *is_category;   /* dimension; axes[k].kind == GP_AXIS_CATEGORY */
    size_t *param_axis;  /* param_count; SIZE_MAX for a parameter without an axis */
    size_t *child_count; /* param_count: parameters whose parent it is */
    struct axis *places; /* param_count: their unit intervals */
};

/* Borrows space, which must outlive the result. NULL for lack of memory. */
struct gp_space *gp_space_new(const struct search_space *space);
void gp_space_free(struct gp_space *gp_space); /* NULL is fine */

/* coordinates: dimension; point: param_count, legal. */
void gp_space_encode(const struct gp_space *gp_space, const double *point, double *coordinates);

/* The point that param_count coordinates in [0, 1] stand for, as search_space_decode() but for its
 * last bits, and much faster. */
void gp_space_decode(const struct gp_space *gp_space, const double *unit, double *point);

/* Value number index (from 0, ascending; below value_total) of an axis that is not continuous, as
 * in a point; and its inverse. */
double gp_axis_value(const struct gp_space *gp_space, size_t axis, uint64_t index);
uint64_t gp_axis_index(const struct gp_space *gp_space, size_t axis, double value);

/*
 * Sets one parameter of a legal point and what depends on it: a child that becomes inactive turns
 * NaN, one that becomes active takes its value from source (a point) where it is active there, else
 * from unit (param_count coordinates in [0, 1]).
 */
void gp_space_set(const struct gp_space *gp_space, double *point, size_t param, double value,
                  const double *source, const double *unit);

#endif
