/*
 * search/stopper_regression.h - Gaussian process regression of a few points; for stoppers.
 *
 * The prior is a constant plus a linear function plus a squared exponential plus noise. The ratios
 * of their variances and the length scale go through a small grid, and what each pair of them
 * predicts counts as much as its marginal likelihood tells; the overall variance follows in closed
 * form. So there is no iteration that could go astray, few points do not make the answer sure of
 * itself, and an affine change of targets or inputs changes predictions in the same way.
 */
#ifndef SEARCH_STOPPER_REGRESSION_H
#define SEARCH_STOPPER_REGRESSION_H

#include <stdbool.h>
#include <stddef.h>

enum { REGRESSION_DIMENSIONS = 3, REGRESSION_POINTS_MAX = 50 };

struct regression_point {
    double inputs[REGRESSION_DIMENSIONS];
    double target;
};

/* Of a target at new inputs, noise included: a mixture of Student's t distributions. */
struct regression_answer {
    double mean;
    double deviation; /* of the mixture of their scales: for a person to read */
    double chance;    /* that the target is above the bar; at it counts where nothing varies */
};

/*
 * Needs count of 2 .. REGRESSION_POINTS_MAX points. Where the deviations of the left-out points
 * from what the others predict exceed what a model expects, its scale grows by as much. False where
 * the numbers leave the doubles' range.
 */
bool regression_predict(const struct regression_point *points, size_t count,
                        const double at[REGRESSION_DIMENSIONS], double bar,
                        struct regression_answer *answer);

#endif
