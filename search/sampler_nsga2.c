/*
 * NSGA-II (Deb et al. 2002), a few trials at a time: the population is the best of all that ended,
 * by non-domination and crowding, brought up to date after every tenth of its size instead of all
 * of it, which gains more from few trials (Durillo et al. 2009). Unsafe trials rank behind safe
 * ones; failed ones are no parents. Works with one objective too.
 *
 * A child takes numbers by simulated binary crossover and polynomial mutation, categories from
 * either parent or at random. A parameter that only one parent has comes from that parent, one that
 * neither has is drawn at random.
 */
#include "search/axis.h"
#include "search/elite.h"
#include "search/random.h"
#include "search/sampler_ops.h"
#include "search/sobol.h"

#include <math.h>
#include <stdlib.h>

enum {
    POPULATION_USUAL = 50,
    POPULATION_MIN = 8,
    BUDGET_GENERATIONS = 4, /* at least so many populations in a known budget */
    STEPS = 10,             /* updates while as many trials end as the population has */
    CHILDREN_MAX = 8,       /* until one is new */
    RANDOM_PER_CHILD = 5,
    RANDOM_PER_GENE = 5,
    FEW_VALUES = 8, /* so few are mutated to any other value, not only to one close by */
};

static const double crossover_share = 0.9;
static const double crossover_eta = 15;
static const double mutation_eta = 20;

struct nsga2_state {
    struct sobol *sobol;
    struct axis *axes; /* by parameter */
    size_t population;
};

/* One child's random numbers. */
struct luck {
    struct random_stream stream;
    uint32_t next;
};

static double draw(struct luck *luck)
{
    return random_unit(&luck->stream, luck->next++);
}

static void nsga2_release(void *memory)
{
    struct nsga2_state *state = memory;

    if (!state)
        return;
    /* There is one more axis than parameters, and preparing may have stopped early: zeroed ones. */
    for (size_t i = 0; state->axes && state->axes[i].spec; i++)
        axis_clear(&state->axes[i]);
    sobol_free(state->sobol);
    free(state->axes);
    free(state);
}

static size_t population_of(const struct sampler *sampler)
{
    size_t population = POPULATION_USUAL;
    size_t share = (size_t)sampler->max_trial_count / BUDGET_GENERATIONS;

    if (sampler->max_trial_count > 0 && share < population)
        population = share;
    if (population < sampler->parallel_count)
        population = sampler->parallel_count;
    return population < POPULATION_MIN ? POPULATION_MIN : population;
}

static bool nsga2_prepare(struct sampler *sampler, struct assay_error *err)
{
    size_t count = sampler->space->param_count;
    struct nsga2_state *state = calloc(1, sizeof *state);

    sampler->state = state; /* released with the sampler, also on failure */
    if (!state)
        return assay_fail_memory(err);
    state->population = population_of(sampler);
    state->sobol = sobol_new(count < SOBOL_DIMENSIONS ? count : SOBOL_DIMENSIONS, sampler->seed);
    state->axes = calloc(count + 1, sizeof *state->axes);
    if (!state->sobol || !state->axes)
        return assay_fail_memory(err);
    for (size_t i = 0; i < count; i++)
        if (!axis_init(&state->axes[i], &sampler->space->params[i]))
            return assay_fail_memory(err);
    return true;
}

static size_t step_of(const struct nsga2_state *state)
{
    return state->population < STEPS ? 1 : state->population / STEPS;
}

static size_t nsga2_model_count(const struct sampler *sampler, size_t past_count)
{
    const struct nsga2_state *state = sampler->state;
    size_t step = step_of(state);

    if (past_count < state->population)
        return 0;
    return state->population + (past_count - state->population) / step * step;
}

static size_t nsga2_next_model(const struct sampler *sampler, size_t count)
{
    const struct nsga2_state *state = sampler->state;

    return count == 0 ? state->population : count + step_of(state);
}

static struct sampler_model *nsga2_learn(const struct sampler *sampler,
                                         const struct history *history, size_t count,
                                         const struct sampler_model *previous,
                                         struct assay_error *err)
{
    const struct nsga2_state *state = sampler->state;
    struct elite *elite =
        elite_next(sampler, history, count, state->population, elite_of(previous));

    if (!elite)
        (void)assay_fail_memory(err);
    return elite_as_model(elite);
}

/* Binary tournament: the elite is sorted, best first. */
static const double *choose_parent(const struct elite *elite, const struct history *history,
                                   struct luck *luck)
{
    size_t a = (size_t)(draw(luck) * (double)elite->kept);
    size_t b = (size_t)(draw(luck) * (double)elite->kept);

    return history_get(history, elite->indexes[a < b ? a : b]).point;
}

/* How far a child of SBX lies from the parents' middle, in halves of their distance, so that it
 * stays within reach (in distances) of the parent: Deb and Agrawal 1995, bounded as in Deb 2001. */
static double spread_factor(double reach, double random)
{
    double power = 1 / (crossover_eta + 1);
    double limit = 2 - pow(1 + 2 * reach, -(crossover_eta + 1));

    if (random * limit <= 1)
        return pow(random * limit, power);
    return pow(1 / (2 - random * limit), power);
}

