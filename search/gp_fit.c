#include "search/gp_fit.h"

#include "search/gp_kernel.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <stdlib.h>
#include <string.h>

static const double JITTER = 1e-9, SINGULAR = 1e10, GRADIENT_TOLERANCE = 1e-2;
static const double LOW_NOISE = 1e-6, SMALL_NOISE = -10; /* the latter a logarithm */

struct gp_fit {
    const struct gp_data *data;
    const struct gp_prior *prior;
    double *columns;       /* dimension x n; one allocation with all below */
    double *weights;       /* dimension */
    double *point;         /* dimension */
    double *r2;            /* n x n, lower triangle, row-major: squared distances */
    double *matrix;        /* n x n: covariance, its factor, its inverse */
    double *alpha;         /* n */
    double *row;           /* n */
    double *lower, *upper; /* dimension + 2 */
};

static size_t hyper_count(const struct gp_data *data)
{
    return data->dimension + GP_EXTRA_HYPERS;
}

static double noise_start(const struct gp_prior *prior)
{
    if (prior->noise == GP_NOISE_FIXED_LOW)
        return log(LOW_NOISE);
    if (prior->noise == GP_NOISE_HIGH)
        return log(0.1);
    if (prior->noise == GP_NOISE_SMALL)
        return SMALL_NOISE;
    switch (prior->kind) {
    case PRIOR_TWO_SIDED:
        return log(0.05);
    case PRIOR_FLAT:
        return log(0.0039);
    case PRIOR_SCALED:
    case PRIOR_WEAK:
        break;
    }
    return log(1e-3);
}

void gp_prior_start(const struct gp_prior *prior, size_t dimension, double *hypers)
{
    double d = (double)dimension;
    double length = 0, signal = 0;

    switch (prior->kind) {
    case PRIOR_TWO_SIDED:
        length = 0.5 * log(prior->length_stretch);
        break;
    case PRIOR_FLAT:
        signal = log(0.039);
        break;
    case PRIOR_SCALED:
        length = log(0.5) + 0.5 * log(d);
        break;
    case PRIOR_WEAK:
        length = log(0.5) + 0.25 * log(d);
        break;
    }
    for (size_t k = 0; k < dimension; k++)
        hypers[k] = length;
    hypers[dimension] = signal;
    hypers[dimension + 1] = noise_start(prior);
}

static void fill_bounds(struct gp_fit *fit)
{
    size_t d = fit->data->dimension;
    bool is_flat = fit->prior->kind == PRIOR_FLAT;

    for (size_t k = 0; k < d; k++) {
        fit->lower[k] = log(is_flat ? 0.1 : 0.01);
        fit->upper[k] = log(is_flat ? 10 : 1000);
    }
    fit->lower[d] = log(1e-3);
    fit->upper[d] = log(is_flat ? 10 : 1000);
    fit->lower[d + 1] = log(is_flat ? 1e-10 : 1e-8);
    fit->upper[d + 1] = 0;
    if (fit->prior->noise == GP_NOISE_FIXED_LOW)
        fit->lower[d + 1] = fit->upper[d + 1] = log(LOW_NOISE);
}

struct gp_fit *gp_fit_new(const struct gp_data *data, const struct gp_prior *prior)
{
    size_t n = data->count, d = data->dimension;
    struct gp_fit *fit = calloc(1, sizeof *fit);

    if (!fit)
        return NULL;
    fit->data = data;
    fit->prior = prior;
    fit->columns =
        calloc(d * n + 2 * d + 2 * n * n + 2 * n + 2 * hyper_count(data), sizeof(double));
    if (!fit->columns) {
        free(fit);
        return NULL;
    }
    fit->weights = fit->columns + d * n;
    fit->point = fit->weights + d;
    fit->r2 = fit->point + d;
    fit->matrix = fit->r2 + n * n;
    fit->alpha = fit->matrix + n * n;
    fit->row = fit->alpha + n;
    fit->lower = fit->row + n;
    fit->upper = fit->lower + hyper_count(data);
    gp_transpose(data->coordinates, n, d, fit->columns);
    fill_bounds(fit);
    return fit;
}

