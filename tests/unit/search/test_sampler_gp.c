#include "search/sampler.h"

#include "gp_study.h"

#include "search/grid.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(sampler_gp, it_finds_the_bottom_of_a_bowl)
{
    struct search_space *space = cube(3);
    struct sampler_options options = gp_study_options(gp_careful);
    struct gp_study study;
    double point[STUDY_PARAMS];
    double best = HUGE_VAL;

    gp_study_init(&study, space, &options);
    for (int i = 0; i < 30; i++) {
        (void)gp_study_ask(&study, point);
        best = fmin(best, bowl(space, point));
        gp_study_tell_value(&study, point, bowl(space, point));
    }
    cr_assert(lt(dbl, best, 1e-3));
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp, it_begins_with_the_first_point_then_spreads_then_models)
{
    struct search_space *space = mixed_space();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study study;
    double point[STUDY_PARAMS], wanted[STUDY_PARAMS];

    gp_study_init(&study, space, &options);
    for (int i = 1; i <= 8; i++) {
        enum stage stage = i == 1 ? STAGE_FIRST : i <= 4 ? STAGE_START : STAGE_MODEL;

        (void)gp_study_ask(&study, point);
        cr_assert(eq(int, (int)study.provenance.stage, (int)stage), "trial %d", i);
        search_space_first_point(space, wanted);
        cr_assert(is_same_point(point, wanted, space->param_count) == (i == 1));
        gp_study_tell_value(&study, point, bowl(space, point));
    }
    gp_study_clear(&study);
    search_space_free(space);
}

/* Two studies whose values are related tell the same story; how near must their points be? */
struct relation {
    double factor, shift;
    bool is_maximized;
    double distance;
};

static void check_relation(const struct search_space *space, const struct relation *relation,
                           int trials)
{
    struct sampler_metric minimized = { 0 }, other = { .is_maximized = relation->is_maximized };
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study one, two;
    struct dice dice = { 99 };

    options.metrics = &minimized;
    options.metric_count = 1;
    gp_study_init(&one, space, &options);
    options.metrics = &other;
    gp_study_init(&two, space, &options);
    for (int i = 0; i < trials; i++) {
        double points[2][STUDY_PARAMS];
        double value = 0;

        (void)gp_study_ask(&one, points[0]);
        (void)gp_study_ask(&two, points[1]);
        for (size_t k = 0; k < space->param_count; k++)
            cr_assert(is_same_point(&points[0][k], &points[1][k], 1) ||
                          fabs(points[0][k] - points[1][k]) <= relation->distance,
                      "trial %d, parameter %zu: %.17g and %.17g", i + 1, k, points[0][k],
                      points[1][k]);
        /* Told the same, lest small differences grow; random ones, lest points crowd. */
        if (i % 2)
            roll_point(space, &dice, points[0]);
        value = bowl(space, points[0]);
        gp_study_tell_value(&one, points[0], value);
        gp_study_tell_value(&two, points[0], relation->factor * value + relation->shift);
    }
    gp_study_clear(&one);
    gp_study_clear(&two);
}

Test(sampler_gp, minimizing_f_is_maximizing_minus_f_to_the_bit)
{
    struct search_space *space = mixed_space();

    check_relation(space, &(struct relation){ .factor = -1, .is_maximized = true }, 30);
    search_space_free(space);
}

Test(sampler_gp, a_power_of_two_as_unit_of_the_values_changes_no_bit)
{
    struct search_space *space = mixed_space();

    check_relation(space, &(struct relation){ .factor = 0x1p-40 }, 20);
    check_relation(space, &(struct relation){ .factor = 0x1p60 }, 20);
    search_space_free(space);
}

Test(sampler_gp, unit_and_zero_of_the_values_do_not_matter)
{
    struct search_space *space = cube(3);

    check_relation(space, &(struct relation){ .factor = 3.7, .shift = 11, .distance = 1e-6 }, 30);
    check_relation(space, &(struct relation){ .factor = 1e-5, .shift = -2, .distance = 1e-4 }, 30);
    search_space_free(space);
}

