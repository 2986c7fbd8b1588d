/* Gaussian process regression of a few points, beside its naive twin. */

#include "search/stopper_regression.h"
#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

enum { POINTS = REGRESSION_POINTS_MAX, DIMENSIONS = REGRESSION_DIMENSIONS };

/* As a text book does it: a covariance matrix for each prior, and its inverse. */
struct naive {
    size_t count;
    double inputs[POINTS + 1][DIMENSIONS];
    double targets[POINTS];
    double inverse[POINTS * POINTS];
};

static double naive_covariance(const double *a, const double *b, double curved, double length)
{
    double sum = 1;
    double distance = 0;

    for (size_t k = 0; k < DIMENSIONS; k++) {
        sum += a[k] * b[k];
        distance += (a[k] - b[k]) * (a[k] - b[k]);
    }
    return sum + curved * exp(-0.5 * distance / (length * length));
}

struct naive_opinion {
    double score, mean, scale;
};

/* Leaves K^-1 and returns half of the logarithm of |K|. */
static double naive_invert(struct naive *n, double curved, double length, double noise)
{
    gsl_matrix_view matrix = gsl_matrix_view_array(n->inverse, n->count, n->count);
    double half_log = 0;

    for (size_t i = 0; i < n->count; i++)
        for (size_t j = 0; j < n->count; j++)
            n->inverse[i * n->count + j] =
                naive_covariance(n->inputs[i], n->inputs[j], curved, length) + (i == j ? noise : 0);
    cr_assert(gsl_linalg_cholesky_decomp1(&matrix.matrix) == 0);
    for (size_t i = 0; i < n->count; i++)
        half_log += log(n->inverse[i * n->count + i]);
    cr_assert(gsl_linalg_cholesky_invert(&matrix.matrix) == 0);
    return half_log;
}

static struct naive_opinion naive_ask(struct naive *n, double curved, double length, double noise)
{
    const double *here = n->inputs[n->count];
    double half_log = naive_invert(n, curved, length, noise);
    double cross[POINTS] = { 0 };
    double weights[POINTS] = { 0 };
    double variance = 0;
    double explained = 0;
    double left_out = 0;
    struct naive_opinion opinion = { 0 };

    for (size_t i = 0; i < n->count; i++)
        cross[i] = naive_covariance(n->inputs[i], here, curved, length);
    for (size_t i = 0; i < n->count; i++)
        for (size_t j = 0; j < n->count; j++) {
            weights[i] += n->inverse[i * n->count + j] * n->targets[j];
            explained += cross[i] * n->inverse[i * n->count + j] * cross[j];
        }
    for (size_t i = 0; i < n->count; i++) {
        variance += n->targets[i] * weights[i] / (double)n->count;
        opinion.mean += cross[i] * weights[i];
    }
    for (size_t i = 0; i < n->count; i++)
        left_out +=
            weights[i] * weights[i] / (n->inverse[i * n->count + i] * variance * (double)n->count);
    opinion.score = -0.5 * (double)n->count * log(variance) - half_log;
    opinion.scale = sqrt(variance * fmax(1, left_out) *
                         (naive_covariance(here, here, curved, length) + noise - explained));
    return opinion;
}

/* Mean 0 and mean square 1. */
static void naive_standardize(double *numbers, size_t stride, size_t count, double *center,
                              double *scale)
{
    double square = 0;

    *center = 0;
    for (size_t i = 0; i < count; i++)
        *center += numbers[i * stride] / (double)count;
    for (size_t i = 0; i < count; i++)
        square += pow(numbers[i * stride] - *center, 2) / (double)count;
    *scale = sqrt(square);
    for (size_t i = 0; i < count; i++)
        numbers[i * stride] = (numbers[i * stride] - *center) / *scale;
}

static size_t naive_ask_all(struct naive *n, struct naive_opinion *opinions)
{
    static const double curved[] = { 0, 0.1, 0.1, 1, 1 };
    static const double length[] = { 1, 1, 3, 1, 3 };
    static const double noise[] = { 1e-6, 1e-4, 1e-2, 1e-1, 1 };
    size_t count = 0;

    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            opinions[count++] = naive_ask(n, curved[i], length[i], noise[j]);
    return count;
}

static struct regression_answer naive_predict(const struct regression_point *points, size_t count,
                                              const double *at, double bar)
{
    struct naive n = { .count = count };
    struct naive_opinion opinions[25];
    struct regression_answer answer = { 0 };
    double center, scale;
    double unused[2];
    double best = -(double)INFINITY;
    double total = 0;
    double square = 0;
    size_t opinion_count = 0;

    for (size_t i = 0; i <= count; i++)
        for (size_t k = 0; k < DIMENSIONS; k++)
            n.inputs[i][k] = i < count ? points[i].inputs[k] : at[k];
    for (size_t i = 0; i < count; i++)
        n.targets[i] = points[i].target;
    for (size_t k = 0; k < DIMENSIONS; k++)
        naive_standardize(&n.inputs[0][k], DIMENSIONS, count + 1, &unused[0], &unused[1]);
    naive_standardize(n.targets, 1, count, &center, &scale);
    opinion_count = naive_ask_all(&n, opinions);
    for (size_t i = 0; i < opinion_count; i++)
        best = fmax(best, opinions[i].score);
    for (size_t i = 0; i < opinion_count; i++) {
        const struct naive_opinion *o = &opinions[i];
        double weight = exp(o->score - best);

        total += weight;
        answer.mean += weight * o->mean;
        square += weight * (o->scale * o->scale + o->mean * o->mean);
        answer.chance += weight * gsl_cdf_tdist_Q(((bar - center) / scale - o->mean) / o->scale,
                                                  fmax(1, (double)count - 1 - DIMENSIONS));
    }
    answer.mean /= total;
    answer.chance /= total;
    answer.deviation = scale * sqrt(square / total - answer.mean * answer.mean);
    answer.mean = center + scale * answer.mean;
    return answer;
}

