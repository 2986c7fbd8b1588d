#include "search/gp_fit.h"

#include "gp_support.h"

#include "search/target_warp.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { PRIORS = 4, NOISES = 3, HYPERS_MAX = CASE_AXES + GP_EXTRA_HYPERS };

static struct gp_prior prior_of(size_t number)
{
    return (struct gp_prior){ .kind = (enum gp_prior_kind)(number % PRIORS),
                              .noise = (enum gp_noise)(number / PRIORS % NOISES),
                              .length_stretch = 1 + (double)(number % 5) / 2 };
}

static double loss_at(const double *x, void *context)
{
    double gradient[HYPERS_MAX];

    return gp_fit_loss(context, x, gradient);
}

/* The likelihood by Gauss elimination. */
static double naive_loss(const struct gp_case *gp_case, bool has_extra_noise)
{
    static double matrix[CASE_ROWS * CASE_ROWS];
    double values[CASE_ROWS];
    size_t n = gp_case->count, d = gp_case->dimension;
    double sum = 0, log_determinant = 0;

    for (size_t i = 0; i < n; i++) {
        values[i] = gp_case->targets[i];
        for (size_t j = 0; j < n; j++)
            matrix[i * n + j] =
                naive_kernel(gp_case, gp_case->coordinates + i * d, gp_case->coordinates + j * d);
        matrix[i * n + i] +=
            exp(gp_case->hypers[d + 1]) + (has_extra_noise ? gp_case->extra_noise[i] : 0);
    }
    log_determinant = naive_solve(matrix, values, n);
    for (size_t i = 0; i < n; i++)
        sum += gp_case->targets[i] * values[i];
    return 0.5 * (sum + log_determinant);
}

static double squared(double x)
{
    return x * x;
}

/* Minus the log priors, as the papers give them, but for constants. */
static double naive_penalty(const struct gp_prior *prior, const double *hypers, size_t dimension)
{
    double d = (double)dimension, signal = hypers[dimension], noise = hypers[dimension + 1];
    double sum = 0;

    for (size_t k = 0; k < dimension; k++) {
        double square = exp(2 * hypers[k]) / prior->length_stretch;

        if (prior->kind == PRIOR_TWO_SIDED)
            sum += 0.1 * (square + 1 / square);
        else if (prior->kind == PRIOR_FLAT)
            sum += 0.01 * squared(2 * hypers[k] - log(0.5));
        else if (prior->kind == PRIOR_SCALED)
            sum += squared(hypers[k] - sqrt(2) - log(d) / 2) / 6;
        else
            sum += squared((hypers[k] - log(0.5) - log(d) / 4) / 1.5) / 2;
    }
    if (prior->kind == PRIOR_TWO_SIDED)
        sum += exp(signal) - signal;
    else if (prior->kind == PRIOR_FLAT)
        sum += 0.01 * squared(signal - log(0.039));
    else if (prior->kind == PRIOR_SCALED)
        sum += squared(signal) / 2;
    else
        sum += squared(signal / 1.5) / 2;
    if (prior->noise == GP_NOISE_FIXED_LOW)
        return sum;
    if (prior->noise == GP_NOISE_HIGH)
        return sum + squared(noise - log(0.1)) / 2;
    if (prior->kind == PRIOR_TWO_SIDED)
        return sum + 30 * exp(noise) - 0.1 * noise;
    if (prior->kind == PRIOR_FLAT)
        return sum + 0.01 * squared(noise - log(0.0039));
    if (prior->kind == PRIOR_SCALED)
        return sum + squared(noise + 4) / 2;
    return sum + squared((noise + 6) / 2) / 2;
}

