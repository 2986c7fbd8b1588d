#include "search/stopper.h"

#include "search/stopper_past.h"
#include "test_stopper_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

enum { KINDS = 4 };

/* Never the eventual best of curves that do not cross; for the convex rule, of concave ones. */
static void check_families(enum stopper_kind kind)
{
    struct dice dice = dice_new();
    size_t stopped = 0;

    for (int round = 0; round < 1000; round++) {
        bool is_maximized = round % 2 == 0;
        struct stopper_options options = { .kind = kind, .is_maximized = is_maximized };
        struct study family = monotone_study(&dice, kind == STOPPER_CONVEX);
        struct study shown = affine_study(&family, 0, is_maximized ? 1 : -1);
        struct outcome outcome =
            run_study(&options, &shown, 1 + dice_below(&dice, 6), dice_bits(&dice));

        cr_assert(eq(sz, outcome.stops[best_of_study(&family)], 0));
        stopped += outcome.stopped_count;
    }
    cr_assert(lt(sz, 1000, stopped)); /* of some 13000 trials: it does stop others */
}

Test(stopper, median_never_stops_the_best_of_a_monotone_family)
{
    check_families(STOPPER_MEDIAN);
}

Test(stopper, decay_curve_never_stops_the_best_of_a_monotone_family)
{
    check_families(STOPPER_DECAY_CURVE);
}

Test(stopper, convex_never_stops_the_best_of_a_concave_family)
{
    check_families(STOPPER_CONVEX);
}

Test(stopper, halving_never_stops_the_best_of_a_monotone_family)
{
    check_families(STOPPER_HALVING);
}

/* The same trials stop at the same positions. */
static void check_same_stops(struct dice *dice, enum stopper_kind kind, double shift, double scale)
{
    struct study study = exponential_study(dice, 16, 20, 0.01);
    struct study shown = affine_study(&study, shift, scale);
    struct stopper_options options = { .kind = kind, .is_maximized = true };
    struct stopper_options turned = { .kind = kind, .is_maximized = scale > 0 };
    uint64_t seed = dice_bits(dice);
    struct outcome a = run_study(&options, &study, 3, seed);
    struct outcome b = run_study(&turned, &shown, 3, seed);

    for (size_t i = 0; i < study.trial_count; i++)
        cr_assert(eq(sz, a.stops[i], b.stops[i]));
}

Test(stopper, minimizing_is_maximizing_in_the_mirror)
{
    struct dice dice = dice_new();

    for (int kind = 1; kind <= KINDS; kind++)
        for (int round = 0; round < 30; round++)
            check_same_stops(&dice, (enum stopper_kind)kind, 0, -1);
}

/* Powers of two, so that values stay exact; the sums of a shift do not, but are rarely decisive:
 * the noise makes it a matter of luck below 1e-9. */
Test(stopper, units_and_zero_of_the_metric_do_not_matter)
{
    struct dice dice = dice_new();

    for (int kind = 1; kind <= KINDS; kind++)
        for (int round = 0; round < 30; round++) {
            check_same_stops(&dice, (enum stopper_kind)kind, 0, 0x1p40);
            check_same_stops(&dice, (enum stopper_kind)kind, 0, -0x1p-40);
            check_same_stops(&dice, (enum stopper_kind)kind, 3, 2);
        }
}

Test(stopper, told_the_same_again_it_answers_the_same)
{
    struct dice dice = dice_new();

    for (int kind = 1; kind <= KINDS; kind++)
        check_same_stops(&dice, (enum stopper_kind)kind, 0, 1);
}

/* A running trial with so many values, after trials of the same length. */
static struct stopper_verdict judge(enum stopper_kind kind, double past_value, bool is_stopped,
                                    const double *values, size_t count)
{
    struct stopper_options options = { .kind = kind, .is_maximized = true };
    struct stopper *stopper = stopper_of(&options);
    double positions[STUDY_LENGTH_MAX];
    double past[STUDY_LENGTH_MAX];
    struct curve curve = { count, positions, values };
    struct stopper_verdict verdict = { 0 };

    for (int i = 0; i < STUDY_LENGTH_MAX; i++) {
        positions[i] = i + 1;
        past[i] = past_value;
    }
    for (int i = 0; i < 10; i++) {
        struct stopper_trial trial = { .curve = { 20, positions, past },
                                       .final_value = past_value,
                                       .is_stopped = is_stopped,
                                       .learning_rate = (double)NAN };

        cr_assert(stopper_append(stopper, &trial));
    }
    if (!stopper_observes(stopper)) {
        cr_assert(stopper_decide(stopper, &curve, (double)NAN, &verdict));
    } else {
        for (size_t i = 0; i < count; i++)
            for (uint64_t trial = 1; trial <= 10; trial++)
                cr_assert(stopper_observe(stopper, trial, positions[i],
                                          trial == 10 ? values[i] : past_value, &verdict));
    }
    stopper_free(stopper);
    return verdict;
}

