#include "search/curve.h"

#include <math.h>
#include <stdlib.h>

struct measured {
    double position, value;
    size_t order;
};

static int compare_measured(const void *a, const void *b)
{
    const struct measured *x = a;
    const struct measured *y = b;

    if (x->position != y->position)
        return x->position < y->position ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* The library's qsort() keeps no order among equals, so the order is part of what is compared. */
static bool sort_curve(double *positions, double *values, size_t count)
{
    struct measured *list = malloc(count * sizeof *list);

    if (!list)
        return false;
    for (size_t i = 0; i < count; i++)
        list[i] = (struct measured){ positions[i], values[i], i };
    qsort(list, count, sizeof *list, compare_measured);
    for (size_t i = 0; i < count; i++) {
        positions[i] = list[i].position;
        values[i] = list[i].value;
    }
    free(list);
    return true;
}

static size_t drop_unusable(double *positions, double *values, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(positions[i]) && isfinite(values[i])) {
            positions[kept] = positions[i];
            values[kept++] = values[i];
        }
    return kept;
}

static size_t drop_duplicates(double *positions, double *values, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        size_t to = kept > 0 && positions[kept - 1] == positions[i] ? kept - 1 : kept++;

        positions[to] = positions[i];
        values[to] = values[i];
    }
    return kept;
}

bool curve_clean(double *positions, double *values, size_t *count)
{
    bool is_stepless = true;
    bool is_sorted = true;

    *count = drop_unusable(positions, values, *count);
    for (size_t i = 0; i < *count; i++) {
        is_stepless &= positions[i] == 0;
        is_sorted &= i == 0 || positions[i - 1] <= positions[i];
    }
    for (size_t i = 0; is_stepless && i < *count; i++)
        positions[i] = (double)(i + 1);
    if (!is_sorted && !sort_curve(positions, values, *count))
        return false;
    *count = drop_duplicates(positions, values, *count);
    return true;
}

size_t curve_count_until(const struct curve *curve, double position)
{
    size_t low = 0;
    size_t high = curve->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (curve->positions[middle] <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double curve_at(const struct curve *curve, double position)
{
    size_t next = curve_count_until(curve, position);
    double left = 0;
    double part = 0;

    if (next == 0)
        return curve->values[0];
    if (next == curve->count)
        return curve->values[next - 1];
    left = curve->positions[next - 1];
    part = (position - left) / (curve->positions[next] - left);
    return (1 - part) * curve->values[next - 1] + part * curve->values[next];
}

double curve_mean(const struct curve *curve, double after, double until)
{
    size_t first = curve_count_until(curve, after);
    size_t end = curve_count_until(curve, until);
    long double sum = 0; /* of finite doubles: its range is wider than theirs */

    if (first >= end)
        return curve_at(curve, after / 2 + until / 2);
    for (size_t i = first; i < end; i++)
        sum += (long double)curve->values[i];
    return (double)(sum / (long double)(end - first));
}
