/*
 * The learner beside its naive twin, which learns all models one after the other where they are
 * needed: a sampler made up for it has models that tell a wrong past, count or predecessor.
 */
#include "engine/study/study_learner.h"

#include "search/sampler_ops.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct sampler_model {
    double digest;
};

enum { FIRST = 3, LAG_FROM = 10, PAST_MAX = 60 };

static atomic_int learnt_count;
static atomic_int failing_lessons;         /* so many from now on have no memory */
static atomic_int alive_count, most_alive; /* models made by learn() and not freed */

static size_t next_model(const struct sampler *sampler, size_t count)
{
    (void)sampler;
    return count == 0 ? FIRST : count + 1 + count / 8;
}

/* As the default's: one model behind from LAG_FROM on. */
static size_t model_count(const struct sampler *sampler, size_t past_count)
{
    size_t count = 0, before = 0;

    for (size_t next = FIRST; next <= past_count; next = next_model(sampler, next)) {
        before = count;
        count = next;
    }
    return count > LAG_FROM ? before : count;
}

static double digest(const struct history *history, size_t count, double previous)
{
    double sum = previous / 3;

    for (size_t i = 0; i < count; i++)
        sum = fmod(sum * 1.7 + history_get(history, i).values[0] / 3, 1000);
    return sum;
}

static struct sampler_model *learn(const struct sampler *sampler, const struct history *history,
                                   size_t count, const struct sampler_model *previous,
                                   struct assay_error *err)
{
    struct sampler_model *model = calloc(1, sizeof *model);

    (void)sampler;
    if (atomic_load(&failing_lessons) > 0) {
        atomic_fetch_sub(&failing_lessons, 1);
        free(model);
        (void)assay_fail_memory(err);
        return NULL;
    }
    atomic_fetch_add(&learnt_count, 1);
    if (atomic_fetch_add(&alive_count, 1) + 1 > atomic_load(&most_alive))
        atomic_store(&most_alive, atomic_load(&alive_count));
    model->digest = digest(history, count, previous ? previous->digest : 0);
    return model;
}

static void model_free(struct sampler_model *model)
{
    atomic_fetch_sub(&alive_count, 1);
    free(model);
}

static size_t model_size(const struct sampler *sampler)
{
    (void)sampler;
    return 1;
}

static void model_pack(const struct sampler_model *model, double *numbers)
{
    numbers[0] = model->digest;
}

static struct sampler_model *model_unpack(const struct sampler *sampler, const double *numbers,
                                          struct assay_error *err)
{
    struct sampler_model *model = NULL;

    (void)sampler;
    if (!isfinite(numbers[0])) {
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL, "no model");
        return NULL;
    }
    model = calloc(1, sizeof *model);
    model->digest = numbers[0];
    return model;
}

static const struct sampler_ops ops = { .name = "digest",
                                        .needs_history = true,
                                        .model_count = model_count,
                                        .next_model = next_model,
                                        .learn = learn,
                                        .model_free = model_free,
                                        .model_size = model_size,
                                        .model_pack = model_pack,
                                        .model_unpack = model_unpack };
static const struct sampler sampler = { .ops = &ops, .metric_count = 1 };

static void append(struct study_learner *learner)
{
    size_t index = history_count(study_learner_history(learner));
    double value = (double)(index * index % 17);

    cr_assert(study_learner_append(
        learner, &(struct past_trial){
                     .number = index + 1, .progress = 1, .point = NULL, .values = &value }));
}

static double twin(const struct history *history)
{
    size_t wanted = model_count(&sampler, history_count(history));
    double value = 0;

    for (size_t count = FIRST; count <= wanted; count = next_model(&sampler, count))
        value = digest(history, count, value);
    return wanted ? value : -1;
}

static void expect_twin(struct study_learner *learner)
{
    const struct sampler_model *model = NULL;
    struct assay_error err = { 0 };

    cr_assert(study_learner_find(learner, &model, &err), "%s", err.message);
    cr_assert(eq(dbl, model ? model->digest : -1, twin(study_learner_history(learner))), "%zu",
              history_count(study_learner_history(learner)));
}

static struct study_learner *start(size_t past_count)
{
    struct study_learner *learner = study_learner_new(&sampler, 0, 1);

    cr_assert(learner != NULL);
    for (size_t i = 0; i < past_count; i++)
        append(learner);
    return learner;
}

Test(study_learner, ahead_or_not_and_asked_or_not_the_models_are_the_same)
{
    for (int step = 1; step <= 7; step++) {
        for (int is_ahead = 0; is_ahead < 2; is_ahead++) {
            struct study_learner *learner = start(0);

            for (int i = 0; i <= PAST_MAX; i++) {
                if (i % step == 0)
                    expect_twin(learner);
                if (i % (2 * step) == 0)
                    expect_twin(learner);
                append(learner);
                if (is_ahead)
                    study_learner_go_ahead(learner);
            }
            study_learner_free(learner);
        }
    }
}