void gp_fit_free(struct gp_fit *fit)
{
    if (!fit)
        return;
    free(fit->columns);
    free(fit);
}

/* Adds (x - middle)^2 / (2 deviation^2) and its slope. */
static double add_normal(double x, double middle, double deviation, double *slope)
{
    double part = (x - middle) / deviation;

    *slope += part / deviation;
    return part * part / 2;
}

static double length_penalty(const struct gp_prior *prior, double x, double d, double *slope)
{
    const double strength = 0.1;
    double square = 0;

    switch (prior->kind) {
    case PRIOR_TWO_SIDED:
        square = exp(2 * x) / prior->length_stretch;
        *slope += 2 * strength * (square - 1 / square);
        return strength * (square + 1 / square);
    case PRIOR_FLAT: /* 0.01 ln^2(l^2 / 0.5) */
        return add_normal(x, 0.5 * log(0.5), 1 / sqrt(0.08), slope);
    case PRIOR_SCALED:
        return add_normal(x, sqrt(2) + 0.5 * log(d), sqrt(3), slope);
    case PRIOR_WEAK:
        break;
    }
    return add_normal(x, log(0.5) + 0.25 * log(d), 1.5, slope);
}

static double signal_penalty(const struct gp_prior *prior, double x, double *slope)
{
    switch (prior->kind) {
    case PRIOR_TWO_SIDED: /* Gamma(2, 1) */
        *slope += exp(x) - 1;
        return exp(x) - x;
    case PRIOR_FLAT:
        return add_normal(x, log(0.039), 1 / sqrt(0.02), slope);
    case PRIOR_SCALED:
        return add_normal(x, 0, 1, slope);
    case PRIOR_WEAK:
        break;
    }
    return add_normal(x, 0, 1.5, slope);
}

static double noise_penalty(const struct gp_prior *prior, double x, double *slope)
{
    if (prior->noise == GP_NOISE_FIXED_LOW)
        return 0;
    if (prior->noise == GP_NOISE_HIGH)
        return add_normal(x, log(0.1), 1, slope);
    if (prior->noise == GP_NOISE_SMALL)
        return add_normal(x, SMALL_NOISE, 3, slope);
    switch (prior->kind) {
    case PRIOR_TWO_SIDED: /* Gamma(1.1, 30) */
        *slope += 30 * exp(x) - 0.1;
        return 30 * exp(x) - 0.1 * x;
    case PRIOR_FLAT:
        return add_normal(x, log(0.0039), 1 / sqrt(0.02), slope);
    case PRIOR_SCALED:
        return add_normal(x, -4, 1, slope);
    case PRIOR_WEAK:
        break;
    }
    return add_normal(x, -6, 2, slope);
}

static double add_penalties(const struct gp_fit *fit, const double *hypers, double *gradient)
{
    size_t d = fit->data->dimension;
    double loss = 0;

    for (size_t k = 0; k < d; k++)
        loss += length_penalty(fit->prior, hypers[k], (double)d, &gradient[k]);
    loss += signal_penalty(fit->prior, hypers[d], &gradient[d]);
    return loss + noise_penalty(fit->prior, hypers[d + 1], &gradient[d + 1]);
}

/* The squared distances, kept for the gradient, and the covariance. */
static void fill_covariance(struct gp_fit *fit, double signal, double noise)
{
    const struct gp_data *data = fit->data;
    size_t n = data->count, d = data->dimension;

    for (size_t i = 0; i < n; i++) {
        double *r2 = fit->r2 + i * n, *row = fit->matrix + i * n;

        gp_distances(fit->columns, n, i, d, data->is_category, fit->weights,
                     data->coordinates + i * d, r2);
        for (size_t j = 0; j < i; j++)
            row[j] = signal * matern(r2[j]);
        row[i] = signal * (1 + JITTER) + noise + (data->extra_noise ? data->extra_noise[i] : 0);
    }
}

