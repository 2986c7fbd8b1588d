#include "bench/bbob.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* As in tests/bbob/make_golden.py. */
enum { POINTS = 22, OUTSIDE = 2, ROWS = 24 * 6 * 3, LINE_MAX_BYTES = 1024 };

/* splitmix64 (Steele, Lea, Flood 2014), a generator of the test's own. */
static double unit(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ x >> 31) >> 11) * 0x1p-53;
}

static void draw_point(uint64_t *state, double edge, double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = edge * (2 * unit(state) - 1);
}

static void compare_row(char *line)
{
    char *at = line;
    unsigned function = (unsigned)strtoul(at, &at, 10);
    size_t dimension = strtoul(at + 1, &at, 10);
    unsigned instance = (unsigned)strtoul(at + 1, &at, 10);
    uint64_t state = function * UINT64_C(1000000) + dimension * 1000 + instance;
    struct bbob *bbob = bbob_new(function, dimension, instance);

    cr_assert(bbob != NULL);
    for (int i = 0; i < POINTS; i++) {
        double x[BBOB_DIMENSION_MAX];
        double wanted = strtod(at + 1, &at);
        double value = 0;

        draw_point(&state, i < POINTS - OUTSIDE ? 5 : 6, x, dimension);
        value = bbob_value(bbob, x);
        cr_assert(fabs(value - wanted) <= 1e-9 * fmax(1, fabs(wanted)),
                  "f%u d%zu i%u point %d: %.17g instead of %.17g", function, dimension, instance, i,
                  value, wanted);
    }
    cr_assert(at[0] == '\n');
    bbob_free(bbob);
}

Test(bbob, values_are_those_of_coco)
{
    FILE *file = fopen(GOLDEN, "re");
    char line[LINE_MAX_BYTES];
    int rows = 0;

    cr_assert(file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        compare_row(line);
        rows++;
    }
    cr_assert(eq(int, rows, ROWS));
    (void)fclose(file);
}

Test(bbob, the_best_point_has_the_optimal_value_in_the_box)
{
    static const size_t dimensions[] = { 2, 3, 5, 10, 20, 40, 100 };

    for (size_t d = 0; d < sizeof dimensions / sizeof dimensions[0]; d++)
        for (unsigned function = 1; function <= BBOB_FUNCTIONS; function++)
            for (unsigned instance = 1; instance <= 7; instance++) {
                struct bbob *bbob = bbob_new(function, dimensions[d], instance);
                const double *best = bbob_best(bbob);
                double optimum = bbob_optimum(bbob);

                cr_assert(
                    le(dbl, fabs(bbob_value(bbob, best) - optimum), 1e-9 * fmax(1, fabs(optimum))),
                    "f%u d%zu i%u", function, dimensions[d], instance);
                for (size_t i = 0; i < dimensions[d]; i++)
                    cr_assert(le(dbl, fabs(best[i]), 5));
                bbob_free(bbob);
            }
}

/* Steps of all sizes from the best point and from anywhere, in the box and somewhat outside. */
Test(bbob, nothing_lies_below_the_optimum)
{
    uint64_t state = 7;

    for (unsigned function = 1; function <= BBOB_FUNCTIONS; function++) {
        struct bbob *bbob = bbob_new(function, 5, function);

        for (int i = 0; i < 4000; i++) {
            double x[5];
            double step = i % 2 ? pow(10, -8 * unit(&state)) : 0;

            draw_point(&state, step > 0 ? step : 8, x, 5);
            for (size_t k = 0; step > 0 && k < 5; k++)
                x[k] += bbob_best(bbob)[k];
            cr_assert(bbob_value(bbob, x) >= bbob_optimum(bbob) - 1e-9, "f%u", function);
        }
        bbob_free(bbob);
    }
}

Test(bbob, instances_differ_in_value_and_place)
{
    for (unsigned function = 1; function <= BBOB_FUNCTIONS; function++) {
        struct bbob *one = bbob_new(function, 40, 1);
        struct bbob *two = bbob_new(function, 40, 2);
        double distance = 0;

        for (size_t i = 0; i < 40; i++)
            distance += fabs(bbob_best(one)[i] - bbob_best(two)[i]);
        cr_assert(distance > 1, "f%u", function);
        cr_assert(bbob_optimum(one) != bbob_optimum(two), "f%u", function);
        bbob_free(one);
        bbob_free(two);
    }
}
