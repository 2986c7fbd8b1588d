#include "search/hypervolume.h"

#include "search/pareto.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void hypervolume_reference(const double *losses, size_t count, size_t metric_count,
                           double *reference)
{
    for (size_t m = 0; m < metric_count; m++) {
        double best = (double)INFINITY;
        double worst = -(double)INFINITY;

        for (size_t i = 0; i < count; i++) {
            best = fmin(best, losses[i * metric_count + m]);
            worst = fmax(worst, losses[i * metric_count + m]);
        }
        reference[m] = worst + 0.1 * (worst > best ? worst - best : 1);
    }
}

static int compare_first(const void *left, const void *right)
{
    const double *a = left;
    const double *b = right;

    return (a[0] > b[0]) - (a[0] < b[0]);
}

static int compare_last(const void *left, const void *right, void *context)
{
    const double *a = left;
    const double *b = right;
    size_t last = *(const size_t *)context;

    return (a[last] > b[last]) - (a[last] < b[last]);
}

static double volume_1(const double *rows, size_t count, const double *reference)
{
    double best = reference[0];

    for (size_t i = 0; i < count; i++)
        best = fmin(best, rows[i]);
    return reference[0] - best;
}

/* rows are sorted by their first loss; stride numbers lie between two rows. */
static double area_of_sorted(const double *rows, size_t count, size_t stride,
                             const double *reference)
{
    double area = 0;
    double height = reference[1];

    for (size_t i = 0; i < count; i++) {
        const double *row = rows + i * stride;

        if (row[1] < height) {
            area += (reference[0] - row[0]) * (height - row[1]);
            height = row[1];
        }
    }
    return area;
}

static double volume_2(double *rows, size_t count, const double *reference)
{
    qsort(rows, count, 2 * sizeof *rows, compare_first);
    return area_of_sorted(rows, count, 2, reference);
}

/* Slices between one third loss and the next; the rows of a slice are kept sorted by their first
 * loss at the array's begin. */
static double volume_3(double *rows, size_t count, const double *reference)
{
    size_t last = 2;
    double volume = 0;

    qsort_r(rows, count, 3 * sizeof *rows, compare_last, &last);
    for (size_t i = 0; i < count; i++) {
        double row[3] = { rows[3 * i], rows[3 * i + 1], rows[3 * i + 2] };
        double top = i + 1 < count ? rows[3 * (i + 1) + 2] : reference[2];
        size_t place = i;

        for (; place > 0 && rows[3 * (place - 1)] > row[0]; place--)
            memmove(rows + 3 * place, rows + 3 * (place - 1), sizeof row);
        memcpy(rows + 3 * place, row, sizeof row);
        if (top > row[2])
            volume += (top - row[2]) * area_of_sorted(rows, i + 1, 3, reference);
    }
    return volume;
}

static double volume_of(double *rows, size_t count, size_t m, const double *reference);

/* Rows of from, each moved to the worse of itself and row: what row already dominates of them.
 * Dominated ones are dropped. */
static size_t limit_rows(const double *from, size_t count, size_t m, const double *row, double *to)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        double *place = to + kept * m;
        bool is_needless = false;

        for (size_t k = 0; k < m; k++)
            place[k] = fmax(from[i * m + k], row[k]);
        for (size_t j = 0; j < kept && !is_needless; j++)
            is_needless = pareto_dominates(to + j * m, place, m) ||
                          memcmp(to + j * m, place, m * sizeof *to) == 0;
        kept += !is_needless;
    }
    return kept;
}

static double box_volume(const double *row, size_t m, const double *reference)
{
    double volume = 1;

    for (size_t k = 0; k < m; k++)
        volume *= reference[k] - row[k];
    return volume;
}

/* Each row's own box without what the rows after it dominate. */
static double volume_by_recursion(double *rows, size_t count, size_t m, const double *reference)
{
    size_t last = m - 1;
    double *limited = malloc((count * m + 1) * sizeof *limited);
    double volume = 0;

    if (!limited)
        return (double)NAN;
    qsort_r(rows, count, m * sizeof *rows, compare_last, &last);
    for (size_t i = 0; i < count; i++) {
        const double *row = rows + i * m;
        size_t kept = limit_rows(row + m, count - 1 - i, m, row, limited);

        volume += box_volume(row, m, reference) - volume_of(limited, kept, m, reference);
    }
    free(limited);
    return volume;
}