Test(gp_fit, the_loss_is_likelihood_and_prior_of_the_plain_formulas)
{
    struct dice dice = dice_new();

    for (size_t round = 0; round < (size_t)5 * PRIORS * NOISES; round++) {
        struct gp_prior prior = prior_of(round);
        size_t d = 1 + dice_below(&dice, CASE_AXES);
        bool has_extra = dice_below(&dice, 2);
        double gradient[HYPERS_MAX];
        double wanted = 0, loss = 0;
        struct gp_case gp_case;
        struct gp_data data;
        struct gp_fit *fit = NULL;

        gp_case_fill(&gp_case, &dice, 1 + dice_below(&dice, 20), 0, d, dice_below(&dice, d + 1));
        data = gp_case_data(&gp_case, has_extra);
        fit = gp_fit_new(&data, &prior);
        loss = gp_fit_loss(fit, gp_case.hypers, gradient);
        wanted = naive_loss(&gp_case, has_extra) + naive_penalty(&prior, gp_case.hypers, d);
        cr_assert(is_near(loss, wanted, 1e-5, 1e-5), "prior %d, noise %d: %.12g for %.12g",
                  (int)prior.kind, (int)prior.noise, loss, wanted);
        gp_fit_free(fit);
    }
    gp_fit_free(NULL);
}

Test(gp_fit, gradients_agree_with_central_differences_under_all_priors_and_noises)
{
    struct dice dice = dice_new();

    for (size_t round = 0; round < (size_t)6 * PRIORS * NOISES; round++) {
        struct gp_prior prior = prior_of(round);
        size_t d = 1 + dice_below(&dice, CASE_AXES);
        double gradient[HYPERS_MAX];
        struct gp_case gp_case;
        struct gp_data data;
        struct gp_fit *fit = NULL;

        gp_case_fill(&gp_case, &dice, 1 + dice_below(&dice, 20), 0, d, dice_below(&dice, d + 1));
        data = gp_case_data(&gp_case, dice_below(&dice, 2));
        fit = gp_fit_new(&data, &prior);
        (void)gp_fit_loss(fit, gp_case.hypers, gradient);
        for (size_t k = 0; k < d + GP_EXTRA_HYPERS; k++) {
            double wanted = numeric_slope(loss_at, fit, gp_case.hypers, d + GP_EXTRA_HYPERS, k);

            cr_assert(is_near(gradient[k], wanted, 1e-5, 1e-6),
                      "prior %d, noise %d, hyperparameter %zu of %zu: %.12g for %.12g",
                      (int)prior.kind, (int)prior.noise, k, d + 2, gradient[k], wanted);
        }
        gp_fit_free(fit);
    }
}

/* A smooth function of the first numeric axis alone. */
static void make_smooth(struct gp_case *gp_case)
{
    for (size_t i = 0; i < gp_case->count; i++)
        gp_case->targets[i] = sin(6 * gp_case->coordinates[i * gp_case->dimension]);
}

Test(gp_fit, improving_never_makes_worse_and_finds_the_axis_that_matters)
{
    struct dice dice = dice_new();

    for (size_t round = 0; round < (size_t)PRIORS * NOISES; round++) {
        struct gp_prior prior = prior_of(round);
        struct gp_case gp_case;
        struct gp_data data;
        struct gp_fit *fit = NULL;
        double hypers[HYPERS_MAX], gradient[HYPERS_MAX];
        double before = 0, loss = 0;
        bool is_better = false;

        gp_case_fill(&gp_case, &dice, 30, 0, 4, 1);
        make_smooth(&gp_case);
        data = gp_case_data(&gp_case, false);
        fit = gp_fit_new(&data, &prior);
        gp_prior_start(&prior, 4, hypers);
        before = gp_fit_loss(fit, hypers, gradient);
        is_better = gp_fit_improve(fit, hypers, 80, &loss) == BOX_DONE;
        cr_assert(is_better);
        cr_assert(le(dbl, loss, before));
        cr_assert(eq(dbl, loss, gp_fit_loss(fit, hypers, gradient)));
        for (size_t k = 1; k < 4; k++)
            cr_assert(lt(dbl, hypers[0], hypers[k]));
        if (prior.noise == GP_NOISE_FIXED_LOW)
            cr_assert(is_near(hypers[5], log(1e-6), 1e-12, 0));
        gp_fit_free(fit);
    }
}

