#include "search/gp.h"

#include "search/gp_kernel.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <stdlib.h>
#include <string.h>

/* Points that gp_predict_all() takes at once: a block of covariances stays in the cache. */
enum { BLOCK_POINTS = 64 };

enum { JITTER_TRIES = 8 };

/* Added to the diagonal always, times s2; grows where it does not do. */
static const double JITTER = 1e-10, JITTER_GROWTH = 100, VARIANCE_FLOOR = 1e-14;

struct gp {
    size_t data_count;
    size_t count; /* with pending ones, which come last */
    size_t dimension;
    double signal;     /* s2 */
    double *hypers;    /* dimension + 2; the one allocation, with all below */
    double *weights;   /* dimension: 1 / l^2 */
    double *columns;   /* dimension x count */
    double *alpha;     /* data_count: (K + V)^-1 y */
    double *inverse;   /* L^-1: count x count, lower triangle, row-major */
    bool *is_category; /* dimension */
};

static struct gp *allocate(const struct gp_data *data, size_t count)
{
    size_t d = data->dimension;
    struct gp *gp = calloc(1, sizeof *gp);

    if (!gp)
        return NULL;
    gp->hypers = calloc(d + GP_EXTRA_HYPERS + d + d * count + data->count + count * count,
                        sizeof *gp->hypers);
    gp->is_category = calloc(d + 1, sizeof *gp->is_category);
    if (!gp->hypers || !gp->is_category) {
        gp_free(gp);
        return NULL;
    }
    gp->weights = gp->hypers + d + GP_EXTRA_HYPERS;
    gp->columns = gp->weights + d;
    gp->alpha = gp->columns + d * count;
    gp->inverse = gp->alpha + data->count;
    gp->data_count = data->count;
    gp->count = count;
    gp->dimension = d;
    memcpy(gp->is_category, data->is_category, d * sizeof *gp->is_category);
    return gp;
}

void gp_free(struct gp *gp)
{
    if (!gp)
        return;
    free(gp->hypers);
    free(gp->is_category);
    free(gp);
}

static void fill_columns(struct gp *gp, const struct gp_data *data, const double *pending)
{
    for (size_t k = 0; k < gp->dimension; k++) {
        double *column = gp->columns + k * gp->count;

        for (size_t i = 0; i < data->count; i++)
            column[i] = data->coordinates[i * gp->dimension + k];
        for (size_t i = data->count; i < gp->count; i++)
            column[i] = pending[(i - data->count) * gp->dimension + k];
    }
}

/* The lower triangle of K + V in gp->inverse. */
static void fill_covariance(struct gp *gp, const struct gp_data *data, double jitter, double *point)
{
    double noise = exp(gp->hypers[gp->dimension + 1]);

    for (size_t i = 0; i < gp->count; i++) {
        double *row = gp->inverse + i * gp->count;
        double extra = data->extra_noise && i < data->count ? data->extra_noise[i] : 0;

        for (size_t k = 0; k < gp->dimension; k++)
            point[k] = gp->columns[k * gp->count + i];
        gp_distances(gp->columns, gp->count, i, gp->dimension, gp->is_category, gp->weights, point,
                     row);
        for (size_t j = 0; j < i; j++)
            row[j] = gp->signal * matern(row[j]);
        row[i] = gp->signal * (1 + jitter) + noise + extra;
    }
}

/* Infinite covariances may pass as a factor of zeros. */
static bool has_factor(const struct gp *gp)
{
    double last = gp->inverse[gp->count * gp->count - 1];

    return isfinite(last) && last > 0;
}

/* Cholesky, with more on the diagonal each time it fails. */
static enum gp_outcome factorise(struct gp *gp, const struct gp_data *data)
{
    double *point = calloc(gp->dimension + 1, sizeof *point);
    double jitter = JITTER;
    gsl_matrix_view factor = gsl_matrix_view_array(gp->inverse, gp->count, gp->count);
    enum gp_outcome outcome = point ? GP_SINGULAR : GP_NO_MEMORY;

    for (int i = 0; outcome == GP_SINGULAR && i < JITTER_TRIES; i++) {
        fill_covariance(gp, data, jitter, point);
        if (gsl_linalg_cholesky_decomp1(&factor.matrix) == GSL_SUCCESS && has_factor(gp))
            outcome = i > 0 ? GP_JITTERED : GP_SOUND;
        jitter *= JITTER_GROWTH;
    }
    free(point);
    return outcome;
}