/* Planes, curves and noise of any size. What it leaves out are priors that hardly count. */
Test(stopper_regression, it_answers_as_its_naive_twin)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 400; round++) {
        struct regression_point points[POINTS + 1];
        struct regression_answer answer, expected;
        size_t count = 5 + dice_below(&dice, POINTS - 4);
        double bend = round % 3 == 0 ? 0 : dice_double(&dice, 0.01, 3);
        double noise = round % 2 == 0 ? 0.001 : dice_double(&dice, 0.01, 3);
        double bar = dice_normal(&dice);

        for (size_t i = 0; i <= count; i++) {
            double *in = points[i].inputs;

            for (int k = 0; k < DIMENSIONS; k++)
                in[k] = dice_normal(&dice);
            points[i].target = in[0] - 0.5 * in[1] + bend * sin(in[2]) + noise * dice_normal(&dice);
        }
        expected = naive_predict(points, count, points[count].inputs, bar);
        cr_assert(regression_predict(points, count, points[count].inputs, bar, &answer));
        cr_assert(epsilon_eq(dbl, answer.mean, expected.mean, 1e-4), "round %d of %zu", round,
                  count);
        cr_assert(epsilon_eq(dbl, answer.deviation, expected.deviation, 1e-3), "round %d of %zu",
                  round, count);
        cr_assert(epsilon_eq(dbl, answer.chance, expected.chance, 1e-4), "round %d of %zu", round,
                  count);
    }
}

Test(stopper_regression, a_plane_is_recovered)
{
    struct dice dice = dice_new();
    struct regression_point points[20];
    const double at[] = { 0.5, 0.25, -0.5 };
    struct regression_answer answer;

    for (int i = 0; i < 20; i++) {
        for (int k = 0; k < REGRESSION_DIMENSIONS; k++)
            points[i].inputs[k] = 2 * dice_unit(&dice) - 1;
        points[i].target =
            3 + points[i].inputs[0] - 2 * points[i].inputs[1] + 5 * points[i].inputs[2];
    }
    cr_assert(regression_predict(points, 20, at, 0.6, &answer));
    cr_assert(epsilon_eq(dbl, answer.mean, 0.5, 0.01));
    cr_assert(lt(dbl, answer.chance, 1e-3));
    cr_assert(regression_predict(points, 20, at, 0.4, &answer));
    cr_assert(lt(dbl, 0.999, answer.chance));
}

/* Targets above a bar whose chance is called 5 % or less: so many there may be. Of 4000 rounds. */
Test(stopper_regression, chances_are_not_called_too_low)
{
    struct dice dice = dice_new();
    double called = 0;
    double seen = 0;
    size_t count = 0;

    for (int round = 0; round < 4000; round++) {
        struct regression_point points[13];
        struct regression_answer answer;
        size_t size = 5 + dice_below(&dice, 8);
        double noise = dice_double(&dice, 0.01, 3);
        double bar = 0;

        for (size_t i = 0; i <= size; i++) {
            double *in = points[i].inputs;

            for (int k = 0; k < REGRESSION_DIMENSIONS; k++)
                in[k] = dice_normal(&dice);
            points[i].target = in[0] - in[1] + 0.3 * in[2] * in[2] + noise * dice_normal(&dice);
        }
        bar = 1 + 2 * dice_normal(&dice);
        cr_assert(regression_predict(points, size, points[size].inputs, bar, &answer));
        cr_assert(answer.chance >= 0 && answer.chance <= 1);
        if (answer.chance < 0.05) {
            called += answer.chance;
            seen += points[size].target > bar;
            count++;
        }
    }
    cr_assert(lt(sz, 100, count));
    cr_assert(le(dbl, seen, 1.5 * called + 6 * sqrt(called + 1)));
}

Test(stopper_regression, equal_points_leave_no_doubt)
{
    struct regression_point points[5] = { 0 };
    const double at[REGRESSION_DIMENSIONS] = { 0 };
    struct regression_answer answer;

    cr_assert(regression_predict(points, 5, at, 0, &answer));
    cr_assert(eq(dbl, answer.mean, 0));
    cr_assert(eq(dbl, answer.deviation, 0));
    cr_assert(eq(dbl, answer.chance, 1));
    cr_assert(regression_predict(points, 5, at, 1, &answer));
    cr_assert(eq(dbl, answer.chance, 0));
    points[0].target = (double)INFINITY;
    cr_assert(not(regression_predict(points, 5, at, 1, &answer)));
}
