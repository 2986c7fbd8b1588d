/*
 * Contamination control: Y. Hu, J. Hu, Y. Xu, F. Wang and R. Cao, "Contamination control in food
 * supply chain", Winter Simulation Conference 2010, in the Lagrangian form with the constants of
 * C. Oh, J. Tomczak, E. Gavves and M. Welling, "Combinatorial Bayesian optimization using the graph
 * Cartesian product", NeurIPS 2019. At each stage of a chain food becomes more contaminated, or,
 * where one acts, less. The value is the cost of the actions, the fraction of simulated chains that
 * are too contaminated after each stage, and a little for each action. Theirs cost 1 at all stages;
 * here costs differ, since one price makes acting everywhere or nowhere best.
 */
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES_MAX = 25, CHAINS = 50 };

static const double threshold = 0.1;       /* of the contaminated fraction */
static const double regularization = 1e-4; /* lambda, for each action */

struct contamination {
    size_t stages;
    double costs[STAGES_MAX];
    double start[CHAINS];
    double spread[STAGES_MAX][CHAINS]; /* without action, of what is clean */
    double restored[STAGES_MAX][CHAINS];
};

/* Lets the fractions pass a stage and returns what that costs. */
static double pass(const struct contamination *chain, size_t stage, bool is_acting,
                   double fractions[CHAINS])
{
    size_t above = 0;

    for (size_t i = 0; i < CHAINS; i++) {
        if (is_acting)
            fractions[i] *= 1 - chain->restored[stage][i];
        else
            fractions[i] += chain->spread[stage][i] * (1 - fractions[i]);
        above += fractions[i] > threshold;
    }
    return (double)above / CHAINS + (is_acting ? chain->costs[stage] + regularization : 0);
}

static void contamination_evaluate(const void *state, const double *point, uint64_t draw,
                                   struct problem_outcome *outcome)
{
    const struct contamination *chain = state;
    double fractions[CHAINS];
    double sum = 0;

    (void)draw;
    memcpy(fractions, chain->start, sizeof fractions);
    for (size_t i = 0; i < chain->stages; i++)
        sum += pass(chain, i, point[i] != 0, fractions);
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = sum;
}

static const struct problem_ops contamination_ops = { .evaluate = contamination_evaluate,
                                                      .release = free };

/* Lowers *least to the least value of chains that have cost sum up to this stage. Costs are never
 * negative, so that what has reached *least need not go on. */
static void search(const struct contamination *chain, size_t stage, const double before[CHAINS],
                   double sum, double *least)
{
    if (sum >= *least)
        return;
    if (stage == chain->stages) {
        *least = sum;
        return;
    }
    for (int is_idle = 0; is_idle < 2; is_idle++) {
        double fractions[CHAINS];
        double more = 0;

        memcpy(fractions, before, sizeof fractions);
        more = pass(chain, stage, !is_idle, fractions);
        search(chain, stage + 1, fractions, sum + more, least);
    }
}

/* Beta(1, b), by its inverse. */
static double draw_beta(uint64_t seed, size_t stage, uint32_t index, double b)
{
    return -expm1(log1p(-chance_unit(seed, CHANCE_SHAPE, stage, index)) / b);
}

static void fill(struct contamination *chain, uint64_t seed)
{
    for (size_t stage = 0; stage < chain->stages; stage++)
        chain->costs[stage] = 0.4 + 0.6 * chance_unit(seed, CHANCE_PLACE, stage, 0);
    for (uint32_t i = 0; i < CHAINS; i++) {
        chain->start[i] = draw_beta(seed, 0, i, 30);
        for (size_t stage = 0; stage < chain->stages; stage++) {
            chain->spread[stage][i] = draw_beta(seed, stage + 1, 2 * i, 17.0 / 3);
            chain->restored[stage][i] = draw_beta(seed, stage + 1, 2 * i + 1, 3.0 / 7);
        }
    }
}

struct problem *contamination_problem(size_t stages, unsigned instance)
{
    char name[64];
    struct contamination *chain = calloc(1, sizeof *chain);
    struct problem_parts parts = { .suite = "S3",
                                   .name = name,
                                   .family = "contamination",
                                   .instance = instance,
                                   .ops = &contamination_ops };

    (void)snprintf(name, sizeof name, "contamination-n%02zu-i%02u", stages, instance);
    if (chain) {
        chain->stages = stages;
        fill(chain, chance_seed(name, instance));
        parts.optimum = (double)INFINITY;
        search(chain, 0, chain->start, 0, &parts.optimum);
        parts.space = letter_space(stages, 2);
    }
    parts.state = chain;
    return problem_new(&parts);
}
