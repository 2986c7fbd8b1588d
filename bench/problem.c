#include "bench/problem.h"

#include "bench/suite_make.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Random feasible points whose median truth is typical, and draws of one before it is given up. */
enum { TYPICAL_POINTS = 1001, TYPICAL_DRAWS_MAX = 20 * TYPICAL_POINTS };

void problem_free(struct problem *problem)
{
    if (!problem)
        return;
    search_space_free(problem->space);
    free(problem->best);
    if (problem->ops->release)
        problem->ops->release(problem->state);
    free(problem);
}

/* Fills truths[0 .. TYPICAL_POINTS-1] as far as feasible points are found; returns how many. */
static size_t draw_truths(const struct problem *problem, double *point, double *truths)
{
    const struct search_space *space = problem->space;
    uint64_t seed = chance_seed(problem->name, 0);
    size_t found = 0;

    for (uint64_t draw = 0; draw < TYPICAL_DRAWS_MAX && found < TYPICAL_POINTS; draw++) {
        struct problem_outcome outcome = { 0 };

        for (size_t i = 0; i < space->param_count; i++)
            point[i] = chance_unit(seed, CHANCE_TYPICAL, draw, (uint32_t)i);
        search_space_decode(space, point, point);
        problem->ops->evaluate(problem->state, point, draw, &outcome);
        if (!outcome.is_infeasible)
            truths[found++] = outcome.truth;
    }
    return found;
}

static bool find_typical(struct problem *problem)
{
    double *point = malloc(problem->space->param_count * sizeof *point);
    double *truths = malloc(TYPICAL_POINTS * sizeof *truths);
    bool is_ok = point && truths;

    if (is_ok) {
        size_t found = draw_truths(problem, point, truths);

        assert(found > 0);
        sort_numbers(truths, found);
        problem->typical = truths[found / 2];
    }
    free(point);
    free(truths);
    return is_ok;
}

/* True also where there is nothing to keep. */
static bool keep_best(struct problem *problem, const double *best)
{
    size_t size = problem->space->param_count * sizeof *best;

    if (!best)
        return true;
    problem->best = malloc(size);
    if (problem->best)
        memcpy(problem->best, best, size);
    return problem->best != NULL;
}

struct problem *problem_new(const struct problem_parts *parts)
{
    struct problem *problem = calloc(1, sizeof *problem);

    if (!problem || !parts->space || !parts->state) {
        search_space_free(parts->space);
        if (parts->ops->release)
            parts->ops->release(parts->state);
        free(problem);
        return NULL;
    }
    problem->suite = parts->suite;
    (void)snprintf(problem->name, sizeof problem->name, "%s", parts->name);
    (void)snprintf(problem->family, sizeof problem->family, "%s", parts->family);
    problem->instance = parts->instance;
    problem->space = parts->space;
    problem->optimum = parts->optimum;
    problem->is_noisy = parts->is_noisy;
    problem->curve_length = parts->curve_length;
    problem->ops = parts->ops;
    problem->state = parts->state;
    if (parts->typical)
        problem->typical = *parts->typical;
    if (!keep_best(problem, parts->best) || (!parts->typical && !find_typical(problem))) {
        problem_free(problem);
        return NULL;
    }
    return problem;
}
