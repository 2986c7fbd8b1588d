/* Suggestions in a part of the space: what a query fixes, whichever the algorithm. */

#include "support.h"

#include "search/model_chain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS = 16, TRIALS = 24 };

static const char *const algorithms[] = { "gp", "random", "sobol", "tpe", "cmaes", "nsga2" };

/* A sampler with a past that grows. */
struct study {
    struct search_space *space;
    struct sampler *sampler;
    struct history *history;
    struct model_chain *chain;
    uint64_t trial;
};

static void study_init(struct study *study, struct search_space *space, const char *algorithm)
{
    struct sampler_options options = { .algorithm = algorithm, .seed = 11 };
    struct assay_error err = { 0 };

    *study = (struct study){ .space = space };
    study->sampler = sampler_new(&options, space, &err);
    cr_assert(study->sampler != NULL, "%s", err.message);
    study->history = history_new(space->param_count, 1);
    study->chain = model_chain_new(study->sampler);
    cr_assert(study->history && study->chain);
}

static void study_clear(struct study *study)
{
    model_chain_free(study->chain);
    history_free(study->history);
    sampler_free(study->sampler);
}

static void suggest(struct study *study, const double *fixed, double *point)
{
    struct sampler_query query = { .trial_number = study->trial + 1,
                                   .history = study->history,
                                   .past_count = history_count(study->history),
                                   .fixed = fixed };
    struct assay_error err = { 0 };
    struct provenance provenance;

    cr_assert(
        eq(int, model_chain_suggest(study->chain, &query, point, &provenance, &err), SAMPLER_POINT),
        "%s", err.message);
}

static void tell(struct study *study, const double *point, double value)
{
    struct past_trial past = {
        .number = ++study->trial, .progress = 1, .point = point, .values = &value
    };

    cr_assert(history_append(study->history, &past));
}

/* Fixed are the parameters of every third index; some of them are children. */
static void fix_some(const struct search_space *space, const double *like, double *fixed)
{
    for (size_t i = 0; i < space->param_count; i++)
        fixed[i] = i % 3 == 0 ? like[i] : (double)NAN;
}

static void check_space(struct search_space *space, const char *algorithm)
{
    struct study study;
    struct dice dice = dice_new();
    double like[PARAMS], unit[PARAMS], fixed[PARAMS], point[PARAMS], again[PARAMS];

    cr_assert(le(sz, space->param_count, PARAMS));
    study_init(&study, space, algorithm);
    for (int trial = 0; trial < TRIALS; trial++) {
        for (size_t i = 0; i < space->param_count; i++)
            unit[i] = dice_unit(&dice);
        search_space_decode(space, unit, like);
        fix_some(space, like, fixed);
        suggest(&study, trial % 4 == 3 ? NULL : fixed, point);
        suggest(&study, trial % 4 == 3 ? NULL : fixed, again);
        cr_assert(search_space_is_legal(space, point), "%s, trial %d", algorithm, trial);
        cr_assert(is_same_point(point, again, space->param_count));
        for (size_t i = 0; i < space->param_count && trial % 4 != 3; i++)
            if (!isnan(fixed[i]) && search_space_is_active(space, point, i))
                cr_assert(eq(dbl, point[i], fixed[i]), "%s, trial %d, %s", algorithm, trial,
                          space->params[i].id);
        tell(&study, point, unit[0]);
    }
    study_clear(&study);
}

Test(sampler_fixed, points_have_what_is_fixed_and_are_legal)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        struct search_space *mixed = mixed_space();
        struct search_space *countable = countable_space();

        check_space(mixed, algorithms[i]);
        check_space(countable, algorithms[i]);
        search_space_free(mixed);
        search_space_free(countable);
    }
}

static struct search_space *small_space(void)
{
    static const char *const names[] = { "a", "b" };
    struct search_space *space = search_space_new();

    cr_assert(space != NULL);
    (void)add_category(space, "c", names, 2);
    (void)add_integer(space, "n", 1, 3, SCALE_LINEAR);
    return space;
}

Test(sampler_fixed, a_part_that_is_used_up_is_visited_again)
{
    const double fixed[] = { 1, (double)NAN };

    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        struct search_space *space = small_space();
        struct study study;
        double point[2];

        study_init(&study, space, algorithms[i]);
        for (int trial = 0; trial < 9; trial++) {
            suggest(&study, fixed, point);
            cr_assert(eq(dbl, point[0], 1), "%s", algorithms[i]);
            tell(&study, point, point[1]);
        }
        study_clear(&study);
        search_space_free(space);
    }
}

/* The best x depends on the category: the model knows both and is asked for one. */
static double loss(const double *point)
{
    double best = point[0] == 0 ? 0.2 : 0.8;

    return (point[1] - best) * (point[1] - best);
}

Test(sampler_fixed, the_default_searches_the_part_that_it_is_asked_for)
{
    static const char *const names[] = { "a", "b" };
    struct search_space *space = search_space_new();
    struct study study;
    double point[2];
    double best[2] = { HUGE_VAL, HUGE_VAL };

    (void)add_category(space, "c", names, 2);
    (void)add_double(space, "x", 0, 1, SCALE_LINEAR);
    study_init(&study, space, "default");
    for (int trial = 0; trial < 30; trial++) {
        const double fixed[] = { trial % 2, (double)NAN };

        suggest(&study, fixed, point);
        cr_assert(eq(dbl, point[0], trial % 2));
        best[trial % 2] = fmin(best[trial % 2], loss(point));
        tell(&study, point, loss(point));
    }
    cr_assert(lt(dbl, best[0], 1e-4));
    cr_assert(lt(dbl, best[1], 1e-4));
    study_clear(&study);
    search_space_free(space);
}

Test(sampler_fixed, a_grid_gives_a_point_of_the_part_and_keeps_its_own_order)
{
    struct search_space *space = small_space();
    struct sampler_options options = { .algorithm = "grid", .seed = 3 };
    struct assay_error err = { 0 };
    struct sampler *sampler = sampler_new(&options, space, &err);
    struct provenance provenance;
    const double fixed[] = { 1, (double)NAN };
    double plain[2], point[2];

    cr_assert(sampler && sampler_visits_once(sampler));
    for (uint64_t trial = 1; trial <= 6; trial++) {
        struct sampler_query query = { .trial_number = trial };

        cr_assert(
            eq(int, sampler_suggest(sampler, &query, plain, &provenance, &err), SAMPLER_POINT));
        cr_assert(eq(dbl, plain[0], (double)((trial - 1) % 2)));
        query.fixed = fixed;
        cr_assert(
            eq(int, sampler_suggest(sampler, &query, point, &provenance, &err), SAMPLER_POINT));
        cr_assert(eq(dbl, point[0], 1));
        cr_assert(search_space_is_legal(space, point));
    }
    sampler_free(sampler);
    search_space_free(space);
}