/* alpha = L^-T L^-1 y, with the factor of the data alone, which is the whole one's top left. */
static void solve(struct gp *gp, const struct gp_data *data)
{
    gsl_matrix_view whole = gsl_matrix_view_array(gp->inverse, gp->count, gp->count);
    gsl_matrix_view factor =
        gsl_matrix_submatrix(&whole.matrix, 0, 0, gp->data_count, gp->data_count);
    gsl_vector_view alpha = gsl_vector_view_array(gp->alpha, gp->data_count);

    memcpy(gp->alpha, data->targets, gp->data_count * sizeof *gp->alpha);
    (void)gsl_blas_dtrsv(CblasLower, CblasNoTrans, CblasNonUnit, &factor.matrix, &alpha.vector);
    (void)gsl_blas_dtrsv(CblasLower, CblasTrans, CblasNonUnit, &factor.matrix, &alpha.vector);
}

static void invert(struct gp *gp)
{
    gsl_matrix_view factor = gsl_matrix_view_array(gp->inverse, gp->count, gp->count);

    (void)gsl_linalg_tri_invert(CblasLower, CblasNonUnit, &factor.matrix);
}

static bool are_finite(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(numbers[i]))
            return false;
    return true;
}

struct gp *gp_new(const struct gp_data *data, const double *hypers, const double *pending,
                  size_t pending_count, enum gp_outcome *outcome)
{
    struct gp *gp = NULL;

    *outcome = GP_SINGULAR;
    if (!are_finite(hypers, data->dimension + GP_EXTRA_HYPERS))
        return NULL;
    gp = allocate(data, data->count + pending_count);
    *outcome = gp ? GP_SOUND : GP_NO_MEMORY;
    if (!gp)
        return NULL;
    memcpy(gp->hypers, hypers, (gp->dimension + GP_EXTRA_HYPERS) * sizeof *hypers);
    gp->signal = exp(hypers[gp->dimension]);
    for (size_t k = 0; k < gp->dimension; k++)
        gp->weights[k] = exp(-2 * hypers[k]);
    if (gp->count == 0)
        return gp;
    fill_columns(gp, data, pending);
    *outcome = factorise(gp, data);
    if (*outcome != GP_SOUND && *outcome != GP_JITTERED) {
        gp_free(gp);
        return NULL;
    }
    if (gp->data_count > 0)
        solve(gp, data);
    invert(gp);
    return gp;
}

size_t gp_dimension(const struct gp *gp)
{
    return gp->dimension;
}

size_t gp_row_count(const struct gp *gp)
{
    return gp->count;
}

const double *gp_hypers(const struct gp *gp)
{
    return gp->hypers;
}

size_t gp_scratch_size(const struct gp *gp)
{
    return 3 * gp->count + 1;
}

static double dot(const double *a, const double *b, size_t count)
{
    return cblas_ddot((int)count, a, 1, b, 1);
}

/* Covariances of one point with the first count rows. */
static void fill_row(const struct gp *gp, const double *coordinates, size_t count, double *row)
{
    gp_distances(gp->columns, gp->count, count, gp->dimension, gp->is_category, gp->weights,
                 coordinates, row);
    for (size_t i = 0; i < count; i++)
        row[i] = gp->signal * matern(row[i]);
}

double gp_mean(const struct gp *gp, const double *coordinates, double *scratch)
{
    fill_row(gp, coordinates, gp->data_count, scratch);
    return dot(scratch, gp->alpha, gp->data_count);
}

/* z = L^-1 row. */
static void whiten(const struct gp *gp, const double *row, double *z)
{
    gsl_matrix_const_view inverse = gsl_matrix_const_view_array(gp->inverse, gp->count, gp->count);
    gsl_vector_view vector = gsl_vector_view_array(z, gp->count);

    memcpy(z, row, gp->count * sizeof *z);
    (void)gsl_blas_dtrmv(CblasLower, CblasNoTrans, CblasNonUnit, &inverse.matrix, &vector.vector);
}

static double variance_of(const struct gp *gp, double explained)
{
    return fmax(gp->signal - explained, VARIANCE_FLOOR * gp->signal);
}