Test(study_learner, models_do_not_pile_up_while_nobody_asks)
{
    struct study_learner *learner = start(PAST_MAX);

    study_learner_go_ahead(learner);
    expect_twin(learner); /* waits for all of them, and has made none itself */
    cr_assert(ge(int, atomic_load(&learnt_count), 15));
    cr_assert(le(int, atomic_load(&most_alive), 3), "%d", atomic_load(&most_alive));
    study_learner_free(learner);
}

/* All that are learnt until past_count trials have ended, the newest first. */
static struct study_model *all_models(size_t past_count)
{
    struct study_learner *learner = start(0);
    struct study_model *newest = NULL;

    study_learner_record(learner);
    for (size_t i = 0; i < past_count; i++) {
        struct study_model *model = NULL;

        append(learner);
        expect_twin(learner);
        model = study_learner_take_new(learner);
        while (model) {
            struct study_model *next = model->next;

            cr_assert(newest == NULL || model->count > newest->count);
            model->next = newest;
            newest = model;
            model = next;
        }
    }
    study_learner_free(learner);
    return newest;
}

Test(study_learner, models_that_were_stored_are_not_learnt_again)
{
    for (size_t past_count = 1; past_count <= PAST_MAX; past_count++) {
        struct study_model *models = all_models(past_count);
        struct study_learner *learner = start(past_count);

        atomic_store(&learnt_count, 0);
        study_learner_take_up(learner, models);
        expect_twin(learner);
        cr_assert(eq(int, atomic_load(&learnt_count), 0), "%zu", past_count);
        for (int i = 0; i < 20; i++) {
            append(learner);
            expect_twin(learner);
        }
        study_learner_free(learner);
        study_models_free(models);
    }
}

/* Copies what the bits of mask have, some of it as no model. */
static struct study_model *some_models(const struct study_model *models, unsigned mask,
                                       unsigned damaged)
{
    struct study_model *first = NULL;
    struct study_model **link = &first;

    for (; models; models = models->next, mask >>= 1, damaged >>= 1) {
        if (!(mask & 1))
            continue;
        *link = calloc(1, sizeof **link + sizeof(double));
        (*link)->count = models->count;
        (*link)->numbers[0] = damaged & 1 ? (double)NAN : models->numbers[0];
        link = &(*link)->next;
    }
    return first;
}

Test(study_learner, whatever_is_missing_or_damaged_among_the_stored_is_learnt_again)
{
    struct study_model *models = all_models(40);
    unsigned random = 12345;

    for (int round = 0; round < 3000; round++) {
        struct study_learner *learner = NULL;
        struct study_model *stored = NULL;
        unsigned mask = 0;

        random = random * 1664525 + 1013904223;
        mask = random >> 8;
        stored = some_models(models, round % 2 ? mask : mask | 0x7f, mask >> 3 & mask >> 7);
        learner = start((size_t)(random >> 20) % 45);
        study_learner_take_up(learner, stored);
        if (round % 3 == 0)
            study_learner_go_ahead(learner);
        for (int i = 0; i < 6; i++) {
            expect_twin(learner);
            append(learner);
        }
        study_learner_free(learner);
        study_models_free(stored);
    }
    study_models_free(models);
}

Test(study_learner, a_count_that_no_model_has_is_no_model)
{
    struct study_model *model = calloc(1, sizeof *model + sizeof(double));

    for (size_t count = 0; count <= 30; count++) {
        struct study_learner *learner = NULL;
        size_t at = FIRST;

        while (at < count)
            at = next_model(&sampler, at);
        if (at == count)
            continue;
        learner = start(30);
        model->count = count;
        model->numbers[0] = 5;
        study_learner_take_up(learner, model);
        expect_twin(learner);
        study_learner_free(learner);
    }
    free(model);
}

Test(study_learner, without_memory_a_model_is_an_error_and_can_be_asked_for_again)
{
    for (int is_ahead = 0; is_ahead < 2; is_ahead++) {
        struct study_learner *learner = start(20);
        const struct sampler_model *model = NULL;
        struct assay_error err = { 0 };

        atomic_store(&failing_lessons, 1000000);
        if (is_ahead)
            study_learner_go_ahead(learner);
        for (int i = 0; i < 3; i++) {
            cr_assert(not(study_learner_find(learner, &model, &err)));
            cr_assert(eq(int, err.code, ASSAY_EXHAUSTED));
        }
        atomic_store(&failing_lessons, 0);
        expect_twin(learner);
        study_learner_free(learner);
    }
}
