#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

enum { LENGTH = 40 };

/* level · (1 - exp(-rate · progress)), which a regression on two earlier values knows exactly. */
static void fill_curve(double level, double rate, double *positions, double *values)
{
    for (int i = 0; i < LENGTH; i++) {
        positions[i] = i + 1;
        values[i] = level * (1 - exp(-rate * (i + 1) / LENGTH));
    }
}

static struct stopper *after_trials(struct stopper_options options, int count)
{
    struct stopper *stopper = NULL;
    double positions[LENGTH];
    double values[LENGTH];

    options.kind = STOPPER_CONVEX;
    options.is_maximized = true;
    stopper = stopper_of(&options);
    for (int i = 1; i <= count; i++) {
        fill_curve(i, 3, positions, values);
        append_full(stopper, positions, values, LENGTH);
    }
    return stopper;
}

static struct stopper_verdict decide(const struct stopper *stopper, const double *positions,
                                     const double *values, size_t count)
{
    struct curve curve = { count, positions, values };
    struct stopper_verdict verdict;

    cr_assert(stopper_decide(stopper, &curve, (double)NAN, &verdict));
    return verdict;
}

/* The newest third of six are three: slope 0.5 from (6, 3.5) on a line through 2.5, 3, 3.5. */
Test(stopper_convex, the_over_estimate_goes_on_with_the_latest_slope)
{
    struct stopper *stopper = after_trials((struct stopper_options){ 0 }, 10);
    const double positions[] = { 1, 2, 3, 4, 5, 6 };
    const double values[] = { 0, 1, 2, 2.5, 3, 3.5 };
    const double falling[] = { 0, 1, 2, 3, 2.5, 2 };
    struct stopper_verdict verdict = decide(stopper, positions, values, 6);

    cr_assert(epsilon_eq(dbl, verdict.estimate, 3.5 + 0.5 * 34, 1e-9));
    cr_assert(eq(dbl, verdict.end, 40));
    cr_assert(epsilon_eq(dbl, verdict.bar, 10 * (1 - exp(-3)), 1e-12));
    cr_assert(not(verdict.should_stop));
    verdict = decide(stopper, positions, falling, 6);
    cr_assert(epsilon_eq(dbl, verdict.estimate, 2, 1e-9));
    cr_assert(verdict.should_stop);
    cr_assert(eq(dbl, verdict.final_value, 2));
    stopper_free(stopper);
}

