#include "search/cma.h"

#include "search/choice_model.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_matrix.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { D = 5, LAMBDA = 8, MU = 4 };

static double normal(struct dice *dice)
{
    return gsl_cdf_ugaussian_Pinv(dice_unit(dice) + 0x1p-54);
}

/* The tutorial's algorithm, written down as plainly as can be. */
struct twin {
    double mean[D], ps[D], pc[D], c[D][D], sigma;
    int generation;
};

static void inverse_root(double c[D][D], double result[D][D])
{
    gsl_matrix *matrix = gsl_matrix_alloc(D, D);
    gsl_matrix *vectors = gsl_matrix_alloc(D, D);
    gsl_vector *values = gsl_vector_alloc(D);
    gsl_eigen_symmv_workspace *work = gsl_eigen_symmv_alloc(D);

    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++)
            gsl_matrix_set(matrix, i, j, c[i][j]);
    (void)gsl_eigen_symmv(matrix, values, vectors, work);
    memset(result, 0, sizeof(double[D][D]));
    for (size_t i = 0; i < D; i++)
        for (size_t j = 0; j < D; j++)
            for (size_t e = 0; e < D; e++)
                result[i][j] += gsl_matrix_get(vectors, i, e) * gsl_matrix_get(vectors, j, e) /
                                sqrt(gsl_vector_get(values, e));
    gsl_eigen_symmv_free(work);
    gsl_vector_free(values);
    gsl_matrix_free(vectors);
    gsl_matrix_free(matrix);
}

static double white_length(double root[D][D], const double *y, double *white)
{
    double square = 0;

    for (int i = 0; i < D; i++) {
        white[i] = 0;
        for (int j = 0; j < D; j++)
            white[i] += root[i][j] * y[j];
        square += white[i] * white[i];
    }
    return sqrt(square);
}

static void twin_update(struct twin *t, double points[LAMBDA][D])
{
    double raw[LAMBDA], w[LAMBDA], y[LAMBDA][D], yw[D] = { 0 }, white[D], root[D][D];
    double plus = 0, plus2 = 0, minus = 0, minus2 = 0, sum = 0, limit = sqrt(D) + 2.0 * D / (D + 2);

    for (int i = 0; i < LAMBDA; i++) {
        raw[i] = log((LAMBDA + 1) / 2.0) - log(i + 1);
        *(i < MU ? &plus : &minus) += raw[i];
        *(i < MU ? &plus2 : &minus2) += raw[i] * raw[i];
    }
    double mueff = plus * plus / plus2, mueff_minus = minus * minus / minus2;
    double c1 = 2 / (pow(D + 1.3, 2) + mueff);
    double cmu = fmin(1 - c1, 2 * (mueff - 2 + 1 / mueff) / (pow(D + 2, 2) + mueff));
    double cs = (mueff + 2) / (D + mueff + 5);
    double ds = 1 + 2 * fmax(0, sqrt((mueff - 1) / (D + 1)) - 1) + cs;
    double cc = (4 + mueff / D) / (D + 4 + 2 * mueff / D);
    double chi = sqrt(D) * (1 - 1 / (4.0 * D) + 1 / (21.0 * D * D));
    double least = fmin(fmin(1 + c1 / cmu, 1 + 2 * mueff_minus / (mueff_minus + 2)),
                        (1 - c1 - cmu) / (D * cmu));

    inverse_root(t->c, root);
    for (int i = 0; i < LAMBDA; i++) {
        double length = 0;

        w[i] = i < MU ? raw[i] / plus : raw[i] / -minus * least;
        sum += w[i];
        for (int k = 0; k < D; k++)
            y[i][k] = (points[i][k] - t->mean[k]) / t->sigma;
        length = white_length(root, y[i], white);
        for (int k = 0; length > limit && k < D; k++)
            y[i][k] *= limit / length;
        for (int k = 0; i < MU && k < D; k++)
            yw[k] += w[i] * y[i][k];
        if (w[i] < 0)
            w[i] *= D / pow(fmin(length, limit), 2);
    }
    (void)white_length(root, yw, white);
    double length = 0;

    for (int k = 0; k < D; k++) {
        t->mean[k] += t->sigma * yw[k];
        t->ps[k] = (1 - cs) * t->ps[k] + sqrt(cs * (2 - cs) * mueff) * white[k];
        length += t->ps[k] * t->ps[k];
    }
    length = sqrt(length);
    double h =
        length / sqrt(1 - pow(1 - cs, 2 * (t->generation + 1))) < (1.4 + 2.0 / (D + 1)) * chi;

    t->sigma *= exp(fmin(1, cs / ds * (length / chi - 1)));
    for (int k = 0; k < D; k++)
        t->pc[k] = (1 - cc) * t->pc[k] + h * sqrt(cc * (2 - cc) * mueff) * yw[k];
    for (int a = 0; a < D; a++)
        for (int b = 0; b < D; b++) {
            t->c[a][b] *= 1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cmu * sum;
            t->c[a][b] += c1 * t->pc[a] * t->pc[b];
            for (int i = 0; i < LAMBDA; i++)
                t->c[a][b] += cmu * w[i] * y[i][a] * y[i][b];
        }
    t->generation++;
}

