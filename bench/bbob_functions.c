/*
 * The functions by their numbers in the definitions (bench/bbob.h). Each returns what it is above
 * its optimum, without the penalty for leaving the box. z is x after the function's
 * transformations; its sums run over i = 0 .. n - 1.
 */
#include "bench/bbob_private.h"
#include "bench/bbob_random.h"

#include <math.h>
#include <string.h>

enum { SUMMANDS = 12, BINARY_DIGITS = 32 };

static const double tau = 6.28318530717958647692; /* 2 pi */

/* Half the distance of function 20's best coordinates from 0. */
static const double schwefel_best = 4.2096874637;

/* Function 24: where the funnel with the optimum has its middle. */
static const double lunacek_best = 2.5;

static double square(double x)
{
    return x * x;
}

static double sphere(const double *z, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += z[i] * z[i];
    return sum;
}

static double rastrigin(const double *z, size_t n)
{
    double cosines = 0;

    for (size_t i = 0; i < n; i++)
        cosines += cos(tau * z[i]);
    return 10 * ((double)n - cosines) + sphere(z, n);
}

static double ellipsoid(const double *powers, const double *z, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += powers[i] * z[i] * z[i];
    return sum;
}

static double rosenbrock(const double *z, size_t n)
{
    double valley = 0;
    double slope = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        valley += square(z[i] * z[i] - z[i + 1]);
        slope += square(z[i] - 1);
    }
    return 100 * valley + slope;
}

static void oscillate(double *z, size_t n)
{
    for (size_t i = 0; i < n; i++)
        z[i] = bbob_oscillate(z[i]);
}

/* T_asy of the definitions, with exponent beta. */
static void skew(double *z, size_t n, double beta)
{
    for (size_t i = 0; i < n; i++)
        if (z[i] > 0)
            z[i] = pow(z[i], 1 + beta * (double)i / ((double)n - 1) * sqrt(z[i]));
}

/* z = x - shift. */
static void take_shift(const struct bbob *bbob, const double *x, double *z)
{
    for (size_t i = 0; i < bbob->n; i++)
        z[i] = x[i] - bbob->shift[i];
}

/* z = matrix (x - shift). */
static void take_turned(const struct bbob *bbob, const double *matrix, const double *x, double *z)
{
    double moved[BBOB_DIMENSION_MAX];

    take_shift(bbob, x, moved);
    bbob_multiply(matrix, moved, z, bbob->n);
}

/* z <- matrix z. */
static void turn(const double *matrix, double *z, size_t n)
{
    double copy[BBOB_DIMENSION_MAX];

    memcpy(copy, z, n * sizeof *z);
    bbob_multiply(matrix, copy, z, n);
}

static double f01_sphere(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_shift(bbob, x, z);
    return sphere(z, bbob->n);
}

static bool f02_prepare(struct bbob *bbob)
{
    bbob_set_powers(bbob, 1e6);
    return true;
}

static double f02_ellipsoid(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_shift(bbob, x, z);
    oscillate(z, bbob->n);
    return ellipsoid(bbob->powers, z, bbob->n);
}

static bool f03_prepare(struct bbob *bbob)
{
    bbob_set_powers(bbob, sqrt(10));
    return true;
}

static double f03_rastrigin(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_shift(bbob, x, z);
    oscillate(z, bbob->n);
    skew(z, bbob->n, 0.2);
    for (size_t i = 0; i < bbob->n; i++)
        z[i] *= bbob->powers[i];
    return rastrigin(z, bbob->n);
}

/* Coordinates that count ten times as much on one side have their optimum there. */
static bool f04_prepare(struct bbob *bbob)
{
    bbob_set_powers(bbob, sqrt(10));
    for (size_t i = 0; i < bbob->n; i += 2)
        bbob->best[i] = bbob->shift[i] = fabs(bbob->shift[i]);
    return true;
}

static double f04_bueche_rastrigin(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_shift(bbob, x, z);
    oscillate(z, bbob->n);
    for (size_t i = 0; i < bbob->n; i++)
        z[i] *= bbob->powers[i] * (i % 2 == 0 && z[i] > 0 ? 10 : 1);
    return rastrigin(z, bbob->n);
}

