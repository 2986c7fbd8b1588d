#include "search/gp.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 60, POINTS = 8, SCRATCH = 3 * CASE_ROWS + 1 };

/* Of all kinds: no row, no pending row, categories only, one axis. */
static void roll_case(struct gp_case *gp_case, struct dice *dice, int round)
{
    size_t count = round % 10 == 0 ? 0 : 1 + dice_below(dice, 24);
    size_t dimension = 1 + dice_below(dice, CASE_AXES);

    gp_case_fill(gp_case, dice, count, round % 2 ? dice_below(dice, 12) : 0, dimension,
                 dice_below(dice, dimension + 1));
}

Test(gp, the_posterior_is_that_of_the_plain_formulas)
{
    struct dice dice = dice_new();

    for (int round = 0; round < ROUNDS; round++) {
        bool has_extra = round % 3 == 0;
        struct gp_case gp_case;
        struct gp *gp = NULL;

        roll_case(&gp_case, &dice, round);
        gp = gp_case_process(&gp_case, has_extra);
        cr_assert(eq(sz, gp_row_count(gp), gp_case.count + gp_case.pending_count));
        cr_assert(eq(sz, gp_dimension(gp), gp_case.dimension));
        cr_assert(le(sz, gp_scratch_size(gp), SCRATCH));
        for (int i = 0; i < POINTS; i++) {
            double at[CASE_AXES], scratch[SCRATCH];
            double mean = 0, variance = 0, wanted_mean = 0, wanted_variance = 0;

            gp_case_point(&gp_case, &dice, at);
            gp_predict(gp, at, &mean, &variance, scratch);
            naive_posterior(&gp_case, has_extra, at, &wanted_mean, &wanted_variance);
            cr_assert(is_near(mean, wanted_mean, 1e-6, 1e-7), "mean %.12g for %.12g", mean,
                      wanted_mean);
            cr_assert(is_near(variance, wanted_variance, 1e-6, 1e-7), "variance %.12g for %.12g",
                      variance, wanted_variance);
            cr_assert(is_near(gp_mean(gp, at, scratch), mean, 1e-12, 1e-12));
        }
        gp_free(gp);
    }
    gp_free(NULL);
}

Test(gp, many_points_at_once_get_the_same_as_one_after_the_other)
{
    enum { MANY = 150 };
    struct dice dice = dice_new();

    for (int round = 0; round < 20; round++) {
        static double at[MANY * CASE_AXES], means[MANY], variances[MANY], alone[MANY];
        struct gp_case gp_case;
        struct gp *gp = NULL;
        size_t count = round % 2 ? MANY : 64;
        bool is_ok = false;

        roll_case(&gp_case, &dice, round);
        gp = gp_case_process(&gp_case, true);
        for (size_t i = 0; i < count; i++)
            gp_case_point(&gp_case, &dice, at + i * gp_case.dimension);
        is_ok = gp_predict_all(gp, at, count, means, variances) &&
                gp_predict_all(gp, at, count, alone, NULL) && gp_predict_all(gp, at, 0, NULL, NULL);
        cr_assert(is_ok);
        for (size_t i = 0; i < count; i++) {
            double scratch[SCRATCH];
            double mean = 0, variance = 0;

            gp_predict(gp, at + i * gp_case.dimension, &mean, &variance, scratch);
            cr_assert(is_near(means[i], mean, 1e-11, 1e-11));
            cr_assert(is_near(alone[i], mean, 1e-11, 1e-11));
            cr_assert(is_near(variances[i], variance, 1e-9, 1e-11));
        }
        gp_free(gp);
    }
}

/* A weighted sum of all that a prediction is made of. */
struct asked {
    const struct gp *gp;
    double by_mean, by_variance;
};

static double predicted(const double *x, void *context)
{
    const struct asked *asked = context;
    double scratch[SCRATCH];
    double mean = 0, variance = 0;

    gp_predict(asked->gp, x, &mean, &variance, scratch);
    return asked->by_mean * mean + asked->by_variance * variance;
}

Test(gp, slopes_agree_with_central_differences)
{
    struct dice dice = dice_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct gp_case gp_case;
        struct gp *gp = NULL;
        double at[CASE_AXES], scratch[SCRATCH], slope[CASE_AXES];
        double mean = 0, variance = 0;
        struct asked asked = { .by_mean = round % 4 ? dice_unit(&dice) - 0.5 : 0,
                               .by_variance = round % 3 ? dice_unit(&dice) - 0.5 : 0 };

        roll_case(&gp_case, &dice, round);
        asked.gp = gp = gp_case_process(&gp_case, round % 3 == 0);
        gp_case_point(&gp_case, &dice, at);
        gp_predict(gp, at, &mean, &variance, scratch);
        gp_slope(gp, at, asked.by_mean, asked.by_variance, scratch, slope);
        for (size_t k = 0; k < gp_case.dimension; k++)
            if (gp_case.is_category[k])
                cr_assert(zero(dbl, slope[k]));
            else
                cr_assert(is_near(slope[k],
                                  numeric_slope(predicted, &asked, at, gp_case.dimension, k), 1e-5,
                                  1e-7));
        gp_free(gp);
    }
}

