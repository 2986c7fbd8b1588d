#include "bench/bbob.h"

#include "bench/bbob_private.h"
#include "bench/bbob_random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rotations of the same instance come from seeds this far apart. */
static const int64_t rotation_step = 1000000;

static bool allocate(struct bbob *bbob)
{
    const struct bbob_kind *kind = bbob->kind;
    size_t n = bbob->n;
    size_t square = n * n;
    size_t peak_numbers = kind->peaks * n;
    double *at = calloc(3 * n + 2 * square + kind->peaks + 2 * peak_numbers, sizeof *at);

    if (!at)
        return false;
    bbob->numbers = at;
    bbob->best = at;
    bbob->shift = bbob->best + n;
    bbob->powers = bbob->shift + n;
    bbob->rotation = bbob->powers + n;
    bbob->mix = bbob->rotation + square;
    bbob->heights = bbob->mix + square;
    bbob->places = bbob->heights + kind->peaks;
    bbob->scales = bbob->places + peak_numbers;
    bbob->peaks = kind->peaks;
    return true;
}

struct bbob *bbob_new(unsigned function, size_t dimension, unsigned instance)
{
    /* The two functions that were made from another one share its numbers. */
    unsigned source = function == 4 ? 3 : function == 18 ? 17 : function;
    struct bbob *bbob = calloc(1, sizeof *bbob);

    assert(function >= 1 && function <= BBOB_FUNCTIONS);
    assert(dimension >= BBOB_DIMENSION_MIN && dimension <= BBOB_DIMENSION_MAX);
    if (!bbob)
        return NULL;
    bbob->kind = &bbob_kinds[function];
    bbob->function = function;
    bbob->n = dimension;
    bbob->seed = source + INT64_C(10000) * instance;
    bbob->penalty = bbob->kind->penalty;
    bbob->optimum = bbob_best_value(function, instance);
    if (!allocate(bbob)) {
        free(bbob);
        return NULL;
    }
    bbob_place(bbob->shift, dimension, bbob->seed);
    memcpy(bbob->best, bbob->shift, dimension * sizeof *bbob->best);
    if (bbob->kind->prepare && !bbob->kind->prepare(bbob)) {
        bbob_free(bbob);
        return NULL;
    }
    return bbob;
}

void bbob_free(struct bbob *bbob)
{
    if (!bbob)
        return;
    free(bbob->numbers);
    free(bbob);
}

/* Squared distance from the box [-5, 5]. */
static double distance_outside(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double out = fabs(x[i]) - 5;

        if (out > 0)
            sum += out * out;
    }
    return sum;
}

double bbob_value(const struct bbob *bbob, const double *x)
{
    double value = bbob->kind->value(bbob, x) + bbob->optimum;

    if (bbob->penalty > 0)
        value += bbob->penalty * distance_outside(x, bbob->n);
    return value;
}

double bbob_optimum(const struct bbob *bbob)
{
    return bbob->optimum;
}

const double *bbob_best(const struct bbob *bbob)
{
    return bbob->best;
}

size_t bbob_dimension(const struct bbob *bbob)
{
    return bbob->n;
}

void bbob_set_powers(struct bbob *bbob, double condition)
{
    for (size_t i = 0; i < bbob->n; i++)
        bbob->powers[i] = pow(condition, (double)i / ((double)bbob->n - 1));
}

bool bbob_set_rotation(struct bbob *bbob)
{
    return bbob_rotation(bbob->rotation, bbob->n, bbob->seed + rotation_step);
}

bool bbob_set_half_mix(struct bbob *bbob, double condition)
{
    size_t n = bbob->n;

    if (!bbob_set_rotation(bbob) || !bbob_rotation(bbob->mix, n, bbob->seed))
        return false;
    bbob_set_powers(bbob, condition);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            bbob->mix[i * n + j] *= bbob->powers[i];
    return true;
}

bool bbob_set_mix(struct bbob *bbob, double condition)
{
    size_t n = bbob->n;
    double *half = malloc(n * n * sizeof *half);
    bool is_ok = half && bbob_set_half_mix(bbob, condition);

    if (is_ok) {
        memcpy(half, bbob->mix, n * n * sizeof *half);
        memset(bbob->mix, 0, n * n * sizeof *half);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n; k++)
                for (size_t j = 0; j < n; j++)
                    bbob->mix[i * n + j] += bbob->rotation[i * n + k] * half[k * n + j];
    }
    free(half);
    return is_ok;
}

void bbob_multiply(const double *matrix, const double *x, double *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t j = 0; j < n; j++)
            sum += matrix[i * n + j] * x[j];
        out[i] = sum;
    }
}

double bbob_oscillate(double x)
{
    double c1 = x > 0 ? 10 : 5.5;
    double c2 = x > 0 ? 7.9 : 3.1;
    double logarithm = 0;

    if (x == 0)
        return 0;
    logarithm = log(fabs(x));
    return copysign(exp(logarithm + 0.049 * (sin(c1 * logarithm) + sin(c2 * logarithm))), x);
}
