/*
 * Suite "curves": losses that fall over the steps of a training, for early stopping. Where a curve
 * ends is a made-up loss (bench/bowl.h); on its way it falls from one common height as a power law
 * or an exponential. "crossing" curves fall more slowly the lower their learning rates are,
 * wherever they end; "diverging" ones rise again where the learning rate is far above the best.
 * Every step has a little noise.
 */
#include "bench/bowl.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum shape { POWER, EXPONENTIAL, CROSSING, DIVERGING, SHAPES };

static const char *const shape_names[SHAPES] = { "power", "exponential", "crossing", "diverging" };

/* Where the curves begin, above the optimum, in ranges. No curve ends there. */
static const double start_height = 1.3;

/* Learning rates this far above the best, in unit coordinates, diverge, and by how much. */
static const double divergence_from = 0.2;
static const double divergence_slope = 2;

struct curves {
    enum shape shape;
    size_t length;
    struct bowl *bowl;
    double base, range; /* the loss is base + range x height */
    double noise;       /* deviation, in ranges */
    uint64_t seed;
};

static double divergence(const struct curves *curves, const double *point)
{
    double offset = 0;

    if (curves->shape != DIVERGING)
        return 0;
    offset = bowl_offset(curves->bowl, point, 0);
    return divergence_slope * fmax(offset - divergence_from, 0);
}

/* How much of the way is left after a step, 1 at step 0. */
static double way_left(const struct curves *curves, const double *point, double step)
{
    double rate = bowl_offset(curves->bowl, point, 0); /* the learning rate stands first */
    double length = (double)curves->length;

    switch (curves->shape) {
    case POWER:
    case DIVERGING: /* faster with higher learning rates */
        return pow(1 + step, -(0.8 + 0.7 * rate));
    case EXPONENTIAL:
        return exp(-step * (6 + 4 * rate) / length);
    case CROSSING: /* from a straight line to a fall in the first tenth */
        return exp(-step * exp(1 + 6 * rate) / length);
    case SHAPES:
        break;
    }
    return 0;
}

/* The height after a step, without noise; at the last one exactly where the curve ends. */
static double height_at(const struct curves *curves, const double *point, size_t step)
{
    double end = bowl_height(curves->bowl, point);
    double length = (double)curves->length;
    double last = way_left(curves, point, length);
    double left = (way_left(curves, point, (double)step) - last) / (1 - last);
    double late = fmax((double)step / length - 0.25, 0) / 0.75;

    return end + (start_height - end) * left + divergence(curves, point) * late * late;
}

static double noisy_loss(const struct curves *curves, double height, uint64_t draw, size_t step)
{
    double noise = curves->noise * chance_normal(curves->seed, CHANCE_NOISE, draw, (uint32_t)step);

    return curves->base + curves->range * (height + noise);
}

static double curves_curve(const void *state, const double *point, uint64_t draw, size_t step)
{
    const struct curves *curves = state;

    return noisy_loss(curves, height_at(curves, point, step), draw, step);
}

static void curves_evaluate(const void *state, const double *point, uint64_t draw,
                            struct problem_outcome *outcome)
{
    const struct curves *curves = state;
    double height = height_at(curves, point, curves->length);

    outcome->is_infeasible = false;
    outcome->value = noisy_loss(curves, height, draw, curves->length);
    outcome->truth = curves->base + curves->range * height;
}

static void curves_release(void *state)
{
    struct curves *curves = state;

    if (curves)
        bowl_free(curves->bowl);
    free(curves);
}

static const struct problem_ops curves_ops = { .evaluate = curves_evaluate,
                                               .curve = curves_curve,
                                               .release = curves_release };

static const double batch_sizes[] = { 16, 32, 64, 128, 256 };

/* The first five or all eight are searched. */
static const struct param_line lines[] = {
    { .id = "learning_rate", .scale = SCALE_LOG, .min = 1e-5, .max = 1 },
    { .id = "weight_decay", .scale = SCALE_LOG, .min = 1e-6, .max = 0.1 },
    { .id = "width", .type = PARAM_INTEGER, .scale = SCALE_LOG, .min = 16, .max = 1024 },
    { .id = "dropout", .scale = SCALE_LINEAR, .min = 0, .max = 0.8 },
    { .id = "optimizer", .type = PARAM_CATEGORICAL, .categories = "sgd adam rmsprop" },
    { .id = "batch_size",
      .type = PARAM_DISCRETE,
      .scale = SCALE_LOG,
      .numbers = batch_sizes,
      .number_count = 5 },
    { .id = "layers", .type = PARAM_INTEGER, .scale = SCALE_LINEAR, .min = 1, .max = 8 },
    { .id = "momentum", .scale = SCALE_REVERSE_LOG, .min = 0.5, .max = 0.99 },
};

static struct problem *make(enum shape shape, size_t params, size_t length, unsigned instance)
{
    char name[64];
    struct curves *curves = calloc(1, sizeof *curves);
    struct problem_parts parts = { .suite = "curves",
                                   .name = name,
                                   .family = shape_names[shape],
                                   .instance = instance,
                                   .curve_length = length,
                                   .ops = &curves_ops,
                                   .state = curves };

    (void)snprintf(name, sizeof name, "%s-d%zu-t%02zu-i%02u", shape_names[shape], params, length,
                   instance);
    parts.space = space_new(lines, params);
    if (curves && parts.space) {
        uint64_t seed = chance_seed(name, instance);

        *curves = (struct curves){ .shape = shape,
                                   .length = length,
                                   .bowl = bowl_new(parts.space, seed),
                                   .base = 0.05 + 0.3 * chance_unit(seed, CHANCE_SHAPE, 1000, 0),
                                   .range = 0.5 + 2 * chance_unit(seed, CHANCE_SHAPE, 1000, 1),
                                   .noise = shape == POWER ? 0.01 : 0.003,
                                   .seed = seed };
        parts.optimum = curves->base;
        if (!curves->bowl) {
            free(curves);
            parts.state = NULL;
        } else {
            parts.best = bowl_best(curves->bowl);
        }
    }
    return problem_new(&parts);
}

bool suite_curves_append(const struct suite_query *query, struct problem_list *list,
                         struct assay_error *err)
{
    static const struct {
        size_t params, length;
    } sizes[] = { { 5, 27 }, { 5, 81 }, { 8, 54 } };
    size_t count = query->is_quick ? 1 : sizeof sizes / sizeof sizes[0];

    for (unsigned i = query->first_instance; i <= query->last_instance; i++)
        for (enum shape shape = POWER; shape < SHAPES; shape++)
            for (size_t s = 0; s < count; s++)
                if (!problem_list_add(list, make(shape, sizes[s].params, sizes[s].length, i), err))
                    return false;
    return true;
}