Test(gp, pending_points_leave_the_mean_alone_and_lower_the_variance)
{
    struct dice dice = dice_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct gp_case gp_case;
        struct gp *with = NULL, *without = NULL;
        double scratch[SCRATCH], mean[2], variance[2];

        gp_case_fill(&gp_case, &dice, 10, 5, 4, 1);
        with = gp_case_process(&gp_case, false);
        gp_case.pending_count = 0;
        without = gp_case_process(&gp_case, false);
        gp_predict(with, gp_case_pending(&gp_case), &mean[0], &variance[0], scratch);
        gp_predict(without, gp_case_pending(&gp_case), &mean[1], &variance[1], scratch);
        cr_assert(is_near(mean[0], mean[1], 1e-9, 1e-9));
        cr_assert(lt(dbl, variance[0], variance[1]));
        /* A point measured once is known to its noise at worst. */
        cr_assert(lt(dbl, variance[0], exp(gp_case.hypers[5])));
        gp_free(with);
        gp_free(without);
    }
}

Test(gp, a_row_measured_twice_counts_as_once_with_half_the_noise)
{
    struct dice dice = dice_new();

    for (int round = 0; round < ROUNDS; round++) {
        struct gp_case twice, once;
        struct gp *gps[2];
        double noise = 0;
        double at[CASE_AXES], scratch[SCRATCH], mean[2], variance[2];

        gp_case_fill(&twice, &dice, 9, 0, 3, 1);
        memset(twice.extra_noise, 0, sizeof twice.extra_noise);
        memcpy(twice.coordinates + (size_t)8 * 3, twice.coordinates, 3 * sizeof(double));
        noise = exp(twice.hypers[4]);
        once = twice;
        once.count = 8;
        once.targets[0] = (twice.targets[0] + twice.targets[8]) / 2;
        once.hypers[4] = log(noise / 2);
        for (size_t i = 1; i < 8; i++)
            once.extra_noise[i] = noise / 2;
        gps[0] = gp_case_process(&twice, true);
        gps[1] = gp_case_process(&once, true);
        gp_case_point(&twice, &dice, at);
        for (size_t i = 0; i < 2; i++)
            gp_predict(gps[i], at, &mean[i], &variance[i], scratch);
        cr_assert(is_near(mean[0], mean[1], 1e-6, 1e-7));
        cr_assert(is_near(variance[0], variance[1], 1e-6, 1e-7));
        gp_free(gps[0]);
        gp_free(gps[1]);
    }
}

/* Axes in another order, categories under other names, rows in another order. */
Test(gp, names_and_orders_mean_nothing)
{
    static const double renamed[] = { 2, -1, 7 };
    struct dice dice = dice_new();

    for (int round = 0; round < ROUNDS; round++) {
        enum { D = 5, ROWS = 12 };
        struct gp_case plain, other;
        struct gp *gps[2];
        double at[2][D], scratch[SCRATCH], mean[2], variance[2];

        gp_case_fill(&plain, &dice, ROWS, 0, D, 2);
        other = plain;
        gp_case_point(&plain, &dice, at[0]);
        for (size_t k = 0; k < D; k++) {
            size_t to = D - 1 - k;

            other.is_category[to] = plain.is_category[k];
            other.hypers[to] = plain.hypers[k];
            at[1][to] = plain.is_category[k] ? renamed[(int)at[0][k]] : at[0][k];
            for (size_t i = 0; i < ROWS; i++) {
                double here = plain.coordinates[i * D + k];

                other.coordinates[(ROWS - 1 - i) * D + to] =
                    plain.is_category[k] ? renamed[(int)here] : here;
                other.targets[ROWS - 1 - i] = plain.targets[i];
            }
        }
        gps[0] = gp_case_process(&plain, false);
        gps[1] = gp_case_process(&other, false);
        for (size_t i = 0; i < 2; i++)
            gp_predict(gps[i], at[i], &mean[i], &variance[i], scratch);
        cr_assert(is_near(mean[0], mean[1], 1e-9, 1e-9));
        cr_assert(is_near(variance[0], variance[1], 1e-9, 1e-9));
        gp_free(gps[0]);
        gp_free(gps[1]);
    }
}

