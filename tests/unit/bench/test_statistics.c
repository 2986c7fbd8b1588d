#include "bench/statistics.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

static bool is_near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

Test(statistics, scores_are_clipped_to_what_a_logarithm_and_a_random_point_allow)
{
    cr_assert(is_near(score_clip(0.25), 0.25));
    cr_assert(is_near(score_clip(0), score_floor));
    cr_assert(is_near(score_clip(17), 1));
    cr_assert(is_near(score_clip((double)INFINITY), 1));
    cr_assert(is_near(score_clip((double)NAN), 1));
}

Test(statistics, a_curve_keeps_its_last_value_and_an_empty_one_is_infinitely_bad)
{
    double curve[] = { 0.5, 0.25 };

    cr_assert(is_near(regret_at(curve, 2, 1), 0.5));
    cr_assert(is_near(regret_at(curve, 2, 2), 0.25));
    cr_assert(is_near(regret_at(curve, 2, 100), 0.25));
    cr_assert(isinf(regret_at(NULL, 0, 1)));
}

Test(statistics, anytime_regret_is_the_mean_of_logarithms_over_the_whole_budget)
{
    double curve[] = { 10, 0.1, 0.001 };

    /* 0 (clipped), -1, -3, and -3 again for the trial that was never run. */
    cr_assert(is_near(anytime_regret(curve, 3, 4), -7.0 / 4));
}

Test(statistics, equal_scores_share_the_mean_of_their_ranks)
{
    double scores[] = { 0.3, 0.1, 0.3, 0.2, 0.3 };
    double ranks[5];

    ranks_of(scores, 5, ranks);
    cr_assert(is_near(ranks[0], 4) && is_near(ranks[2], 4) && is_near(ranks[4], 4));
    cr_assert(is_near(ranks[1], 1));
    cr_assert(is_near(ranks[3], 2));
}

Test(statistics, two_arms_that_solved_a_problem_tie_however_small_their_rest)
{
    double scores[] = { 1e-9, 0, 1e-7 };
    double ranks[3];

    ranks_of(scores, 3, ranks);
    cr_assert(is_near(ranks[0], 1.5) && is_near(ranks[1], 1.5) && is_near(ranks[2], 3));
    cr_assert(is_near(win_of(1e-9, 0), 0.5));
    cr_assert(is_near(win_of(0.1, 0.2), 1));
    cr_assert(is_near(win_of(0.2, 0.1), 0));
    cr_assert(is_near(win_of((double)INFINITY, (double)INFINITY), 0.5));
}

Test(statistics, ranks_of_any_scores_sum_to_the_same)
{
    double scores[] = { (double)INFINITY, 0.5, 0.5, (double)INFINITY, 0, 7 };
    double ranks[6];
    double sum = 0;

    ranks_of(scores, 6, ranks);
    for (size_t i = 0; i < 6; i++)
        sum += ranks[i];
    cr_assert(is_near(sum, 21));
}

Test(statistics, quantiles_lie_between_order_statistics)
{
    double values[] = { 4, 1, 3, 2 };
    double endless[] = { 1, (double)INFINITY, (double)INFINITY };

    cr_assert(is_near(quantile_of(values, 4, 0.5), 2.5));
    cr_assert(is_near(quantile_of(values, 4, 0.25), 1.75));
    cr_assert(is_near(quantile_of(values, 4, 0), 1));
    cr_assert(is_near(quantile_of(values, 4, 1), 4));
    cr_assert(isinf(quantile_of(endless, 3, 0.75)));
    cr_assert(is_near(quantile_of(endless, 3, 0), 1));
}

