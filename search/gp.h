/*
 * search/gp.h - a Gaussian process: what is expected of points not measured yet, and how surely.
 *
 * Zero mean; Matern-5/2 with one length scale per axis (C. E. Rasmussen and C. K. I. Williams 2006,
 * equations 4.17 and 2.25 to 2.30); an axis of categories adds 1 / l^2 where they differ. Points
 * are rows of coordinates as gp_space.h makes them; targets are larger for better.
 *
 *     r2 = sum_k D_k / l_k^2,  D_k = (u_k - w_k)^2 or [u_k != w_k],  t = sqrt(5 r2)
 *     k(u, w) = s2 (1 + t + 5/3 r2) exp(-t)
 *
 * A struct gp is immutable once made: any thread may ask it.
 */
#ifndef SEARCH_GP_H
#define SEARCH_GP_H

#include <stdbool.h>
#include <stddef.h>

/* Logarithms of the hyperparameters: dimension length scales, then signal and noise variance. */
enum { GP_EXTRA_HYPERS = 2 };

/* What was measured. Borrowed; rows may be 0 only in a struct gp. */
struct gp_data {
    size_t count, dimension;
    const bool *is_category;   /* dimension */
    const double *coordinates; /* count x dimension, row-major */
    const double *targets;     /* count */
    const double *extra_noise; /* count: variance added to the noise's; NULL: none */
};

struct gp;

enum gp_outcome {
    GP_SOUND,
    GP_JITTERED, /* made, with more on the diagonal than asked for */
    GP_SINGULAR, /* not made: hyperparameters that are no numbers, or nothing on the diagonal helped
                  */
    GP_NO_MEMORY,
};

/*
 * The posterior of data under the hyperparameters, and of points under way, which take part in its
 * deviations and not in its mean: pending is pending_count x dimension. Copies all it needs. Adds
 * to the diagonal what a singular covariance lacks. NULL unless GP_SOUND or GP_JITTERED.
 */
struct gp *gp_new(const struct gp_data *data, const double *hypers, const double *pending,
                  size_t pending_count, enum gp_outcome *outcome);
void gp_free(struct gp *gp); /* NULL is fine */

size_t gp_dimension(const struct gp *gp);
size_t gp_row_count(const struct gp *gp); /* data and pending */
const double *gp_hypers(const struct gp *gp);

/* Doubles of scratch that one point wants. */
size_t gp_scratch_size(const struct gp *gp);

/* The mean alone, O(count x dimension). */
double gp_mean(const struct gp *gp, const double *coordinates, double *scratch);

/* Mean and variance (without the noise; above 0) at one point, O(rows^2). */
void gp_predict(const struct gp *gp, const double *coordinates, double *mean, double *variance,
                double *scratch);

/*
 * The derivatives by the coordinates (0 for categories; dimension of them) of by_mean mean +
 * by_variance variance. scratch: as gp_predict() of the same point left it; overwritten.
 */
void gp_slope(const struct gp *gp, const double *coordinates, double by_mean, double by_variance,
              double *scratch, double *slope);

/*
 * Means and variances of point_count points at once, in blocks, through matrix products; variances
 * may be NULL. False for lack of memory.
 */
bool gp_predict_all(const struct gp *gp, const double *coordinates, size_t point_count,
                    double *means, double *variances);

/* The correlation of two points, 0 .. 1, under the length scales. */
double gp_correlation(const struct gp *gp, const double *a, const double *b);

#endif
