#include "bench/bbob_random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLED = 32, WARM_UP = 8 };

/* Park and Miller 1988: x <- 16807 x mod 2^31 - 1. */
static const int64_t modulus = INT64_C(2147483647);
static const int64_t multiplier = 16807;
static const double pi = 3.14159265358979323846;

/* Stands for 0, of which logarithms and divisions are taken. */
static const double tiny = 1e-99;

void bbob_uniform(double *numbers, size_t count, int64_t seed)
{
    int64_t shuffled[SHUFFLED];
    int64_t state = seed < 0 ? -seed : seed;
    int64_t last = 0;

    if (state < 1)
        state = 1;
    for (int i = SHUFFLED + WARM_UP - 1; i >= 0; i--) {
        state = multiplier * state % modulus;
        if (i < SHUFFLED)
            shuffled[i] = state;
    }
    last = shuffled[0];
    for (size_t i = 0; i < count; i++) {
        int64_t slot = last / ((modulus + 1) / SHUFFLED + 1); /* 67108865, as published */

        state = multiplier * state % modulus;
        last = shuffled[slot];
        shuffled[slot] = state;
        numbers[i] = last ? (double)last / (double)modulus : tiny;
    }
}

bool bbob_normal(double *numbers, size_t count, int64_t seed)
{
    double *uniform = malloc(2 * count * sizeof *uniform);

    if (!uniform)
        return false;
    bbob_uniform(uniform, 2 * count, seed);
    for (size_t i = 0; i < count; i++) {
        double normal = sqrt(-2 * log(uniform[i])) * cos(2 * pi * uniform[count + i]);

        numbers[i] = normal != 0 ? normal : tiny;
    }
    free(uniform);
    return true;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Makes the n rows, n numbers each, orthonormal from the first on. */
static void orthonormalize(double *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = rows + i * n;
        double length = 0;

        for (size_t j = 0; j < i; j++) {
            const double *other = rows + j * n;
            double share = dot(row, other, n);

            for (size_t k = 0; k < n; k++)
                row[k] -= share * other[k];
        }
        length = sqrt(dot(row, row, n));
        for (size_t k = 0; k < n; k++)
            row[k] /= length;
    }
}

bool bbob_rotation(double *rotation, size_t n, int64_t seed)
{
    /* The definitions fill and treat columns; here they are rows until the end. */
    double *columns = calloc(n * n, sizeof *columns);
    bool is_ok = columns && bbob_normal(columns, n * n, seed);

    if (is_ok) {
        orthonormalize(columns, n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                rotation[i * n + j] = columns[j * n + i];
    }
    free(columns);
    return is_ok;
}

void bbob_place(double *place, size_t n, int64_t seed)
{
    bbob_uniform(place, n, seed);
    for (size_t i = 0; i < n; i++) {
        place[i] = 8 * floor(1e4 * place[i]) / 1e4 - 4;
        if (place[i] == 0)
            place[i] = -1e-5;
    }
}

double bbob_best_value(unsigned function, unsigned instance)
{
    /* The two functions that were made from another one share its numbers. */
    unsigned source = function == 4 ? 3 : function == 18 ? 17 : function;
    int64_t seed = source + INT64_C(10000) * instance;
    double uniform[2][2];
    double normal[2];

    for (int i = 0; i < 2; i++) {
        bbob_uniform(uniform[i], 2, seed + i);
        normal[i] = sqrt(-2 * log(uniform[i][0])) * cos(2 * pi * uniform[i][1]);
        if (normal[i] == 0)
            normal[i] = tiny;
    }
    return fmin(1000, fmax(-1000, floor(100 * 100 * normal[0] / normal[1] + 0.5) / 100));
}
