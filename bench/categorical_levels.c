/* A BBOB function where each coordinate has a few values, one of them the optimum's. */
#include "bench/bbob.h"
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEVELS_MAX = 16 };

/* Different levels lie at least this far apart. */
static const double least_gap = 0.05;

struct levels {
    struct bbob *bbob;
    bool is_labelled;
    size_t count;
    double values[BBOB_DIMENSION_MAX][LEVELS_MAX]; /* DISCRETE: increasing; by label else */
    double best[BBOB_DIMENSION_MAX];               /* the optimal point */
};

static void levels_evaluate(const void *state, const double *point, uint64_t draw,
                            struct problem_outcome *outcome)
{
    const struct levels *levels = state;
    double x[BBOB_DIMENSION_MAX];
    double value = 0;

    (void)draw;
    for (size_t i = 0; i < bbob_dimension(levels->bbob); i++)
        x[i] = levels->is_labelled ? levels->values[i][(size_t)point[i]] : point[i];
    value = bbob_value(levels->bbob, x);
    *outcome = (struct problem_outcome){ .value = value, .truth = value };
}

static void levels_release(void *state)
{
    struct levels *levels = state;

    if (levels)
        bbob_free(levels->bbob);
    free(levels);
}

static const struct problem_ops levels_ops = { .evaluate = levels_evaluate,
                                               .release = levels_release };

static bool is_apart(const double *values, size_t count, double value)
{
    for (size_t i = 0; i < count; i++)
        if (value > values[i] - least_gap && value < values[i] + least_gap)
            return false;
    return true;
}

/* The optimum's coordinate and random others, as far apart as they are drawn. */
static void draw_values(double *values, size_t count, double best, uint64_t seed, size_t index)
{
    size_t filled = 1;

    values[0] = best;
    for (uint32_t draw = 0; filled < count; draw++) {
        double value = -5 + 10 * chance_unit(seed, CHANCE_PLACE, index, draw);

        if (is_apart(values, filled, value))
            values[filled++] = value;
    }
}

static void shuffle(double *values, size_t count, uint64_t seed, size_t index)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = chance_below(seed, CHANCE_SHAPE, index, (uint32_t)i, i + 1);
        double kept = values[i];

        values[i] = values[j];
        values[j] = kept;
    }
}

/* The label of a value that is among them. */
static size_t find_value(const double *values, double value)
{
    size_t i = 0;

    while (values[i] != value)
        i++;
    return i;
}

static struct levels *levels_new(unsigned function, size_t n, size_t count, bool is_labelled,
                                 unsigned instance, uint64_t seed)
{
    struct levels *levels = calloc(1, sizeof *levels);

    assert(count <= LEVELS_MAX);
    if (!levels)
        return NULL;
    levels->is_labelled = is_labelled;
    levels->count = count;
    levels->bbob = bbob_new(function, n, instance);
    if (!levels->bbob) {
        free(levels);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        draw_values(levels->values[i], count, bbob_best(levels->bbob)[i], seed, i);
        levels->best[i] = bbob_best(levels->bbob)[i];
        if (is_labelled) {
            shuffle(levels->values[i], count, seed, i);
            levels->best[i] = (double)find_value(levels->values[i], levels->best[i]);
        } else {
            sort_numbers(levels->values[i], count);
        }
    }
    return levels;
}

static struct search_space *number_space(const struct levels *levels)
{
    struct search_space *space = search_space_new();

    for (size_t i = 0; space && i < bbob_dimension(levels->bbob); i++) {
        char id[32];
        struct param_line line = { .id = id,
                                   .type = PARAM_DISCRETE,
                                   .scale = SCALE_LINEAR,
                                   .numbers = levels->values[i],
                                   .number_count = levels->count };

        (void)snprintf(id, sizeof id, "x%zu", i + 1);
        if (!space_add(space, &line)) {
            search_space_free(space);
            return NULL;
        }
    }
    return space;
}

struct problem *levels_problem(unsigned function, size_t n, size_t levels, bool is_labelled,
                               unsigned instance)
{
    char name[64];
    char family[32];
    struct problem_parts parts = {
        .suite = "S3", .name = name, .family = family, .instance = instance, .ops = &levels_ops
    };
    struct levels *state = NULL;

    (void)snprintf(family, sizeof family, "%s", is_labelled ? "labels" : "ordinal");
    (void)snprintf(name, sizeof name, "%s-f%02u-d%02zu-i%02u", family, function, n, instance);
    state = levels_new(function, n, levels, is_labelled, instance, chance_seed(name, instance));
    if (state) {
        parts.state = state;
        parts.optimum = bbob_optimum(state->bbob);
        parts.best = state->best;
        parts.space = is_labelled ? letter_space(n, levels) : number_space(state);
    }
    return problem_new(&parts);
}
