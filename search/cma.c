#include "search/cma.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* LAPACK's eigenvalues and vectors of a symmetric matrix; the strings' lengths come last. */
extern void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
                   double *w, double *work, const int *lwork, int *info, size_t jobz_length,
                   size_t uplo_length);

enum { WORK_PER_COORDINATE = 34, POPULATION_MIN = 4, WARM_DIVISOR = 10 };

/* All numbers lie in one block, so that a copy is one memcpy(). d = dimension. */
struct cma {
    size_t dimension, population, generation;
    size_t number_count;
    double sigma, first_sigma;
    double c1, cmu, csigma, dsigma, cc, mueff, chi; /* the tutorial's names */
    double condition;
    double *mean;         /* d */
    double *stretch;      /* d: A's diagonal, of margins */
    double *sigma_path;   /* d */
    double *path;         /* d */
    double *covariance;   /* d x d: C */
    double *root;         /* d x d: C^(1/2), symmetric, so that no sign or order of eigenvectors,
                             which are LAPACK's to choose, shows in a point */
    double *inverse_root; /* d x d: C^(-1/2) */
    double *weights;      /* population */
    double *numbers;
};

static const double warm_margin = 0.1;

size_t cma_usual_population(size_t dimension)
{
    return POPULATION_MIN + (dimension > 1 ? (size_t)(3 * log((double)dimension)) : 0);
}

static void lay_out(struct cma *cma)
{
    size_t d = cma->dimension;

    cma->mean = cma->numbers;
    cma->stretch = cma->mean + d;
    cma->sigma_path = cma->stretch + d;
    cma->path = cma->sigma_path + d;
    cma->covariance = cma->path + d;
    cma->root = cma->covariance + d * d;
    cma->inverse_root = cma->root + d * d;
    cma->weights = cma->inverse_root + d * d;
}

/* Returns mueff of the weights begin .. end - 1. */
static double effective(const double *weights, size_t begin, size_t end)
{
    double sum = 0;
    double square = 0;

    for (size_t i = begin; i < end; i++) {
        sum += weights[i];
        square += weights[i] * weights[i];
    }
    return square > 0 ? sum * sum / square : 0;
}

static void scale_weights(double *weights, size_t begin, size_t end, double total)
{
    double sum = 0;

    for (size_t i = begin; i < end; i++)
        sum += fabs(weights[i]);
    for (size_t i = begin; sum > 0 && i < end; i++)
        weights[i] *= total / sum;
}

/* The tutorial's table 1. */
static void set_constants(struct cma *cma)
{
    double d = (double)cma->dimension;
    size_t mu = cma->population / 2;
    double mueff_minus = 0;
    double least = 0;

    for (size_t i = 0; i < cma->population; i++)
        cma->weights[i] = log(((double)cma->population + 1) / 2) - log((double)i + 1);
    cma->mueff = effective(cma->weights, 0, mu);
    mueff_minus = effective(cma->weights, mu, cma->population);
    cma->c1 = 2 / ((d + 1.3) * (d + 1.3) + cma->mueff);
    cma->cmu =
        fmin(1 - cma->c1, 2 * (cma->mueff - 2 + 1 / cma->mueff) / ((d + 2) * (d + 2) + cma->mueff));
    cma->csigma = (cma->mueff + 2) / (d + cma->mueff + 5);
    cma->dsigma = 1 + 2 * fmax(0, sqrt((cma->mueff - 1) / (d + 1)) - 1) + cma->csigma;
    cma->cc = (4 + cma->mueff / d) / (d + 4 + 2 * cma->mueff / d);
    cma->chi = sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
    least = fmin(1 + cma->c1 / cma->cmu, 1 + 2 * mueff_minus / (mueff_minus + 2));
    least = fmin(least, (1 - cma->c1 - cma->cmu) / (d * cma->cmu));
    scale_weights(cma->weights, 0, mu, 1);
    scale_weights(cma->weights, mu, cma->population, least);
}

struct cma *cma_new(const double *mean, size_t dimension, double sigma, size_t population)
{
    struct cma *cma = calloc(1, sizeof *cma);