/* Sorts rows as it likes; all are below the reference. */
static double volume_of(double *rows, size_t count, size_t m, const double *reference)
{
    if (count == 0)
        return 0;
    if (count == 1)
        return box_volume(rows, m, reference);
    switch (m) {
    case 0:
        return 0;
    case 1:
        return volume_1(rows, count, reference);
    case 2:
        return volume_2(rows, count, reference);
    case 3:
        return volume_3(rows, count, reference);
    default:
        return volume_by_recursion(rows, count, m, reference);
    }
}

/* The rows below the reference; returns how many. */
static size_t copy_inner_rows(const double *losses, size_t count, size_t m, const double *reference,
                              double *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_inside = true;

        for (size_t k = 0; k < m; k++)
            is_inside = is_inside && losses[i * m + k] < reference[k];
        if (is_inside)
            memcpy(rows + kept++ * m, losses + i * m, m * sizeof *rows);
    }
    return kept;
}

double hypervolume(const double *losses, size_t count, size_t metric_count, const double *reference)
{
    double *rows = malloc((count * metric_count + 1) * sizeof *rows);
    double volume = (double)NAN;

    if (!rows)
        return volume;
    volume = volume_of(rows, copy_inner_rows(losses, count, metric_count, reference, rows),
                       metric_count, reference);
    free(rows);
    return volume;
}

double hypervolume_gain(const double *losses, size_t count, size_t metric_count,
                        const double *reference, const double *row)
{
    double *inner = malloc(((2 * count + 1) * metric_count + 1) * sizeof *inner);
    double *limited = NULL;
    double gain = (double)NAN;

    if (!inner)
        return gain;
    gain = 0;
    if (copy_inner_rows(row, 1, metric_count, reference, inner) == 1) {
        size_t kept = copy_inner_rows(losses, count, metric_count, reference, inner);

        limited = inner + count * metric_count;
        kept = limit_rows(inner, kept, metric_count, row, limited);
        gain = box_volume(row, metric_count, reference) -
               volume_of(limited, kept, metric_count, reference);
    }
    free(inner);
    return gain;
}

/*
 * A row's gain only falls as the set grows, so that an old gain is an upper bound (Minoux 1978):
 * the row with the largest bound is measured again until it keeps its place.
 */
static bool pick_next(double *set, size_t set_count, const double *losses, size_t count, size_t m,
                      const double *reference, double *bounds, size_t *picked)
{
    size_t fresh = SIZE_MAX;

    for (;;) {
        size_t best = 0;

        for (size_t i = 1; i < count; i++)
            if (bounds[i] > bounds[best])
                best = i;
        if (best == fresh) {
            *picked = best;
            return true;
        }
        bounds[best] = hypervolume_gain(set, set_count, m, reference, losses + best * m);
        if (isnan(bounds[best]))
            return false;
        bounds[best] = fmax(bounds[best], 0);
        fresh = best;
    }
}

bool hypervolume_pick(const double *losses, size_t count, size_t metric_count,
                      const double *reference, size_t keep, size_t *picked)
{
    double *set = malloc((keep * metric_count + 1) * sizeof *set);
    double *bounds = malloc((count + 1) * sizeof *bounds);
    bool is_done = set && bounds;

    for (size_t i = 0; is_done && i < count; i++)
        bounds[i] = (double)INFINITY;
    for (size_t i = 0; is_done && i < keep; i++) {
        is_done = pick_next(set, i, losses, count, metric_count, reference, bounds, &picked[i]);
        if (!is_done)
            break;
        memcpy(set + i * metric_count, losses + picked[i] * metric_count,
               metric_count * sizeof *set);
        bounds[picked[i]] = -1; /* never again */
    }
    free(set);
    free(bounds);
    return is_done;
}
