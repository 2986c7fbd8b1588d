#include "search/sampler.h"

#include "gp_study.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>

/* What trials may come to. */
enum { SCRIPT = 10 };

static const struct script {
    const char *name;
    double values[SCRIPT]; /* told in turn */
    bool are_infeasible;
} scripts[] = {
    { "all equal", { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, false },
    { "all zero", { 0 }, false },
    { "infeasible", { 0 }, true },
    { "tiny", { 1e-300, 2e-300, 3e-300, 1e-300, 5e-300, 4e-300, 1.5e-300 }, false },
    { "least", { 0x1p-1074, 0x1p-1073, 0, 0x1p-1074, 0x1p-1074, 0x1p-1074 }, false },
    { "huge", { 1e300, -1e300, 5e299, 1e300, -1e299, 0, 1, 1e300, 2, 3 }, false },
    { "mixed", { 1e-300, 1e300, -1e-300, -1e300, 1, -1, 0, 1e10, 1e-10, 7 }, false },
    { "infinite", { HUGE_VAL, 1, 2, -HUGE_VAL, HUGE_VAL, 3, 4, 5, -HUGE_VAL, 6 }, false },
    { "no numbers",
      { (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN,
        (double)NAN, (double)NAN, (double)NAN },
      false },
    { "some numbers",
      { (double)NAN, 1, (double)NAN, 2, (double)NAN, (double)NAN, 1, (double)NAN, 3, (double)NAN },
      false },
    { "almost equal", { 1, 1 + 0x1p-52, 1, 1 + 0x1p-51, 1, 1, 1, 1, 1, 1 }, false },
    { "one outlier", { 1, 2, 3, 1e30, 1, 2, 3, 2, 1, 3 }, false },
};

static void run_script(const struct search_space *space, const struct script *script,
                       const char *settings)
{
    struct sampler_options options = gp_study_options(settings);
    struct gp_study study;
    double point[STUDY_PARAMS];

    gp_study_init(&study, space, &options);
    for (int i = 0; i < SCRIPT; i++) {
        if (gp_study_ask(&study, point) == SAMPLER_EXHAUSTED)
            break;
        cr_expect(ne(int, (int)study.provenance.stage, STAGE_FALLBACK), "%s, trial %d",
                  script->name, i + 1);
        gp_study_tell(&study, study.next++,
                      script->are_infeasible ? PAST_INFEASIBLE : PAST_COMPLETED, point,
                      script->are_infeasible ? NULL : &script->values[i]);
    }
    gp_study_clear(&study);
}

static void run_scripts(const struct search_space *space)
{
    static const char *const settings[] = {
        "start_count=2,candidates=32,climbs=1,leaders=2,evaluations=20,warp=standardize",
        "start_count=2,candidates=32,climbs=1,leaders=2,evaluations=20,warp=half-rank",
        "start_count=2,candidates=32,climbs=1,evaluations=20,warp=half-rank-log,prior=weak",
    };

    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
            run_script(space, &scripts[i], settings[s]);
}

Test(sampler_gp_extremes, values_of_every_kind_lead_to_legal_points)
{
    struct search_space *space = mixed_space();

    run_scripts(space);
    search_space_free(space);
}

Test(sampler_gp_extremes, values_of_every_kind_lead_to_legal_points_in_one_dimension)
{
    struct search_space *space = cube(1);

    run_scripts(space);
    search_space_free(space);
}

/* The same point again and again, with other results each time. */
Test(sampler_gp_extremes, one_point_measured_often_and_differently_breaks_nothing)
{
    static const enum observation_noise noises[] = { NOISE_UNSPECIFIED, NOISE_LOW, NOISE_HIGH };
    struct search_space *space = mixed_space();
    struct dice dice = dice_new();

    for (size_t n = 0; n < 3; n++) {
        struct sampler_options options = gp_study_options(gp_quick);
        struct gp_study study;
        double point[STUDY_PARAMS], same[STUDY_PARAMS];

        options.noise = noises[n];
        gp_study_init(&study, space, &options);
        search_space_first_point(space, same);
        for (int i = 0; i < 25; i++) {
            (void)gp_study_ask(&study, point);
            if (noises[n] != NOISE_HIGH && i > 0)
                cr_assert(not(is_same_point(point, same, space->param_count)));
            gp_study_tell_value(&study, same, dice_unit(&dice));
        }
        gp_study_clear(&study);
    }
    search_space_free(space);
}

Test(sampler_gp_extremes, one_trial_is_enough_for_a_model_and_none_for_a_point)
{
    struct search_space *space = cube(2);
    struct sampler_options options = gp_study_options("start_count=1,candidates=32,climbs=1");
    struct gp_study study;
    double point[STUDY_PARAMS];

    gp_study_init(&study, space, &options);
    study.next = 100;
    (void)gp_study_ask(&study, point);
    cr_assert(eq(int, (int)study.provenance.stage, STAGE_START));
    gp_study_tell_value(&study, point, 5);
    (void)gp_study_ask(&study, point);
    cr_assert(eq(int, (int)study.provenance.stage, STAGE_MODEL));
    gp_study_clear(&study);
    search_space_free(space);
}

static void run_space(struct search_space *space, int trials, const char *settings)
{
    struct sampler_options options = gp_study_options(settings);
    struct gp_study study;
    double point[STUDY_PARAMS];

    gp_study_init(&study, space, &options);
    for (int i = 0; i < trials && gp_study_ask(&study, point) == SAMPLER_POINT; i++)
        gp_study_tell_value(&study, point, bowl(space, point));
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp_extremes, a_hundred_dimensions_and_three_trials_make_a_model)
{
    run_space(cube(100), 8, "start_count=3,candidates=32,climbs=1,leaders=1,evaluations=10");
}

Test(sampler_gp_extremes, spaces_with_nothing_to_choose_have_their_one_point)
{
    static const char *const one[] = { "only" };
    struct search_space *space = search_space_new();

    run_space(space, 10, gp_quick);
    space = search_space_new();
    (void)add_category(space, "single", one, 1);
    run_space(space, 10, gp_quick);
    space = search_space_new();
    (void)add_double(space, "constant", 1e-3, 1e-3, SCALE_LOG);
    run_space(space, 10, gp_quick);
    space = cube(1);
    (void)add_category(space, "single", one, 1);
    (void)add_double(space, "constant", -1, -1, SCALE_NONE);
    run_space(space, 10, gp_quick);
}

Test(sampler_gp_extremes, with_high_noise_a_space_of_one_point_is_measured_again_and_again)
{
    static const char *const settings[] = { "start_count=2,prior=scaled,candidates=8",
                                            "start_count=2,prior=two-sided,candidates=8" };
    struct search_space *space = search_space_new();

    (void)add_double(space, "constant", 2, 2, SCALE_NONE);
    for (size_t s = 0; s < 2; s++) {
        struct sampler_options options = gp_study_options(settings[s]);
        struct gp_study study;
        double point[1];

        options.noise = NOISE_HIGH;
        gp_study_init(&study, space, &options);
        for (int i = 0; i < 12; i++) {
            cr_assert(eq(int, (int)gp_study_ask(&study, point), SAMPLER_POINT));
            cr_assert(eq(dbl, point[0], 2));
            gp_study_tell_value(&study, point, i % 3);
        }
        gp_study_clear(&study);
    }
    search_space_free(space);
}

Test(sampler_gp_extremes, the_widest_integers_are_searched_like_numbers)
{
    static const enum param_scale scales[] = { SCALE_LINEAR, SCALE_LOG, SCALE_REVERSE_LOG };

    for (size_t i = 0; i < 3; i++) {
        struct search_space *space = search_space_new();

        (void)add_integer(space, "n", 1, 0x1p53, scales[i]);
        (void)add_integer(space, "m", i == 0 ? -0x1p53 : 1, 0x1p53, SCALE_NONE);
        run_space(space, 20, gp_quick);
    }
}

/* A chain of parents, each open for one value only, under integers that climb. */
Test(sampler_gp_extremes, deep_conditions_are_kept)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 6; round++) {
        struct search_space *space = search_space_new();
        int parent = add_integer(space, "p", 0, 30, SCALE_NONE);

        for (int depth = 0; depth < 5; depth++) {
            int child = add_integer(space, "p", 0, 30, SCALE_NONE);

            for (int value = 0; value <= 30; value++)
                if (value % 3 != depth % 3)
                    make_child(space, parent, value);
            (void)add_double(space, "x", 0, 1, SCALE_NONE);
            make_child(space, child, (double)dice_below(&dice, 31));
            parent = child;
        }
        run_space(space, 25, gp_quick);
    }
    for (int round = 0; round < 10; round++)
        run_space(random_tree(&dice, 12), 15, gp_quick);
}

