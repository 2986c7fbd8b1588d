#include "search/stopper_regression.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Of the prior, relative to the variance of the constant. Noise is never less than 1e-6, which
 * keeps the covariance of 50 points positive definite whatever the points are. */
struct prior {
    double linear, curved, length, noise;
};

static const double curved_grid[] = { 0, 0.1, 1 };
static const double length_grid[] = { 1, 3 };
static const double noise_grid[] = { 1e-6, 1e-4, 1e-2, 1e-1, 1 };

#define GRID_SIZE(grid) (sizeof(grid) / sizeof((grid)[0]))

/* Inputs and targets in units in which they have mean 0 and mean square 1. */
struct problem {
    size_t count;
    /* In row count stands the point in question, whose spread counts too: so nothing lies further
     * out than sqrt(count). */
    double inputs[REGRESSION_POINTS_MAX + 1][REGRESSION_DIMENSIONS];
    double targets[REGRESSION_POINTS_MAX];
    double center, scale;                  /* of the targets */
    double weights[REGRESSION_POINTS_MAX]; /* of the points in the posterior mean */
    double cross[REGRESSION_POINTS_MAX];   /* covariances with the point in question */
    /* count x count, lower triangle: the covariance, then its Cholesky factor, then the inverse */
    double matrix[REGRESSION_POINTS_MAX * REGRESSION_POINTS_MAX];
};

static double *element(struct problem *p, size_t row, size_t column)
{
    return &p->matrix[row * p->count + column];
}

/* Of count numbers, each stride from the last; all become 0 where they are equal. */
static void standardize(double *numbers, size_t stride, size_t count, double *center, double *scale)
{
    gsl_vector_view all = gsl_vector_view_array_with_stride(numbers, stride, count);

    *center = gsl_stats_mean(numbers, stride, count);
    gsl_vector_add_constant(&all.vector, -*center);
    *scale = gsl_blas_dnrm2(&all.vector) / sqrt((double)count);
    if (*scale > 0)
        for (size_t i = 0; i < count; i++)
            numbers[i * stride] /= *scale;
}

/* False where a number is not finite. */
static bool set_up(struct problem *p, const struct regression_point *points, size_t count,
                   const double *at)
{
    double unused[2] = { 0 };
    double sum = 0;

    p->count = count;
    for (size_t i = 0; i < count; i++) {
        p->targets[i] = points[i].target;
        for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++)
            p->inputs[i][k] = points[i].inputs[k];
    }
    for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++) {
        p->inputs[count][k] = at[k];
        standardize(&p->inputs[0][k], REGRESSION_DIMENSIONS, count + 1, &unused[0], &unused[1]);
    }
    standardize(p->targets, 1, count, &p->center, &p->scale);
    for (size_t i = 0; i <= count; i++)
        for (size_t k = 0; k < REGRESSION_DIMENSIONS; k++)
            sum += fabs(p->inputs[i][k]);
    for (size_t i = 0; i < count; i++)
        sum += fabs(p->targets[i]);
    return isfinite(sum);
}