    if (!cma)
        return NULL;
    *cma = (struct cma){ .dimension = dimension,
                         .population = population < POPULATION_MIN ? POPULATION_MIN : population,
                         .sigma = sigma,
                         .first_sigma = sigma,
                         .condition = 1 };
    cma->number_count = 4 * dimension + 3 * dimension * dimension + cma->population;
    cma->numbers = calloc(cma->number_count, sizeof *cma->numbers);
    if (!cma->numbers) {
        free(cma);
        return NULL;
    }
    lay_out(cma);
    if (dimension == 0)
        return cma;
    set_constants(cma);
    for (size_t k = 0; k < dimension; k++) {
        cma->mean[k] = mean[k];
        cma->stretch[k] = 1;
        cma->covariance[k * dimension + k] = 1;
        cma->root[k * dimension + k] = 1;
        cma->inverse_root[k * dimension + k] = 1;
    }
    return cma;
}

struct cma *cma_copy(const struct cma *cma)
{
    struct cma *copy = malloc(sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *cma;
    copy->numbers = malloc(cma->number_count * sizeof *copy->numbers);
    if (!copy->numbers) {
        free(copy);
        return NULL;
    }
    memcpy(copy->numbers, cma->numbers, cma->number_count * sizeof *copy->numbers);
    lay_out(copy);
    return copy;
}

void cma_free(struct cma *cma)
{
    if (!cma)
        return;
    free(cma->numbers);
    free(cma);
}

size_t cma_dimension(const struct cma *cma)
{
    return cma->dimension;
}

size_t cma_population(const struct cma *cma)
{
    return cma->population;
}

const double *cma_mean(const struct cma *cma)
{
    return cma->mean;
}

double cma_deviation(const struct cma *cma, size_t coordinate)
{
    return cma->sigma * cma->stretch[coordinate] *
           sqrt(cma->covariance[coordinate * cma->dimension + coordinate]);
}

/* result = matrix x vector, d numbers; result is not the vector. */
static void multiply(const double *matrix, const double *vector, size_t d, double *result)
{
    for (size_t i = 0; i < d; i++) {
        result[i] = 0;
        for (size_t j = 0; j < d; j++)
            result[i] += matrix[i * d + j] * vector[j];
    }
}

void cma_draw(const struct cma *cma, const double *normals, double *point)
{
    multiply(cma->root, normals, cma->dimension, point);
    for (size_t k = 0; k < cma->dimension; k++)
        point[k] = cma->mean[k] + cma->sigma * cma->stretch[k] * point[k];
}

static double norm(const double *vector, size_t d)
{
    double square = 0;

    for (size_t k = 0; k < d; k++)
        square += vector[k] * vector[k];
    return sqrt(square);
}

/* matrix += factor x vector x its transpose. */
static void add_outer(double *matrix, const double *vector, double factor, size_t d)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j < d; j++)
            matrix[i * d + j] += factor * vector[i] * vector[j];
}

/*
 * Makes the roots of the covariance; values and work are scratch. Eigenvalues that rounding has
 * made negative become 1e-14 of the largest.
 */
static void decompose(struct cma *cma, double *vectors, double *values, double *work)
{
    size_t d = cma->dimension;
    int n = (int)d;
    int work_size = n * WORK_PER_COORDINATE;
    int info = 0;

    memcpy(vectors, cma->covariance, d * d * sizeof *vectors);
    dsyev_("V", "L", &n, vectors, &n, values, work, &work_size, &info, 1, 1);
    if (info != 0 || !(values[d - 1] > 0)) {
        cma->condition = (double)INFINITY; /* exhausted: the old roots serve to the end */
        return;
    }
    cma->condition = values[0] > 0 ? values[d - 1] / values[0] : (double)INFINITY;
    for (size_t e = 0; e < d; e++)
        values[e] = sqrt(fmax(values[e], 1e-14 * values[d - 1]));
    memset(cma->root, 0, d * d * sizeof *cma->root);
    memset(cma->inverse_root, 0, d * d * sizeof *cma->inverse_root);
    for (size_t e = 0; e < d; e++) {
        add_outer(cma->root, vectors + e * d, values[e], d);
        add_outer(cma->inverse_root, vectors + e * d, 1 / values[e], d);
    }
}

