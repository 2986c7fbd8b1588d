/*
 * search/gp_fit.h - the hyperparameters that explain what was measured best.
 *
 * Maximum a posteriori, by gradients in logarithms: the smallest of minus the log likelihood
 * (Rasmussen and Williams 2006, equations 5.8 and 5.9) and minus the log prior.
 */
#ifndef SEARCH_GP_FIT_H
#define SEARCH_GP_FIT_H

#include "search/box_minimize.h"
#include "search/gp.h"

enum gp_prior_kind {
    PRIOR_TWO_SIDED, /* length scales free from about 0.3 to 3, steeply dearer beyond (the shape
                        of Optuna's) */
    PRIOR_FLAT,      /* nearly flat, narrow bounds (Song et al. 2024) */
    PRIOR_SCALED,    /* log-normal, growing with the square root of the dimension (Hvarfner et al.
                        2024) */
    PRIOR_WEAK,      /* log-normal of deviation 1.5 */
};

enum gp_noise { GP_NOISE_FREE, GP_NOISE_FIXED_LOW, GP_NOISE_HIGH, GP_NOISE_SMALL };

struct gp_prior {
    enum gp_prior_kind kind;
    enum gp_noise noise;
    double length_stretch; /* PRIOR_TWO_SIDED: the squared length scale in the middle */
};

/* Where a fit starts without better knowledge: dimension + GP_EXTRA_HYPERS. */
void gp_prior_start(const struct gp_prior *prior, size_t dimension, double *hypers);

struct gp_fit;

/* Borrows data (at least one row) and prior, which must outlive it. NULL for lack of memory. */
struct gp_fit *gp_fit_new(const struct gp_data *data, const struct gp_prior *prior);
void gp_fit_free(struct gp_fit *fit); /* NULL is fine */

/*
 * Minus the log posterior but for a constant, and its gradient: dimension + GP_EXTRA_HYPERS. Huge
 * and flat where the covariance is singular.
 */
double gp_fit_loss(struct gp_fit *fit, const double *hypers, double *gradient);

/* Improves hypers, at most so many evaluations; *loss is the one reached. BOX_NO_START where the
 * covariance is singular already there. */
enum box_answer gp_fit_improve(struct gp_fit *fit, double *hypers, size_t max_evaluations,
                               double *loss);

#endif
