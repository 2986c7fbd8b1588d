/*
 * Suite S2: BBOB with four fifths of the parameters INTEGERs of 2, 4, 8 and 16 values.
 *
 * After T. Tusar, D. Brockhoff and N. Hansen, "Mixed-integer benchmark problems for single- and
 * bi-objective optimization", GECCO 2019 (COCO's bbob-mixint): k values lie evenly in [-4, 4],
 * 8 / (k + 1) apart, moved so that one of them is the optimum's coordinate. COCO's factors on the
 * values are left out.
 */
#include "bench/bbob.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { GROUPS = 5 };

/* By group; 0: continuous. */
static const int group_values[GROUPS] = { 2, 4, 8, 16, 0 };

struct mixed {
    struct bbob *bbob;
    double steps[BBOB_DIMENSION_MAX]; /* 0 for a continuous coordinate */
    double best[BBOB_DIMENSION_MAX];  /* the optimal point */
};

static void mixed_evaluate(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    const struct mixed *mixed = state;
    const double *best = bbob_best(mixed->bbob);
    double x[BBOB_DIMENSION_MAX];
    double value = 0;

    (void)draw;
    for (size_t i = 0; i < bbob_dimension(mixed->bbob); i++) {
        double step = mixed->steps[i];

        x[i] = step > 0 ? best[i] + step * (point[i] - mixed->best[i]) : point[i];
    }
    value = bbob_value(mixed->bbob, x);
    *outcome = (struct problem_outcome){ .value = value, .truth = value };
}

static void mixed_release(void *state)
{
    struct mixed *mixed = state;

    if (mixed)
        bbob_free(mixed->bbob);
    free(mixed);
}

static const struct problem_ops mixed_ops = { .evaluate = mixed_evaluate,
                                              .release = mixed_release };

static int values_of(size_t index, size_t dimension)
{
    return group_values[index * GROUPS / dimension];
}

static struct mixed *mixed_new(unsigned function, size_t dimension, unsigned instance)
{
    struct mixed *mixed = calloc(1, sizeof *mixed);

    if (!mixed)
        return NULL;
    mixed->bbob = bbob_new(function, dimension, instance);
    if (!mixed->bbob) {
        free(mixed);
        return NULL;
    }
    for (size_t i = 0; i < dimension; i++) {
        int values = values_of(i, dimension);
        double nearest = 0;

        mixed->best[i] = bbob_best(mixed->bbob)[i];
        if (!values)
            continue;
        mixed->steps[i] = 8 / ((double)values + 1);
        nearest = round((bbob_best(mixed->bbob)[i] + 4) / mixed->steps[i] - 1);
        mixed->best[i] = fmin(fmax(nearest, 0), values - 1);
    }
    return mixed;
}

static struct search_space *mixed_space(size_t dimension)
{
    struct search_space *space = space_new_box(dimension);

    for (size_t i = 0; space && i < dimension; i++) {
        int values = values_of(i, dimension);

        if (!values)
            continue;
        space->params[i].type = PARAM_INTEGER;
        space->params[i].min = 0;
        space->params[i].max = values - 1;
    }
    return space;
}

static struct problem *make(unsigned function, size_t dimension, unsigned instance)
{
    char name[64];
    char family[32];
    struct mixed *mixed = mixed_new(function, dimension, instance);
    struct problem_parts parts = { .suite = "S2",
                                   .name = name,
                                   .family = family,
                                   .instance = instance,
                                   .space = mixed_space(dimension),
                                   .optimum = mixed ? bbob_optimum(mixed->bbob) : 0,
                                   .best = mixed ? mixed->best : NULL,
                                   .ops = &mixed_ops,
                                   .state = mixed };

    (void)snprintf(name, sizeof name, "mixint-f%02u-d%02zu-i%02u", function, dimension, instance);
    (void)snprintf(family, sizeof family, "d%02zu", dimension);
    return problem_new(&parts);
}

static bool is_quick(unsigned function, size_t dimension)
{
    return dimension <= 10 && (function == 1 || function == 8 || function == 15 || function == 21);
}

bool suite_mixed_append(const struct suite_query *query, struct problem_list *list,
                        struct assay_error *err)
{
    static const size_t dimensions[] = { 5, 10, 20, 40 };

    for (size_t d = 0; d < sizeof dimensions / sizeof dimensions[0]; d++)
        for (unsigned function = 1; function <= BBOB_FUNCTIONS; function++)
            for (unsigned i = query->first_instance; i <= query->last_instance; i++)
                if ((!query->is_quick || is_quick(function, dimensions[d])) &&
                    !problem_list_add(list, make(function, dimensions[d], i), err))
                    return false;
    return true;
}
