/* Random weighted maximum 3-satisfiability: the value is the weight of the clauses that fail. */
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* So many clauses to a variable that they hardly ever all hold. */
enum { VARIABLES_MAX = 30, DENSITY = 6, CLAUSES_MAX = VARIABLES_MAX * DENSITY };

/* Fails when all its variables have the values of fails. */
struct clause {
    uint32_t variables; /* three bits */
    uint32_t fails;     /* a subset of them */
    double weight;
};

struct sat {
    size_t variable_count, clause_count;
    struct clause clauses[CLAUSES_MAX];
};

static double failing_weight(const struct sat *sat, uint32_t assignment)
{
    double sum = 0;

    for (size_t i = 0; i < sat->clause_count; i++) {
        const struct clause *clause = &sat->clauses[i];

        if ((assignment & clause->variables) == clause->fails)
            sum += clause->weight;
    }
    return sum;
}

static void sat_evaluate(const void *state, const double *point, uint64_t draw,
                         struct problem_outcome *outcome)
{
    const struct sat *sat = state;
    uint32_t assignment = 0;

    (void)draw;
    for (size_t i = 0; i < sat->variable_count; i++)
        assignment |= (uint32_t)(point[i] != 0) << i;
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = failing_weight(sat, assignment);
}

static const struct problem_ops sat_ops = { .evaluate = sat_evaluate, .release = free };

/* Whose failing is known once `count` variables are, and was not before. */
static double weight_at(const struct sat *sat, uint32_t assignment, size_t count)
{
    uint32_t known = (UINT32_C(1) << count) - 1;
    uint32_t newest = UINT32_C(1) << (count - 1);
    double sum = 0;

    for (size_t i = 0; i < sat->clause_count; i++) {
        const struct clause *clause = &sat->clauses[i];

        if ((clause->variables & newest) && !(clause->variables & ~known) &&
            (assignment & clause->variables) == clause->fails)
            sum += clause->weight;
    }
    return sum;
}

/* Lowers *least to the least weight of assignments whose first count variables are given. */
static void search(const struct sat *sat, uint32_t assignment, size_t count, double weight,
                   double *least)
{
    if (weight >= *least)
        return;
    if (count == sat->variable_count) {
        *least = failing_weight(sat, assignment); /* summed in the order of an evaluation */
        return;
    }
    for (uint32_t value = 0; value < 2; value++) {
        uint32_t longer = assignment | value << count;

        search(sat, longer, count + 1, weight + weight_at(sat, longer, count + 1), least);
    }
}

static void fill_clause(struct clause *clause, size_t variable_count, uint64_t seed, size_t index)
{
    uint32_t found = 0;

    for (uint32_t draw = 0; found < 3; draw++) {
        size_t variable = chance_below(seed, CHANCE_PLACE, index, draw, variable_count);
        uint32_t bit = UINT32_C(1) << variable;

        if (clause->variables & bit)
            continue;
        clause->variables |= bit;
        if (chance_unit(seed, CHANCE_SHAPE, index, found) < 0.5)
            clause->fails |= bit;
        found++;
    }
    clause->weight = 0.5 + chance_unit(seed, CHANCE_SHAPE, index, found);
}

struct problem *sat_problem(size_t variables, unsigned instance)
{
    char name[64];
    struct sat *sat = calloc(1, sizeof *sat);
    struct problem_parts parts = {
        .suite = "S3", .name = name, .family = "sat", .instance = instance, .ops = &sat_ops
    };

    (void)snprintf(name, sizeof name, "sat-n%02zu-i%02u", variables, instance);
    if (sat) {
        uint64_t seed = chance_seed(name, instance);

        sat->variable_count = variables;
        sat->clause_count = variables * DENSITY;
        for (size_t i = 0; i < sat->clause_count; i++)
            fill_clause(&sat->clauses[i], variables, seed, i);
        parts.optimum = (double)INFINITY;
        search(sat, 0, 0, 0, &parts.optimum);
        parts.space = letter_space(variables, 2);
    }
    parts.state = sat;
    return problem_new(&parts);
}