/* A second space: the first and more parameters, of one value each, told the same. */
Test(sampler_gp, parameters_of_one_value_change_nothing_for_the_others)
{
    static const char *const one[] = { "only" };
    struct search_space *plain = mixed_space(), *more = mixed_space();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study studies[2];
    size_t count = plain->param_count;

    (void)add_double(more, "constant", 3, 3, SCALE_NONE);
    (void)add_category(more, "single", one, 1);
    gp_study_init(&studies[0], plain, &options);
    gp_study_init(&studies[1], more, &options);
    for (int i = 0; i < 20; i++) {
        double points[2][STUDY_PARAMS];

        for (int s = 0; s < 2; s++) {
            (void)gp_study_ask(&studies[s], points[s]);
            gp_study_tell_value(&studies[s], points[s], bowl(plain, points[s]));
        }
        cr_assert(is_same_point(points[0], points[1], count), "trial %d", i + 1);
        cr_assert(eq(dbl, points[1][count], 3));
        cr_assert(zero(dbl, points[1][count + 1]));
    }
    for (int s = 0; s < 2; s++)
        gp_study_clear(&studies[s]);
    search_space_free(plain);
    search_space_free(more);
}

/* Category names are for people: other names, the same study. */
Test(sampler_gp, names_of_categories_do_not_matter)
{
    static const char *const names[2][3] = { { "a", "b", "c" }, { "z", "?", "b" } };
    struct search_space *spaces[2];
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study studies[2];

    for (int s = 0; s < 2; s++) {
        spaces[s] = cube(2);
        (void)add_category(spaces[s], "c", names[s], 3);
        gp_study_init(&studies[s], spaces[s], &options);
    }
    for (int i = 0; i < 20; i++) {
        double points[2][STUDY_PARAMS];

        for (int s = 0; s < 2; s++) {
            (void)gp_study_ask(&studies[s], points[s]);
            gp_study_tell_value(&studies[s], points[s], bowl(spaces[s], points[s]));
        }
        cr_assert(is_same_point(points[0], points[1], 3));
    }
    for (int s = 0; s < 2; s++) {
        gp_study_clear(&studies[s]);
        search_space_free(spaces[s]);
    }
}

/* Half done studies asked again: at once, by another sampler, after learning all from the start. */
Test(sampler_gp, a_suggestion_depends_on_nothing_but_its_query)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study study;

    gp_study_init(&study, space, &options);
    for (int i = 0; i < 40; i++) {
        double point[STUDY_PARAMS], again[STUDY_PARAMS];
        struct sampler_query query;
        struct provenance provenance;
        struct assay_error err = { 0 };
        struct gp_study other;

        study.pending_count = dice_below(&dice, 5);
        for (size_t j = 0; j < study.pending_count; j++)
            roll_point(space, &dice, study.pending + j * space->param_count);
        (void)gp_study_ask(&study, point);
        (void)gp_study_ask(&study, again);
        cr_assert(is_same_point(point, again, space->param_count));
        gp_study_init(&other, space, &options);
        query = gp_study_query(&study);
        cr_assert(eq(int, (int)model_chain_suggest(other.chain, &query, again, &provenance, &err),
                     SAMPLER_POINT));
        cr_assert(is_same_point(point, again, space->param_count), "trial %d", i + 1);
        cr_assert(zero(int, memcmp(&provenance.nearest, &study.provenance.nearest,
                                   sizeof provenance.nearest)));
        cr_assert(is_same_point(&provenance.mean, &study.provenance.mean, 1));
        gp_study_clear(&other);
        gp_study_tell_value(&study, point, bowl(space, point));
    }
    gp_study_clear(&study);
    search_space_free(space);
}

/* What is appended behind a query's past is not looked at. */
Test(sampler_gp, later_trials_do_not_change_an_earlier_suggestion)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study study;
    double points[2][STUDY_PARAMS];

    gp_study_init(&study, space, &options);
    for (int i = 0; i < 12; i++) {
        roll_point(space, &dice, points[0]);
        gp_study_tell_value(&study, points[0], bowl(space, points[0]));
    }
    for (int i = 0; i < 2; i++) {
        struct model_chain *chain = model_chain_new(study.sampler);
        struct sampler_query query = gp_study_query(&study);
        struct provenance provenance;
        struct assay_error err = { 0 };

        query.past_count = 12;
        query.trial_number = 13;
        (void)model_chain_suggest(chain, &query, points[i], &provenance, &err);
        model_chain_free(chain);
        gp_study_tell_value(&study, points[0], -1000);
    }
    cr_assert(is_same_point(points[0], points[1], space->param_count));
    gp_study_clear(&study);
    search_space_free(space);
}

static struct grid *count_space(const struct search_space *space, uint64_t *total)
{
    struct grid *grid = grid_new(space);
    grid_count size = 1;

    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].parent == PARAM_NO_PARENT)
            size = grid_multiply(size, grid_size(grid, i));
    *total = size > UINT64_MAX ? UINT64_MAX : (uint64_t)size;
    return grid;
}

/* All points asked for so far, one after the other. */
struct seen {
    double *points;
    size_t count, width;
};

