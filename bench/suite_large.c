/*
 * Suite S8: 50 and 100 dimensions. In "sparse" problems eight coordinates of a BBOB function lie at
 * random among parameters without effect; in "dense" ones all count.
 */
#include "bench/bbob.h"
#include "bench/suite_make.h"

#include <stdio.h>
#include <stdlib.h>

enum { EFFECTIVE = 8 };

struct large {
    struct bbob *bbob;
    size_t places[BBOB_DIMENSION_MAX]; /* the parameter of each coordinate */
    double best[BBOB_DIMENSION_MAX];   /* the optimal point; 0 without effect */
};

static void large_evaluate(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    const struct large *large = state;
    double x[BBOB_DIMENSION_MAX];
    double value = 0;

    (void)draw;
    for (size_t i = 0; i < bbob_dimension(large->bbob); i++)
        x[i] = point[large->places[i]];
    value = bbob_value(large->bbob, x);
    *outcome = (struct problem_outcome){ .value = value, .truth = value };
}

static void large_release(void *state)
{
    struct large *large = state;

    if (large)
        bbob_free(large->bbob);
    free(large);
}

static const struct problem_ops large_ops = { .evaluate = large_evaluate,
                                              .release = large_release };

/* The first numbers of a random order of all parameters. */
static void draw_places(size_t *places, size_t dimension, uint64_t seed)
{
    for (size_t i = 0; i < dimension; i++) {
        size_t j = chance_below(seed, CHANCE_PLACE, i, 0, i + 1);

        places[i] = places[j];
        places[j] = i;
    }
}

static struct problem *make(unsigned function, size_t dimension, bool is_sparse, unsigned instance)
{
    char name[64];
    char family[32];
    struct large *large = calloc(1, sizeof *large);
    struct problem_parts parts = { .suite = "S8",
                                   .name = name,
                                   .family = family,
                                   .instance = instance,
                                   .ops = &large_ops,
                                   .state = large };

    (void)snprintf(family, sizeof family, "%s-d%03zu", is_sparse ? "sparse" : "dense", dimension);
    (void)snprintf(name, sizeof name, "%s-f%02u-i%02u", family, function, instance);
    if (large)
        large->bbob = bbob_new(function, is_sparse ? EFFECTIVE : dimension, instance);
    if (large && large->bbob) {
        draw_places(large->places, dimension, chance_seed(name, instance));
        for (size_t i = 0; i < bbob_dimension(large->bbob); i++)
            large->best[large->places[i]] = bbob_best(large->bbob)[i];
        parts.optimum = bbob_optimum(large->bbob);
        parts.best = large->best;
        parts.space = space_new_box(dimension);
    }
    return problem_new(&parts);
}

static bool is_quick(unsigned function, size_t dimension, bool is_sparse)
{
    return dimension == 50 && (function == 1 || (function == 8 && is_sparse) || function == 15);
}

bool suite_large_append(const struct suite_query *query, struct problem_list *list,
                        struct assay_error *err)
{
    for (size_t dimension = 50; dimension <= 100; dimension += 50)
        for (int is_sparse = 0; is_sparse < 2; is_sparse++)
            for (const unsigned *f = suite_bbob_chosen; *f; f++)
                for (unsigned i = query->first_instance; i <= query->last_instance; i++)
                    if ((!query->is_quick || is_quick(*f, dimension, is_sparse)) &&
                        !problem_list_add(list, make(*f, dimension, is_sparse, i), err))
                        return false;
    return true;
}
