#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/*
 * A trial is judged at each of its measurements, so over a study the chance to lose the best trial
 * could be above that of one verdict, 1 %. Measured over 1200 studies each, it is 0.1 % without and
 * 0.4 % with noise; at 1 %, more than 10 lost of 200 are a false alarm of 1e-5.
 */
static void check_losses(double noise)
{
    struct stopper_options options = { .kind = STOPPER_DECAY_CURVE, .is_maximized = true };
    struct dice dice = dice_new();
    size_t lost = 0;
    uint64_t measured = 0;

    for (int round = 0; round < 200; round++) {
        struct study study = exponential_study(&dice, 30, 27, noise);
        struct outcome outcome = run_study(&options, &study, 1, dice_bits(&dice));

        lost += outcome.stops[best_of_study(&study)] > 0;
        measured += outcome.measured;
    }
    cr_assert(le(sz, lost, 10));
    cr_assert(lt(dbl, (double)measured, 0.8 * 200 * 30 * 27)); /* and it does save */
}

Test(stopper_decay, the_best_of_crossing_curves_is_rarely_stopped)
{
    check_losses(0);
}

Test(stopper_decay, nor_is_it_where_measurements_are_noisy)
{
    check_losses(0.01);
}

/* Levels 1 .. 10 of curves that rise to the end; a running trial of the level 1. */
static struct stopper *ten_trials(double *positions, double sign)
{
    struct stopper_options options = { .kind = STOPPER_DECAY_CURVE, .is_maximized = sign > 0 };
    struct stopper *stopper = stopper_of(&options);
    double values[10];

    for (int i = 0; i < 10; i++)
        positions[i] = i + 1;
    for (int level = 1; level <= 10; level++) {
        for (int i = 0; i < 10; i++)
            values[i] = sign * level * (1 - exp(-0.3 * positions[i]));
        append_full(stopper, positions, values, 10);
    }
    return stopper;
}

Test(stopper_decay, a_stop_needs_three_measurements_and_to_be_confirmed)
{
    double positions[10];
    struct stopper *stopper = ten_trials(positions, 1);
    const double values[] = { 0.259, 0.451, 0.593, 0.699 };
    const double once[] = { 9, 9, 0.593, 0.699 };
    const double late[] = { 2.592, 4.512, 5.935, 0.699 }; /* it led until just now */
    struct stopper_verdict verdict;
    struct curve curve = { 2, positions, values };

    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_EARLY));
    curve.count = 3;
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_HOPELESS));
    cr_assert(eq(u64, verdict.trial_count, 10));
    cr_assert(epsilon_eq(dbl, verdict.mean, 1 - exp(-3), 0.05));
    cr_assert(epsilon_eq(dbl, verdict.bar, 10 * (1 - exp(-3)), 1e-12));
    cr_assert(lt(dbl, verdict.chance, STOPPER_CHANCE));
    curve.values = once;
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_LEADING));
    curve = (struct curve){ 4, positions, late };
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_UNCONFIRMED));
    cr_assert(not(verdict.should_stop));
    stopper_free(stopper);
}

Test(stopper_decay, numbers_are_in_the_units_of_the_metric)
{
    double positions[10];
    struct stopper *stopper = ten_trials(positions, -1);
    const double values[] = { -0.259, -0.451, -0.593 };
    struct curve curve = { 3, positions, values };
    struct stopper_verdict verdict;

    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(verdict.should_stop);
    cr_assert(eq(dbl, verdict.value, -0.593));
    cr_assert(epsilon_eq(dbl, verdict.mean, -(1 - exp(-3)), 0.05));
    cr_assert(epsilon_eq(dbl, verdict.bar, -10 * (1 - exp(-3)), 1e-12));
    cr_assert(verdict.deviation >= 0 && verdict.deviation < 0.1);
    stopper_free(stopper);
}

Test(stopper_decay, who_leads_goes_on_and_who_is_late_too)
{
    double positions[12];
    struct stopper *stopper = ten_trials(positions, 1);
    double values[] = { 2.6, 4.6, 6.0, 0, 0, 0, 0, 0, 0, 0 };
    struct stopper_verdict verdict;
    struct curve curve = { 3, positions, values };

    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_LEADING));
    curve.count = 10;
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(int, verdict.why, STOPPER_WHY_LATE));
    stopper_free(stopper);
}

Test(stopper_decay, fewer_than_five_that_ran_further_tell_nothing)
{
    struct stopper_options options = { .kind = STOPPER_DECAY_CURVE, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    const double positions[] = { 1, 2, 3, 4 };
    const double low[] = { 0, 0, 0, 0 };
    struct curve curve = { 3, positions, low };
    struct stopper_verdict verdict;

    for (int i = 0; i < 5; i++) {
        double values[] = { 5 + i, 6 + i, 7 + i, 8 + i };

        cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
        cr_assert(not(verdict.should_stop));
        append_full(stopper, positions, values, 4);
    }
    cr_assert(stopper_decide(stopper, &curve, 0, &verdict));
    cr_assert(eq(u64, verdict.trial_count, 5));
    cr_assert(ge(dbl, verdict.chance, 0));
    stopper_free(stopper);
}
