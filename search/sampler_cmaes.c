/*
 * CMA-ES over the unit cube, with margins for integers (Hamano et al. 2022) and categorical
 * distributions beside it (Hamano et al. 2025), restarted with twice the population when it has
 * converged (IPOP, Auger and Hansen 2005).
 *
 * Asynchronous: a generation is made of the next so many trials that end, in the order in which
 * they do. Some may come from an older distribution; they count as injected points (cma.h).
 * All coordinates are drawn, those of inactive parameters dropped. What an ended trial does not say
 * is drawn again from the distribution: the coordinates of its inactive parameters, and the place
 * within the cell of an INTEGER or DISCRETE value. Unsafe trials rank behind safe ones, failed ones
 * last.
 */
#include "search/axis.h"
#include "search/choice_model.h"
#include "search/cma.h"
#include "search/random.h"
#include "search/sampler_ops.h"
#include "search/standing.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS_MAX = 10 }; /* until one lies in the cube; the last one is moved into it */

/* Of the cube's side. */
static const double first_sigma = 0.2;

struct cmaes_state {
    struct axis *axes; /* by parameter */
    size_t *reals;     /* parameters that are coordinates of the normal distribution */
    size_t real_count;
    size_t *choices; /* those with a categorical distribution */
    size_t *choice_counts;
    size_t choice_count;
    size_t integer_count; /* how many of the reals have cells */
    size_t population;    /* of the first start */
    struct sampler_model *start;
};

/* Immutable once learnt. */
struct sampler_model {
    struct cma *cma;
    struct choice_model *choices;
    size_t since; /* where in the history the generation under way begins */
    size_t restart_count;
    size_t flat_count; /* generations that ended with the best loss below */
    double flat_loss;
};

static bool is_choice(const struct axis *axis)
{
    return axis->kind == AXIS_CHOICE || (axis->kind == AXIS_CELLS && axis->value_count == 2);
}

static void cmaes_model_free(struct sampler_model *model)
{
    if (!model)
        return;
    cma_free(model->cma);
    choice_model_free(model->choices);
    free(model);
}

static void cmaes_release(void *memory)
{
    struct cmaes_state *state = memory;

    if (!state)
        return;
    /* There is one more axis than parameters, and preparing may have stopped early: zeroed ones. */
    for (size_t i = 0; state->axes && state->axes[i].spec; i++)
        axis_clear(&state->axes[i]);
    cmaes_model_free(state->start);
    free(state->axes);
    free(state->reals);
    free(state->choices);
    free(state->choice_counts);
    free(state);
}

/* A distribution around mean, where a search starts or starts again. NULL: no memory. */
static struct sampler_model *new_model(const struct cmaes_state *state, const double *mean,
                                       size_t population)
{
    struct sampler_model *model = calloc(1, sizeof *model);

    if (!model)
        return NULL;
    model->flat_loss = (double)NAN;
    model->cma = cma_new(mean, state->real_count, first_sigma, population);
    model->choices = choice_model_new(state->choice_counts, state->choice_count,
                                      state->choice_count + state->integer_count);
    if (model->cma && model->choices)
        return model;
    cmaes_model_free(model);
    return NULL;
}

static bool sort_coordinates(struct cmaes_state *state, const struct search_space *space)
{
    size_t count = space->param_count;

    state->axes = calloc(count + 1, sizeof *state->axes);
    state->reals = calloc(count + 1, sizeof *state->reals);
    state->choices = calloc(count + 1, sizeof *state->choices);
    state->choice_counts = calloc(count + 1, sizeof *state->choice_counts);
    if (!state->axes || !state->reals || !state->choices || !state->choice_counts)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct axis *axis = &state->axes[i];

        if (!axis_init(axis, &space->params[i]))
            return false;
        if (axis->kind == AXIS_FIXED)
            continue;
        if (is_choice(axis)) {
            state->choice_counts[state->choice_count] = axis->value_count;
            state->choices[state->choice_count++] = i;
            continue;
        }
        state->integer_count += axis->kind == AXIS_CELLS;
        state->reals[state->real_count++] = i;
    }
    state->population = cma_usual_population(state->real_count + state->choice_count);
    return true;
}

