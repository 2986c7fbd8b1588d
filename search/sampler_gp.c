/*
 * The default: Bayesian optimization with Gaussian processes.
 *
 * A few space-filling trials, then each suggestion maximises an acquisition of the model of all
 * trials before it; trials under way count as measured as expected. docs/search.md tells how each
 * choice was made.
 */
#include "search/gp_suggestion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_MODEL = 4,  /* ended trials that the first model is learnt from */
    LAG_FROM = 100,   /* ended trials from which models lag behind */
    SOBOL_TRIES = 64, /* Sobol points tried for one that is new */
    MODEL_FORMAT = 1, /* what a packed model's numbers mean: raise it whenever learning changes */
};

static void gp_release(void *state)
{
    struct gp_state *gp = state;

    if (!gp)
        return;
    gp_space_free(gp->gp_space);
    sobol_free(gp->sobol);
    grid_free(gp->grid);
    free(gp);
}

static bool count_grid(const struct sampler *sampler, struct gp_state *state)
{
    const struct search_space *space = sampler->space;

    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].type == PARAM_DOUBLE && space->params[i].min < space->params[i].max)
            return true;
    state->grid = grid_new(space);
    if (!state->grid)
        return false;
    state->grid_total = 1;
    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].parent == PARAM_NO_PARENT)
            state->grid_total = grid_multiply(state->grid_total, grid_size(state->grid, i));
    return true;
}

static bool gp_prepare(struct sampler *sampler, struct assay_error *err)
{
    struct gp_state *state = calloc(1, sizeof *state);
    size_t covered = sampler->space->param_count;
    size_t start = 0;

    if (!state)
        return assay_fail_memory(err);
    sampler->state = state;
    if (!gp_settings_read(&state->settings, sampler->settings, err))
        return false;
    if (covered > SOBOL_DIMENSIONS)
        covered = SOBOL_DIMENSIONS;
    state->gp_space = gp_space_new(sampler->space);
    state->sobol = sobol_new(covered, sampler->seed);
    if (!state->gp_space || !state->sobol || !count_grid(sampler, state))
        return assay_fail_memory(err);
    start = state->gp_space->dimension + 1 < 8 ? state->gp_space->dimension + 1 : 8;
    if (state->settings.start_count > 0)
        start = (size_t)state->settings.start_count;
    state->start_count = sampler->parallel_count > start ? sampler->parallel_count : start;
    return true;
}

static bool gp_needs_model(const struct sampler *sampler, uint64_t trial_number)
{
    const struct gp_state *state = sampler->state;

    return trial_number > state->start_count;
}

static size_t gp_next_model(const struct sampler *sampler, size_t count)
{
    const struct gp_state *state = sampler->state;
    size_t step = (size_t)(state->settings.refit_share * (double)count);

    return count == 0 ? FIRST_MODEL : count + (step > 0 ? step : 1);
}

static size_t gp_model_count(const struct sampler *sampler, size_t past_count)
{
    size_t count = 0, before = 0, next = gp_next_model(sampler, 0);

    while (next <= past_count) {
        before = count;
        count = next;
        next = gp_next_model(sampler, count);
    }
    return count > LAG_FROM ? before : count;
}

static struct sampler_model *new_model(const struct sampler *sampler)
{
    const struct gp_state *state = sampler->state;
    size_t size = state->gp_space->dimension + GP_EXTRA_HYPERS;
    struct sampler_model *model =
        calloc(1, sizeof *model + sampler->metric_count * size * sizeof model->hypers[0]);

    if (!model)
        return NULL;
    model->metric_count = sampler->metric_count;
    model->hyper_count = size;
    return model;
}

static struct sampler_model *gp_learn_model(const struct sampler *sampler,
                                            const struct history *history, size_t count,
                                            const struct sampler_model *previous,
                                            struct assay_error *err)
{
    const struct gp_state *state = sampler->state;
    struct sampler_model *model = new_model(sampler);
    struct gp_past *past = gp_past_new(sampler, state->gp_space, history, count, NULL, 0,
                                       (size_t)state->settings.rows_max);
    bool is_ok = model && past &&
                 gp_learn(sampler, &state->settings, state->gp_space, past,
                          previous ? previous->hypers : NULL, model->hypers, model->has_failed);