static const size_t in_order[4 * LAMBDA] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                             11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                             22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

/* Some points are far away, as those of an older distribution may be. */
Test(cma, thirty_generations_are_those_of_the_tutorial)
{
    struct dice dice = dice_new();
    struct twin twin = { .mean = { 0.5, 0.4, 0.3, 0.6, 0.7 }, .sigma = 0.2 };
    struct cma *cma = cma_new(twin.mean, D, 0.2, LAMBDA);

    for (int k = 0; k < D; k++)
        twin.c[k][k] = 1;
    for (int generation = 0; generation < 30; generation++) {
        double points[LAMBDA][D];

        for (int i = 0; i < LAMBDA; i++)
            for (int k = 0; k < D; k++)
                points[i][k] = twin.mean[k] +
                               (i == 2 ? 5 : 1) * twin.sigma * sqrt(twin.c[k][k]) * normal(&dice);
        twin_update(&twin, points);
        cr_assert(cma_update(cma, points[0], in_order));
        for (int k = 0; k < D; k++) {
            double deviation = twin.sigma * sqrt(twin.c[k][k]);

            cr_assert(epsilon_eq(dbl, cma_mean(cma)[k], twin.mean[k], 1e-7 * deviation));
            cr_assert(epsilon_eq(dbl, cma_deviation(cma, (size_t)k), deviation, 1e-7 * deviation));
        }
    }
    cma_free(cma);
}

/* What a distribution's draws have for a covariance: the squares of its root's rows. */
static void covariance_of(const struct cma *cma, double result[D][D])
{
    double root[D][D];

    for (int e = 0; e < D; e++) {
        double normals[D] = { 0 };

        normals[e] = 1;
        cma_draw(cma, normals, root[e]);
        for (int k = 0; k < D; k++)
            root[e][k] -= cma_mean(cma)[k];
    }
    for (int a = 0; a < D; a++)
        for (int b = 0; b < D; b++) {
            result[a][b] = 0;
            for (int e = 0; e < D; e++)
                result[a][b] += root[e][a] * root[e][b];
        }
}

static double sphere_after(size_t evaluations, uint64_t seed)
{
    struct dice dice = { seed };
    double mean[D] = { 0.5, 0.5, 0.5, 0.5, 0.5 };
    struct cma *cma = cma_new(mean, D, 0.2, LAMBDA);
    double best = (double)INFINITY;

    for (size_t t = 0; t < evaluations; t += LAMBDA) {
        double points[LAMBDA][D];
        double losses[LAMBDA];

        for (int i = 0; i < LAMBDA; i++) {
            double normals[D];
            double point[D];
            double loss = 0;
            int place = i;

            for (int k = 0; k < D; k++)
                normals[k] = normal(&dice);
            cma_draw(cma, normals, point);
            for (int k = 0; k < D; k++)
                loss += pow(point[k] - 0.2 * k, 2);
            for (; place > 0 && losses[place - 1] > loss; place--) {
                losses[place] = losses[place - 1];
                memcpy(points[place], points[place - 1], sizeof point);
            }
            losses[place] = loss;
            memcpy(points[place], point, sizeof point);
        }
        best = fmin(best, losses[0]);
        cr_assert(cma_update(cma, points[0], in_order));
    }
    cma_free(cma);
    return best;
}

/* Fixed seeds. The sampler's own test of the same says how much there is to spare. */
Test(cma, a_sphere_is_solved_to_a_millionth_in_six_hundred_draws)
{
    for (uint64_t seed = 1; seed <= 20; seed++)
        cr_assert(lt(dbl, sphere_after(600, seed), 1e-6));
}

/* Moved and scaled points after a moved and scaled start: the same distribution, moved and scaled.
 * Permuted coordinates: the same, permuted. */