/* The first mean is the point that a tuner tries first; inactive parameters stand in the middle. */
static bool make_start(struct cmaes_state *state, const struct search_space *space)
{
    double *point = malloc((2 * space->param_count + 1) * sizeof *point);
    double *mean = point + space->param_count;

    if (!point)
        return false;
    search_space_first_point(space, point);
    for (size_t k = 0; k < state->real_count; k++) {
        double value = point[state->reals[k]];

        mean[k] = isnan(value) ? 0.5 : axis_unit(&state->axes[state->reals[k]], value);
    }
    state->start = new_model(state, mean, state->population);
    free(point);
    return state->start != NULL;
}

static bool cmaes_prepare(struct sampler *sampler, struct assay_error *err)
{
    struct cmaes_state *state = NULL;

    if (sampler->objective_count > 1)
        return assay_fail(err, ASSAY_INVALID, "study_spec.algorithm",
                          "\"cmaes\" searches for the best of one metric, and the study has %zu: "
                          "use \"nsga2\"",
                          sampler->objective_count);
    state = calloc(1, sizeof *state);
    sampler->state = state; /* released with the sampler, also on failure */
    if (!state || !sort_coordinates(state, sampler->space) || !make_start(state, sampler->space))
        return assay_fail_memory(err);
    return true;
}

static size_t cmaes_model_count(const struct sampler *sampler, size_t past_count)
{
    const struct cmaes_state *state = sampler->state;

    return past_count / state->population * state->population;
}

static size_t cmaes_next_model(const struct sampler *sampler, size_t count)
{
    const struct cmaes_state *state = sampler->state;

    return count + state->population;
}

static double draw_normal(const struct random_stream *stream, uint32_t index)
{
    return gsl_cdf_ugaussian_Pinv(random_unit(stream, index) + 0x1p-54);
}

/* A place in low .. high from the coordinate's marginal distribution, by inversion. */
static double place_in_cell(double mean, double deviation, double low, double high, double random)
{
    double below = gsl_cdf_ugaussian_P((low - mean) / deviation);
    double above = gsl_cdf_ugaussian_P((high - mean) / deviation);
    double place = 0;

    if (!(above - below > 1e-9)) /* far in a tail: the end that is nearer */
        return mean < low ? low : high;
    place = mean + deviation * gsl_cdf_ugaussian_Pinv(below + random * (above - below));
    return fmin(fmax(place, low), high);
}

/* An ended trial as the normal distribution would have drawn it. */
static void fill_reals(const struct sampler *sampler, const struct cma *cma,
                       const struct past_trial *trial, double *row)
{
    const struct cmaes_state *state = sampler->state;
    struct random_stream stream = { .seed = sampler->seed,
                                    .trial = trial->number,
                                    .purpose = RANDOM_CMAES_FILL };

    for (size_t k = 0; k < state->real_count; k++) {
        const struct axis *axis = &state->axes[state->reals[k]];
        double value = trial->point[state->reals[k]];
        double mean = cma_mean(cma)[k];
        double deviation = cma_deviation(cma, k);
        double low = 0;
        double high = 0;

        if (isnan(value)) {
            row[k] = mean + deviation * draw_normal(&stream, (uint32_t)k);
            row[k] = fmin(fmax(row[k], 0), 1);
        } else if (axis->kind == AXIS_CELLS) {
            axis_cell(axis, value, &low, &high);
            row[k] = place_in_cell(mean, deviation, low, high, random_unit(&stream, (uint32_t)k));
        } else {
            row[k] = axis_unit(axis, value);
        }
    }
}

static void fill_choices(const struct cmaes_state *state, const struct past_trial *trial,
                         double *row)
{
    for (size_t k = 0; k < state->choice_count; k++) {
        double value = trial->point[state->choices[k]];

        row[k] =
            isnan(value) ? value : (double)axis_ordinal(&state->axes[state->choices[k]], value);
    }
}

