/* engine/life/study_memory.h: which models are kept, and which stored ones are taken up again. */

#include "engine/life/study_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAST = 130, PAST_SMALL = 30, PARAMS = 2, KEPT_MAX = 8, NUMBERS_MAX = 32 };

/* Models lag behind from a hundred trials on, so that more than one is wanted. */
static struct param_spec params[PARAMS] = {
    { .type = PARAM_DOUBLE, .min = 0, .max = 1, .parent = PARAM_NO_PARENT },
    { .type = PARAM_DOUBLE, .min = 0, .max = 1, .parent = PARAM_NO_PARENT },
};

static const struct search_space space = { .params = params, .param_count = PARAMS };

static struct sampler *new_sampler(const char *algorithm)
{
    struct sampler_options options = { .algorithm = algorithm, .seed = 5 };
    struct assay_error err = { 0 };
    struct sampler *sampler = sampler_new(&options, &space, &err);

    cr_assert(sampler != NULL, "%s", err.message);
    return sampler;
}

static struct study_memory *new_memory(const struct sampler *sampler, size_t past)
{
    struct study_memory *memory = study_memory_new(sampler, PARAMS, 1);

    cr_assert(memory != NULL);
    for (size_t i = 0; i < past; i++) {
        double point[PARAMS] = { fmod((double)i * 0.618, 1), fmod((double)i * 0.414, 1) };
        double value = fabs(point[0] - 0.3) + point[1];
        struct past_trial trial = {
            .number = i + 1, .progress = 1, .point = point, .values = &value
        };

        cr_assert(study_memory_append(memory, &trial));
    }
    return memory;
}

/* What a store would hold. */
struct kept {
    size_t counts[KEPT_MAX];
    double numbers[KEPT_MAX][NUMBERS_MAX];
    size_t count;
};

static void drop_oldest(struct kept *kept, size_t oldest)
{
    while (kept->count > 0 && kept->counts[0] < oldest) {
        kept->count--;
        memmove(kept->counts, kept->counts + 1, kept->count * sizeof kept->counts[0]);
        memmove(kept->numbers, kept->numbers + 1, kept->count * sizeof kept->numbers[0]);
    }
}

/* Learns all there is, a suggestion being asked for after each. */
static void learn_all(const struct sampler *sampler, struct study_memory *memory, struct kept *kept)
{
    const struct sampler_model *previous = NULL;
    struct assay_error err = { 0 };
    size_t count = 0;

    *kept = (struct kept){ .count = 0 };
    cr_assert(le(sz, sampler_model_size(sampler), NUMBERS_MAX));
    while (study_memory_lesson(memory, &count, &previous)) {
        struct sampler_model *model =
            sampler_learn(sampler, study_memory_history(memory), count, previous, &err);

        cr_assert(model != NULL, "%s", err.message);
        cr_assert(lt(sz, kept->count, KEPT_MAX));
        sampler_model_pack(sampler, model, kept->numbers[kept->count]);
        kept->counts[kept->count++] = count;
        cr_assert(study_memory_add(memory, count, model));
        drop_oldest(kept, study_memory_trim(memory, count));
    }
}

static void restore(struct study_memory *memory, const struct sampler *sampler,
                    const struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++)
        cr_assert(study_memory_restore(memory, kept->counts[i], kept->numbers[i],
                                       sampler_model_size(sampler)));
}

static void check_same(const struct sampler *sampler, const struct sampler_model *a,
                       const struct sampler_model *b)
{
    double first[NUMBERS_MAX] = { 0 };
    double second[NUMBERS_MAX] = { 0 };

    cr_assert(a && b);
    sampler_model_pack(sampler, a, first);
    sampler_model_pack(sampler, b, second);
    cr_assert(memcmp(first, second, sizeof first) == 0);
}