Test(sampler_gp_extremes, stopped_and_failed_trials_are_part_of_the_past)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study study;
    double point[STUDY_PARAMS];

    gp_study_init(&study, space, &options);
    for (int i = 0; i < 40; i++) {
        double value = 0;

        (void)gp_study_ask(&study, point);
        value = bowl(space, point);
        gp_study_tell(&study, study.next++, (enum past_state)dice_below(&dice, 3), point, &value);
    }
    gp_study_clear(&study);
    search_space_free(space);
}

static void run_metrics(const struct sampler_metric *metrics, size_t count, int trials)
{
    struct search_space *space = mixed_space();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study study;
    double point[STUDY_PARAMS];

    options.metrics = metrics;
    options.metric_count = count;
    gp_study_init(&study, space, &options);
    for (int i = 0; i < trials; i++) {
        double values[SAMPLER_METRICS_MAX];

        (void)gp_study_ask(&study, point);
        for (size_t m = 0; m < count; m++)
            values[m] = (m % 2 ? -1 : 1) * bowl(space, point) + (double)m * point[3];
        if (i % 9 == 8)
            values[i % (int)count] = (double)NAN;
        gp_study_tell(&study, study.next++, i % 7 == 6 ? PAST_INFEASIBLE : PAST_COMPLETED, point,
                      values);
    }
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp_extremes, several_objectives_and_limits_of_safety_are_searched_together)
{
    static const struct sampler_metric metrics[] = {
        { .is_maximized = true },
        { .is_maximized = false },
        { .is_safety = true, .safety_threshold = 1, .min_safe_fraction = 0.5 },
        { .is_maximized = true },
        { .is_safety = true,
          .is_maximized = true,
          .safety_threshold = -1,
          .min_safe_fraction = (double)NAN },
    };

    run_metrics(metrics, 2, 25);
    run_metrics(metrics, 3, 25);
    run_metrics(metrics, 5, 20);
    run_metrics(metrics + 1, 2, 25);
    run_metrics(metrics + 2, 2, 25); /* safety first in the list */
}