/* The optimum is a corner of the box. */
static bool f05_prepare(struct bbob *bbob)
{
    bbob_set_powers(bbob, 10);
    for (size_t i = 0; i < bbob->n; i++)
        bbob->best[i] = bbob->shift[i] < 0 ? -5 : 5;
    return true;
}

static double f05_linear_slope(const struct bbob *bbob, const double *x)
{
    double sum = 0;

    for (size_t i = 0; i < bbob->n; i++) {
        double along = copysign(x[i], x[i] * bbob->best[i]); /* towards the corner */

        sum += bbob->powers[i] * (5 - fmin(along, 5));
    }
    return sum;
}

static bool f06_prepare(struct bbob *bbob)
{
    return bbob_set_mix(bbob, sqrt(10));
}

static double f06_attractive_sector(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double sum = 0;

    take_turned(bbob, bbob->mix, x, z);
    for (size_t i = 0; i < bbob->n; i++)
        sum += square(z[i] * (z[i] * bbob->shift[i] > 0 ? 100 : 1));
    return pow(bbob_oscillate(sum), 0.9);
}

static bool f07_prepare(struct bbob *bbob)
{
    if (!bbob_set_half_mix(bbob, sqrt(10)))
        return false;
    bbob_set_powers(bbob, 100);
    return true;
}

static double f07_step_ellipsoid(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double first = 0;

    take_turned(bbob, bbob->mix, x, z);
    first = fabs(z[0]);
    for (size_t i = 0; i < bbob->n; i++)
        z[i] = fabs(z[i]) > 0.5 ? floor(z[i] + 0.5) : floor(10 * z[i] + 0.5) / 10;
    turn(bbob->rotation, z, bbob->n);
    return 0.1 * fmax(first * 1e-4, ellipsoid(bbob->powers, z, bbob->n));
}

/* Both Rosenbrock functions are shrunk in many dimensions, to fit their valley into the box. */
static double rosenbrock_factor(size_t n)
{
    return fmax(1, sqrt((double)n) / 8);
}

static bool f08_prepare(struct bbob *bbob)
{
    for (size_t i = 0; i < bbob->n; i++)
        bbob->best[i] = bbob->shift[i] *= 0.75;
    return true;
}

static double f08_rosenbrock(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_shift(bbob, x, z);
    for (size_t i = 0; i < bbob->n; i++)
        z[i] = rosenbrock_factor(bbob->n) * z[i] + 1;
    return rosenbrock(z, bbob->n);
}

/* No shift: z = factor R x + 1/2 is 1 everywhere at x = R' 1 / (2 factor). */
static bool f09_prepare(struct bbob *bbob)
{
    double factor = rosenbrock_factor(bbob->n);
    size_t n = bbob->n;

    if (!bbob_rotation(bbob->rotation, n, bbob->seed))
        return false;
    for (size_t j = 0; j < n; j++) {
        bbob->best[j] = 0;
        for (size_t i = 0; i < n; i++)
            bbob->best[j] += bbob->rotation[i * n + j] / (2 * factor);
    }
    for (size_t i = 0; i < n * n; i++)
        bbob->rotation[i] *= factor;
    return true;
}

static void take_valley(const struct bbob *bbob, const double *x, double *z)
{
    bbob_multiply(bbob->rotation, x, z, bbob->n);
    for (size_t i = 0; i < bbob->n; i++)
        z[i] += 0.5;
}

static double f09_rosenbrock_turned(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_valley(bbob, x, z);
    return rosenbrock(z, bbob->n);
}

static bool f10_prepare(struct bbob *bbob)
{
    bbob_set_powers(bbob, 1e6);
    return bbob_set_rotation(bbob);
}

static double f10_ellipsoid_turned(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_turned(bbob, bbob->rotation, x, z);
    oscillate(z, bbob->n);
    return ellipsoid(bbob->powers, z, bbob->n);
}

static double f11_discus(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_turned(bbob, bbob->rotation, x, z);
    oscillate(z, bbob->n);
    return 1e6 * z[0] * z[0] + sphere(z + 1, bbob->n - 1);
}

/* The only function whose optimum does not come from its own seed. */
static bool f12_prepare(struct bbob *bbob)
{
    bbob_place(bbob->shift, bbob->n, bbob->seed + 1000000);
    memcpy(bbob->best, bbob->shift, bbob->n * sizeof *bbob->best);
    return bbob_set_rotation(bbob);
}