Test(cma, an_update_does_not_depend_on_where_how_large_and_in_which_order_coordinates_are)
{
    struct dice dice = dice_new();
    double mean[D], other_mean[D], points[LAMBDA][D], others[LAMBDA][D];
    struct cma *cma = NULL;
    struct cma *other = NULL;

    for (int k = 0; k < D; k++) {
        mean[k] = dice_unit(&dice);
        other_mean[(k + 2) % D] = 3 * mean[k] - 7;
    }
    cma = cma_new(mean, D, 0.1, LAMBDA);
    other = cma_new(other_mean, D, 0.3, LAMBDA);
    for (int generation = 0; generation < 10; generation++) {
        for (int i = 0; i < LAMBDA; i++)
            for (int k = 0; k < D; k++) {
                points[i][k] = mean[k] + 0.1 * normal(&dice);
                others[i][(k + 2) % D] = 3 * points[i][k] - 7;
            }
        cr_assert(cma_update(cma, points[0], in_order));
        cr_assert(cma_update(other, others[0], in_order));
    }
    for (size_t k = 0; k < D; k++) {
        double deviation = 3 * cma_deviation(cma, k);

        cr_assert(epsilon_eq(dbl, cma_mean(other)[(k + 2) % D], 3 * cma_mean(cma)[k] - 7,
                             1e-8 * deviation));
        cr_assert(epsilon_eq(dbl, cma_deviation(other, (k + 2) % D), deviation, 1e-8 * deviation));
    }
    cma_free(cma);
    cma_free(other);
}

Test(cma, points_of_equal_rank_count_alike_in_whatever_order)
{
    static const size_t ranks[LAMBDA] = { 0, 1, 1, 1, 4, 5, 5, 7 };
    struct dice dice = dice_new();
    double mean[D] = { 0 };
    double points[LAMBDA][D], kept[D];
    struct cma *one = cma_new(mean, D, 1, LAMBDA);
    struct cma *other = cma_new(mean, D, 1, LAMBDA);

    for (int i = 0; i < LAMBDA; i++)
        for (int k = 0; k < D; k++)
            points[i][k] = normal(&dice);
    cr_assert(cma_update(one, points[0], ranks));
    memcpy(kept, points[1], sizeof kept);
    memcpy(points[1], points[3], sizeof kept);
    memcpy(points[3], kept, sizeof kept);
    cr_assert(cma_update(other, points[0], ranks));
    for (size_t k = 0; k < D; k++) {
        cr_assert(epsilon_eq(dbl, cma_mean(one)[k], cma_mean(other)[k], 1e-12));
        cr_assert(epsilon_eq(dbl, cma_deviation(one, k), cma_deviation(other, k), 1e-12));
    }
    cma_free(one);
    cma_free(other);
}

Test(cma, a_warm_start_has_the_shape_of_the_best_tenth)
{
    struct dice dice = dice_new();
    double points[200][D];
    double covariance[D][D];
    double wanted[D][D];
    double mean[D] = { 0 };
    struct cma *cma = NULL;

    for (int i = 0; i < 200; i++)
        for (int k = 0; k < D; k++) /* the best 20 are close together, and long in one direction */
            points[i][k] =
                i < 20 ? 0.4 + (k + 1) * 0.01 * (i - 10) + 0.01 * normal(&dice) : dice_unit(&dice);
    for (int i = 0; i < 20; i++)
        for (int k = 0; k < D; k++)
            mean[k] += points[i][k] / 20;
    for (int a = 0; a < D; a++)
        for (int b = 0; b < D; b++) {
            wanted[a][b] = a == b ? 0.01 : 0;
            for (int i = 0; i < 20; i++)
                wanted[a][b] += (points[i][a] - mean[a]) * (points[i][b] - mean[b]) / 20;
        }
    cma = cma_warm_start(points[0], 200, D, LAMBDA);
    covariance_of(cma, covariance);
    for (int a = 0; a < D; a++) {
        cr_assert(epsilon_eq(dbl, cma_mean(cma)[a], mean[a], 1e-12));
        for (int b = 0; b < D; b++)
            cr_assert(epsilon_eq(dbl, covariance[a][b], wanted[a][b], 1e-12));
    }
    cma_free(cma);
}