static void keep_margins(const struct cmaes_state *state, struct cma *cma)
{
    double share = 1 / ((double)cma_dimension(cma) * (double)cma_population(cma));

    for (size_t k = 0; k < state->real_count; k++) {
        const struct axis *axis = &state->axes[state->reals[k]];
        double low = 0;
        double high = 0;

        if (axis->kind != AXIS_CELLS)
            continue;
        axis_cell(axis, param_spec_decode(axis->spec, fmin(fmax(cma_mean(cma)[k], 0), 1)), &low,
                  &high);
        cma_keep_margin(cma, k, low <= 0 ? -(double)INFINITY : low,
                        high >= 1 ? (double)INFINITY : high, share);
    }
}

/* Whether the best loss has moved. Failed generations count as flat: somewhere else is better. */
static void watch_flatness(struct sampler_model *model, const struct standing *best)
{
    const double tolerance = 1e-12;

    if (best->class == STANDING_COMPLETED &&
        !(fabs(best->losses[0] - model->flat_loss) <= tolerance * fabs(best->losses[0]))) {
        model->flat_loss = best->losses[0];
        model->flat_count = 0;
    } else {
        model->flat_count++;
    }
}

/* The distribution after a generation of ranked trials. False: no memory. */
static bool update_model(const struct sampler *sampler, struct sampler_model *model,
                         const struct history *history, const struct standing *list)
{
    const struct cmaes_state *state = sampler->state;
    size_t count = cma_population(model->cma);
    double *reals = malloc((count * state->real_count + 1) * sizeof *reals);
    double *choices = malloc((count * state->choice_count + 1) * sizeof *choices);
    size_t *ranks = malloc(count * sizeof *ranks);
    bool is_done = false;

    if (!reals || !choices || !ranks)
        goto out;
    for (size_t i = 0; i < count; i++) {
        struct past_trial trial = history_get(history, list[i].index);

        ranks[i] = list[i].rank;
        fill_reals(sampler, model->cma, &trial, reals + i * state->real_count);
        fill_choices(state, &trial, choices + i * state->choice_count);
    }
    is_done =
        cma_update(model->cma, reals, ranks) &&
        (state->choice_count == 0 || choice_model_update(model->choices, choices, ranks, count));
out:
    free(reals);
    free(choices);
    free(ranks);
    if (is_done)
        keep_margins(state, model->cma);
    return is_done;
}

/* False: no memory. */
static bool learn_generation(const struct sampler *sampler, struct sampler_model *model,
                             const struct history *history)
{
    size_t count = cma_population(model->cma);
    struct standing *list = malloc(count * sizeof *list);
    bool is_done = false;

    if (!list)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i].index = model->since + i;
    is_done =
        standing_rank(sampler, history, list, count) && update_model(sampler, model, history, list);
    if (is_done)
        watch_flatness(model, &list[0]);
    model->since += count;
    free(list);
    return is_done;
}

static bool has_converged(const struct sampler_model *model)
{
    double generations =
        10 + 30 * (double)cma_dimension(model->cma) / (double)cma_population(model->cma);

    return cma_is_exhausted(model->cma) || (double)model->flat_count > generations;
}

/* Takes model; NULL: no memory. */
static struct sampler_model *restart(const struct sampler *sampler, struct sampler_model *model)
{
    const struct cmaes_state *state = sampler->state;
    struct random_stream stream = { .seed = sampler->seed,
                                    .trial = model->restart_count + 1,
                                    .purpose = RANDOM_CMAES_RESTART };
    double *mean = malloc((state->real_count + 1) * sizeof *mean);
    struct sampler_model *next = NULL;

    for (size_t k = 0; mean && k < state->real_count; k++)
        mean[k] = random_unit(&stream, (uint32_t)k);
    if (mean)
        next = new_model(state, mean, 2 * cma_population(model->cma));
    if (next) {
        next->since = model->since;
        next->restart_count = model->restart_count + 1;
    }
    free(mean);
    cmaes_model_free(model);
    return next;
}

