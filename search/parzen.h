/*
 * search/parzen.h - the density of points that were seen: a mixture with one product kernel for
 * each, and a uniform one.
 *
 * Kernels are normals truncated to the unit interval on an AXIS_REAL, the mass of such a normal in
 * each cell on AXIS_CELLS, and a share for the value seen and less for the others on an
 * AXIS_CHOICE. Densities are per unit of the interval, probabilities for cells and choices: summed
 * and integrated over all values they make 1. Immutable; any thread may read it.
 */
#ifndef SEARCH_PARZEN_H
#define SEARCH_PARZEN_H

#include "search/axis.h"
#include "search/random.h"

struct parzen; /* opaque: parzen.c */

/*
 * Copies values, count rows of axis_count active values, and weights, one of each row and at last
 * the uniform kernel's: not negative, their sum above 0, any scale. Borrows the axes, none of them
 * AXIS_FIXED, which must outlive it. NULL: no memory.
 */
struct parzen *parzen_new(const struct axis *const *axes, size_t axis_count, const double *values,
                          size_t count, const double *weights);
void parzen_free(struct parzen *parzen); /* NULL is fine */

/* How many random numbers parzen_draw() uses: one more than there are axes. */
size_t parzen_draw_width(const struct parzen *parzen);

/* Fills values with a legal value for each axis. Random numbers index .. index + width - 1. */
void parzen_draw(const struct parzen *parzen, const struct random_stream *stream, uint32_t index,
                 double *values);

/*
 * What of a point does not depend on the mixture, so that two mixtures over the same axes share it.
 * scratch: room for 3 * axis_count numbers, which the place borrows.
 */
struct parzen_place {
    const double *values;
    double *unit, *low, *high; /* low and high: cells */
};
void parzen_place(const struct axis *const *axes, size_t axis_count, const double *values,
                  double *scratch, struct parzen_place *place);

double parzen_log_density(const struct parzen *parzen, const struct parzen_place *place);

#endif