Test(statistics, an_arm_that_needs_half_the_trials_has_a_log_efficiency_near_0_69)
{
    enum { BUDGET = 400 };
    double slow[BUDGET];
    double fast[BUDGET];
    double scratch[BUDGET];

    for (size_t i = 0; i < BUDGET; i++) {
        slow[i] = 1 / (double)(i + 2);
        fast[i] = 1 / (double)(2 * (i + 1) + 1);
    }
    /* The median over the slow curve's own values: ln(1 + t) - ln(1 + t / 2) at t = 200. */
    cr_assert(fabs(log_efficiency(slow, fast, slow, BUDGET, scratch) - log(2)) < 0.01);
    cr_assert(fabs(log_efficiency(fast, slow, slow, BUDGET, scratch) + log(2)) < 0.01);
    cr_assert(is_near(log_efficiency(slow, slow, fast, BUDGET, scratch), 0));
}

Test(statistics, a_value_never_reached_counts_as_e_budgets_and_the_result_is_clipped)
{
    double good[] = { 0.1, 0.1 };
    double bad[] = { 1, 1 };
    double pooled[] = { 0.1, 0.1 };
    double scratch[2];

    /* ln(1 + 2 e) - ln(1 + 1) = 1.17: clipped. */
    cr_assert(is_near(log_efficiency(bad, good, pooled, 2, scratch), 1));
    cr_assert(is_near(log_efficiency(good, bad, pooled, 2, scratch), -1));
}

Test(statistics, a_mean_weighs_problems_not_runs)
{
    double values[] = { 1, 1, 1, 4 };
    size_t starts[] = { 0, 3, 4 };
    double scratch[BOOTSTRAP_ROUNDS];
    struct grouped grouped = { .values = values, .starts = starts, .group_count = 2 };
    struct interval interval = bootstrap_mean(&grouped, 1, scratch);

    cr_assert(is_near(interval.mean, 2.5));
    cr_assert(is_near(interval.low, 1)); /* both draws the first problem: one sample in four */
    cr_assert(is_near(interval.high, 4));
}

Test(statistics, the_interval_of_a_sample_has_the_width_that_theory_gives)
{
    enum { COUNT = 400 };
    double values[COUNT];
    size_t starts[COUNT + 1];
    double scratch[BOOTSTRAP_ROUNDS];
    struct grouped grouped = { .values = values, .starts = starts, .group_count = COUNT };
    struct interval interval;

    for (size_t i = 0; i <= COUNT; i++) {
        starts[i] = i;
        if (i < COUNT)
            values[i] = (double)(i % 2);
    }
    interval = bootstrap_mean(&grouped, 7, scratch);
    /* Standard error 0.5 / 20; the bounds are known to a tenth of the width or so. */
    cr_assert(is_near(interval.mean, 0.5));
    cr_assert(fabs(interval.low - (0.5 - 1.96 * 0.025)) < 0.008);
    cr_assert(fabs(interval.high - (0.5 + 1.96 * 0.025)) < 0.008);
}

Test(statistics, the_same_seed_gives_the_same_interval_and_another_seed_another)
{
    double values[] = { 0.1, 0.5, 0.9, 0.3, 0.35, 0.77, 0.02 };
    size_t starts[] = { 0, 2, 5, 7 };
    double scratch[BOOTSTRAP_ROUNDS];
    struct grouped grouped = { .values = values, .starts = starts, .group_count = 3 };
    struct interval one = bootstrap_mean(&grouped, 1, scratch);
    struct interval again = bootstrap_mean(&grouped, 1, scratch);
    double first_round = 0;

    cr_assert(is_near(one.low, again.low) && is_near(one.high, again.high));
    (void)bootstrap_mean(&grouped, 1, scratch);
    for (size_t i = 0; i < BOOTSTRAP_ROUNDS; i++)
        first_round += scratch[i] * (double)(i + 1);
    (void)bootstrap_mean(&grouped, 2, scratch);
    for (size_t i = 0; i < BOOTSTRAP_ROUNDS; i++)
        first_round -= scratch[i] * (double)(i + 1);
    cr_assert(not(is_near(first_round, 0)));
}

Test(statistics, without_problems_there_is_no_mean)
{
    size_t starts[] = { 0 };
    double scratch[BOOTSTRAP_ROUNDS];
    struct grouped grouped = { .starts = starts };

    cr_assert(isnan(bootstrap_mean(&grouped, 1, scratch).mean));
}
