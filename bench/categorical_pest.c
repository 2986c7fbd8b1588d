/*
 * Pest control: C. Oh, J. Tomczak, E. Gavves and M. Welling, "Combinatorial Bayesian optimization
 * using the graph Cartesian product", NeurIPS 2019 (the section on pest control and its program).
 * At each of a chain of stages one of four pesticides is used, or none. Each becomes cheaper the
 * more often it is bought, and weaker the more often it was used. The value is the price of all
 * and, summed over the stages, the fraction of simulated chains above the threshold. Theirs have
 * one price for all stages; here prices differ, since one makes the cheapest best everywhere.
 */
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES_MAX = 12, CHAINS = 30, CHOICES = 5 };

static const double threshold = 0.1;

/* By pesticide; 0 is none. */
static const double mean_prices[CHOICES] = { 0, 1, 0.8, 0.7, 0.5 };
static const double discounts[CHOICES] = { 0, 0.2, 0.3, 0.3, 0 };
static const double first_betas[CHOICES] = { 0, 2.0 / 7, 3.0 / 7, 3.0 / 7, 5.0 / 7 };
static const double tolerances[CHOICES] = { 0, 1.0 / 7, 2.5 / 7, 2.0 / 7, 0.5 / 7 };

struct pest {
    size_t stages;
    double start[CHAINS];
    double prices[STAGES_MAX][CHOICES];
    double spread[STAGES_MAX][CHAINS];
    /* What survives at a stage by pesticide and how often it was used before. */
    double left[STAGES_MAX][CHOICES][STAGES_MAX][CHAINS];
};

/* How far a chain has come. */
struct progress {
    double fractions[CHAINS];
    size_t uses[CHOICES];
    double prices[CHOICES]; /* by pesticide, before discounts */
    double above;
};

static void pass(const struct pest *pest, size_t stage, size_t choice, struct progress *progress)
{
    const double *left = pest->left[stage][choice][progress->uses[choice]];
    size_t above = 0;

    for (size_t i = 0; i < CHAINS; i++) {
        double fraction = progress->fractions[i];

        above += fraction > threshold;
        progress->fractions[i] =
            choice ? left[i] * fraction : fraction + pest->spread[stage][i] * (1 - fraction);
    }
    progress->uses[choice] += choice != 0;
    progress->prices[choice] += pest->prices[stage][choice];
    progress->above += (double)above / CHAINS;
}

/* What has been bought so far, with the discounts for so many purchases in all. */
static double price_of(const struct pest *pest, const struct progress *progress, bool is_complete)
{
    double sum = 0;

    for (size_t p = 1; p < CHOICES; p++) {
        double uses = (double)progress->uses[p];
        double share = is_complete ? uses / (double)pest->stages : 1;

        sum += progress->prices[p] * (1 - discounts[p] * share);
    }
    return sum;
}

static void pest_evaluate(const void *state, const double *point, uint64_t draw,
                          struct problem_outcome *outcome)
{
    const struct pest *pest = state;
    struct progress progress = { 0 };

    (void)draw;
    memcpy(progress.fractions, pest->start, sizeof progress.fractions);
    for (size_t i = 0; i < pest->stages; i++)
        pass(pest, i, (size_t)point[i], &progress);
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = progress.above + price_of(pest, &progress, true);
}

static const struct problem_ops pest_ops = { .evaluate = pest_evaluate, .release = free };

/* Lowers *least; what costs that much already, with the greatest discounts, need not go on. */
static void search(const struct pest *pest, size_t stage, const struct progress *before,
                   double *least)
{
    bool is_complete = stage == pest->stages;
    double sum = before->above + price_of(pest, before, is_complete);

    if (sum >= *least)
        return;
    if (is_complete) {
        *least = sum;
        return;
    }
    for (size_t choice = CHOICES; choice-- > 0;) {
        struct progress progress = *before;

        pass(pest, stage, choice, &progress);
        search(pest, stage + 1, &progress, least);
    }
}

/* Beta(1, b), by its inverse. */
static double beta_at(double unit, double b)
{
    return -expm1(log1p(-unit) / b);
}

static void fill_stage(struct pest *pest, size_t stage, uint64_t seed)
{
    for (uint32_t p = 1; p < CHOICES; p++)
        pest->prices[stage][p] =
            mean_prices[p] * (0.5 + chance_unit(seed, CHANCE_PLACE, stage + 1, p));
    for (uint32_t i = 0; i < CHAINS; i++) {
        double unit = chance_unit(seed, CHANCE_SHAPE, stage, 2 * i + 1);

        pest->spread[stage][i] = beta_at(chance_unit(seed, CHANCE_SHAPE, stage, 2 * i), 17.0 / 3);
        for (size_t p = 1; p < CHOICES; p++)
            for (size_t used = 0; used <= stage; used++) {
                double tolerance = tolerances[p] * (double)used / (double)pest->stages;

                pest->left[stage][p][used][i] = 1 - beta_at(unit, first_betas[p] + tolerance);
            }
    }
}

struct problem *pest_problem(size_t stages, unsigned instance)
{
    char name[64];
    struct pest *pest = calloc(1, sizeof *pest);
    struct problem_parts parts = {
        .suite = "S3", .name = name, .family = "pest", .instance = instance, .ops = &pest_ops
    };

    (void)snprintf(name, sizeof name, "pest-n%02zu-i%02u", stages, instance);
    if (pest) {
        uint64_t seed = chance_seed(name, instance);
        struct progress start = { 0 };

        pest->stages = stages;
        for (uint32_t i = 0; i < CHAINS; i++)
            pest->start[i] = beta_at(chance_unit(seed, CHANCE_PLACE, 0, i), 30);
        for (size_t stage = 0; stage < stages; stage++)
            fill_stage(pest, stage, seed);
        memcpy(start.fractions, pest->start, sizeof start.fractions);
        parts.optimum = (double)INFINITY;
        search(pest, 0, &start, &parts.optimum);
        parts.space = letter_space(stages, CHOICES);
    }
    parts.state = pest;
    return problem_new(&parts);
}
