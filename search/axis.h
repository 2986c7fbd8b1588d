/*
 * search/axis.h - a parameter's unit interval in plain double arithmetic, for densities.
 *
 * The same scales and cells as param_spec_encode(), right to about 1e-12 instead of to the bit and
 * twenty times faster. Immutable once made; any thread may read it.
 */
#ifndef SEARCH_AXIS_H
#define SEARCH_AXIS_H

#include "search/param_spec.h"

enum axis_kind {
    AXIS_FIXED,  /* one value only: nothing to search */
    AXIS_REAL,   /* DOUBLE */
    AXIS_CELLS,  /* INTEGER and DISCRETE: each value owns a cell of the interval */
    AXIS_CHOICE, /* CATEGORICAL: value_count choices without an order */
};

struct axis {
    enum axis_kind kind;
    const struct param_spec *spec; /* borrowed */
    uint64_t value_count;          /* 0 for AXIS_REAL */
    double low, high;              /* ends of the scale; of an INTEGER half a step outside */
    double log_low, log_extent;    /* log scales only */
    double *borders;               /* DISCRETE: owned, value_count + 1 ends of cells */
};

/* Borrows spec, which must outlive it. False: no memory; the axis is clear then. */
bool axis_init(struct axis *axis, const struct param_spec *spec);
void axis_clear(struct axis *axis); /* NULL and zeroed are fine */

/* An active value's coordinate in [0, 1]; the middle of its cell where it has one. */
double axis_unit(const struct axis *axis, double value);

/* The value that a coordinate in [0, 1] stands for: its cell's, where there are cells. */
double axis_value(const struct axis *axis, double unit);

/* AXIS_CELLS: the ends of the value's cell. */
void axis_cell(const struct axis *axis, double value, double *low, double *high);

/* AXIS_CELLS and AXIS_CHOICE: the value's number in order, from 0. */
uint64_t axis_ordinal(const struct axis *axis, double value);

#endif