static double f12_bent_cigar(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_turned(bbob, bbob->rotation, x, z);
    skew(z, bbob->n, 0.5);
    turn(bbob->rotation, z, bbob->n);
    return z[0] * z[0] + 1e6 * sphere(z + 1, bbob->n - 1);
}

static double f13_sharp_ridge(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_turned(bbob, bbob->mix, x, z);
    return z[0] * z[0] + 100 * sqrt(sphere(z + 1, bbob->n - 1));
}

static double f14_different_powers(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double sum = 0;

    take_turned(bbob, bbob->rotation, x, z);
    for (size_t i = 0; i < bbob->n; i++)
        sum += pow(fabs(z[i]), 2 + 4 * (double)i / ((double)bbob->n - 1));
    return sqrt(sum);
}

static double f15_rastrigin_turned(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];

    take_turned(bbob, bbob->rotation, x, z);
    oscillate(z, bbob->n);
    skew(z, bbob->n, 0.2);
    turn(bbob->mix, z, bbob->n);
    return rastrigin(z, bbob->n);
}

static bool f16_prepare(struct bbob *bbob)
{
    bbob->penalty = 10 / (double)bbob->n;
    return bbob_set_mix(bbob, 0.1);
}

static double f16_weierstrass(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double sum = 0;
    double least = 0;

    take_turned(bbob, bbob->rotation, x, z);
    oscillate(z, bbob->n);
    turn(bbob->mix, z, bbob->n);
    for (int k = 0; k < SUMMANDS; k++) {
        double amplitude = ldexp(1, -k);
        double frequency = pow(3, k);

        least -= amplitude; /* cos(pi 3^k) is -1 */
        for (size_t i = 0; i < bbob->n; i++)
            sum += amplitude * cos(tau * (z[i] + 0.5) * frequency);
    }
    return 10 * pow(sum / (double)bbob->n - least, 3);
}

static bool f17_prepare(struct bbob *bbob)
{
    return bbob_set_half_mix(bbob, sqrt(10));
}

static bool f18_prepare(struct bbob *bbob)
{
    return bbob_set_half_mix(bbob, sqrt(1000));
}

static double f17_schaffers(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double sum = 0;

    take_turned(bbob, bbob->rotation, x, z);
    skew(z, bbob->n, 0.5);
    turn(bbob->mix, z, bbob->n);
    for (size_t i = 0; i + 1 < bbob->n; i++) {
        double squares = z[i] * z[i] + z[i + 1] * z[i + 1];

        sum += pow(squares, 0.25) * (1 + square(sin(50 * pow(squares, 0.1))));
    }
    return square(sum / ((double)bbob->n - 1));
}

static double f19_griewank_rosenbrock(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double sum = 0;

    take_valley(bbob, x, z);
    for (size_t i = 0; i + 1 < bbob->n; i++) {
        double s = 100 * square(z[i] * z[i] - z[i + 1]) + square(1 - z[i]);

        sum += s / 4000 - cos(s);
    }
    return 10 + 10 * sum / ((double)bbob->n - 1);
}

/* The signs of the optimum's coordinates are all that is random. */
static bool f20_prepare(struct bbob *bbob)
{
    bbob_set_powers(bbob, sqrt(10));
    bbob_uniform(bbob->shift, bbob->n, bbob->seed);
    for (size_t i = 0; i < bbob->n; i++)
        bbob->best[i] = (bbob->shift[i] < 0.5 ? -0.5 : 0.5) * schwefel_best;
    return true;
}

static double f20_schwefel(const struct bbob *bbob, const double *x)
{
    double before = 0; /* coordinate i - 1, not yet conditioned */
    double sum = 0;
    double outside = 0;

    for (size_t i = 0; i < bbob->n; i++) {
        double own = 2 * (bbob->best[i] < 0 ? -x[i] : x[i]);
        double coupled = i ? own + 0.25 * (before - schwefel_best) : own;
        double z = 100 * (bbob->powers[i] * (coupled - schwefel_best) + schwefel_best);

        sum += z * sin(sqrt(fabs(z)));
        outside += square(fmax(fabs(z) - 500, 0));
        before = own;
    }
    return 0.01 * (outside + 418.9828872724339 - sum / (double)bbob->n);
}

static bool f23_prepare(struct bbob *bbob)
{
    return bbob_set_mix(bbob, 10);
}