/* What a scratch holds after gp_predict(): covariances, L^-1 of them, and slope_i as below. */
void gp_predict(const struct gp *gp, const double *coordinates, double *mean, double *variance,
                double *scratch)
{
    double *row = scratch, *z = scratch + gp->count, *slopes = scratch + 2 * gp->count;

    *mean = 0;
    *variance = gp->signal;
    if (gp->count == 0)
        return;
    gp_distances(gp->columns, gp->count, gp->count, gp->dimension, gp->is_category, gp->weights,
                 coordinates, row);
    for (size_t i = 0; i < gp->count; i++) {
        double t = sqrt(5 * row[i]), e = exp(-t);

        slopes[i] = 5.0 / 3.0 * (1 + t) * e;
        row[i] = gp->signal * (1 + t + 5.0 / 3.0 * row[i]) * e;
    }
    *mean = dot(row, gp->alpha, gp->data_count);
    whiten(gp, row, z);
    *variance = variance_of(gp, dot(z, z, gp->count));
}

/*
 * Both are functions of the covariances k: alpha . k and s2 - |L^-1 k|^2; so the derivative is c .
 * dk with c = by_mean alpha - 2 by_variance L^-T L^-1 k, and dk_i/du_k = -s2 slope_i (u_k - w_ik) /
 * l_k^2.
 */
void gp_slope(const struct gp *gp, const double *coordinates, double by_mean, double by_variance,
              double *scratch, double *slope)
{
    double *z = scratch + gp->count;
    const double *slopes = scratch + 2 * gp->count;
    double sum = 0;

    memset(slope, 0, gp->dimension * sizeof *slope);
    if (gp->dimension == 0 || gp->count == 0)
        return;
    for (size_t i = 0; i < gp->count; i++)
        z[i] *= -2 * by_variance;
    cblas_dtrmv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)gp->count, gp->inverse,
                (int)gp->count, z, 1);
    for (size_t i = 0; i < gp->data_count; i++)
        z[i] += by_mean * gp->alpha[i];
    for (size_t i = 0; i < gp->count; i++) {
        z[i] *= slopes[i];
        sum += z[i];
    }
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)gp->dimension, (int)gp->count, 1, gp->columns,
                (int)gp->count, z, 1, 0, slope, 1);
    for (size_t k = 0; k < gp->dimension; k++)
        slope[k] = gp->is_category[k]
                       ? 0
                       : gp->signal * gp->weights[k] * (slope[k] - coordinates[k] * sum);
}

static void predict_block(const struct gp *gp, const double *coordinates, size_t point_count,
                          double *means, double *variances, double *rows)
{
    gsl_matrix_const_view inverse = gsl_matrix_const_view_array(gp->inverse, gp->count, gp->count);
    gsl_matrix_view block = gsl_matrix_view_array(rows, point_count, gp->count);
    size_t used = variances ? gp->count : gp->data_count;

    for (size_t i = 0; i < point_count; i++) {
        double *row = rows + i * gp->count;

        fill_row(gp, coordinates + i * gp->dimension, used, row);
        means[i] = dot(row, gp->alpha, gp->data_count);
    }
    if (!variances)
        return;
    (void)gsl_blas_dtrmm(CblasRight, CblasLower, CblasTrans, CblasNonUnit, 1, &inverse.matrix,
                         &block.matrix);
    for (size_t i = 0; i < point_count; i++) {
        const double *z = rows + i * gp->count;

        variances[i] = variance_of(gp, dot(z, z, gp->count));
    }
}

bool gp_predict_all(const struct gp *gp, const double *coordinates, size_t point_count,
                    double *means, double *variances)
{
    double *rows = calloc(BLOCK_POINTS * gp->count + 1, sizeof *rows);

    if (!rows)
        return false;
    for (size_t i = 0; i < point_count; i += BLOCK_POINTS) {
        size_t size = point_count - i < BLOCK_POINTS ? point_count - i : BLOCK_POINTS;

        if (gp->count > 0) {
            predict_block(gp, coordinates + i * gp->dimension, size, means + i,
                          variances ? variances + i : NULL, rows);
            continue;
        }
        for (size_t j = i; j < i + size; j++) {
            means[j] = 0;
            if (variances)
                variances[j] = gp->signal;
        }
    }
    free(rows);
    return true;
}

double gp_correlation(const struct gp *gp, const double *a, const double *b)
{
    double r2 = 0;

    for (size_t k = 0; k < gp->dimension; k++) {
        double difference = a[k] - b[k];

        if (gp->is_category[k])
            difference = difference != 0;
        r2 += difference * difference * gp->weights[k];
    }
    return matern(r2);
}
