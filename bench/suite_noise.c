/*
 * Suite S6: BBOB with noise, judged without. Its size is relative to the distance from the optimum
 * to the median value of a random point.
 */
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

struct noise_kind {
    const char *name;
    double deviation;      /* of Gaussian noise on all evaluations */
    double outlier_chance; /* of Cauchy noise in its place */
    double outlier_scale;
    bool is_declared;
};

/* One per cent is what any training has and nobody declares. */
static const struct noise_kind kinds[] = {
    { "gauss01", 0.01, 0, 0, false },
    { "gauss10", 0.10, 0, 0, true },
    { "gauss30", 0.30, 0, 0, true },
    { "heavy", 0.01, 0.05, 0.30, true },
};

struct noisy {
    const struct noise_kind *kind;
    struct problem *inner; /* without a space */
    double range;
    uint64_t seed;
};

/* An outlier lies above: a run that went wrong looks worse, not better, than it would have been. */
static double noise_of(const struct noisy *noisy, uint64_t draw)
{
    const struct noise_kind *kind = noisy->kind;
    double unit = chance_unit(noisy->seed, CHANCE_NOISE, draw, 2);

    if (chance_unit(noisy->seed, CHANCE_NOISE, draw, 3) < kind->outlier_chance)
        return fabs(kind->outlier_scale * tan(pi * (unit - 0.5)));
    return kind->deviation * chance_normal(noisy->seed, CHANCE_NOISE, draw, 0);
}

static void noisy_evaluate(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    const struct noisy *noisy = state;

    noisy->inner->ops->evaluate(noisy->inner->state, point, draw, outcome);
    outcome->value += noisy->range * noise_of(noisy, draw);
}

static void noisy_release(void *state)
{
    struct noisy *noisy = state;

    if (noisy)
        problem_free(noisy->inner);
    free(noisy);
}

static const struct problem_ops noisy_ops = { .evaluate = noisy_evaluate,
                                              .release = noisy_release };

static struct problem *make(const struct noise_kind *kind, unsigned function, size_t dimension,
                            unsigned instance)
{
    char name[64];
    struct noisy *noisy = calloc(1, sizeof *noisy);
    struct problem_parts parts = { .suite = "S6",
                                   .name = name,
                                   .family = kind->name,
                                   .instance = instance,
                                   .is_noisy = kind->is_declared,
                                   .ops = &noisy_ops,
                                   .state = noisy };

    (void)snprintf(name, sizeof name, "%s-f%02u-d%02zu-i%02u", kind->name, function, dimension,
                   instance);
    if (noisy)
        noisy->inner = suite_bbob_problem(function, dimension, instance);
    if (noisy && noisy->inner) {
        noisy->kind = kind;
        noisy->range = noisy->inner->typical - noisy->inner->optimum;
        noisy->seed = chance_seed(name, instance);
        parts.optimum = noisy->inner->optimum;
        parts.best = noisy->inner->best;
        parts.typical = &noisy->inner->typical;
        parts.space = noisy->inner->space;
        noisy->inner->space = NULL;
    }
    return problem_new(&parts);
}

static bool is_quick(unsigned function, size_t dimension)
{
    return dimension == 5 && (function == 1 || function == 8 || function == 15);
}

bool suite_noise_append(const struct suite_query *query, struct problem_list *list,
                        struct assay_error *err)
{
    static const size_t dimensions[] = { 2, 5, 10 };

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t d = 0; d < sizeof dimensions / sizeof dimensions[0]; d++)
            for (const unsigned *f = suite_bbob_chosen; *f; f++)
                for (unsigned i = query->first_instance; i <= query->last_instance; i++)
                    if ((!query->is_quick || is_quick(*f, dimensions[d])) &&
                        !problem_list_add(list, make(&kinds[k], *f, dimensions[d], i), err))
                        return false;
    return true;
}
