#include "bench/curves.h"

#include <stdlib.h>

static double score_at(const struct comparison *comparison, size_t cell, size_t arm, size_t trial)
{
    const struct result *run = comparison->cells[cell * comparison->arm_count + arm];

    return regret_at(run->curve, run->curve_count, trial);
}

bool quartiles_init(struct quartiles *quartiles, const struct comparison *comparison, size_t arm)
{
    size_t budget = comparison->budget;
    double *block = calloc(3 * budget + comparison->cell_count, sizeof *block);
    double *scores = block ? block + 3 * budget : NULL;

    if (!block)
        return false;
    *quartiles =
        (struct quartiles){ .low = block, .middle = block + budget, .high = block + 2 * budget };
    for (size_t i = 0; i < budget; i++) {
        for (size_t cell = 0; cell < comparison->cell_count; cell++)
            scores[cell] = score_at(comparison, cell, arm, i + 1);
        quartiles->low[i] = quantile_of(scores, comparison->cell_count, 0.25);
        quartiles->middle[i] = quantile_of(scores, comparison->cell_count, 0.5);
        quartiles->high[i] = quantile_of(scores, comparison->cell_count, 0.75);
    }
    return true;
}

void quartiles_clear(struct quartiles *quartiles)
{
    free(quartiles->low);
    *quartiles = (struct quartiles){ 0 };
}

/* Adds to ranks, every arm's, what one cell after one trial weighs. */
static void add_ranks(const struct comparison *comparison, size_t cell, size_t trial, double weight,
                      double *ranks)
{
    double scores[COMPARISON_ARMS_MAX];
    double own[COMPARISON_ARMS_MAX];

    for (size_t arm = 0; arm < comparison->arm_count; arm++)
        scores[arm] = score_at(comparison, cell, arm, trial);
    ranks_of(scores, comparison->arm_count, own);
    for (size_t arm = 0; arm < comparison->arm_count; arm++)
        ranks[arm * comparison->budget + trial - 1] += weight * own[arm];
}

double *rank_curves(const struct comparison *comparison)
{
    double *ranks = calloc(comparison->arm_count * comparison->budget + 1, sizeof *ranks);

    for (size_t i = 0; ranks && i < comparison->problem_count; i++) {
        size_t first = comparison->starts[i];
        size_t last = comparison->starts[i + 1];
        double weight = 1 / ((double)(last - first) * (double)comparison->problem_count);

        for (size_t cell = first; cell < last; cell++)
            for (size_t trial = 1; trial <= comparison->budget; trial++)
                add_ranks(comparison, cell, trial, weight, ranks);
    }
    return ranks;
}

double median_score(const struct comparison *comparison, size_t arm, size_t first, size_t last,
                    double *scratch)
{
    for (size_t cell = first; cell < last; cell++)
        scratch[cell - first] = score_at(comparison, cell, arm, comparison->budget);
    return quantile_of(scratch, last - first, 0.5);
}