static void fit_warped(struct gp_case *gp_case, const double *values, double *hypers)
{
    struct gp_prior prior = prior_of(0);
    struct gp_data data = gp_case_data(gp_case, false);
    struct gp_fit *fit = NULL;
    struct target_warp warp;
    double loss = 0;
    bool is_fitted =
        target_warp_init(&warp, WARP_HALF_RANK, values, gp_case->count, gp_case->targets);

    cr_assert(is_fitted);
    fit = gp_fit_new(&data, &prior);
    gp_prior_start(&prior, gp_case->dimension, hypers);
    is_fitted = gp_fit_improve(fit, hypers, 60, &loss) == BOX_DONE;
    cr_assert(is_fitted);
    gp_fit_free(fit);
    target_warp_clear(&warp);
}

Test(gp_fit, unit_and_zero_of_what_was_measured_do_not_matter)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 12; round++) {
        struct gp_case gp_case;
        double values[CASE_ROWS], hypers[2][HYPERS_MAX];

        gp_case_fill(&gp_case, &dice, 25, 0, 4, 1);
        make_smooth(&gp_case);
        memcpy(values, gp_case.targets, sizeof values);
        fit_warped(&gp_case, values, hypers[0]);
        for (size_t i = 0; i < gp_case.count; i++)
            values[i] = 12.5 * values[i] - 3;
        fit_warped(&gp_case, values, hypers[1]);
        for (size_t k = 0; k < 4 + GP_EXTRA_HYPERS; k++)
            cr_assert(is_near(hypers[0][k], hypers[1][k], 1e-5, 1e-5), "%.12g and %.12g",
                      hypers[0][k], hypers[1][k]);
    }
}

Test(gp_fit, the_start_is_within_the_bounds_that_a_fit_keeps)
{
    struct dice dice = dice_new();

    for (size_t round = 0; round < (size_t)PRIORS * NOISES; round++)
        for (size_t d = 1; d <= CASE_AXES; d++) {
            struct gp_prior prior = prior_of(round);
            struct gp_case gp_case;
            struct gp_data data;
            struct gp_fit *fit = NULL;
            double start[HYPERS_MAX], hypers[HYPERS_MAX];
            double loss = 0;
            bool is_evaluated = false;

            gp_case_fill(&gp_case, &dice, 5, 0, d, 0);
            data = gp_case_data(&gp_case, false);
            fit = gp_fit_new(&data, &prior);
            gp_prior_start(&prior, d, start);
            memcpy(hypers, start, sizeof start);
            /* Clips, and no more. */
            is_evaluated = gp_fit_improve(fit, hypers, 1, &loss) == BOX_DONE;
            cr_assert(is_evaluated);
            for (size_t k = 0; k < d + GP_EXTRA_HYPERS; k++)
                cr_assert(eq(dbl, hypers[k], start[k]));
            gp_fit_free(fit);
        }
}

Test(gp_fit, where_the_start_is_no_number_it_says_so)
{
    struct dice dice = dice_new();
    struct gp_prior prior = prior_of(0);
    struct gp_case gp_case;
    struct gp_data data;
    struct gp_fit *fit = NULL;
    double loss = 0;

    gp_case_fill(&gp_case, &dice, 5, 0, 2, 0);
    gp_case.targets[2] = DBL_MAX; /* its square is no number */
    data = gp_case_data(&gp_case, false);
    fit = gp_fit_new(&data, &prior);
    cr_assert(eq(int, (int)gp_fit_improve(fit, gp_case.hypers, 20, &loss), BOX_NO_START));
    gp_fit_free(fit);
}

Test(gp_fit, each_failed_allocation_is_an_answer)
{
    struct dice dice = dice_new();
    struct gp_prior prior = prior_of(0);
    struct gp_case gp_case;
    struct gp_data data;
    struct gp_fit *fit = NULL;

    gp_case_fill(&gp_case, &dice, 5, 0, 2, 0);
    data = gp_case_data(&gp_case, false);
    for (int successes = 0; !fit; successes++) {
        allocations_fail_after(successes);
        fit = gp_fit_new(&data, &prior);
        cr_assert(allocations_have_failed() == !fit);
        allocations_fail_after(-1);
    }
    gp_fit_free(fit);
}
