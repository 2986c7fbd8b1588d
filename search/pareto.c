#include "search/pareto.h"

#include "search/standing.h"

#include <stdlib.h>
#include <string.h>

/* What sorting and filling fronts work on. */
struct rows {
    const double *losses;
    size_t metric_count;
};

bool pareto_dominates(const double *a, const double *b, size_t metric_count)
{
    bool is_better = false;

    for (size_t i = 0; i < metric_count; i++) {
        if (a[i] > b[i])
            return false;
        is_better = is_better || a[i] < b[i];
    }
    return is_better;
}

/* By the first metric, ties by the next, at last by place: whoever dominates a row comes first. */
static int compare_rows(const void *left, const void *right, void *context)
{
    const struct rows *rows = context;
    size_t a = *(const size_t *)left;
    size_t b = *(const size_t *)right;

    for (size_t i = 0; i < rows->metric_count; i++) {
        double x = rows->losses[a * rows->metric_count + i];
        double y = rows->losses[b * rows->metric_count + i];

        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a > b) - (a < b);
}

/* Row numbers in that order. The caller owns them; NULL for lack of memory. */
static size_t *sorted_rows(struct rows *rows, size_t count)
{
    size_t *order = malloc((count + 1) * sizeof *order);

    if (!order)
        return NULL;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, compare_rows, rows);
    return order;
}

/*
 * Does the front dominate the row? next[] links the front's members, the latest first. With two
 * metrics the latest has the least second loss of all, so that it speaks for the others.
 */
static bool is_beaten(const struct rows *rows, size_t latest, const size_t *next, size_t row)
{
    size_t m = rows->metric_count;

    for (size_t i = latest; i != SIZE_MAX; i = next[i]) {
        if (pareto_dominates(rows->losses + i * m, rows->losses + row * m, m))
            return true;
        if (m <= 2)
            return false;
    }
    return false;
}

bool pareto_front(const double *losses, size_t count, size_t metric_count, bool *is_front)
{
    struct rows rows = { losses, metric_count };
    size_t *order = sorted_rows(&rows, count);
    size_t *next = malloc((count + 1) * sizeof *next);
    size_t latest = SIZE_MAX;
    bool is_done = false;

    if (!order || !next)
        goto out;
    for (size_t i = 0; i < count; i++) {
        size_t row = order[i];

        is_front[row] = !is_beaten(&rows, latest, next, row);
        if (is_front[row]) {
            next[row] = latest;
            latest = row;
        }
    }
    is_done = true;
out:
    free(order);
    free(next);
    return is_done;
}

/* Zhang et al. 2015, "An efficient approach to nondominated sorting", with sequential search: a row
 * joins the first front none of whose members dominates it. */
bool pareto_ranks(const double *losses, size_t count, size_t metric_count, size_t *ranks)
{
    struct rows rows = { losses, metric_count };
    size_t *order = sorted_rows(&rows, count);
    size_t *next = malloc((count + 1) * sizeof *next);
    size_t *latest = malloc((count + 1) * sizeof *latest); /* of each front */
    size_t front_count = 0;
    bool is_done = false;

    if (!order || !next || !latest)
        goto out;
    for (size_t i = 0; i < count; i++) {
        size_t row = order[i];
        size_t rank = 0;

        while (rank < front_count && is_beaten(&rows, latest[rank], next, row))
            rank++;
        if (rank == front_count)
            latest[front_count++] = SIZE_MAX;
        next[row] = latest[rank];
        latest[rank] = row;
        ranks[row] = rank;
    }
    is_done = true;
out:
    free(order);
    free(next);
    free(latest);
    return is_done;
}

bool pareto_optimal(const struct sampler_metric *metrics, size_t metric_count, const double *values,
                    size_t count, bool *is_optimal)
{
    double *losses = calloc(count * metric_count + 1, sizeof *losses);
    size_t *rows = malloc((count + 1) * sizeof *rows);
    bool *is_front = malloc((count + 1) * sizeof *is_front);
    size_t objective_count = 0;
    size_t qualified = 0;
    bool is_done = false;

    if (!losses || !rows || !is_front)
        goto out;
    for (size_t i = 0; i < metric_count; i++)
        objective_count += !metrics[i].is_safety;
    memset(is_optimal, 0, count * sizeof *is_optimal);
    for (size_t i = 0; i < count; i++)
        if (standing_losses(metrics, metric_count, values + i * metric_count,
                            losses + qualified * objective_count))
            rows[qualified++] = i;
    is_done = pareto_front(losses, qualified, objective_count, is_front);
    for (size_t i = 0; is_done && i < qualified; i++)
        is_optimal[rows[i]] = is_front[i];
out:
    free(losses);
    free(rows);
    free(is_front);
    return is_done;
}
