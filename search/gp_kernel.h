/*
 * search/gp_kernel.h - the covariance of points, many at a time; for gp.c and gp_fit.c.
 *
 * Coordinates are kept by axis here, each axis one contiguous run of all rows (dimension x count),
 * so that the inner loops run over rows.
 */
#ifndef SEARCH_GP_KERNEL_H
#define SEARCH_GP_KERNEL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* k / s2, from r2. */
static inline double matern(double r2)
{
    double t = sqrt(5 * r2);

    return (1 + t + 5.0 / 3.0 * r2) * exp(-t);
}

/* -2 / s2 dk/dr2: (5/3) (1 + t) exp(-t). */
static inline double matern_slope(double r2)
{
    double t = sqrt(5 * r2);

    return 5.0 / 3.0 * (1 + t) * exp(-t);
}

/* columns[k * count + i] = rows[i * dimension + k] */
void gp_transpose(const double *rows, size_t count, size_t dimension, double *columns);

/*
 * Squared distances r2[0 .. count-1] of one point to the first count of stride rows, each axis
 * weighted by weights[k] = 1 / l_k^2.
 */
void gp_distances(const double *columns, size_t stride, size_t count, size_t dimension,
                  const bool *is_category, const double *weights, const double *point, double *r2);

#endif