Test(life_study_memory, what_is_stored_is_all_that_is_needed_to_go_on)
{
    struct sampler *sampler = new_sampler("gp");
    struct study_memory *live = new_memory(sampler, PAST);
    struct study_memory *loaded = new_memory(sampler, PAST);
    const struct sampler_model *expected = NULL;
    const struct sampler_model *model = NULL;
    struct kept kept;
    size_t next[2] = { 0 };

    learn_all(sampler, live, &kept);
    cr_assert(eq(sz, kept.count, 2)); /* the one that is wanted lags behind the newest */
    restore(loaded, sampler, &kept);
    cr_assert(study_memory_find(live, PAST, &expected));
    cr_assert(study_memory_find(loaded, PAST, &model));
    check_same(sampler, model, expected);
    cr_assert(not(study_memory_lesson(live, &next[0], &expected)));
    cr_assert(not(study_memory_lesson(loaded, &next[1], &model)));
    cr_assert(eq(sz, next[1], next[0]));
    check_same(sampler, model, expected);
    study_memory_free(loaded);
    study_memory_free(live);
    sampler_free(sampler);
}

/* Learning begins with the first model then. */
static void check_passed_over(const struct sampler *sampler, const struct kept *kept)
{
    struct study_memory *memory = new_memory(sampler, PAST);
    const struct sampler_model *previous = NULL;
    size_t count = 0;

    restore(memory, sampler, kept);
    cr_assert(study_memory_lesson(memory, &count, &previous));
    cr_assert(previous == NULL);
    cr_assert(eq(sz, count, sampler_next_model(sampler, 0)));
    study_memory_free(memory);
}

Test(life_study_memory, models_that_leave_a_gap_or_are_damaged_are_learnt_again)
{
    struct sampler *sampler = new_sampler("gp");
    struct study_memory *memory = new_memory(sampler, PAST);
    struct kept kept, bad;

    learn_all(sampler, memory, &kept);
    bad = kept;
    drop_oldest(&bad, bad.counts[1]); /* what is wanted now is older */
    check_passed_over(sampler, &bad);
    bad = kept;
    bad.counts[0]--; /* no model is learnt from so many */
    check_passed_over(sampler, &bad);
    bad = kept;
    bad.counts[0] = 0;
    check_passed_over(sampler, &bad);
    bad = kept;
    bad.numbers[0][1] = (double)NAN;
    check_passed_over(sampler, &bad);
    study_memory_free(memory);
    sampler_free(sampler);
}

Test(life_study_memory, a_model_of_more_trials_than_have_ended_or_of_another_size_is_passed_over)
{
    struct sampler *sampler = new_sampler("gp");
    struct study_memory *live = new_memory(sampler, PAST_SMALL);
    struct study_memory *shorter = new_memory(sampler, PAST_SMALL - 1);
    const struct sampler_model *previous = NULL;
    struct kept kept;
    size_t size = sampler_model_size(sampler);
    size_t count = 0;

    learn_all(sampler, live, &kept);
    cr_assert(eq(sz, kept.counts[kept.count - 1], PAST_SMALL));
    restore(shorter, sampler, &kept);
    cr_assert(study_memory_lesson(shorter, &count, &previous));
    cr_assert(previous == NULL);
    cr_assert(study_memory_append(shorter, &(struct past_trial){ .number = 99,
                                                                 .state = PAST_INFEASIBLE,
                                                                 .progress = 1,
                                                                 .point = (double[]){ 0, 0 } }));
    for (size_t i = 0; i <= size + 1; i++)
        if (i != size)
            cr_assert(study_memory_restore(shorter, PAST_SMALL, kept.numbers[0], i));
    cr_assert(study_memory_lesson(shorter, &count, &previous));
    cr_assert(previous == NULL);
    restore(shorter, sampler, &kept);
    cr_assert(not(study_memory_lesson(shorter, &count, &previous)));
    cr_assert(previous != NULL);
    study_memory_free(shorter);
    study_memory_free(live);
    sampler_free(sampler);
}

Test(life_study_memory, a_sampler_that_stores_no_models_takes_none)
{
    static const double numbers[NUMBERS_MAX] = { 0 };
    struct sampler *sampler = new_sampler("tpe");
    struct study_memory *memory = new_memory(sampler, PAST_SMALL);

    cr_assert(eq(sz, sampler_model_size(sampler), 0));
    for (size_t count = 0; count < NUMBERS_MAX; count++)
        cr_assert(study_memory_restore(memory, count, numbers, count));
    study_memory_free(memory);
    sampler_free(sampler);
}