static double covariance(const struct prior *prior, const double *a, const double *b)
{
    double product = 0;
    double distance = 0;

    for (size_t i = 0; i < REGRESSION_DIMENSIONS; i++) {
        product += a[i] * b[i];
        distance += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return 1 + prior->linear * product +
           prior->curved * exp(-0.5 * distance / (prior->length * prior->length));
}

/* The logarithm of the marginal likelihood but for a constant, with the best overall variance;
 * leaves factor and weights for that prior. */
static double fit(struct problem *p, const struct prior *prior, double *variance)
{
    gsl_matrix_view factor = gsl_matrix_view_array(p->matrix, p->count, p->count);
    gsl_vector_view targets = gsl_vector_view_array(p->targets, p->count);
    gsl_vector_view weights = gsl_vector_view_array(p->weights, p->count);
    double n = (double)p->count;
    double log_determinant = 0;

    for (size_t i = 0; i < p->count; i++) {
        for (size_t j = 0; j < i; j++)
            *element(p, i, j) = covariance(prior, p->inputs[i], p->inputs[j]);
        *element(p, i, i) = covariance(prior, p->inputs[i], p->inputs[i]) + prior->noise;
    }
    if (gsl_linalg_cholesky_decomp1(&factor.matrix) ||
        gsl_linalg_cholesky_solve(&factor.matrix, &targets.vector, &weights.vector) ||
        gsl_blas_ddot(&targets.vector, &weights.vector, variance))
        return -(double)INFINITY;
    *variance /= n;
    for (size_t i = 0; i < p->count; i++)
        log_determinant += log(*element(p, i, i));
    return -0.5 * n * log(fmax(*variance, 1e-300)) - log_determinant;
}

/*
 * The mean square of what each point misses its prediction from the others by, in units of what
 * the model expects: C. E. Rasmussen and C. Williams, "Gaussian Processes for Machine Learning",
 * 2006, equations 5.10 to 5.12. Turns the factor into the inverse.
 */
static double left_out(struct problem *p, double variance)
{
    gsl_matrix_view inverse = gsl_matrix_view_array(p->matrix, p->count, p->count);
    double sum = 0;

    if (gsl_linalg_cholesky_invert(&inverse.matrix))
        return (double)INFINITY;
    for (size_t i = 0; i < p->count; i++)
        sum += p->weights[i] * p->weights[i] / (*element(p, i, i) * variance);
    return sum / (double)p->count;
}

/* What one prior makes of the problem, in the problem's units. */
struct opinion {
    double score; /* logarithm of the marginal likelihood */
    double mean, scale;
};

static struct opinion ask(struct problem *p, const struct prior *prior)
{
    gsl_matrix_view factor = gsl_matrix_view_array(p->matrix, p->count, p->count);
    gsl_vector_view cross = gsl_vector_view_array(p->cross, p->count);
    const double *here = p->inputs[p->count];
    struct opinion opinion = { 0 };
    double variance = 0;
    double explained = 0;
    double spread = 0;

    opinion.score = fit(p, prior, &variance);
    if (!isfinite(opinion.score))
        return opinion;
    for (size_t i = 0; i < p->count; i++) {
        p->cross[i] = covariance(prior, p->inputs[i], here);
        opinion.mean += p->cross[i] * p->weights[i];
    }
    (void)gsl_blas_dtrsv(CblasLower, CblasNoTrans, CblasNonUnit, &factor.matrix, &cross.vector);
    (void)gsl_blas_ddot(&cross.vector, &cross.vector, &explained);
    spread = variance * (covariance(prior, here, here) + prior->noise - explained);
    if (variance > 0)
        spread *= fmax(1, left_out(p, variance));
    opinion.scale = sqrt(fmax(spread, 0));
    return opinion;
}

enum { OPINIONS_MAX = 32 };

static size_t ask_all(struct problem *p, struct opinion opinions[OPINIONS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < GRID_SIZE(curved_grid); i++)
        for (size_t j = 0; j < (curved_grid[i] > 0 ? GRID_SIZE(length_grid) : 1); j++)
            for (size_t k = 0; k < GRID_SIZE(noise_grid); k++) {
                struct prior prior = { 1, curved_grid[i], length_grid[j], noise_grid[k] };

                opinions[count++] = ask(p, &prior);
            }
    return count;
}

/* The tails of few points are wide: as many degrees of freedom as points beyond a constant and a
 * slope for each input. */
static double chance_above(const struct problem *p, const struct opinion *opinion, double bar)
{
    double degrees = fmax(1, (double)p->count - 1 - REGRESSION_DIMENSIONS);

    if (opinion->scale > 0)
        return gsl_cdf_tdist_Q((bar - opinion->mean) / opinion->scale, degrees);
    return opinion->mean < bar ? 0 : 1;
}

bool regression_predict(const struct regression_point *points, size_t count,
                        const double at[REGRESSION_DIMENSIONS], double bar,
                        struct regression_answer *answer)
{
    struct problem p;
    struct opinion opinions[OPINIONS_MAX];
    size_t opinion_count = 0;
    double best = -(double)INFINITY;
    double total = 0;
    double square = 0;

    *answer = (struct regression_answer){ 0 };
    if (!set_up(&p, points, count, at))
        return false;
    bar = p.scale > 0 ? (bar - p.center) / p.scale : bar - p.center;
    opinion_count = ask_all(&p, opinions);
    for (size_t i = 0; i < opinion_count; i++)
        best = fmax(best, opinions[i].score);
    for (size_t i = 0; i < opinion_count; i++) {
        const struct opinion *o = &opinions[i];
        double weight = exp(o->score - best);

        total += weight;
        answer->mean += weight * o->mean;
        answer->chance += weight * chance_above(&p, o, bar);
        square += weight * (o->scale * o->scale + o->mean * o->mean);
    }
    answer->mean /= total;
    answer->chance /= total;
    square = fmax(0, square / total - answer->mean * answer->mean);
    answer->mean = p.center + p.scale * answer->mean;
    answer->deviation = p.scale * sqrt(square);
    return isfinite(answer->mean) && isfinite(answer->deviation) && isfinite(answer->chance);
}
