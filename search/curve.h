/*
 * search/curve.h - a trial's objective over its steps or its time: what stoppers look at.
 *
 * A curve borrows its two arrays. Its positions increase strictly, its numbers are finite. What a
 * trial reported becomes one by curve_clean(). Pure functions; any thread.
 */
#ifndef SEARCH_CURVE_H
#define SEARCH_CURVE_H

#include <stdbool.h>
#include <stddef.h>

struct curve {
    size_t count;
    const double *positions; /* step counts, or seconds since the trial started */
    const double *values;
};

/*
 * Makes a curve, in place, of *count measurements in the order in which they were reported. Those
 * with a position or value that is not finite are dropped; the others are sorted by position, and
 * of equal positions the last report stays. Where all are at position 0 (a trainer that gives no
 * steps) they get the positions 1, 2, … instead. False for lack of memory (needed only where they
 * are out of order); the arrays are in no defined order then.
 */
bool curve_clean(double *positions, double *values, size_t *count);

/* How many measurements lie at or before position. */
size_t curve_count_until(const struct curve *curve, double position);

/* The value there, on straight lines between measurements; before the first and past the last one
 * the value of that one. The curve is not empty. */
double curve_at(const struct curve *curve, double position);

/* The mean of the values at positions in (after, until]; where there are none, the value in the
 * middle of the two. The curve is not empty. */
double curve_mean(const struct curve *curve, double after, double until);

#endif
