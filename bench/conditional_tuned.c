/* Made-up losses over spaces as they are searched in practice, with conditions up to two deep. */
#include "bench/bowl.h"
#include "bench/conditional.h"
#include "bench/suite_make.h"

#include <stdio.h>
#include <stdlib.h>

struct tuned {
    struct bowl *bowl;
    double base, range;
};

static void tuned_evaluate(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    const struct tuned *tuned = state;

    (void)draw;
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = tuned->base + tuned->range * bowl_height(tuned->bowl, point);
}

static void tuned_release(void *state)
{
    struct tuned *tuned = state;

    if (tuned)
        bowl_free(tuned->bowl);
    free(tuned);
}

static const struct problem_ops tuned_ops = { .evaluate = tuned_evaluate,
                                              .release = tuned_release };

static const double batch_sizes[] = { 16, 32, 64, 128, 256 };

static const struct param_line optimizer_lines[] = {
    { .id = "learning_rate", .scale = SCALE_LOG, .min = 1e-5, .max = 1 },
    { .id = "batch_size",
      .type = PARAM_DISCRETE,
      .scale = SCALE_LOG,
      .numbers = batch_sizes,
      .number_count = 5 },
    { .id = "optimizer", .type = PARAM_CATEGORICAL, .categories = "sgd adam rmsprop" },
    { .id = "momentum",
      .scale = SCALE_LINEAR,
      .min = 0,
      .max = 0.99,
      .parent = "optimizer",
      .parent_values = 1 },
    { .id = "nesterov",
      .type = PARAM_CATEGORICAL,
      .categories = "no yes",
      .parent = "optimizer",
      .parent_values = 1 },
    { .id = "beta1",
      .scale = SCALE_LINEAR,
      .min = 0.5,
      .max = 0.99,
      .parent = "optimizer",
      .parent_values = 2 },
    { .id = "beta2",
      .scale = SCALE_REVERSE_LOG,
      .min = 0.9,
      .max = 0.9999,
      .parent = "optimizer",
      .parent_values = 2 },
    { .id = "decay",
      .scale = SCALE_LINEAR,
      .min = 0.8,
      .max = 0.99,
      .parent = "optimizer",
      .parent_values = 4 },
    { .id = "schedule", .type = PARAM_CATEGORICAL, .categories = "constant cosine step" },
    { .id = "step_factor",
      .scale = SCALE_LOG,
      .min = 0.01,
      .max = 0.9,
      .parent = "schedule",
      .parent_values = 4 },
};

static const struct param_line layers_lines[] = {
    { .id = "learning_rate", .scale = SCALE_LOG, .min = 1e-5, .max = 0.1 },
    { .id = "layers", .type = PARAM_INTEGER, .scale = SCALE_LINEAR, .min = 1, .max = 3 },
    { .id = "units1", .type = PARAM_INTEGER, .scale = SCALE_LOG, .min = 8, .max = 512 },
    { .id = "units2",
      .type = PARAM_INTEGER,
      .scale = SCALE_LOG,
      .min = 8,
      .max = 512,
      .parent = "layers",
      .parent_values = 6 },
    { .id = "units3",
      .type = PARAM_INTEGER,
      .scale = SCALE_LOG,
      .min = 8,
      .max = 512,
      .parent = "layers",
      .parent_values = 4 },
    { .id = "regularizer", .type = PARAM_CATEGORICAL, .categories = "none dropout l2" },
    { .id = "dropout",
      .scale = SCALE_LINEAR,
      .min = 0.05,
      .max = 0.7,
      .parent = "regularizer",
      .parent_values = 2 },
    { .id = "l2",
      .scale = SCALE_LOG,
      .min = 1e-7,
      .max = 0.1,
      .parent = "regularizer",
      .parent_values = 4 },
};