Test(sampler_gp_extremes, as_many_objectives_as_there_may_be_are_searched_together)
{
    static const struct sampler_metric metrics[SAMPLER_METRICS_MAX];

    run_metrics(metrics, SAMPLER_METRICS_MAX, 15);
}

/* One of everything that a document may ask for, under a random earlier parameter or none. */
static void add_random(struct search_space *space, struct dice *dice)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
    double numbers[40], first = exp(10 * dice_unit(dice) - 5);
    int parent = (int)dice_below(dice, space->param_count + 3) - 3;
    enum param_scale scale = (enum param_scale)dice_below(dice, 4);
    size_t count = 1 + dice_below(dice, 40);

    for (size_t i = 0; i < count; i++)
        numbers[i] = first + (double)(i * i);
    switch (dice_below(dice, 5)) {
    case 0:
        (void)add_integer(space, "i", 1, (double)(1 + dice_below(dice, 60)), scale);
        break;
    case 1:
        (void)add_discrete(space, "d", numbers, count, scale);
        break;
    case 2:
        (void)add_category(space, "c", names, 1 + dice_below(dice, 7));
        break;
    default:
        (void)add_double(space, "x", first, first * (1 + (double)dice_below(dice, 50)), scale);
    }
    if (parent < 0 || space->params[parent].type == PARAM_DOUBLE)
        return;
    for (uint64_t i = 0; i < param_spec_value_total(&space->params[parent]); i++)
        if (i == 0 || dice_below(dice, 2))
            make_child(space, parent, value_at(&space->params[parent], i));
}

static const char *roll_settings(struct dice *dice, char *text, size_t size)
{
    static const char *const warps[] = { "standardize", "half-rank", "half-rank-log" };
    static const char *const priors[] = { "two-sided", "flat", "scaled", "weak" };
    static const char *const noises[] = { "free", "low", "high", "small" };

    (void)snprintf(
        text, size,
        "start_count=%d,candidates=%d,climbs=%d,leaders=%d,evaluations=%d,warp=%s,"
        "prior=%s,noise=%s,reach=%s,ucb_every=%d,endgame_share=%g,mean_share=%g,"
        "trust_from=%d,rows_max=%d",
        1 + (int)dice_below(dice, 4), (int)dice_below(dice, 40), (int)dice_below(dice, 4),
        (int)dice_below(dice, 4), 1 + (int)dice_below(dice, 20), warps[dice_below(dice, 3)],
        priors[dice_below(dice, 4)], noises[dice_below(dice, 4)],
        dice_below(dice, 2) ? "yes" : "no", (int)dice_below(dice, 4), dice_unit(dice) / 2,
        dice_unit(dice) / 4, (int)dice_below(dice, 6), 1 + (int)dice_below(dice, 40));
    return text;
}

/* Everything at random; gp_study_ask() checks each answer. */
static void run_random(struct dice *dice)
{
    struct search_space *space = search_space_new();
    struct sampler_metric metrics[2] = { { .is_maximized = dice_below(dice, 2) },
                                         { .is_safety = dice_below(dice, 2),
                                           .min_safe_fraction = dice_unit(dice) } };
    struct sampler_options options = gp_study_options(NULL);
    char settings[512];
    struct gp_study study;
    double point[STUDY_PARAMS];

    for (uint64_t left = 1 + dice_below(dice, 8); left; left--)
        add_random(space, dice);
    options.settings = roll_settings(dice, settings, sizeof settings);
    options.seed = dice_bits(dice);
    options.max_trial_count = (int64_t)dice_below(dice, 40);
    options.noise = (enum observation_noise)dice_below(dice, 3);
    options.metrics = metrics;
    options.metric_count = 1 + dice_below(dice, 2);
    gp_study_init(&study, space, &options);
    for (int i = 0; i < 18 && gp_study_ask(&study, point) == SAMPLER_POINT; i++) {
        double values[2] = { bowl(space, point), dice_unit(dice) - 0.5 };

        if (dice_below(dice, 20) == 0)
            values[dice_below(dice, 2)] = dice_below(dice, 2) ? (double)NAN : HUGE_VAL;
        study.pending_count = dice_below(dice, 4);
        for (size_t j = 0; j < study.pending_count; j++)
            roll_point(space, dice, study.pending + j * space->param_count);
        gp_study_tell(&study, study.next++, (enum past_state)dice_below(dice, 3), point, values);
    }
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp_extremes, whatever_the_space_settings_and_results_every_point_is_legal)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 60; round++)
        run_random(&dice);
}