static double cross_numbers(double a, double b, struct luck *luck)
{
    double low = fmin(a, b);
    double high = fmax(a, b);
    double distance = high - low;
    double random = draw(luck);
    bool is_low = draw(luck) < 0.5;
    double factor = 0;

    if (distance < 1e-14)
        return a;
    factor = spread_factor((is_low ? low : 1 - high) / distance, random);
    return (low + high + (is_low ? -1 : 1) * factor * distance) / 2;
}

/* Polynomial mutation, bounded: Deb 2001, appendix; as in Deb's own program. */
static double mutate_number(double unit, double random)
{
    double power = 1 / (mutation_eta + 1);

    if (random < 0.5) {
        double rest = 2 * random + (1 - 2 * random) * pow(1 - unit, mutation_eta + 1);

        return unit + pow(rest, power) - 1;
    }
    random = 2 * (1 - random) + 2 * (random - 0.5) * pow(unit, mutation_eta + 1);
    return unit + 1 - pow(random, power);
}

/* Another value than that of unit, all alike probable. */
static double other_value_unit(const struct axis *axis, double unit, double random)
{
    double value = param_spec_decode(axis->spec, unit);
    uint64_t own = axis_ordinal(axis, value);
    uint64_t chosen = (uint64_t)(random * (double)(axis->value_count - 1));

    chosen += chosen >= own;
    if (axis->kind == AXIS_CHOICE)
        return axis_unit(axis, (double)chosen);
    return axis_unit(axis, axis->borders ? axis->spec->numbers[chosen]
                                         : axis->spec->min + (double)chosen);
}

static double breed_gene(const struct axis *axis, double a, double b, bool is_crossed,
                         double mutation_share, struct luck *luck)
{
    bool is_few =
        axis->kind == AXIS_CHOICE || (axis->kind == AXIS_CELLS && axis->value_count <= FEW_VALUES);
    double unit = 0;

    if (isnan(a) && isnan(b))
        return draw(luck);
    if (isnan(a) || isnan(b)) {
        unit = axis_unit(axis, isnan(a) ? b : a);
    } else {
        bool is_exchanged = is_crossed && draw(luck) < 0.5;

        unit = axis_unit(axis, is_exchanged && is_few ? b : a);
        if (is_exchanged && !is_few)
            unit = cross_numbers(unit, axis_unit(axis, b), luck);
    }
    if (draw(luck) < mutation_share)
        unit = is_few ? other_value_unit(axis, unit, draw(luck)) : mutate_number(unit, draw(luck));
    return fmin(fmax(unit, 0), 1);
}

/* How many parameters of the point a mutation could change; at least 1. */
static size_t searched_count(const struct sampler *sampler, const double *point)
{
    const struct nsga2_state *state = sampler->state;
    size_t count = 0;

    for (size_t i = 0; i < sampler->space->param_count; i++)
        count += state->axes[i].kind != AXIS_FIXED && !isnan(point[i]);
    return count > 0 ? count : 1;
}

static void breed(const struct sampler *sampler, const struct elite *elite,
                  const struct history *history, struct luck *luck, double *point)
{
    const struct nsga2_state *state = sampler->state;
    uint32_t first = luck->next;
    const double *a = choose_parent(elite, history, luck);
    const double *b = choose_parent(elite, history, luck);
    bool is_crossed = draw(luck) < crossover_share;
    double mutation_share = 1 / (double)searched_count(sampler, a);

    for (size_t i = 0; i < sampler->space->param_count; i++) {
        luck->next = first + RANDOM_PER_CHILD + (uint32_t)i * RANDOM_PER_GENE;
        point[i] = 0.5;
        if (state->axes[i].kind != AXIS_FIXED)
            point[i] = breed_gene(&state->axes[i], a[i], b[i], is_crossed, mutation_share, luck);
    }
    luck->next = first + RANDOM_PER_CHILD + (uint32_t)sampler->space->param_count * RANDOM_PER_GENE;
    search_space_decode(sampler->space, point, point);
}

static enum sampler_answer nsga2_suggest(const struct sampler *sampler,
                                         const struct sampler_query *query, double *point,
                                         struct provenance *provenance, struct assay_error *err)
{
    const struct nsga2_state *state = sampler->state;
    const struct elite *elite = elite_of(query->model);
    struct luck luck = {
        .stream = { .seed = sampler->seed, .trial = query->trial_number, .purpose = RANDOM_NSGA2 }
    };

    (void)err;
    if (query->trial_number == 1) {
        provenance->stage = STAGE_FIRST;
        search_space_first_point(sampler->space, point);
        return SAMPLER_POINT;
    }
    if (!elite || elite->kept < 2) {
        provenance->stage = STAGE_START;
        sampler_sobol_point(sampler, state->sobol, query->trial_number - 2, point);
        return SAMPLER_POINT;
    }
    provenance->stage = STAGE_POPULATION;
    for (int i = 0; i < CHILDREN_MAX; i++) {
        breed(sampler, elite, query->history, &luck, point);
        if (elite_is_new(sampler, query, point))
            break;
    }
    return SAMPLER_POINT;
}

const struct sampler_ops sampler_nsga2_ops = {
    .name = "nsga2",
    .needs_history = true,
    .prepare = nsga2_prepare,
    .release = nsga2_release,
    .suggest = nsga2_suggest,
    .model_count = nsga2_model_count,
    .next_model = nsga2_next_model,
    .learn = nsga2_learn,
    .model_free = elite_model_free,
};
