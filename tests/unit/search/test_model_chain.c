#include "search/model_chain.h"

#include "gp_support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 16, TRIALS = 24 };

static const char *const quick = "candidates=32,climbs=1,leaders=1,evaluations=12,start_count=4";

static struct sampler *new_sampler(const struct search_space *space, const char *algorithm)
{
    struct sampler_options options = {
        .algorithm = algorithm,
        .seed = 3,
        .settings = strcmp(algorithm, "gp") == 0 ? quick : NULL,
    };
    struct assay_error err = { 0 };
    struct sampler *sampler = sampler_new(&options, space, &err);

    cr_assert(sampler != NULL, "%s", err.message);
    return sampler;
}

static void append_random(struct history *history, const struct search_space *space,
                          struct dice *dice)
{
    double point[PARAMS_MAX];
    double value = dice_unit(dice);
    struct past_trial trial = {
        .number = history_count(history) + 1, .progress = 1, .point = point, .values = &value
    };

    for (size_t i = 0; i < space->param_count; i++)
        point[i] = dice_unit(dice);
    search_space_decode(space, point, point);
    (void)history_append(history, &trial);
}

static struct sampler_query query_of(const struct history *history, size_t past_count)
{
    return (struct sampler_query){ .trial_number = past_count + 1,
                                   .history = history,
                                   .past_count = past_count };
}

/* What a caller does that keeps the models itself. */
static void suggest_by_hand(const struct sampler *sampler, const struct history *history,
                            size_t past_count, double *point)
{
    struct sampler_query query = query_of(history, past_count);
    struct sampler_model *model = NULL;
    struct provenance provenance;
    struct assay_error err = { 0 };
    size_t wanted = sampler_model_count(sampler, past_count);

    for (size_t count = 0; count < wanted;) {
        struct sampler_model *next = NULL;

        count = sampler_next_model(sampler, count);
        next = sampler_learn(sampler, history, count, model, &err);
        cr_assert(next != NULL);
        sampler_model_free(sampler, model);
        model = next;
    }
    query.model = model;
    cr_assert(
        eq(int, (int)sampler_suggest(sampler, &query, point, &provenance, &err), SAMPLER_POINT));
    sampler_model_free(sampler, model);
}

Test(model_chain, a_chain_suggests_what_models_learnt_one_by_one_do)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler(space, "gp");
    struct model_chain *chain = model_chain_new(sampler);
    struct history *history = history_new(space->param_count, 1);

    for (size_t n = 0; n < TRIALS; n++) {
        struct sampler_query query = query_of(history, n);
        struct provenance provenance;
        struct assay_error err = { 0 };
        double point[PARAMS_MAX], wanted[PARAMS_MAX];

        cr_assert(eq(int, (int)model_chain_suggest(chain, &query, point, &provenance, &err),
                     SAMPLER_POINT));
        suggest_by_hand(sampler, history, n, wanted);
        cr_assert(is_same_point(point, wanted, space->param_count), "after %zu trials", n);
        append_random(history, space, &dice);
    }
    model_chain_free(chain);
    model_chain_free(NULL);
    sampler_free(sampler);
    history_free(history);
    search_space_free(space);
}

Test(model_chain, leaps_and_steps_lead_to_the_same_model)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler(space, "gp");
    struct history *history = history_new(space->param_count, 1);
    double points[3][PARAMS_MAX];

    for (size_t n = 0; n < TRIALS; n++)
        append_random(history, space, &dice);
    for (size_t stride = 1; stride <= 3; stride++) {
        struct model_chain *chain = model_chain_new(sampler);

        for (size_t n = stride == 3 ? TRIALS : 0; n <= TRIALS; n += stride) {
            struct sampler_query query = query_of(history, n);
            struct provenance provenance;
            struct assay_error err = { 0 };

            cr_assert(eq(
                int, (int)model_chain_suggest(chain, &query, points[stride - 1], &provenance, &err),
                SAMPLER_POINT));
        }
        model_chain_free(chain);
    }
    cr_assert(is_same_point(points[0], points[1], space->param_count));
    cr_assert(is_same_point(points[0], points[2], space->param_count));
    sampler_free(sampler);
    history_free(history);
    search_space_free(space);
}

Test(model_chain, a_model_that_was_packed_suggests_and_teaches_as_before)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler(space, "gp");
    struct history *history = history_new(space->param_count, 1);
    struct sampler_query query = query_of(history, TRIALS);
    struct sampler_model *models[2] = { NULL, NULL }, *next[2] = { NULL, NULL };
    size_t count = sampler_next_model(sampler, 0), size = sampler_model_size(sampler);
    double *numbers = calloc(2 * size, sizeof *numbers);
    struct assay_error err = { 0 };

    for (size_t n = 0; n < TRIALS; n++)
        append_random(history, space, &dice);
    models[0] = sampler_learn(sampler, history, count, NULL, &err);
    sampler_model_pack(sampler, models[0], numbers);
    models[1] = sampler_model_unpack(sampler, numbers, &err);
    for (size_t i = 0; i < 2; i++) {
        double point[2][PARAMS_MAX];
        struct provenance provenance;

        next[i] =
            sampler_learn(sampler, history, sampler_next_model(sampler, count), models[i], &err);
        sampler_model_pack(sampler, next[i], numbers + i * size);
        query.model = next[i];
        (void)sampler_suggest(sampler, &query, point[i], &provenance, &err);
        cr_assert(is_same_point(point[0], point[i], space->param_count));
    }
    cr_assert(is_same_point(numbers, numbers + size, size));
    for (size_t i = 0; i < 2; i++) {
        sampler_model_free(sampler, models[i]);
        sampler_model_free(sampler, next[i]);
    }
    free(numbers);
    sampler_free(sampler);
    history_free(history);
    search_space_free(space);
}

Test(model_chain, numbers_that_no_model_packs_into_are_refused)
{
    static const double wrong[] = { (double)NAN, (double)INFINITY, 0.5 };
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler(space, "gp");
    struct sampler *random = new_sampler(space, "random");
    size_t size = sampler_model_size(sampler);
    double *numbers = calloc(size, sizeof *numbers);

    numbers[0] = 1; /* the format */
    for (size_t i = 0; i < 4; i++) {
        struct assay_error err = { 0 };

        numbers[size - 1] = i < 3 ? wrong[i] : 0; /* whether the last fit failed: 0 or 1 */
        numbers[0] = i < 3 ? 1 : 0;
        cr_assert(sampler_model_unpack(sampler, numbers, &err) == NULL);
        cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS));
    }
    cr_assert(eq(sz, sampler_model_size(random), 0));
    free(numbers);
    sampler_free(sampler);
    sampler_free(random);
    search_space_free(space);
}

Test(model_chain, a_sampler_without_models_goes_through_it_too)
{
    struct search_space *space = mixed_space();
    struct sampler *sampler = new_sampler(space, "random");
    struct model_chain *chain = model_chain_new(sampler);
    struct sampler_query query = { .trial_number = 5, .past_count = 1000 };
    struct provenance provenance;
    struct assay_error err = { 0 };
    double point[PARAMS_MAX], wanted[PARAMS_MAX];

    cr_assert(
        eq(int, (int)model_chain_suggest(chain, &query, point, &provenance, &err), SAMPLER_POINT));
    (void)sampler_suggest(sampler, &query, wanted, &provenance, &err);
    cr_assert(is_same_point(point, wanted, space->param_count));
    model_chain_free(chain);
    sampler_free(sampler);
    search_space_free(space);
}
