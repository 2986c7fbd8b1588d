/*
 * Ising models without fields on a small grid: which couplings to keep, or to take from where, so
 * that the result q stays near one or several given models p. After R. Baptista and M. Poloczek,
 * "Bayesian optimization of combinatorial structures", ICML 2018, section 5.2 (sparsification).
 *
 * With J the couplings, s the spins (+1 and -1), E_p means under p, and Z the sum of
 * exp(sum J s s') over all spins:  KL(p || q) = sum over edges (J_p - J_q) E_p[s s'] + log(Z_q /
 * Z_p). So the value is a sum over the edges and log Z_q. Z is summed up column after column of the
 * grid (transfer matrix), an edge at a time, which is also how the optimum is enumerated:
 * combinations that begin alike share the work.
 */
#include "bench/categorical.h"
#include "bench/suite_make.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 3, COLUMNS_MAX = 4, EDGES_MAX = 17, CHOICES_MAX = 3, FRONTS = 1 << ROWS };

struct edge {
    bool is_across; /* from this row's last spin to its next, in the next column; else to the row
                       below, in the same column */
    size_t row;
    double couplings[CHOICES_MAX];
    double likes[CHOICES_MAX]; /* exp(coupling) */
    double costs[CHOICES_MAX]; /* all of an edge's share in the value but that in log Z */
};

struct ising {
    size_t choice_count;
    size_t edge_count;
    struct edge edges[EDGES_MAX];
    double constant;
};

/* like: exp(coupling). fronts[b]: sum over all spins before, with those of the front, one a row, as
 * the bits of b. */
static void pass_edge(const struct edge *edge, double like, double fronts[FRONTS])
{
    double unlike = 1 / like;
    size_t bit = (size_t)1 << edge->row;

    if (!edge->is_across) {
        for (size_t b = 0; b < FRONTS; b++)
            fronts[b] *= !(b & bit) == !(b & bit << 1) ? like : unlike;
        return;
    }
    for (size_t b = 0; b < FRONTS; b++) {
        double down = fronts[b];
        double up = fronts[b | bit];

        if (b & bit)
            continue;
        fronts[b] = like * down + unlike * up;
        fronts[b | bit] = unlike * down + like * up;
    }
}

static double log_sum(const double fronts[FRONTS])
{
    double sum = 0;

    for (size_t b = 0; b < FRONTS; b++)
        sum += fronts[b];
    return log(sum);
}

static void ising_evaluate(const void *state, const double *point, uint64_t draw,
                           struct problem_outcome *outcome)
{
    const struct ising *ising = state;
    double fronts[FRONTS];
    double sum = 0;

    (void)draw;
    for (size_t b = 0; b < FRONTS; b++)
        fronts[b] = 1;
    for (size_t e = 0; e < ising->edge_count; e++) {
        size_t choice = (size_t)point[e];

        pass_edge(&ising->edges[e], ising->edges[e].likes[choice], fronts);
        sum += ising->edges[e].costs[choice];
    }
    outcome->is_infeasible = false;
    outcome->value = outcome->truth = sum + log_sum(fronts) + ising->constant;
}

static const struct problem_ops ising_ops = { .evaluate = ising_evaluate, .release = free };

/* Lowers *least to the least value, without the constant, of what begins with these edges. */
static void search(const struct ising *ising, size_t edge, const double before[FRONTS], double sum,
                   double *least)
{
    if (edge == ising->edge_count) {
        *least = fmin(*least, sum + log_sum(before));
        return;
    }
    for (size_t choice = 0; choice < ising->choice_count; choice++) {
        double fronts[FRONTS];

        memcpy(fronts, before, sizeof fronts);
        pass_edge(&ising->edges[edge], ising->edges[edge].likes[choice], fronts);
        search(ising, edge + 1, fronts, sum + ising->edges[edge].costs[choice], least);
    }
}

static double find_optimum(const struct ising *ising)
{
    double fronts[FRONTS];
    double least = (double)INFINITY;

    for (size_t b = 0; b < FRONTS; b++)
        fronts[b] = 1;
    search(ising, 0, fronts, 0, &least);
    return least + ising->constant;
}

/* log Z of the model with these couplings. */
static double log_partition(const struct ising *ising, const double *couplings)
{
    double fronts[FRONTS];

    for (size_t b = 0; b < FRONTS; b++)
        fronts[b] = 1;
    for (size_t e = 0; e < ising->edge_count; e++)
        pass_edge(&ising->edges[e], exp(couplings[e]), fronts);
    return log_sum(fronts);
}

/*
 * E[s s'] of one edge: the sums over all spins with s = s' and with s != s' are those of the model
 * without that edge times exp(J) and exp(-J), and both come from Z with two values of J.
 */