Test(stopper_convex, begins_when_the_numbers_say)
{
    struct stopper_options options = { .max_position = 40 };
    const double positions[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
    const double values[] = { 0, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.29, 0.28, 0.27 };
    struct stopper *stopper = after_trials(options, 5);

    cr_assert(eq(int, decide(stopper, positions, values, 8).why, STOPPER_WHY_FEW));
    stopper_free(stopper);
    stopper = after_trials(options, 6);
    cr_assert(eq(int, decide(stopper, positions, values, 4).why, STOPPER_WHY_EARLY));
    cr_assert(decide(stopper, positions, values, 8).should_stop);
    stopper_free(stopper);
    options.min_position = 8;
    stopper = after_trials(options, 6);
    cr_assert(eq(int, decide(stopper, positions, values, 8).why, STOPPER_WHY_EARLY));
    cr_assert(decide(stopper, positions, values, 9).should_stop);
    stopper_free(stopper);
    options.min_measurement_count = 10;
    stopper = after_trials(options, 11);
    cr_assert(eq(int, decide(stopper, positions, values, 9).why, STOPPER_WHY_EARLY));
    cr_assert(decide(stopper, positions, values, 10).should_stop);
    stopper_free(stopper);
    options.max_position = 10;
    stopper = after_trials(options, 11);
    cr_assert(eq(int, decide(stopper, positions, values, 10).why, STOPPER_WHY_LATE));
    stopper_free(stopper);
}

Test(stopper_convex, a_flat_end_is_no_slope)
{
    struct stopper *stopper = after_trials((struct stopper_options){ 0 }, 10);
    const double positions[] = { 1, 2, 3, 4, 5, 6 };
    const double values[] = { 0, 0.1, 0.2, 0.3, 0.3, 0.3 };

    cr_assert(eq(int, decide(stopper, positions, values, 6).why, STOPPER_WHY_FLAT));
    stopper_free(stopper);
}

Test(stopper_convex, the_final_value_is_predicted_from_how_others_went_on)
{
    struct stopper *stopper = after_trials((struct stopper_options){ 0 }, 10);
    double positions[LENGTH];
    double values[LENGTH];
    struct stopper_verdict verdict;
    struct curve curve = { 20, positions, values };
    double position = 0;
    double final_value = 0;

    fill_curve(2.5, 3, positions, values);
    verdict = decide(stopper, positions, values, 20);
    cr_assert(verdict.should_stop);
    cr_assert(epsilon_eq(dbl, verdict.final_value, values[LENGTH - 1], 0.02));
    cr_assert(stopper_predict(stopper, &curve, (double)NAN, &position, &final_value));
    cr_assert(eq(dbl, position, LENGTH));
    cr_assert(eq(dbl, final_value, verdict.final_value));
    stopper_free(stopper);
}

Test(stopper_convex, predictions_stay_between_the_last_value_and_the_over_estimate)
{
    struct dice dice = dice_new();
    size_t stopped = 0;

    for (int round = 0; round < 500; round++) {
        struct study study = exponential_study(&dice, 12, 30, 0.05);
        struct stopper_options options = { .kind = STOPPER_CONVEX, .is_maximized = true };
        struct stopper *stopper = stopper_of(&options);
        struct stopper_verdict verdict;
        size_t count = 5 + dice_below(&dice, 25);

        for (int i = 0; i < 11; i++)
            append_full(stopper, study.positions, study.values[i], 30);
        verdict = decide(stopper, study.positions, study.values[11], count);
        if (verdict.should_stop) {
            double last = study.values[11][count - 1];

            cr_assert(ge(dbl, verdict.final_value, last - 1e-12));
            cr_assert(le(dbl, verdict.final_value, fmax(last, verdict.estimate) + 1e-12));
            stopped++;
        }
        stopper_free(stopper);
    }
    cr_assert(lt(sz, 50, stopped));
}

/* Curves alike in value so far that part ways by their learning rate: the higher it is, the more
 * they gain in each step. Returns by how much the predicted end is off. */
static double error_of_prediction(bool tells_rate)
{
    struct stopper_options options = { .kind = STOPPER_CONVEX, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    double positions[LENGTH];
    double values[LENGTH];
    struct curve curve = { 20, positions, values };
    double position = 0;
    double final_value = 0;

    for (int i = 0; i < 20; i++) {
        double rate = i == 19 ? 1e-4 : pow(10, -4 + 0.15 * i);
        struct stopper_trial trial = { .curve = { LENGTH, positions, values },
                                       .learning_rate = tells_rate ? rate : (double)NAN };

        values[0] = 0;
        for (int k = 0; k < LENGTH; k++) {
            positions[k] = k + 1;
            if (k > 0)
                values[k] = 0.95 * values[k - 1] + 0.01 * (5 + log10(rate));
        }
        trial.final_value = values[LENGTH - 1];
        if (i < 19)
            cr_assert(stopper_append(stopper, &trial));
    }
    cr_assert(
        stopper_predict(stopper, &curve, tells_rate ? 1e-4 : (double)NAN, &position, &final_value));
    stopper_free(stopper);
    return fabs(final_value - values[LENGTH - 1]);
}

Test(stopper_convex, the_learning_rate_sharpens_the_prediction)
{
    cr_assert(lt(dbl, error_of_prediction(true), 0.005));
    cr_assert(le(dbl, error_of_prediction(true), error_of_prediction(false) + 1e-3));
}