/* Leaves A^-1 in fit->matrix and A^-1 y in fit->alpha; adds 1/2 y^T alpha + sum ln L_ii. */
static bool solve(struct gp_fit *fit, double *loss)
{
    size_t n = fit->data->count;
    gsl_matrix_view matrix = gsl_matrix_view_array(fit->matrix, n, n);
    gsl_vector_view alpha = gsl_vector_view_array(fit->alpha, n);

    if (gsl_linalg_cholesky_decomp1(&matrix.matrix) != GSL_SUCCESS)
        return false;
    for (size_t i = 0; i < n; i++)
        *loss += log(fit->matrix[i * n + i]);
    memcpy(fit->alpha, fit->data->targets, n * sizeof *fit->alpha);
    (void)gsl_linalg_cholesky_svx(&matrix.matrix, &alpha.vector);
    for (size_t i = 0; i < n; i++)
        *loss += 0.5 * fit->data->targets[i] * fit->alpha[i];
    (void)gsl_linalg_cholesky_invert(&matrix.matrix);
    return isfinite(*loss);
}

/* sum_j row_j D_jk over the rows before i, for one axis. */
static double weigh_axis(const struct gp_fit *fit, size_t axis, size_t i)
{
    const double *column = fit->columns + axis * fit->data->count;
    double at = column[i], sum = 0;

    if (fit->data->is_category[axis]) {
        for (size_t j = 0; j < i; j++)
            sum += column[j] != at ? fit->row[j] : 0;
        return sum;
    }
    for (size_t j = 0; j < i; j++)
        sum += fit->row[j] * (column[j] - at) * (column[j] - at);
    return sum;
}

/*
 * dA/d ln l_k = s2 slope(r2) D_k / l_k^2, dA/d ln s2 = K, dA/d ln v = v I, each weighted by
 * W = 1/2 (A^-1 - alpha alpha^T); off the diagonal twice, for the other triangle.
 */
static void add_gradient(struct gp_fit *fit, double signal, double noise, double *gradient)
{
    size_t n = fit->data->count, d = fit->data->dimension;

    for (size_t i = 0; i < n; i++) {
        const double *inverse = fit->matrix + i * n, *r2 = fit->r2 + i * n;
        double diagonal = 0.5 * (inverse[i] - fit->alpha[i] * fit->alpha[i]);

        for (size_t j = 0; j < i; j++) {
            double w = inverse[j] - fit->alpha[i] * fit->alpha[j];
            double t = sqrt(5 * r2[j]), e = exp(-t);

            gradient[d] += w * signal * (1 + t + 5.0 / 3.0 * r2[j]) * e;
            fit->row[j] = w * signal * (5.0 / 3.0) * (1 + t) * e;
        }
        gradient[d] += diagonal * signal * (1 + JITTER);
        gradient[d + 1] += diagonal * noise;
        for (size_t k = 0; k < d; k++)
            gradient[k] += weigh_axis(fit, k, i) * fit->weights[k];
    }
}

double gp_fit_loss(struct gp_fit *fit, const double *hypers, double *gradient)
{
    size_t d = fit->data->dimension;
    double signal = exp(hypers[d]), noise = exp(hypers[d + 1]);
    double loss = 0;

    memset(gradient, 0, hyper_count(fit->data) * sizeof *gradient);
    for (size_t k = 0; k < d; k++)
        fit->weights[k] = exp(-2 * hypers[k]);
    fill_covariance(fit, signal, noise);
    if (!solve(fit, &loss))
        return SINGULAR;
    add_gradient(fit, signal, noise, gradient);
    return loss + add_penalties(fit, hypers, gradient);
}

static double loss_function(const double *x, double *gradient, void *context)
{
    return gp_fit_loss(context, x, gradient);
}

enum box_answer gp_fit_improve(struct gp_fit *fit, double *hypers, size_t max_evaluations,
                               double *loss)
{
    struct box_problem problem = { .dimension = hyper_count(fit->data),
                                   .lower = fit->lower,
                                   .upper = fit->upper,
                                   .function = loss_function,
                                   .context = fit,
                                   .max_evaluations = max_evaluations,
                                   .gradient_tolerance = GRADIENT_TOLERANCE };
    enum box_answer answer = box_minimize(&problem, hypers, loss);

    return answer == BOX_DONE && !(*loss < SINGULAR) ? BOX_NO_START : answer;
}