static void see(struct seen *seen, const double *point)
{
    for (size_t i = 0; i < seen->count; i++)
        cr_assert(not(is_same_point(seen->points + i * seen->width, point, seen->width)),
                  "trial %zu repeats trial %zu", seen->count + 1, i + 1);
    seen->points = realloc(seen->points, (seen->count + 1) * (seen->width + 1) * sizeof(double));
    memcpy(seen->points + seen->count++ * seen->width, point, seen->width * sizeof *point);
}

/* Ends a random pending trial. */
static void end_one(struct gp_study *study, struct dice *dice)
{
    size_t p = study->space->param_count;
    size_t which = dice_below(dice, study->pending_count);
    double *point = study->pending + which * p;
    double value = bowl(study->space, point);

    gp_study_tell(study, study->next - 1,
                  dice_below(dice, 10) == 0 ? PAST_INFEASIBLE : PAST_COMPLETED, point, &value);
    memmove(point, point + p, (study->pending_count - which - 1) * p * sizeof *point);
    study->pending_count--;
}

/* Asks until the end, or so many times, with up to STUDY_PENDING trials under way at random. */
static size_t run_without_repeats(const struct search_space *space, struct dice *dice,
                                  size_t trials, const char *settings)
{
    struct sampler_options options = gp_study_options(settings);
    struct seen seen = { .width = space->param_count };
    struct gp_study study;
    double point[STUDY_PARAMS];

    options.parallel_count = STUDY_PENDING;
    gp_study_init(&study, space, &options);
    while (seen.count < trials && gp_study_ask(&study, point) == SAMPLER_POINT) {
        see(&seen, point);
        study.next++;
        memcpy(study.pending + study.pending_count++ * space->param_count, point,
               space->param_count * sizeof *point);
        while (study.pending_count > 0 &&
               (study.pending_count == STUDY_PENDING || dice_below(dice, 2)))
            end_one(&study, dice);
    }
    gp_study_clear(&study);
    free(seen.points);
    return seen.count;
}

Test(sampler_gp, two_hundred_trials_of_a_mixed_space_are_all_different)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();

    cr_assert(eq(sz, run_without_repeats(space, &dice, 200, gp_quick), 200));
    search_space_free(space);
}

Test(sampler_gp, past_the_rows_that_a_model_holds_nothing_is_repeated_either)
{
    struct dice dice = dice_new();
    struct search_space *space = countable_space();

    cr_assert(eq(sz,
                 run_without_repeats(space, &dice, 60,
                                     "rows_max=10,start_count=4,candidates=32,climbs=1,leaders=2,"
                                     "evaluations=10"),
                 60));
    search_space_free(space);
}

Test(sampler_gp, a_finite_space_is_visited_once_everywhere_and_then_the_study_ends)
{
    struct dice dice = dice_new();
    int finished = 0;

    while (finished < 12) {
        struct search_space *space = random_tree(&dice, 1 + dice_below(&dice, 5));
        uint64_t total = 0;
        struct grid *grid = count_space(space, &total);

        if (total <= 60) {
            cr_assert(eq(sz, run_without_repeats(space, &dice, 1000, gp_quick), (size_t)total));
            finished++;
        }
        grid_free(grid);
        search_space_free(space);
    }
}

Test(sampler_gp, a_constant_number_does_not_keep_a_finite_space_from_ending)
{
    struct dice dice = dice_new();
    static const char *const names[] = { "a", "b", "c" };
    struct search_space *space = search_space_new();

    (void)add_double(space, "constant", 0.5, 0.5, SCALE_NONE);
    (void)add_category(space, "c", names, 3);
    (void)add_integer(space, "n", 1, 4, SCALE_NONE);
    cr_assert(eq(sz, run_without_repeats(space, &dice, 50, gp_quick), 12));
    search_space_free(space);
}