Test(stopper, a_trial_like_all_others_goes_on)
{
    const double values[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

    for (int kind = 1; kind <= KINDS; kind++)
        for (size_t count = 0; count <= 10; count++)
            cr_assert(not(judge((enum stopper_kind)kind, 1, false, values, count).should_stop));
}

Test(stopper, nothing_measured_is_nothing_to_judge)
{
    for (int kind = 1; kind < KINDS; kind++) {
        struct stopper_verdict verdict = judge((enum stopper_kind)kind, 1, false, NULL, 0);

        cr_assert(not(verdict.should_stop));
        cr_assert(eq(int, verdict.why, STOPPER_WHY_EARLY));
    }
}

Test(stopper, without_a_trial_that_ended_nothing_is_predicted)
{
    const double values[] = { 0.1, 0.2, 0.3, 0.3, 0.2, 0.1, 0, 0, 0, 0 };

    cr_assert(not(judge(STOPPER_DECAY_CURVE, 1, true, values, 10).should_stop));
    cr_assert(not(judge(STOPPER_CONVEX, 1, true, values, 10).should_stop));
    cr_assert(judge(STOPPER_MEDIAN, 1, true, values, 10).should_stop);
}

Test(stopper, huge_and_tiny_values_are_no_trouble)
{
    const double ends[] = { DBL_MAX, -DBL_MAX, DBL_MIN, 4.9e-324, 0, 1e300, -1e-300 };
    struct dice dice = dice_new();

    for (int round = 0; round < 2000; round++) {
        enum stopper_kind kind = (enum stopper_kind)(1 + round % KINDS);
        struct stopper_verdict verdict;
        double values[12];

        for (int i = 0; i < 12; i++)
            values[i] = ends[dice_below(&dice, 7)];
        verdict = judge(kind, ends[dice_below(&dice, 7)], false, values, 12);
        cr_assert(not(isinf(verdict.estimate)));
        cr_assert(not(isinf(verdict.final_value)));
        cr_assert(eq(int, verdict.should_stop, verdict.why == STOPPER_WHY_HOPELESS));
    }
}

Test(stopper, options_out_of_range_are_refused)
{
    const struct stopper_options wrong[] = {
        { .kind = 0 },
        { .kind = (enum stopper_kind)9 },
        { .kind = STOPPER_HALVING, .eta = 1.5 },
        { .kind = STOPPER_HALVING, .eta = (double)NAN },
        { .kind = STOPPER_HALVING, .grace = -1 },
        { .kind = STOPPER_CONVEX, .max_position = -1 },
        { .kind = STOPPER_CONVEX, .min_position = (double)NAN },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct assay_error err = { 0 };

        cr_assert(stopper_new(&wrong[i], &err) == NULL);
        cr_assert(eq(int, err.code, ASSAY_INVALID));
    }
    stopper_free(NULL);
}

/* One life of a stopper; false when memory was short at some place. */
static bool live(enum stopper_kind kind)
{
    struct stopper_options options = { .kind = kind };
    struct assay_error err = { 0 };
    struct stopper *stopper = stopper_new(&options, &err);
    double positions[20];
    double values[20];
    struct stopper_trial trial = { .curve = { 20, positions, values }, .final_value = 1 };
    struct curve running = { 10, positions, values };
    struct stopper_verdict verdict;
    bool is_ok = stopper != NULL;

    for (int i = 0; i < 20; i++) {
        positions[i] = i + 1;
        values[i] = 1.0 / (i + 1);
    }
    for (int i = 0; is_ok && i < 20; i++) {
        trial.final_value = i;
        is_ok = stopper_append(stopper, &trial);
    }
    if (is_ok && stopper_observes(stopper))
        for (uint64_t i = 1; is_ok && i < 100; i++)
            is_ok = stopper_observe(stopper, i, 9, (double)i, &verdict);
    else if (is_ok)
        is_ok = stopper_decide(stopper, &running, 0.1, &verdict);
    stopper_free(stopper);
    return is_ok;
}

Test(stopper, a_failed_allocation_leaks_nothing)
{
    for (int kind = 1; kind <= KINDS; kind++)
        for (int successes = 0, is_done = 0; !is_done; successes++) {
            bool is_ok = false;
            bool has_failed = false;

            allocations_fail_after(successes);
            is_ok = live((enum stopper_kind)kind);
            has_failed = allocations_have_failed();
            allocations_fail_after(-1);
            cr_assert(eq(int, is_ok, !has_failed));
            is_done = is_ok;
        }
}

Test(stopper, what_is_kept_of_many_trials_is_a_sample_of_all)
{
    struct stopper_past past;
    double position = 1;

    stopper_past_init(&past, PAST_VALUES);
    for (int i = 0; i < 100000; i++) {
        double value = i;
        struct stopper_trial trial = { .curve = { 1, &position, &value },
                                       .final_value = i == 77777 ? 1e9 : value };

        cr_assert(stopper_past_append(&past, &trial, 1));
    }
    cr_assert(eq(u64, past.total, 100000));
    cr_assert(ge(sz, past.count, STOPPER_KEPT_MAX / 2));
    cr_assert(le(sz, past.count, STOPPER_KEPT_MAX));
    for (size_t i = 0; i < past.count; i++)
        cr_assert(eq(dbl, past.items[i].curve.values[0], (double)(i * past.stride)));
    cr_assert(eq(dbl, past.leader.final_value, 1e9));
    cr_assert(eq(dbl, past.leader.curve.values[0], 77777));
    stopper_past_clear(&past);
    stopper_past_clear(&past);
}

Test(stopper, long_curves_make_room_too)
{
    enum { LENGTH = 10000 };
    static double positions[LENGTH];
    struct stopper_trial trial = { .curve = { LENGTH, positions, positions }, .final_value = 1 };
    struct stopper_past past;

    for (int i = 0; i < LENGTH; i++)
        positions[i] = i;
    stopper_past_init(&past, PAST_AVERAGES);
    for (int i = 0; i < 450; i++)
        cr_assert(stopper_past_append(&past, &trial, 1));
    cr_assert(le(sz, past.point_count, STOPPER_POINTS_MAX));
    cr_assert(eq(sz, past.point_count, past.count * LENGTH));
    cr_assert(eq(u64, past.stride, 2));
    cr_assert(eq(sz, past.count, 225));
    stopper_past_clear(&past);
}

static void assert_sentence(const struct stopper_verdict *verdict, const char *wanted)
{
    char text[STOPPER_SENTENCE_MAX];

    cr_assert(strcmp(stopper_sentence(verdict, text), wanted) == 0, "%s", text);
}

Test(stopper, a_verdict_reads_as_a_sentence)
{
    struct stopper_verdict v = { .kind = STOPPER_MEDIAN,
                                 .should_stop = true,
                                 .why = STOPPER_WHY_HOPELESS,
                                 .is_maximized = true,
                                 .position = 12,
                                 .value = 0.61,
                                 .bar = 0.74,
                                 .trial_count = 9 };

    assert_sentence(&v, "stopped at step 12: its best value so far, 0.61, is below 0.74, the "
                        "median of the running averages of 9 completed trials up to there");
    v.should_stop = false;
    v.why = STOPPER_WHY_GOOD;
    v.is_elapsed = true;
    v.position = 12.5;
    assert_sentence(&v, "goes on at 12.5 s: its best value so far, 0.61, is not worse than 0.74, "
                        "the median of the running averages of 9 completed trials up to there");
    v.why = STOPPER_WHY_FEW;
    v.trial_count = 1;
    assert_sentence(&v, "goes on at 12.5 s: 1 completed trial are too few to judge by");
    v.why = STOPPER_WHY_EARLY;
    v.position = (double)NAN;
    assert_sentence(&v, "goes on: it is too early to judge");
    v = (struct stopper_verdict){ .kind = STOPPER_DECAY_CURVE,
                                  .should_stop = true,
                                  .why = STOPPER_WHY_HOPELESS,
                                  .position = 30,
                                  .trial_count = 20,
                                  .mean = 0.7,
                                  .deviation = 0.021,
                                  .bar = 0.8,
                                  .chance = 0.0031 };
    assert_sentence(&v, "stopped at step 30: 20 completed trials make a final value of 0.7 ± 0.021 "
                        "likely, and the chance to beat the best one, 0.8, is 0.31 %");
    v = (struct stopper_verdict){ .kind = STOPPER_CONVEX,
                                  .should_stop = true,
                                  .why = STOPPER_WHY_HOPELESS,
                                  .position = 30,
                                  .trial_count = 20,
                                  .estimate = 0.9,
                                  .end = 100,
                                  .bar = 0.8,
                                  .final_value = 0.95 };
    assert_sentence(&v, "stopped at step 30: with its latest slope it would come to 0.9 at step "
                        "100, which is above 0.8, the best of 20 completed trials; its final value "
                        "there is predicted to be 0.95");
    v = (struct stopper_verdict){ .kind = STOPPER_HALVING,
                                  .should_stop = true,
                                  .why = STOPPER_WHY_HOPELESS,
                                  .position = 10,
                                  .trial_count = 12,
                                  .value = 0.5,
                                  .rung = 9,
                                  .rank = 7,
                                  .kept_count = 4 };
    assert_sentence(&v, "stopped at step 10: with 0.5 it ranks 7 among the 12 trials that came to "
                        "the rung at step 9, of which the best 4 go on");
}
