#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

static struct stopper_verdict observe(struct stopper *stopper, uint64_t trial, double position,
                                      double value)
{
    struct stopper_verdict verdict;

    cr_assert(stopper_observe(stopper, trial, position, value, &verdict));
    return verdict;
}

Test(stopper_halving, the_second_at_a_rung_has_to_beat_the_first)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = false };
    struct stopper *stopper = stopper_of(&options);

    cr_assert(not(observe(stopper, 1, 1, 5).should_stop));
    cr_assert(observe(stopper, 2, 1, 6).should_stop);
    cr_assert(not(observe(stopper, 3, 1, 4).should_stop));
    cr_assert(not(observe(stopper, 4, 1, 4).should_stop)); /* a tie with the best */
    stopper_free(stopper);
}

Test(stopper_halving, only_a_new_rung_counts)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true, .grace = 2 };
    struct stopper *stopper = stopper_of(&options);

    cr_assert(eq(int, observe(stopper, 1, 1, 5).why, STOPPER_WHY_EARLY));
    cr_assert(eq(int, observe(stopper, 1, 2, 5).why, STOPPER_WHY_GOOD));
    cr_assert(eq(int, observe(stopper, 1, 5, 5).why, STOPPER_WHY_BETWEEN_RUNGS));
    cr_assert(eq(dbl, observe(stopper, 1, 7, 5).rung, 6));
    cr_assert(eq(int, observe(stopper, 1, 2, 5).why, STOPPER_WHY_BETWEEN_RUNGS));
    cr_assert(observe(stopper, 2, 3, 1).should_stop);
    cr_assert(eq(int, observe(stopper, 2, 4, 99).why, STOPPER_WHY_BETWEEN_RUNGS));
    cr_assert(eq(u64, observe(stopper, 3, 2, 9).trial_count, 3));
    stopper_free(stopper);
}

/* Told anew, trial 2 comes to the first rung too late. It had been let go on, and is. */
Test(stopper_halving, another_order_of_trials_leaves_the_same_memory)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true };
    static const uint64_t orders[2][3] = { { 2, 1, 3 }, { 3, 1, 2 } };

    for (size_t i = 0; i < 2; i++) {
        struct stopper *stopper = stopper_of(&options);
        struct stopper_verdict verdict;

        for (size_t k = 0; k < 3; k++)
            (void)observe(stopper, orders[i][k], 1, orders[i][k] == 2 ? 1 : 5);
        verdict = observe(stopper, 2, 2, 1);
        cr_assert(eq(int, verdict.why, STOPPER_WHY_BETWEEN_RUNGS));
        cr_assert(not(verdict.should_stop));
        verdict = observe(stopper, 4, 1, 3);
        cr_assert(eq(u64, verdict.rank, 3));
        cr_assert(eq(u64, verdict.trial_count, 4));
        stopper_free(stopper);
    }
}

/* At position 30 of rungs 1, 3, 9, 27: only the last is one for such a value. */
Test(stopper_halving, a_jump_over_rungs_is_judged_at_the_highest)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    struct stopper_verdict verdict = observe(stopper, 1, 30, 5);

    cr_assert(eq(dbl, verdict.rung, 27));
    cr_assert(eq(u64, verdict.trial_count, 1));
    cr_assert(not(observe(stopper, 2, 1, 1).should_stop));
    cr_assert(eq(int, observe(stopper, 1, 31, 5).why, STOPPER_WHY_BETWEEN_RUNGS));
    stopper_free(stopper);
}

Test(stopper_halving, at_the_end_there_is_nothing_to_save)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    const double positions[] = { 1, 9 };
    const double values[] = { 5, 5 };

    (void)observe(stopper, 1, 1, 5);
    (void)observe(stopper, 1, 9, 5);
    append_full(stopper, positions, values, 2);
    cr_assert(eq(int, observe(stopper, 2, 9, 1).why, STOPPER_WHY_LATE));
    cr_assert(observe(stopper, 3, 8, 1).why == STOPPER_WHY_GOOD); /* the first at rung 3 */
    cr_assert(observe(stopper, 4, 8, 0).should_stop);
    stopper_free(stopper);
    options.max_position = 9;
    stopper = stopper_of(&options);
    (void)observe(stopper, 1, 9, 5);
    cr_assert(eq(int, observe(stopper, 2, 9, 1).why, STOPPER_WHY_LATE));
    stopper_free(stopper);
}

Test(stopper_halving, ranks_are_those_of_a_plain_count)
{
    enum { ARRIVALS = 3000 };
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true, .eta = 4 };
    struct stopper *stopper = stopper_of(&options);
    struct dice dice = dice_new();
    static double values[ARRIVALS];

    for (uint64_t n = 0; n < ARRIVALS; n++) {
        struct stopper_verdict verdict;
        uint64_t rank = 1;

        values[n] = (double)dice_below(&dice, 500);
        for (uint64_t i = 0; i < n; i++)
            rank += values[i] > values[n];
        verdict = observe(stopper, n + 1, 1, values[n]);
        cr_assert(eq(u64, verdict.rank, rank));
        cr_assert(eq(u64, verdict.trial_count, n + 1));
        cr_assert(eq(u64, verdict.kept_count, n + 1 < 4 ? 1 : (n + 1) / 4));
        cr_assert(eq(int, verdict.should_stop, rank > verdict.kept_count));
    }
    stopper_free(stopper);
}

/*
 * Values of independent trials that keep their order over the rungs. At the first rung each trial
 * goes on with probability 1/eta but for rounding: of 9000, 3000 ± 45 (one deviation); 6 of them
 * are a false alarm of 2e-9. Those that came on are a selection, but their order is as random.
 */
Test(stopper_halving, each_rung_keeps_about_one_in_eta)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    struct dice dice = dice_new();
    size_t came[3] = { 0 };
    size_t kept[3] = { 0 };

    for (uint64_t trial = 1; trial <= 9000; trial++) {
        double value = dice_unit(&dice);
        double position = 1;

        for (int rung = 0; rung < 3; rung++, position *= 3) {
            bool should_stop = observe(stopper, trial, position, value).should_stop;

            came[rung]++;
            kept[rung] += !should_stop;
            if (should_stop)
                break;
        }
    }
    for (int rung = 0; rung < 2; rung++) {
        double wanted = (double)came[rung] / 3;

        cr_assert(lt(dbl, fabs((double)kept[rung] - wanted), 6 * sqrt(wanted * 2 / 3) + 20),
                  "rung %d: %zu of %zu", rung, kept[rung], came[rung]);
    }
    stopper_free(stopper);
}

Test(stopper_halving, what_is_no_trial_or_no_number_is_left_alone)
{
    struct stopper_options options = { .kind = STOPPER_HALVING, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);

    (void)observe(stopper, 1, 1, 5);
    cr_assert(not(observe(stopper, UINT64_MAX, 1, 1).should_stop));
    cr_assert(not(observe(stopper, 2, 1, (double)NAN).should_stop));
    cr_assert(not(observe(stopper, 2, (double)INFINITY, 1).should_stop));
    cr_assert(not(observe(stopper, 2, -5, 1).should_stop));
    cr_assert(observe(stopper, 2, 1, 1).should_stop);
    cr_assert(not(observe(stopper, 3, 1e300, 1).should_stop));
    stopper_free(stopper);
}