/* gbtree 1, dart 2, gblinear 4. */
static const struct param_line booster_lines[] = {
    { .id = "lambda", .scale = SCALE_LOG, .min = 1e-8, .max = 10 },
    { .id = "booster", .type = PARAM_CATEGORICAL, .categories = "gbtree dart gblinear" },
    { .id = "max_depth",
      .type = PARAM_INTEGER,
      .scale = SCALE_LINEAR,
      .min = 1,
      .max = 12,
      .parent = "booster",
      .parent_values = 3 },
    { .id = "eta",
      .scale = SCALE_LOG,
      .min = 1e-3,
      .max = 1,
      .parent = "booster",
      .parent_values = 3 },
    { .id = "subsample",
      .scale = SCALE_LINEAR,
      .min = 0.2,
      .max = 1,
      .parent = "booster",
      .parent_values = 3 },
    { .id = "min_child_weight",
      .scale = SCALE_LOG,
      .min = 0.1,
      .max = 100,
      .parent = "booster",
      .parent_values = 3 },
    { .id = "rate_drop",
      .scale = SCALE_LOG,
      .min = 1e-4,
      .max = 0.9,
      .parent = "booster",
      .parent_values = 2 },
    { .id = "normalize_type",
      .type = PARAM_CATEGORICAL,
      .categories = "tree forest",
      .parent = "booster",
      .parent_values = 2 },
    { .id = "updater",
      .type = PARAM_CATEGORICAL,
      .categories = "shotgun coord_descent",
      .parent = "booster",
      .parent_values = 4 },
    { .id = "top_k",
      .type = PARAM_INTEGER,
      .scale = SCALE_LOG,
      .min = 1,
      .max = 64,
      .parent = "updater",
      .parent_values = 2 },
};

/* linear 1, rbf 2, poly 4, sigmoid 8. */
static const struct param_line kernel_lines[] = {
    { .id = "C", .scale = SCALE_LOG, .min = 1e-3, .max = 1e3 },
    { .id = "kernel", .type = PARAM_CATEGORICAL, .categories = "linear rbf poly sigmoid" },
    { .id = "gamma",
      .scale = SCALE_LOG,
      .min = 1e-5,
      .max = 10,
      .parent = "kernel",
      .parent_values = 14 },
    { .id = "degree",
      .type = PARAM_INTEGER,
      .scale = SCALE_LINEAR,
      .min = 2,
      .max = 6,
      .parent = "kernel",
      .parent_values = 4 },
    { .id = "coef0",
      .scale = SCALE_LINEAR,
      .min = -1,
      .max = 1,
      .parent = "kernel",
      .parent_values = 12 },
};

#define LINES(table) table, sizeof(table) / sizeof(table)[0]

static const struct {
    const char *name;
    const struct param_line *lines;
    size_t count;
} tuned_spaces[TUNED_SPACES] = {
    { "optimizer", LINES(optimizer_lines) },
    { "layers", LINES(layers_lines) },
    { "booster", LINES(booster_lines) },
    { "kernel", LINES(kernel_lines) },
};

struct problem *tuned_problem(size_t which, unsigned variant, unsigned instance)
{
    char name[64];
    struct tuned *tuned = calloc(1, sizeof *tuned);
    struct problem_parts parts = { .suite = "S5",
                                   .name = name,
                                   .family = tuned_spaces[which].name,
                                   .instance = instance,
                                   .ops = &tuned_ops,
                                   .state = tuned };

    (void)snprintf(name, sizeof name, "%s-%c-i%02u", tuned_spaces[which].name,
                   (char)('a' + (int)variant), instance);
    parts.space = space_new(tuned_spaces[which].lines, tuned_spaces[which].count);
    if (tuned && parts.space) {
        uint64_t seed = chance_seed(name, instance);

        tuned->bowl = bowl_new(parts.space, seed);
        tuned->base = 0.01 + 0.1 * chance_unit(seed, CHANCE_PLACE, 1000, 0);
        tuned->range = 0.3 + 2 * chance_unit(seed, CHANCE_PLACE, 1000, 1);
        parts.optimum = tuned->base;
        if (!tuned->bowl) {
            tuned_release(tuned);
            parts.state = NULL;
        } else {
            parts.best = bowl_best(tuned->bowl);
        }
    }
    return problem_new(&parts);
}