static double f23_katsuura(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double n = (double)bbob->n;
    double product = 1;

    take_turned(bbob, bbob->mix, x, z);
    for (size_t i = 0; i < bbob->n; i++) {
        double sum = 0;

        for (int j = 1; j <= BINARY_DIGITS; j++) {
            double scale = (double)(UINT64_C(1) << j);

            sum += fabs(scale * z[i] - floor(scale * z[i] + 0.5)) / scale;
        }
        product *= pow(1 + ((double)i + 1) * sum, 10 / pow(n, 1.2));
    }
    return 10 / (n * n) * (product - 1);
}

/* The signs of the optimum's coordinates are all that is random in its place. */
static bool f24_prepare(struct bbob *bbob)
{
    if (!bbob_set_mix(bbob, 10) || !bbob_normal(bbob->shift, bbob->n, bbob->seed))
        return false;
    for (size_t i = 0; i < bbob->n; i++)
        bbob->best[i] = (bbob->shift[i] < 0 ? -0.5 : 0.5) * lunacek_best;
    return true;
}

static double f24_lunacek_bi_rastrigin(const struct bbob *bbob, const double *x)
{
    double z[BBOB_DIMENSION_MAX];
    double n = (double)bbob->n;
    double narrow = 1 - 0.5 / (sqrt(n + 20) - 4.1);
    double other = -sqrt((lunacek_best * lunacek_best - 1) / narrow);
    double to_best = 0;
    double to_other = 0;
    double cosines = 0;

    for (size_t i = 0; i < bbob->n; i++) {
        double mirrored = 2 * (bbob->best[i] < 0 ? -x[i] : x[i]);

        z[i] = mirrored - lunacek_best;
        to_best += square(z[i]);
        to_other += square(mirrored - other);
    }
    turn(bbob->mix, z, bbob->n);
    for (size_t i = 0; i < bbob->n; i++)
        cosines += cos(tau * z[i]);
    return fmin(to_best, n + narrow * to_other) + 10 * (n - cosines);
}

const struct bbob_kind bbob_kinds[BBOB_FUNCTIONS + 1] = {
    [1] = { .value = f01_sphere },
    [2] = { .value = f02_ellipsoid, .prepare = f02_prepare },
    [3] = { .value = f03_rastrigin, .prepare = f03_prepare },
    [4] = { .value = f04_bueche_rastrigin, .prepare = f04_prepare, .penalty = 100 },
    [5] = { .value = f05_linear_slope, .prepare = f05_prepare },
    [6] = { .value = f06_attractive_sector, .prepare = f06_prepare },
    [7] = { .value = f07_step_ellipsoid, .prepare = f07_prepare, .penalty = 1 },
    [8] = { .value = f08_rosenbrock, .prepare = f08_prepare },
    [9] = { .value = f09_rosenbrock_turned, .prepare = f09_prepare },
    [10] = { .value = f10_ellipsoid_turned, .prepare = f10_prepare },
    [11] = { .value = f11_discus, .prepare = bbob_set_rotation },
    [12] = { .value = f12_bent_cigar, .prepare = f12_prepare },
    [13] = { .value = f13_sharp_ridge, .prepare = f06_prepare },
    [14] = { .value = f14_different_powers, .prepare = bbob_set_rotation },
    [15] = { .value = f15_rastrigin_turned, .prepare = f06_prepare },
    [16] = { .value = f16_weierstrass, .prepare = f16_prepare },
    [17] = { .value = f17_schaffers, .prepare = f17_prepare, .penalty = 10 },
    [18] = { .value = f17_schaffers, .prepare = f18_prepare, .penalty = 10 },
    [19] = { .value = f19_griewank_rosenbrock, .prepare = f09_prepare },
    [20] = { .value = f20_schwefel, .prepare = f20_prepare },
    [21] = { .value = bbob_peaks_value, .prepare = bbob_prepare_peaks, .penalty = 1, .peaks = 101 },
    [22] = { .value = bbob_peaks_value, .prepare = bbob_prepare_peaks, .penalty = 1, .peaks = 21 },
    [23] = { .value = f23_katsuura, .prepare = f23_prepare, .penalty = 1 },
    [24] = { .value = f24_lunacek_bi_rastrigin, .prepare = f24_prepare, .penalty = 1e4 },
};