static double mean_product(const struct ising *ising, const double *couplings, size_t edge)
{
    double changed[EDGES_MAX];
    double at_plus = 0;
    double at_zero = 0;
    double ratio = 0;

    memcpy(changed, couplings, sizeof changed);
    changed[edge] = 1;
    at_plus = log_partition(ising, changed);
    changed[edge] = 0;
    at_zero = log_partition(ising, changed);
    /* With a the share of s = s' at J = 0: Z(1) / Z(0) = a e + (1 - a) / e. */
    ratio = (exp(at_plus - at_zero) - exp(-1)) / (exp(1) - exp(-1));
    return tanh(couplings[edge] + atanh(2 * ratio - 1));
}

/* In the order in which a front passes them. */
static void lay_edges(struct ising *ising, size_t columns)
{
    for (size_t column = 0; column < columns; column++) {
        for (size_t row = 0; column && row < ROWS; row++)
            ising->edges[ising->edge_count++] = (struct edge){ .is_across = true, .row = row };
        for (size_t row = 0; row + 1 < ROWS; row++)
            ising->edges[ising->edge_count++] = (struct edge){ .row = row };
    }
    assert(ising->edge_count <= EDGES_MAX);
}

/* Model number of an instance: couplings of either sign. */
static void draw_couplings(const struct ising *ising, uint64_t seed, uint64_t model, double *out)
{
    for (uint32_t e = 0; e < ising->edge_count; e++) {
        double size = 0.05 + 1.45 * chance_unit(seed, CHANCE_SHAPE, model, 2 * e);

        out[e] = chance_unit(seed, CHANCE_SHAPE, model, 2 * e + 1) < 0.5 ? -size : size;
    }
}

/* Adds weight times KL(p || q) to the value. */
static void add_divergence(struct ising *ising, const double *couplings, double weight)
{
    ising->constant -= weight * log_partition(ising, couplings);
    for (size_t e = 0; e < ising->edge_count; e++) {
        struct edge *edge = &ising->edges[e];
        double mean = mean_product(ising, couplings, e);

        for (size_t c = 0; c < ising->choice_count; c++)
            edge->costs[c] += weight * (couplings[e] - edge->couplings[c]) * mean;
    }
}

static struct problem *finish(struct ising *ising, const char *name, const char *family,
                              unsigned instance)
{
    struct problem_parts parts = { .suite = "S3",
                                   .name = name,
                                   .family = family,
                                   .instance = instance,
                                   .ops = &ising_ops,
                                   .state = ising };

    for (size_t e = 0; e < ising->edge_count; e++)
        for (size_t c = 0; c < ising->choice_count; c++)
            ising->edges[e].likes[c] = exp(ising->edges[e].couplings[c]);
    parts.optimum = find_optimum(ising);
    parts.space = letter_space(ising->edge_count, ising->choice_count);
    return problem_new(&parts);
}

struct problem *ising_problem(unsigned instance)
{
    static const double price = 0.01; /* of a coupling that is kept: lambda */
    char name[64];
    double couplings[EDGES_MAX] = { 0 };
    struct ising *ising = calloc(1, sizeof *ising);

    if (!ising)
        return NULL;
    (void)snprintf(name, sizeof name, "ising-n17-i%02u", instance);
    ising->choice_count = 2;
    lay_edges(ising, COLUMNS_MAX);
    draw_couplings(ising, chance_seed(name, instance), 0, couplings);
    for (size_t e = 0; e < ising->edge_count; e++) {
        ising->edges[e].couplings[1] = couplings[e];
        ising->edges[e].costs[1] = price;
    }
    add_divergence(ising, couplings, 1);
    return finish(ising, name, "ising", instance);
}

struct problem *centroid_problem(unsigned instance)
{
    char name[64];
    double couplings[CHOICES_MAX][EDGES_MAX] = { 0 };
    struct ising *ising = calloc(1, sizeof *ising);

    if (!ising)
        return NULL;
    (void)snprintf(name, sizeof name, "centroid-n12-i%02u", instance);
    ising->choice_count = CHOICES_MAX;
    lay_edges(ising, COLUMNS_MAX - 1);
    for (size_t c = 0; c < CHOICES_MAX; c++) {
        draw_couplings(ising, chance_seed(name, instance), c, couplings[c]);
        for (size_t e = 0; e < ising->edge_count; e++)
            ising->edges[e].couplings[c] = couplings[c][e];
    }
    for (size_t c = 0; c < CHOICES_MAX; c++)
        add_divergence(ising, couplings[c], 1.0 / CHOICES_MAX);
    /* The weights sum to 1, as log Z of the result enters once. */
    return finish(ising, name, "centroid", instance);
}
