/* Functions 21 and 22: Gallagher's Gaussian peaks, 101 or 21 of them. */
#include "bench/bbob_private.h"
#include "bench/bbob_random.h"

#include <math.h>
#include <stdlib.h>

struct numbered {
    double value;
    size_t index;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *left = a;
    const struct numbered *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

/* order[i]: which of count random numbers from this seed is the i-th smallest. */
static void random_order(struct numbered *order, double *numbers, size_t count, int64_t seed)
{
    bbob_uniform(numbers, count, seed);
    for (size_t i = 0; i < count; i++)
        order[i] = (struct numbered){ numbers[i], i };
    qsort(order, count, sizeof *order, compare_numbered);
}

/* One peak's factors: its condition, spread over the coordinates in random order. */
static void set_scales(double *scales, const struct numbered *order, size_t n, double condition)
{
    for (size_t j = 0; j < n; j++)
        scales[j] = pow(condition, (double)order[j].index / ((double)n - 1) - 0.5);
}

/*
 * Heights 10 for the optimum, 1.1 .. 9.1 for the others; conditions 1 .. 1000 in random order.
 * order and numbers have room for the larger of peaks and n.
 */
static void set_shapes(struct bbob *bbob, struct numbered *order, double *numbers,
                       double *conditions)
{
    size_t n = bbob->n;
    size_t others = bbob->peaks - 1;

    random_order(order, numbers, others, bbob->seed);
    bbob->heights[0] = 10;
    conditions[0] = bbob->function == 21 ? sqrt(1000) : 1000;
    for (size_t i = 0; i < others; i++) {
        double steps = (double)others - 1;

        conditions[i + 1] = pow(1000, (double)order[i].index / steps);
        bbob->heights[i + 1] = 1.1 + 8 * (double)i / steps;
    }
    for (size_t i = 0; i < bbob->peaks; i++) {
        random_order(order, numbers, n, bbob->seed + 1000 * (int64_t)i);
        set_scales(bbob->scales + i * n, order, n, conditions[i]);
    }
}

/* The optimum keeps further from the border than the other peaks. numbers: peaks x n. */
static void set_places(struct bbob *bbob, double *numbers)
{
    size_t n = bbob->n;
    double width = bbob->function == 21 ? 10 : 9.8;

    bbob_uniform(numbers, bbob->peaks * n, bbob->seed);
    for (size_t i = 0; i < bbob->peaks * n; i++)
        numbers[i] = (width * numbers[i] - width / 2) * (i < n ? 0.8 : 1);
    for (size_t i = 0; i < n; i++)
        bbob->best[i] = numbers[i];
    for (size_t i = 0; i < bbob->peaks; i++)
        bbob_multiply(bbob->rotation, numbers + i * n, bbob->places + i * n, n);
}

bool bbob_prepare_peaks(struct bbob *bbob)
{
    size_t count = bbob->peaks * bbob->n; /* at least as much as either */
    struct numbered *order = malloc(count * sizeof *order);
    double *numbers = malloc((count + bbob->peaks) * sizeof *numbers);
    bool is_ok = order && numbers && bbob_rotation(bbob->rotation, bbob->n, bbob->seed);

    if (is_ok) {
        set_shapes(bbob, order, numbers, numbers + count);
        set_places(bbob, numbers);
    }
    free(order);
    free(numbers);
    return is_ok;
}

double bbob_peaks_value(const struct bbob *bbob, const double *x)
{
    double turned[BBOB_DIMENSION_MAX];
    double highest = 0;
    size_t n = bbob->n;

    bbob_multiply(bbob->rotation, x, turned, n);
    for (size_t i = 0; i < bbob->peaks; i++) {
        double sum = 0;

        for (size_t j = 0; j < n; j++) {
            double distance = turned[j] - bbob->places[i * n + j];

            sum += bbob->scales[i * n + j] * distance * distance;
        }
        highest = fmax(highest, bbob->heights[i] * exp(-0.5 / (double)n * sum));
    }
    highest = bbob_oscillate(10 - highest);
    return highest * highest;
}
