/*
 * A choice, or a choice below a choice, selects one of several BBOB functions with parameters of
 * its own, scaled to their typical values and lifted by different amounts.
 */
#include "bench/bbob.h"
#include "bench/conditional.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RANGE_POINTS = 101,
    LEAF_DIMENSIONS_MAX = 4,
    PARAMS_MAX = 3 + FORKED_LEAVES_MAX * LEAF_DIMENSIONS_MAX
};

struct leaf {
    struct bbob *bbob;
    size_t first; /* its parameters begin here */
    double range; /* from the optimum to the median */
    double lift;  /* 0 for the best leaf */
};

struct forked {
    size_t leaf_count;
    struct leaf leaves[FORKED_LEAVES_MAX];
    size_t best_leaf;
    double base; /* the optimum */
};

static void forked_evaluate(const void *state, const double *point, uint64_t draw,
                            struct problem_outcome *outcome)
{
    const struct forked *forked = state;
    const struct leaf *leaf = forked->leaves;
    double above = 0;

    (void)draw;
    while (isnan(point[leaf->first])) /* one leaf is active */
        leaf++;
    above = bbob_value(leaf->bbob, point + leaf->first) - bbob_optimum(leaf->bbob);
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = forked->base + leaf->lift + above / leaf->range;
}

static void forked_release(void *state)
{
    struct forked *forked = state;

    if (!forked)
        return;
    for (size_t i = 0; i < forked->leaf_count; i++)
        bbob_free(forked->leaves[i].bbob);
    free(forked);
}

static const struct problem_ops forked_ops = { .evaluate = forked_evaluate,
                                               .release = forked_release };

static double find_range(const struct bbob *bbob, uint64_t seed)
{
    double values[RANGE_POINTS];

    for (uint64_t draw = 0; draw < RANGE_POINTS; draw++) {
        double x[BBOB_DIMENSION_MAX];

        for (size_t i = 0; i < bbob_dimension(bbob); i++)
            x[i] = -5 + 10 * chance_unit(seed, CHANCE_TYPICAL, draw, (uint32_t)i);
        values[draw] = bbob_value(bbob, x);
    }
    sort_numbers(values, RANGE_POINTS);
    return values[RANGE_POINTS / 2] - bbob_optimum(bbob);
}

/* Leaves have 2, 3, 4, 2, 3 … coordinates and random functions. NULL for lack of memory. */
static struct forked *forked_new(size_t leaf_count, uint64_t seed, unsigned instance)
{
    struct forked *forked = calloc(1, sizeof *forked);
    size_t functions = 0;

    if (!forked)
        return NULL;
    while (suite_bbob_chosen[functions])
        functions++;
    forked->best_leaf = chance_below(seed, CHANCE_PLACE, 0, 0, leaf_count);
    forked->base = floor(200 * chance_unit(seed, CHANCE_PLACE, 0, 1) - 100) / 10;
    for (size_t i = 0; i < leaf_count; i++) {
        struct leaf *leaf = &forked->leaves[i];
        size_t choice = chance_below(seed, CHANCE_SHAPE, i, 0, functions);

        leaf->bbob = bbob_new(suite_bbob_chosen[choice], 2 + i % 3, instance);
        forked->leaf_count++;
        if (!leaf->bbob) {
            forked_release(forked);
            return NULL;
        }
        leaf->range = find_range(leaf->bbob, seed + i);
        leaf->lift =
            i == forked->best_leaf ? 0 : 0.02 + 0.3 * chance_unit(seed, CHANCE_SHAPE, i, 1);
    }
    return forked;
}

/* A leaf's parameters, below one value of a choice. False for lack of memory. */
static bool add_leaf(struct search_space *space, struct forked *forked, size_t index,
                     const char *parent, size_t value)
{
    struct leaf *leaf = &forked->leaves[index];

    leaf->first = space->param_count;
    for (size_t i = 0; i < bbob_dimension(leaf->bbob); i++) {
        char id[32];
        struct param_line line = { .id = id,
                                   .scale = SCALE_LINEAR,
                                   .min = -5,
                                   .max = 5,
                                   .parent = parent,
                                   .parent_values = UINT32_C(1) << value };

        (void)snprintf(id, sizeof id, "%c_x%zu", (char)('a' + index), i + 1);
        if (!space_add(space, &line))
            return false;
    }
    return true;
}

static struct search_space *switch_space(struct forked *forked)
{
    static const char *const names[FORKED_LEAVES_MAX + 1] = { "",      "a",       "a b",
                                                              "a b c", "a b c d", "a b c d e" };
    struct param_line line = { .id = "branch",
                               .type = PARAM_CATEGORICAL,
                               .categories = names[forked->leaf_count] };
    struct search_space *space = space_new(&line, 1);

    for (size_t i = 0; space && i < forked->leaf_count; i++)
        if (!add_leaf(space, forked, i, "branch", i)) {
            search_space_free(space);
            return NULL;
        }
    return space;
}

/* Two choices of two below a choice of two. */
static struct search_space *nested_space(struct forked *forked)
{
    static const struct param_line lines[] = {
        { .id = "branch", .type = PARAM_CATEGORICAL, .categories = "left right" },
        { .id = "left_mode",
          .type = PARAM_CATEGORICAL,
          .categories = "a b",
          .parent = "branch",
          .parent_values = 1 },
        { .id = "right_mode",
          .type = PARAM_CATEGORICAL,
          .categories = "c d",
          .parent = "branch",
          .parent_values = 2 },
    };
    struct search_space *space = space_new(lines, 3);

    for (size_t i = 0; space && i < forked->leaf_count; i++)
        if (!add_leaf(space, forked, i, i < 2 ? "left_mode" : "right_mode", i % 2)) {
            search_space_free(space);
            return NULL;
        }
    return space;
}

/* best: PARAMS_MAX. */
static void fill_best(const struct forked *forked, bool is_nested, double *best)
{
    const struct leaf *leaf = &forked->leaves[forked->best_leaf];

    for (size_t i = 0; i < PARAMS_MAX; i++)
        best[i] = (double)NAN;
    for (size_t i = 0; i < bbob_dimension(leaf->bbob); i++)
        best[leaf->first + i] = bbob_best(leaf->bbob)[i];
    if (is_nested) {
        size_t side = forked->best_leaf / 2;
        size_t mode = forked->best_leaf % 2;

        best[0] = (double)side;
        best[1 + side] = (double)mode;
    } else {
        best[0] = (double)forked->best_leaf;
    }
}

struct problem *forked_problem(size_t leaf_count, bool is_nested, unsigned variant,
                               unsigned instance)
{
    char name[64];
    double best[PARAMS_MAX];
    const char *family = is_nested ? "nested" : "switch";
    struct forked *forked = NULL;
    struct problem_parts parts = {
        .suite = "S5", .name = name, .family = family, .instance = instance, .ops = &forked_ops
    };

    (void)snprintf(name, sizeof name, "%s-%zu%c-i%02u", family, leaf_count,
                   (char)('a' + (int)variant), instance);
    forked = forked_new(leaf_count, chance_seed(name, instance), instance);
    if (forked) {
        parts.optimum = forked->base;
        parts.space = is_nested ? nested_space(forked) : switch_space(forked);
        parts.best = best;
        fill_best(forked, is_nested, best);
    }
    parts.state = forked;
    return problem_new(&parts);
}