struct cma *cma_warm_start(const double *points, size_t count, size_t dimension, size_t population)
{
    size_t used = 1 + (count - 1) / WARM_DIVISOR;
    struct cma *cma = NULL;
    double *scratch =
        calloc(dimension * (dimension + WORK_PER_COORDINATE + 2) + 1, sizeof *scratch);
    double *values = NULL;
    double log_determinant = 0;

    assert(count >= 1);
    if (!scratch)
        return NULL;
    for (size_t i = 0; i < used * dimension; i++)
        scratch[i % dimension] += points[i] / (double)used;
    cma = cma_new(scratch, dimension, 1, population);
    if (!cma || dimension == 0)
        goto out;
    for (size_t i = 0; i < dimension * dimension; i++) {
        size_t row = i / dimension;
        size_t column = i % dimension;

        cma->covariance[i] = row == column ? warm_margin * warm_margin : 0;
        for (size_t p = 0; p < used; p++)
            cma->covariance[i] += (points[p * dimension + row] - cma->mean[row]) *
                                  (points[p * dimension + column] - cma->mean[column]) /
                                  (double)used;
    }
    values = scratch + dimension * dimension;
    decompose(cma, scratch, values, values + dimension);
    for (size_t e = 0; e < dimension; e++)
        log_determinant += 2 * log(values[e]);
    cma->sigma = exp(log_determinant / (2 * (double)dimension));
    cma->first_sigma = cma->sigma;
    for (size_t i = 0; i < dimension * dimension; i++) {
        cma->covariance[i] /= cma->sigma * cma->sigma;
        cma->root[i] /= cma->sigma;
        cma->inverse_root[i] *= cma->sigma;
    }
out:
    free(scratch);
    return cma;
}

/* Of the places begin .. end - 1, whose points are equal. */
static double shared_weight(const struct cma *cma, const size_t *ranks, size_t place)
{
    size_t begin = place;
    size_t end = place + 1;
    double sum = 0;

    while (begin > 0 && ranks[begin - 1] == ranks[place])
        begin--;
    while (end < cma->population && ranks[end] == ranks[place])
        end++;
    for (size_t i = begin; i < end; i++)
        sum += cma->weights[i];
    return sum / (double)(end - begin);
}

/*
 * A point as a step in units of the step size, without the margins' stretch, no longer than the
 * injection's limit. Returns the squared length of C^(-1/2) step. white is scratch.
 */
static double step_to(const struct cma *cma, const double *point, double *step, double *white)
{
    double d = (double)cma->dimension;
    double limit = sqrt(d) + 2 * d / (d + 2);
    double length = 0;

    for (size_t k = 0; k < cma->dimension; k++)
        step[k] = (point[k] - cma->mean[k]) / (cma->sigma * cma->stretch[k]);
    multiply(cma->inverse_root, step, cma->dimension, white);
    length = norm(white, cma->dimension);
    for (size_t k = 0; length > limit && k < cma->dimension; k++)
        step[k] *= limit / length;
    return fmin(length, limit) * fmin(length, limit);
}

/* Paths and step size, after mean_step, the weighted mean of the steps. Returns the tutorial's h.
 */
static double follow_paths(struct cma *cma, const double *mean_step, double *white)
{
    size_t d = cma->dimension;
    double length = 0;
    double still = 0;
    double h = 0;
    double gain = sqrt(cma->csigma * (2 - cma->csigma) * cma->mueff);

    multiply(cma->inverse_root, mean_step, d, white);
    for (size_t k = 0; k < d; k++)
        cma->sigma_path[k] = (1 - cma->csigma) * cma->sigma_path[k] + gain * white[k];
    length = norm(cma->sigma_path, d);
    still = 1 - pow(1 - cma->csigma, 2 * ((double)cma->generation + 1));
    h = length / sqrt(still) < (1.4 + 2 / ((double)d + 1)) * cma->chi ? 1 : 0;
    gain = h * sqrt(cma->cc * (2 - cma->cc) * cma->mueff);
    for (size_t k = 0; k < d; k++)
        cma->path[k] = (1 - cma->cc) * cma->path[k] + gain * mean_step[k];
    /* No more than a factor of e at once: Hansen 2011, for injected points. */
    cma->sigma *= exp(fmin(1, cma->csigma / cma->dsigma * (length / cma->chi - 1)));
    return h;
}