/* A mean deep in its cell, with a deviation a hundredth of it. */
Test(cma, margins_let_an_integer_leave_its_cell_on_both_sides_with_the_share_asked_for)
{
    const double share = 0.02;
    double mean[D] = { 0.26, 0.5, 0.02, 0.5, 0.5 };
    struct cma *cma = cma_new(mean, D, 0.001, LAMBDA);
    double deviation = 0;

    cma_keep_margin(cma, 0, 0.25, 0.5, share);
    deviation = cma_deviation(cma, 0);
    cr_assert(ge(dbl, gsl_cdf_gaussian_P(0.25 - cma_mean(cma)[0], deviation), share / 2 - 1e-9));
    cr_assert(ge(dbl, gsl_cdf_gaussian_Q(0.5 - cma_mean(cma)[0], deviation), share / 2 - 1e-9));
    cma_keep_margin(cma, 4, 0.4995, 0.9, share); /* out below often, above never */
    deviation = cma_deviation(cma, 4);
    cr_assert(lt(dbl, 0.3, gsl_cdf_gaussian_P(0.4995 - cma_mean(cma)[4], deviation)));
    cr_assert(
        epsilon_eq(dbl, gsl_cdf_gaussian_Q(0.9 - cma_mean(cma)[4], deviation), share / 2, 1e-6));
    cma_keep_margin(cma, 2, -(double)INFINITY, 0.25, share); /* at the end: the mean comes closer */
    cr_assert(epsilon_eq(dbl, cma_deviation(cma, 2), 0.001, 1e-12));
    cr_assert(epsilon_eq(dbl, gsl_cdf_gaussian_Q(0.25 - cma_mean(cma)[2], 0.001), share, 1e-9));
    cma_keep_margin(cma, 1, 0.4999, 0.5001, share); /* wide enough already */
    cr_assert(eq(dbl, cma_mean(cma)[1], 0.5));
    cr_assert(epsilon_eq(dbl, cma_deviation(cma, 1), 0.001, 1e-12));
    cma_free(cma);
}

Test(cma, a_narrow_distribution_is_exhausted_and_a_copy_stays_as_it_was)
{
    double mean[D] = { 0 };
    double points[LAMBDA][D] = { { 0 } };
    struct cma *cma = cma_new(mean, D, 1, LAMBDA);
    struct cma *copy = cma_copy(cma);
    int generations = 0;

    while (!cma_is_exhausted(cma) && generations < 10000) {
        cr_assert(cma_update(cma, points[0], in_order));
        generations++;
    }
    cr_assert(lt(int, generations, 10000));
    cr_assert(not(cma_is_exhausted(copy)));
    cr_assert(eq(dbl, cma_deviation(copy, 0), 1));
    cma_free(cma);
    cma_free(copy);
}

Test(cma, choices_that_do_better_become_probable_and_none_impossible)
{
    static const size_t counts[] = { 3, 2 };
    struct dice dice = dice_new();
    struct choice_model *model = choice_model_new(counts, 2, 3);
    double least = (1 - pow(0.73, 1.0 / 3)) / 2;

    for (int generation = 0; generation < 60; generation++) {
        double rows[LAMBDA][2];
        size_t good = 0;
        size_t bad = LAMBDA;

        for (int i = 0; i < LAMBDA; i++) { /* choice 2 of the first is best, the second is idle */
            size_t choice = choice_model_draw(model, 0, dice_unit(&dice));
            double *row = choice == 2 ? rows[good++] : rows[--bad];

            row[0] = (double)choice;
            row[1] = i % 4 == 0 ? (double)NAN : (double)dice_below(&dice, 2);
        }
        cr_assert(choice_model_update(model, rows[0], in_order, LAMBDA));
    }
    cr_assert(lt(dbl, 0.75, choice_model_share(model, 0, 2)));
    for (size_t k = 0; k < 2; k++) {
        double sum = 0;

        for (size_t i = 0; i < counts[k]; i++) {
            sum += choice_model_share(model, k, i);
            cr_assert(ge(dbl, choice_model_share(model, k, i), least - 1e-12));
        }
        cr_assert(epsilon_eq(dbl, sum, 1, 1e-12));
    }
    choice_model_free(model);
}

Test(cma, a_failed_allocation_is_told_changes_nothing_and_leaks_nothing)
{
    double points[LAMBDA][D] = { { 0.1 } };
    double mean[D] = { 0 };
    struct cma *cma = NULL;
    struct cma *warm = NULL;
    bool is_done = false;

    for (int successes = 0; !cma || !warm; successes++) {
        cma_free(cma);
        cma_free(warm);
        allocations_fail_after(successes);
        cma = cma_new(mean, D, 1, LAMBDA);
        warm = cma_warm_start(points[0], LAMBDA, D, LAMBDA);
        allocations_fail_after(-1);
    }
    for (int successes = 0; !is_done; successes++) {
        allocations_fail_after(successes);
        is_done = cma_update(cma, points[0], in_order);
        allocations_fail_after(-1);
        cr_assert(eq(int, cma_mean(cma)[0] != 0, is_done));
    }
    cma_free(cma);
    cma_free(warm);
    cma_free(NULL);
    choice_model_free(NULL);
}