    gp_past_free(past);
    if (is_ok)
        return model;
    free(model);
    (void)assay_fail_memory(err);
    return NULL;
}

static void gp_model_free(struct sampler_model *model)
{
    free(model);
}

/* The format; for each metric its hyperparameters; for each whether its fit failed. */
static size_t gp_model_size(const struct sampler *sampler)
{
    const struct gp_state *state = sampler->state;

    return 1 + sampler->metric_count * (state->gp_space->dimension + GP_EXTRA_HYPERS + 1);
}

static void gp_model_pack(const struct sampler_model *model, double *numbers)
{
    size_t count = model->metric_count * model->hyper_count;

    *numbers++ = MODEL_FORMAT;
    memcpy(numbers, model->hypers, count * sizeof *numbers);
    for (size_t i = 0; i < model->metric_count; i++)
        numbers[count + i] = model->has_failed[i] ? 1 : 0;
}

static bool is_packed(const struct sampler_model *model, const double *numbers)
{
    size_t count = model->metric_count * model->hyper_count;

    if (*numbers++ != MODEL_FORMAT)
        return false;
    for (size_t i = 0; i < count + model->metric_count; i++)
        if (!isfinite(numbers[i]) || (i >= count && numbers[i] != 0 && numbers[i] != 1))
            return false;
    return true;
}

static struct sampler_model *gp_model_unpack(const struct sampler *sampler, const double *numbers,
                                             struct assay_error *err)
{
    struct sampler_model *model = new_model(sampler);
    size_t count = 0;

    if (!model) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    if (!is_packed(model, numbers)) {
        (void)assay_fail(err, ASSAY_DATA_LOSS, "", "the stored numbers are no model of this kind");
        free(model);
        return NULL;
    }
    count = model->metric_count * model->hyper_count;
    memcpy(model->hypers, ++numbers, count * sizeof *numbers);
    for (size_t i = 0; i < model->metric_count; i++)
        model->has_failed[i] = numbers[count + i] != 0;
    return model;
}

/* The combination of a number, counted as sampler_grid.c's counting order does. */
static void fill_combination(const struct sampler *sampler, const struct gp_state *state,
                             grid_count index, double *point)
{
    const struct search_space *space = sampler->space;

    for (size_t i = 0; i < space->param_count; i++)
        point[i] = (double)NAN;
    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].parent == PARAM_NO_PARENT) {
            grid_fill(state->grid, i, index % grid_size(state->grid, i), point);
            index /= grid_size(state->grid, i);
        }
}

/* The inverse of fill_combination(). */
static grid_count combination_of(const struct sampler *sampler, const struct gp_state *state,
                                 const double *point)
{
    const struct search_space *space = sampler->space;
    grid_count index = 0, stride = 1;

    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].parent == PARAM_NO_PARENT) {
            index += stride * grid_rank(state->grid, i, point);
            stride = grid_multiply(stride, grid_size(state->grid, i));
        }
    return index;
}

/* The first combination of a space that may be used up: among one more than were tried is one that
 * was not. */
static enum sampler_answer first_unvisited(const struct sampler *sampler,
                                           const struct sampler_query *query, double *point,
                                           struct assay_error *err)
{
    const struct gp_state *state = sampler->state;
    size_t tried = query->past_count + query->pending_count, first = 0;
    size_t count = state->grid_total <= tried ? (size_t)state->grid_total : tried + 1;
    bool *is_tried = calloc(count + 1, sizeof *is_tried);

    if (!is_tried) {
        (void)assay_fail_memory(err);
        return SAMPLER_FAILED;
    }
    for (size_t i = 0; i < tried; i++) {
        const double *there =
            i < query->past_count
                ? history_get(query->history, i).point
                : query->pending + (i - query->past_count) * sampler->space->param_count;
        grid_count index = combination_of(sampler, state, there);

        if (index < count)
            is_tried[index] = true;
    }
    while (first < count && is_tried[first])
        first++;
    free(is_tried);
    if (first == count)
        return SAMPLER_EXHAUSTED;
    fill_combination(sampler, state, first, point);
    return SAMPLER_POINT;
}