bool cma_update(struct cma *cma, const double *points, const size_t *ranks)
{
    size_t d = cma->dimension;
    size_t rows = cma->population;
    double *scratch =
        malloc((rows * d + rows + d * (d + WORK_PER_COORDINATE + 3) + 1) * sizeof *scratch);
    double *steps = scratch;  /* population x d */
    double *weights = NULL;   /* population */
    double *mean_step = NULL; /* d */
    double *white = NULL;     /* d */
    double keep = 1 - cma->c1;
    double h = 0;

    if (!scratch)
        return false;
    weights = steps + rows * d;
    mean_step = weights + rows;
    white = mean_step + d;
    memset(mean_step, 0, d * sizeof *mean_step);
    for (size_t i = 0; i < rows && d > 0; i++) {
        double square = step_to(cma, points + i * d, steps + i * d, white);

        weights[i] = shared_weight(cma, ranks, i);
        keep -= cma->cmu * weights[i];
        for (size_t k = 0; weights[i] > 0 && k < d; k++)
            mean_step[k] += weights[i] * steps[i * d + k];
        if (weights[i] < 0) /* lest C lose more than it has along the step */
            weights[i] *= (double)d / fmax(square, 1e-8);
    }
    for (size_t k = 0; k < d; k++)
        cma->mean[k] += cma->sigma * cma->stretch[k] * mean_step[k];
    if (d > 0) {
        h = follow_paths(cma, mean_step, white);
        keep += cma->c1 * (1 - h) * cma->cc * (2 - cma->cc);
        for (size_t i = 0; i < d * d; i++)
            cma->covariance[i] *= keep;
        add_outer(cma->covariance, cma->path, cma->c1, d);
        for (size_t i = 0; i < rows; i++)
            add_outer(cma->covariance, steps + i * d, cma->cmu * weights[i], d);
        decompose(cma, mean_step + 2 * d, mean_step, mean_step + 2 * d + d * d);
    }
    cma->generation++;
    free(scratch);
    return true;
}

/* The normal quantile that leaves share above it. */
static double upper_quantile(double share)
{
    return gsl_cdf_ugaussian_Qinv(share);
}

/* A mean in the first or the last cell comes closer to the only border it has. */
static void approach_border(struct cma *cma, size_t k, double border, double share)
{
    double reach = upper_quantile(share) * cma_deviation(cma, k);

    if (fabs(cma->mean[k] - border) > reach)
        cma->mean[k] = cma->mean[k] < border ? border - reach : border + reach;
}

void cma_keep_margin(struct cma *cma, size_t coordinate, double low, double high, double share)
{
    double deviation = cma_deviation(cma, coordinate);
    double mean = cma->mean[coordinate];
    double below = 0;
    double above = 0;
    double inside = 0;
    double lack = 0;

    if (isinf(low) || isinf(high)) {
        if (!isinf(low) || !isinf(high))
            approach_border(cma, coordinate, isinf(low) ? high : low, share);
        return;
    }
    below = gsl_cdf_ugaussian_P((low - mean) / deviation);
    above = gsl_cdf_ugaussian_Q((high - mean) / deviation);
    if (below >= share / 2 && above >= share / 2)
        return;
    /* What is added to one side is taken from all three in proportion to what they can spare. */
    inside = 1 - below - above;
    below = fmax(below, share / 2);
    above = fmax(above, share / 2);
    lack = (1 - below - above - inside) / (below + above + inside - 1.5 * share);
    below = upper_quantile(below + lack * (below - share / 2));
    above = upper_quantile(above + lack * (above - share / 2));
    cma->mean[coordinate] = (low * above + high * below) / (below + above);
    cma->stretch[coordinate] *= (high - low) / (below + above) / deviation;
}

bool cma_is_exhausted(const struct cma *cma)
{
    const double narrow = 1e-12; /* of the first step size */
    const double longest = 1e14;
    const double largest = 1e4;
    double widest = 0;

    for (size_t k = 0; k < cma->dimension; k++)
        widest = fmax(widest, cma->sigma * sqrt(cma->covariance[k * cma->dimension + k]));
    if (cma->dimension == 0)
        return false;
    return !(widest > narrow * cma->first_sigma) || !(widest < largest) ||
           !(cma->condition < longest);
}