static struct sampler_model *copy_model(const struct sampler_model *model)
{
    struct sampler_model *copy = malloc(sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *model;
    copy->cma = cma_copy(model->cma);
    copy->choices = choice_model_copy(model->choices);
    if (copy->cma && copy->choices)
        return copy;
    cmaes_model_free(copy);
    return NULL;
}

static struct sampler_model *cmaes_learn(const struct sampler *sampler,
                                         const struct history *history, size_t count,
                                         const struct sampler_model *previous,
                                         struct assay_error *err)
{
    const struct cmaes_state *state = sampler->state;
    struct sampler_model *model = copy_model(previous ? previous : state->start);

    if (model && count - model->since >= cma_population(model->cma)) {
        if (!learn_generation(sampler, model, history)) {
            cmaes_model_free(model);
            model = NULL;
        } else if (has_converged(model)) {
            model = restart(sampler, model);
        }
    }
    if (!model)
        (void)assay_fail_memory(err);
    return model;
}

/* False: a coordinate had to be moved into the cube. */
static bool put_into_cube(double *reals, size_t count)
{
    bool is_inside = true;

    for (size_t k = 0; k < count; k++) {
        double inside = fmin(fmax(reals[k], 0), 1);

        is_inside = is_inside && inside == reals[k];
        reals[k] = inside;
    }
    return is_inside;
}

/* Scratch: twice real_count numbers, the first half of which become the coordinates. */
static void draw_reals(const struct cmaes_state *state, const struct cma *cma,
                       const struct random_stream *stream, double *scratch)
{
    double *normals = scratch + state->real_count;
    uint32_t index = (uint32_t)state->choice_count;

    for (int i = 0; i < DRAWS_MAX; i++) {
        for (size_t k = 0; k < state->real_count; k++)
            normals[k] = draw_normal(stream, index++);
        cma_draw(cma, normals, scratch);
        if (put_into_cube(scratch, state->real_count))
            break;
    }
}

/* The unit coordinate of a choice: the middle of its cell. */
static double choice_unit(const struct axis *axis, size_t choice)
{
    const struct param_spec *spec = axis->spec;

    if (axis->kind == AXIS_CHOICE)
        return axis_unit(axis, (double)choice);
    return axis_unit(axis, axis->borders ? spec->numbers[choice] : spec->min + (double)choice);
}

static enum sampler_answer cmaes_suggest(const struct sampler *sampler,
                                         const struct sampler_query *query, double *point,
                                         struct provenance *provenance, struct assay_error *err)
{
    const struct cmaes_state *state = sampler->state;
    const struct sampler_model *model = query->model ? query->model : state->start;
    struct random_stream stream = { .seed = sampler->seed,
                                    .trial = query->trial_number,
                                    .purpose = RANDOM_CMAES };
    double *scratch = NULL;

    provenance->stage = query->trial_number == 1 ? STAGE_FIRST : STAGE_POPULATION;
    if (query->trial_number == 1) {
        search_space_first_point(sampler->space, point);
        return SAMPLER_POINT;
    }
    scratch = malloc((2 * state->real_count + 1) * sizeof *scratch);
    if (!scratch) {
        (void)assay_fail_memory(err);
        return SAMPLER_FAILED;
    }
    draw_reals(state, model->cma, &stream, scratch);
    for (size_t i = 0; i < sampler->space->param_count; i++)
        point[i] = 0.5;
    for (size_t k = 0; k < state->real_count; k++)
        point[state->reals[k]] = scratch[k];
    for (size_t k = 0; k < state->choice_count; k++)
        point[state->choices[k]] =
            choice_unit(&state->axes[state->choices[k]],
                        choice_model_draw(model->choices, k, random_unit(&stream, (uint32_t)k)));
    search_space_decode(sampler->space, point, point);
    free(scratch);
    return SAMPLER_POINT;
}

const struct sampler_ops sampler_cmaes_ops = {
    .name = "cmaes",
    .needs_history = true,
    .prepare = cmaes_prepare,
    .release = cmaes_release,
    .suggest = cmaes_suggest,
    .model_count = cmaes_model_count,
    .next_model = cmaes_next_model,
    .learn = cmaes_learn,
    .model_free = cmaes_model_free,
};
