/* Suite S1: BBOB as it is, in 2 to 40 dimensions. */
#include "bench/bbob.h"
#include "bench/suite_make.h"

#include <stdio.h>

static void bbob_evaluate(const void *state, const double *point, uint64_t draw,
                          struct problem_outcome *outcome)
{
    double value = bbob_value(state, point);

    (void)draw;
    *outcome = (struct problem_outcome){ .value = value, .truth = value };
}

static void bbob_release(void *state)
{
    bbob_free(state);
}

static const struct problem_ops bbob_ops = { .evaluate = bbob_evaluate, .release = bbob_release };

struct problem *suite_bbob_problem(unsigned function, size_t dimension, unsigned instance)
{
    char name[64];
    char family[32];
    struct bbob *bbob = bbob_new(function, dimension, instance);
    struct problem_parts parts = { .suite = "S1",
                                   .name = name,
                                   .family = family,
                                   .instance = instance,
                                   .space = space_new_box(dimension),
                                   .optimum = bbob ? bbob_optimum(bbob) : 0,
                                   .best = bbob ? bbob_best(bbob) : NULL,
                                   .ops = &bbob_ops,
                                   .state = bbob };

    (void)snprintf(name, sizeof name, "bbob-f%02u-d%02zu-i%02u", function, dimension, instance);
    (void)snprintf(family, sizeof family, "d%02zu", dimension);
    return problem_new(&parts);
}

const unsigned suite_bbob_chosen[] = { 1, 3, 6, 8, 10, 13, 15, 17, 20, 21, 22, 24, 0 };

/* One of each of the definitions' five groups, in the lower dimensions. */
static bool is_quick(unsigned function, size_t dimension)
{
    return dimension <= 10 &&
           (function == 1 || function == 8 || function == 10 || function == 15 || function == 21);
}

bool suite_bbob_append(const struct suite_query *query, struct problem_list *list,
                       struct assay_error *err)
{
    static const size_t dimensions[] = { 2, 5, 10, 20, 40 };

    for (size_t d = 0; d < sizeof dimensions / sizeof dimensions[0]; d++)
        for (unsigned function = 1; function <= BBOB_FUNCTIONS; function++)
            for (unsigned i = query->first_instance; i <= query->last_instance; i++)
                if ((!query->is_quick || is_quick(function, dimensions[d])) &&
                    !problem_list_add(list, suite_bbob_problem(function, dimensions[d], i), err))
                    return false;
    return true;
}
