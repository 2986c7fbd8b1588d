#include "search/standing.h"

#include "search/pareto.h"

#include <math.h>
#include <stdlib.h>

/* By how much a safety metric's value is on the wrong side; 0: it is safe. */
static double violation_of(const struct sampler_metric *metric, double value)
{
    double excess = value - metric->safety_threshold;

    if (metric->is_maximized)
        excess = -excess;
    return excess > 0 ? excess : 0;
}

/* False: a value is missing. */
static bool split_values(const struct sampler_metric *metrics, size_t metric_count,
                         const double *values, double *losses, double *violation)
{
    size_t objective = 0;

    *violation = 0;
    for (size_t i = 0; i < metric_count; i++) {
        if (!isfinite(values[i]))
            return false;
        if (metrics[i].is_safety)
            *violation += violation_of(&metrics[i], values[i]);
        else
            losses[objective++] = metrics[i].is_maximized ? -values[i] : values[i];
    }
    return true;
}

bool standing_losses(const struct sampler_metric *metrics, size_t metric_count,
                     const double *values, double *losses)
{
    double violation = 0;

    return split_values(metrics, metric_count, values, losses, &violation) && violation == 0;
}

static void judge(const struct sampler *sampler, const struct past_trial *trial,
                  struct standing *standing)
{
    standing->rank = 0;
    standing->crowding = 0;
    standing->progress = trial->progress;
    standing->violation = 0;
    if (trial->state == PAST_INFEASIBLE ||
        !split_values(sampler->metrics, sampler->metric_count, trial->values, standing->losses,
                      &standing->violation))
        standing->class = STANDING_FAILED;
    else if (standing->violation > 0)
        standing->class = STANDING_UNSAFE;
    else
        standing->class = trial->state == PAST_STOPPED ? STANDING_STOPPED : STANDING_COMPLETED;
}

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

/* What orders the classes that have an order of their own. 0: they share a rank. */
static int compare_worth(const struct standing *a, const struct standing *b)
{
    int order = (a->class > b->class) - (a->class < b->class);

    if (order != 0 || a->class == STANDING_FAILED)
        return order;
    if (a->class == STANDING_STOPPED)
        order = compare_numbers(b->progress, a->progress);
    if (a->class == STANDING_UNSAFE)
        return compare_numbers(a->violation, b->violation);
    return order != 0 ? order : compare_numbers(a->losses[0], b->losses[0]);
}

static int compare_worth_then_index(const void *left, const void *right)
{
    const struct standing *a = left;
    const struct standing *b = right;
    int order = compare_worth(a, b);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_ranks(const void *left, const void *right)
{
    const struct standing *a = left;
    const struct standing *b = right;

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->crowding != b->crowding)
        return a->crowding > b->crowding ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Ranks of a list sorted by worth, first being that of its first entry. */
static void number_ranks(struct standing *list, size_t count, size_t first)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && compare_worth(&list[i - 1], &list[i]) != 0)
            first++;
        list[i].rank = first;
    }
}

static int compare_loss(const void *left, const void *right, void *context)
{
    const struct standing *a = left;
    const struct standing *b = right;
    size_t metric = *(const size_t *)context;
    int order = compare_numbers(a->losses[metric], b->losses[metric]);

    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* One front's crowding distances: Deb et al. 2002, section III-B. Leaves the front sorted by its
 * last metric. */
static void crowd(struct standing *front, size_t count, size_t metric_count)
{
    for (size_t m = 0; m < metric_count; m++) {
        double range = 0;

        qsort_r(front, count, sizeof *front, compare_loss, &m);
        range = front[count - 1].losses[m] - front[0].losses[m];
        front[0].crowding = (double)INFINITY;
        front[count - 1].crowding = (double)INFINITY;
        for (size_t i = 1; range > 0 && i + 1 < count; i++)
            front[i].crowding += (front[i + 1].losses[m] - front[i - 1].losses[m]) / range;
    }
}

static void crowd_fronts(struct standing *list, size_t count, size_t metric_count)
{
    for (size_t begin = 0; begin < count;) {
        size_t end = begin;

        while (end < count && list[end].rank == list[begin].rank)
            end++;
        crowd(list + begin, end - begin, metric_count);
        begin = end;
    }
}

/* The completed trials of several objectives. *next: the first rank that none of them has. */
static bool rank_fronts(struct standing *list, size_t count, size_t metric_count, size_t *next)
{
    double *losses = malloc((count * metric_count + 1) * sizeof *losses);
    size_t *ranks = malloc((count + 1) * sizeof *ranks);
    bool is_done = false;

    *next = 0;
    if (!losses || !ranks)
        goto out;
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < metric_count; m++)
            losses[i * metric_count + m] = list[i].losses[m];
    is_done = pareto_ranks(losses, count, metric_count, ranks);
    for (size_t i = 0; is_done && i < count; i++) {
        list[i].rank = ranks[i];
        if (ranks[i] >= *next)
            *next = ranks[i] + 1;
    }
out:
    free(losses);
    free(ranks);
    return is_done;
}

bool standing_rank(const struct sampler *sampler, const struct history *history,
                   struct standing *list, size_t count)
{
    size_t completed = 0;
    size_t next = 0;

    for (size_t i = 0; i < count; i++) {
        struct past_trial trial = history_get(history, list[i].index);

        judge(sampler, &trial, &list[i]);
        completed += list[i].class == STANDING_COMPLETED;
        if (sampler->objective_count == 0)
            list[i].losses[0] = 0;
    }
    qsort(list, count, sizeof *list, compare_worth_then_index);
    if (sampler->objective_count <= 1) {
        number_ranks(list, count, 0);
        return true;
    }
    if (!rank_fronts(list, completed, sampler->objective_count, &next))
        return false;
    number_ranks(list + completed, count - completed, next);
    qsort(list, completed, sizeof *list, compare_ranks);
    crowd_fronts(list, completed, sampler->objective_count);
    qsort(list, completed, sizeof *list, compare_ranks);
    return true;
}