Test(gp, correlations_are_the_kernel_s)
{
    struct dice dice = dice_new();
    struct gp_case gp_case;
    struct gp *gp = NULL;
    const double *rows = gp_case.coordinates;

    gp_case_fill(&gp_case, &dice, 20, 0, 5, 2);
    gp = gp_case_process(&gp_case, false);
    for (size_t i = 0; i < 20; i++) {
        double wanted = naive_kernel(&gp_case, rows, rows + i * 5) / exp(gp_case.hypers[5]);

        cr_assert(is_near(gp_correlation(gp, rows, rows + i * 5), wanted, 1e-12, 0));
    }
    cr_assert(eq(dbl, gp_correlation(gp, rows, rows), 1));
    gp_free(gp);
}

/* The same row forty times without noise to speak of: singular but for the jitter. */
Test(gp, a_singular_covariance_still_has_a_posterior)
{
    struct dice dice = dice_new();
    struct gp_case gp_case;
    struct gp_data data;
    struct gp *gp = NULL;
    double scratch[SCRATCH];
    double mean = 0, variance = 0;
    enum gp_outcome outcome = GP_NO_MEMORY;

    gp_case_fill(&gp_case, &dice, CASE_ROWS, 0, 2, 0);
    for (size_t i = 0; i < CASE_ROWS; i++) {
        memcpy(gp_case.coordinates + 2 * i, gp_case.coordinates, 2 * sizeof(double));
        gp_case.targets[i] = i % 2 ? 1.5 : 0.5;
    }
    gp_case.hypers[2] = log(1000);
    gp_case.hypers[3] = -800; /* exp() is 0 */
    data = gp_case_data(&gp_case, false);
    gp = gp_new(&data, gp_case.hypers, NULL, 0, &outcome);
    cr_assert(gp != NULL);
    gp_predict(gp, gp_case.coordinates, &mean, &variance, scratch);
    cr_assert(is_near(mean, 1, 1e-2, 0), "mean %g", mean);
    cr_assert(variance > 0 && isfinite(variance));
    gp_free(gp);
}

Test(gp, hyperparameters_that_are_no_numbers_are_refused)
{
    struct dice dice = dice_new();
    const double wrong[] = { (double)NAN, HUGE_VAL, -HUGE_VAL };

    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 4; k++) {
            struct gp_case gp_case;
            struct gp_data data;
            enum gp_outcome outcome = GP_NO_MEMORY;

            gp_case_fill(&gp_case, &dice, 5, 0, 2, 0);
            gp_case.hypers[k] = wrong[i];
            data = gp_case_data(&gp_case, false);
            cr_assert(gp_new(&data, gp_case.hypers, NULL, 0, &outcome) == NULL);
        }
}

Test(gp, extreme_hyperparameters_are_refused_or_give_numbers)
{
    const double extreme[] = { -1000, -300, 300, 1000 };
    struct dice dice = dice_new();

    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            struct gp_case gp_case;
            struct gp_data data;
            struct gp *gp = NULL;
            double scratch[SCRATCH], at[2] = { 0.3, 0.7 };
            double mean = 0, variance = 0;
            enum gp_outcome outcome = GP_NO_MEMORY;

            gp_case_fill(&gp_case, &dice, 12, 0, 2, 0);
            gp_case.hypers[k] = extreme[i];
            data = gp_case_data(&gp_case, false);
            gp = gp_new(&data, gp_case.hypers, NULL, 0, &outcome);
            if (!gp)
                continue;
            gp_predict(gp, at, &mean, &variance, scratch);
            cr_expect(isfinite(mean) && isfinite(variance) && variance >= 0,
                      "hyperparameter %zu = %g: mean %g, variance %g", k, extreme[i], mean,
                      variance);
            gp_free(gp);
        }
}

Test(gp, each_failed_allocation_is_an_answer)
{
    struct dice dice = dice_new();
    struct gp_case gp_case;
    struct gp_data data;
    struct gp *gp = NULL;
    double means[CASE_ROWS];
    enum gp_outcome outcome = GP_NO_MEMORY;

    gp_case_fill(&gp_case, &dice, 10, 3, 3, 1);
    data = gp_case_data(&gp_case, true);
    for (int successes = 0; !gp; successes++) {
        allocations_fail_after(successes);
        gp = gp_new(&data, gp_case.hypers, gp_case_pending(&gp_case), 3, &outcome);
        cr_assert(allocations_have_failed() == !gp);
        allocations_fail_after(-1);
    }
    allocations_fail_after(0);
    cr_assert(not(gp_predict_all(gp, gp_case.coordinates, 10, means, NULL)));
    allocations_fail_after(-1);
    gp_free(gp);
}