Test(sampler_gp, high_noise_may_repeat_and_never_ends)
{
    struct search_space *space = search_space_new();
    struct sampler_options options = gp_study_options(gp_quick);
    struct gp_study study;
    double point[STUDY_PARAMS];

    (void)add_integer(space, "n", 1, 5, SCALE_NONE);
    options.noise = NOISE_HIGH;
    gp_study_init(&study, space, &options);
    for (int i = 0; i < 30; i++) {
        cr_assert(eq(int, (int)gp_study_ask(&study, point), SAMPLER_POINT));
        cr_assert(ne(int, (int)study.provenance.stage, STAGE_FALLBACK));
        gp_study_tell_value(&study, point, bowl(space, point));
    }
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp, models_never_go_back_and_lag_once_they_are_dear)
{
    static const char *const settings[] = { "refit_share=0.01", "refit_share=0.04",
                                            "refit_share=0.3", NULL };
    struct search_space *space = cube(2);

    for (size_t s = 0; s < 4; s++) {
        struct sampler_options options = gp_study_options(settings[s]);
        struct gp_study study;
        size_t before = 0, count = 0;
        bool is_in_sequence = true;

        gp_study_init(&study, space, &options);
        for (size_t past = 0; past < 3000; past++) {
            size_t now = sampler_model_count(study.sampler, past);

            cr_assert(ge(sz, now, before));
            cr_assert(le(sz, now, past));
            cr_assert(past <= 150 || now < past);
            while (count < now) /* every model is one of the sequence */
                count = sampler_next_model(study.sampler, count);
            is_in_sequence = is_in_sequence && count == now;
            before = now;
        }
        cr_assert(is_in_sequence);
        cr_assert(lt(sz, 1000, before));
        gp_study_clear(&study);
    }
    search_space_free(space);
}

/* Where x > 0.5 trials fail, and that is where the values point. */
Test(sampler_gp, it_finds_a_best_that_borders_on_failure)
{
    struct search_space *space = cube(2);
    struct sampler_options options = gp_study_options(gp_careful);
    struct gp_study study;
    double point[STUDY_PARAMS];
    double best = HUGE_VAL;

    gp_study_init(&study, space, &options);
    for (int i = 0; i < 40; i++) {
        bool fails = false;
        double value = 0;

        (void)gp_study_ask(&study, point);
        fails = point[0] > 0.5;
        value = -point[0] + fabs(point[1] - 0.4);
        best = fails ? best : fmin(best, value);
        gp_study_tell(&study, study.next++, fails ? PAST_INFEASIBLE : PAST_COMPLETED, point,
                      &value);
    }
    cr_assert(lt(dbl, best, -0.44), "%g", best);
    gp_study_clear(&study);
    search_space_free(space);
}

/* Minimizing x, safe where x is at least 0.4: the end is near there, on the safe side. */
Test(sampler_gp, safety_limits_are_kept_once_they_are_known)
{
    static const struct sampler_metric metrics[] = {
        { .is_maximized = false },
        { .is_safety = true,
          .is_maximized = true,
          .safety_threshold = 0.4,
          .min_safe_fraction = (double)NAN },
    };
    struct search_space *space = cube(2);
    struct sampler_options options = gp_study_options(gp_careful);
    struct gp_study study;
    double point[STUDY_PARAMS];
    double best = HUGE_VAL;
    int unsafe = 0;

    options.metrics = metrics;
    options.metric_count = 2;
    gp_study_init(&study, space, &options);
    for (int i = 0; i < 40; i++) {
        double values[2];

        (void)gp_study_ask(&study, point);
        values[0] = point[0] + 0.1 * point[1];
        values[1] = point[0];
        unsafe += i >= 15 && point[0] < 0.4;
        if (point[0] >= 0.4)
            best = fmin(best, values[0]);
        gp_study_tell(&study, study.next++, PAST_COMPLETED, point, values);
    }
    cr_assert(le(int, unsafe, 12), "%d of 25", unsafe);
    cr_assert(lt(dbl, best, 0.45), "%g", best);
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp, the_end_of_a_known_budget_says_so)
{
    struct search_space *space = cube(2);
    struct sampler_options options =
        gp_study_options("start_count=2,candidates=32,climbs=1,leaders=1,evaluations=10,"
                         "endgame_share=0.3,mean_share=0.1,endgame_box=0.05,trust_from=0");
    struct gp_study study;
    double point[STUDY_PARAMS];

    options.max_trial_count = 20;
    gp_study_init(&study, space, &options);
    for (int i = 1; i <= 20; i++) {
        (void)gp_study_ask(&study, point);
        if (i > 2)
            cr_assert(eq(int, (int)study.provenance.stage, i > 14 ? STAGE_ENDGAME : STAGE_MODEL),
                      "trial %d", i);
        if (i > 18)
            cr_assert(eq(int, (int)study.provenance.acquisition, ACQUISITION_MEAN));
        gp_study_tell_value(&study, point, bowl(space, point));
    }
    gp_study_clear(&study);
    search_space_free(space);
}

Test(sampler_gp, settings_at_fault_are_refused)
{
    struct search_space *space = cube(2);
    struct sampler_options options = gp_study_options("candidate=3");
    struct assay_error err = { 0 };

    cr_assert(sampler_new(&options, space, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    search_space_free(space);
}
