#include "gp_support.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSION_MAX = 128 };

void roll_point(const struct search_space *space, struct dice *dice, double *point)
{
    for (size_t i = 0; i < space->param_count; i++)
        point[i] = dice_unit(dice);
    search_space_decode(space, point, point);
}

double bowl(const struct search_space *space, const double *point)
{
    double unit[DIMENSION_MAX];
    double sum = 0;

    search_space_encode(space, point, unit);
    for (size_t i = 0; i < space->param_count; i++)
        sum += isnan(unit[i]) ? 0.05 : (unit[i] - 0.3) * (unit[i] - 0.3);
    return sum;
}

struct search_space *cube(size_t dimension)
{
    struct search_space *space = search_space_new();

    for (size_t k = 0; k < dimension; k++)
        (void)add_double(space, "x", 0, 1, SCALE_NONE);
    return space;
}

void gp_case_point(const struct gp_case *gp_case, struct dice *dice, double *coordinates)
{
    for (size_t k = 0; k < gp_case->dimension; k++)
        coordinates[k] = gp_case->is_category[k] ? (double)dice_below(dice, 3) : dice_unit(dice);
}

void gp_case_fill(struct gp_case *gp_case, struct dice *dice, size_t count, size_t pending_count,
                  size_t dimension, size_t category_count)
{
    (void)gsl_set_error_handler_off();
    *gp_case =
        (struct gp_case){ .count = count, .pending_count = pending_count, .dimension = dimension };
    for (size_t k = 0; k < dimension; k++) {
        gp_case->is_category[k] = k >= dimension - category_count;
        gp_case->hypers[k] = log(0.3) + log(10) * dice_unit(dice);
    }
    gp_case->hypers[dimension] = log(0.5) + log(4) * dice_unit(dice);
    gp_case->hypers[dimension + 1] = log(0.003) + log(10) * dice_unit(dice);
    for (size_t i = 0; i < count + pending_count; i++) {
        gp_case_point(gp_case, dice, gp_case->coordinates + i * dimension);
        gp_case->targets[i] = 4 * dice_unit(dice) - 2;
        gp_case->extra_noise[i] = i % 3 == 0 ? dice_unit(dice) : 0;
    }
}

struct gp_data gp_case_data(const struct gp_case *gp_case, bool has_extra_noise)
{
    return (struct gp_data){ .count = gp_case->count,
                             .dimension = gp_case->dimension,
                             .is_category = gp_case->is_category,
                             .coordinates = gp_case->coordinates,
                             .targets = gp_case->targets,
                             .extra_noise = has_extra_noise ? gp_case->extra_noise : NULL };
}

const double *gp_case_pending(const struct gp_case *gp_case)
{
    return gp_case->coordinates + gp_case->count * gp_case->dimension;
}

struct gp *gp_case_process(const struct gp_case *gp_case, bool has_extra_noise)
{
    struct gp_data data = gp_case_data(gp_case, has_extra_noise);
    enum gp_outcome outcome = GP_NO_MEMORY;
    struct gp *gp =
        gp_new(&data, gp_case->hypers, gp_case_pending(gp_case), gp_case->pending_count, &outcome);

    if (outcome != GP_SOUND)
        abort();
    return gp;
}

double naive_kernel(const struct gp_case *gp_case, const double *a, const double *b)
{
    double r2 = 0;

    for (size_t k = 0; k < gp_case->dimension; k++) {
        double length = exp(gp_case->hypers[k]);
        double difference = gp_case->is_category[k] ? (a[k] != b[k] ? 1 : 0) : a[k] - b[k];

        r2 += difference * difference / (length * length);
    }
    return exp(gp_case->hypers[gp_case->dimension]) * (1 + sqrt(5) * sqrt(r2) + 5 * r2 / 3) *
           exp(-sqrt(5) * sqrt(r2));
}

double naive_solve(double *a, double *b, size_t n)
{
    double log_determinant = 0;

    for (size_t i = 0; i < n; i++) {
        size_t pivot = i;

        for (size_t j = i + 1; j < n; j++)
            if (fabs(a[j * n + i]) > fabs(a[pivot * n + i]))
                pivot = j;
        for (size_t k = 0; k < n; k++) {
            double swapped = a[i * n + k];

            a[i * n + k] = a[pivot * n + k];
            a[pivot * n + k] = swapped;
        }
        {
            double swapped = b[i];

            b[i] = b[pivot];
            b[pivot] = swapped;
        }
        log_determinant += log(fabs(a[i * n + i]));
        for (size_t j = i + 1; j < n; j++) {
            double factor = a[j * n + i] / a[i * n + i];

            for (size_t k = i; k < n; k++)
                a[j * n + k] -= factor * a[i * n + k];
            b[j] -= factor * b[i];
        }
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    return log_determinant;
}

/* A = K + V over the first count rows; returns a^T A^-1 b, where b = values is spoilt. */
static double naive_form(const struct gp_case *gp_case, bool has_extra_noise, size_t count,
                         const double *a, double *values)
{
    static double matrix[CASE_ROWS * CASE_ROWS];
    double sum = 0;
    size_t d = gp_case->dimension;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            matrix[i * count + j] =
                naive_kernel(gp_case, gp_case->coordinates + i * d, gp_case->coordinates + j * d);
            if (i == j)
                matrix[i * count + j] +=
                    exp(gp_case->hypers[d + 1]) +
                    (has_extra_noise && i < gp_case->count ? gp_case->extra_noise[i] : 0);
        }
    (void)naive_solve(matrix, values, count);
    for (size_t i = 0; i < count; i++)
        sum += a[i] * values[i];
    return sum;
}

void naive_posterior(const struct gp_case *gp_case, bool has_extra_noise, const double *coordinates,
                     double *mean, double *variance)
{
    size_t all = gp_case->count + gp_case->pending_count;
    double row[CASE_ROWS], values[CASE_ROWS];

    for (size_t i = 0; i < all; i++)
        row[i] = naive_kernel(gp_case, coordinates, gp_case->coordinates + i * gp_case->dimension);
    memcpy(values, gp_case->targets, gp_case->count * sizeof *values);
    *mean = naive_form(gp_case, has_extra_noise, gp_case->count, row, values);
    memcpy(values, row, sizeof row);
    *variance = naive_kernel(gp_case, coordinates, coordinates) -
                naive_form(gp_case, has_extra_noise, all, row, values);
}

static double central(double (*function)(const double *x, void *context), void *context, double *x,
                      size_t axis, double step)
{
    double middle = x[axis], difference = 0;

    x[axis] = middle + step;
    difference = function(x, context);
    x[axis] = middle - step;
    difference -= function(x, context);
    x[axis] = middle;
    return difference / (2 * step);
}

double numeric_slope(double (*function)(const double *x, void *context), void *context,
                     const double *x, size_t dimension, size_t axis)
{
    const double step = 1e-3;
    double at[DIMENSION_MAX];

    memcpy(at, x, dimension * sizeof *at);
    return (4 * central(function, context, at, axis, step / 2) -
            central(function, context, at, axis, step)) /
           3;
}

bool is_near(double a, double b, double relative, double absolute)
{
    return fabs(a - b) <= absolute + relative * fmax(fabs(a), fabs(b));
}