/* The study's own Sobol points, skipping those tried; the last resort too. */
static enum sampler_answer suggest_sobol(const struct sampler *sampler,
                                         const struct sampler_query *query, double *point,
                                         struct assay_error *err)
{
    const struct gp_state *state = sampler->state;
    uint64_t first = query->trial_number - 1;

    if (first > 0 && state->settings.has_middle)
        first--; /* the first trial was none of them */
    for (uint64_t i = 0; i < SOBOL_TRIES; i++) {
        /* Tries are far apart, so that no other trial begins there. */
        uint64_t index = first + i * UINT64_C(1000003);

        sampler_sobol_point(sampler, state->sobol, index, point);
        sampler_fix(sampler, query, point);
        if (gp_may_repeat(sampler) || !gp_is_known(query, point, sampler->space->param_count))
            return SAMPLER_POINT;
    }
    return state->grid && !query->fixed ? first_unvisited(sampler, query, point, err)
                                        : SAMPLER_POINT;
}

static enum sampler_answer suggest_start(const struct sampler *sampler,
                                         const struct sampler_query *query, double *point,
                                         struct provenance *provenance, struct assay_error *err)
{
    const struct gp_state *state = sampler->state;

    provenance->stage = STAGE_START;
    if (query->trial_number == 1 && state->settings.has_middle) {
        provenance->stage = STAGE_FIRST;
        search_space_first_point(sampler->space, point);
        sampler_fix(sampler, query, point);
        if (!gp_is_known(query, point, sampler->space->param_count))
            return SAMPLER_POINT;
    }
    return suggest_sobol(sampler, query, point, err);
}

/* What the model suggests; where it has nothing new or cannot be made, a Sobol point that is new.
 */
static enum sampler_answer suggest_by_model(const struct sampler *sampler,
                                            const struct sampler_query *query, double *point,
                                            struct provenance *provenance, struct assay_error *err)
{
    struct provenance plain = *provenance;
    enum gp_suggested suggested = gp_suggestion_make(sampler, query, point, provenance);

    if (suggested == GP_SUGGESTED)
        return SAMPLER_POINT;
    if (suggested == GP_OUT_OF_MEMORY) {
        (void)assay_fail_memory(err);
        return SAMPLER_FAILED;
    }
    plain.stage = suggested == GP_NO_NUMBERS ? STAGE_FALLBACK : STAGE_ENUMERATE;
    plain.fallback = suggested == GP_NO_NUMBERS ? FALLBACK_SOBOL : FALLBACK_NONE;
    *provenance = plain;
    return suggest_sobol(sampler, query, point, err);
}

static enum sampler_answer gp_suggest(const struct sampler *sampler,
                                      const struct sampler_query *query, double *point,
                                      struct provenance *provenance, struct assay_error *err)
{
    const struct gp_state *state = sampler->state;

    if (!gp_may_repeat(sampler) && state->grid && !query->fixed &&
        query->past_count + query->pending_count >= state->grid_total) {
        enum sampler_answer answer = first_unvisited(sampler, query, point, err);

        if (answer != SAMPLER_POINT)
            return answer;
    }
    if (!gp_needs_model(sampler, query->trial_number) || query->past_count == 0)
        return suggest_start(sampler, query, point, provenance, err);
    return suggest_by_model(sampler, query, point, provenance, err);
}

const struct sampler_ops sampler_gp_ops = {
    .name = "gp",
    .needs_history = true,
    .prepare = gp_prepare,
    .release = gp_release,
    .suggest = gp_suggest,
    .needs_model = gp_needs_model,
    .model_count = gp_model_count,
    .next_model = gp_next_model,
    .learn = gp_learn_model,
    .model_free = gp_model_free,
    .model_size = gp_model_size,
    .model_pack = gp_model_pack,
    .model_unpack = gp_model_unpack,
};
