#include "metrics/series.h"

#include "metrics/objective.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX

struct row {
    int64_t step;
    int64_t elapsed_us;
    uint64_t arrival; /* tells old from new among the last places, which are reused */
};

/*
 * What a selection needs is kept as indexes while reports come in, so that selecting costs nothing
 * and the places that may be reused are known.
 */
struct series {
    const struct metric_spec *specs; /* borrowed */
    size_t metric_count;
    size_t objective;
    size_t count;
    size_t capacity;
    struct row *rows;
    double *values; /* capacity × metric_count */
    uint64_t arrivals;
    size_t newest; /* the one that reports may still join */
    size_t last;
    size_t best;
    size_t *latest;  /* per metric: its latest of all */
    size_t *at_best; /* per metric: its latest at or before the best */
};

struct series *series_new(const struct metric_spec *specs, size_t metric_count)
{
    struct series *series = calloc(1, sizeof *series + 2 * metric_count * sizeof(size_t));

    if (!series)
        return NULL;
    series->specs = specs;
    series->metric_count = metric_count;
    series->objective = objective_metric(specs, metric_count);
    series->newest = series->last = series->best = NOWHERE;
    series->latest = (size_t *)(series + 1);
    series->at_best = series->latest + metric_count;
    for (size_t i = 0; i < 2 * metric_count; i++)
        series->latest[i] = NOWHERE;
    return series;
}

void series_free(struct series *series)
{
    if (!series)
        return;
    free(series->rows);
    free(series->values);
    free(series);
}

static double *row_values(const struct series *series, size_t index)
{
    return series->values + index * series->metric_count;
}

/* Like strcmp: by step, then by elapsed time. */
static int compare_rows(const struct series *series, size_t a, size_t b)
{
    const struct row *x = &series->rows[a];
    const struct row *y = &series->rows[b];

    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    if (x->elapsed_us != y->elapsed_us)
        return x->elapsed_us < y->elapsed_us ? -1 : 1;
    return 0;
}

static bool grow(struct series *series)
{
    size_t capacity = series->capacity ? series->capacity * 2 : 16;
    size_t width = series->metric_count ? series->metric_count : 1;
    struct row *rows = NULL;
    double *values = NULL;

    if (series->count < series->capacity)
        return true;
    rows = realloc(series->rows, capacity * sizeof *rows);
    if (!rows)
        return false;
    series->rows = rows;
    values = realloc(series->values, capacity * width * sizeof *values);
    if (!values)
        return false;
    series->values = values;
    series->capacity = capacity;
    return true;
}

/* The last and the best are among these: no metric of theirs has a later one, or one as good. */
static bool is_needed(const struct series *series, size_t index)
{
    for (size_t m = 0; m < series->metric_count; m++) {
        if (series->latest[m] == index || series->at_best[m] == index)
            return true;
    }
    return false;
}

/* At most two places per metric are needed, so that of these some are always free. */
static size_t oldest_free_place(const struct series *series)
{
    size_t tail = 2 * series->metric_count + 3;
    size_t found = SERIES_MAX - 1;

    if (tail > SERIES_MAX)
        tail = SERIES_MAX;
    for (size_t i = SERIES_MAX; i > SERIES_MAX - tail; i--) {
        if (is_needed(series, i - 1))
            continue;
        if (is_needed(series, found) || series->rows[i - 1].arrival < series->rows[found].arrival)
            found = i - 1;
    }
    return found;
}

/* A place for a new measurement without any value yet; NOWHERE for lack of memory. */
static size_t place_new(struct series *series, int64_t step, int64_t elapsed_us)
{
    size_t index = series->count;

    if (series->count == SERIES_MAX)
        index = oldest_free_place(series);
    else if (!grow(series))
        return NOWHERE;
    else
        series->count++;
    series->rows[index] =
        (struct row){ .step = step, .elapsed_us = elapsed_us, .arrival = series->arrivals++ };
    for (size_t m = 0; m < series->metric_count; m++)
        row_values(series, index)[m] = (double)NAN;
    series->newest = index;
    return index;
}

/* The latest measurement at or before `limit` that has the metric, by looking at all of them. */
static size_t find_at_or_before(const struct series *series, size_t limit, size_t metric)
{
    size_t found = NOWHERE;

    for (size_t i = 0; i < series->count; i++) {
        int order = 0;

        if (isnan(row_values(series, i)[metric]) || compare_rows(series, i, limit) > 0)
            continue;
        order = found == NOWHERE ? 1 : compare_rows(series, i, found);
        if (order > 0 || (order == 0 && series->rows[i].arrival > series->rows[found].arrival))
            found = i;
    }
    return found;
}

static void set_best(struct series *series, size_t index)
{
    series->best = index;
    for (size_t m = 0; m < series->metric_count; m++) {
        size_t latest = series->latest[m];

        /* Only a step that went back, as after a restart of the trainer, needs the long way. */
        if (m == series->objective)
            series->at_best[m] = index;
        else if (latest == NOWHERE || compare_rows(series, latest, index) <= 0)
            series->at_best[m] = latest;
        else
            series->at_best[m] = find_at_or_before(series, index, m);
    }
}

static bool is_new_best(const struct series *series, size_t index)
{
    double value = row_values(series, index)[series->objective];
    double best = 0;

    if (series->best == NOWHERE)
        return true;
    best = row_values(series, series->best)[series->objective];
    if (objective_is_better(series->specs[series->objective].goal, value, best))
        return true;
    return value == best && series->rows[index].elapsed_us < series->rows[series->best].elapsed_us;
}

/* Keeps the indexes right after the metric's value has been filled in at index. */
static void note_value(struct series *series, size_t index, size_t metric)
{
    size_t *latest = &series->latest[metric];
    size_t *at_best = &series->at_best[metric];

    if (series->last == NOWHERE || compare_rows(series, index, series->last) >= 0)
        series->last = index;
    if (*latest == NOWHERE || compare_rows(series, index, *latest) >= 0)
        *latest = index;
    if (metric == series->objective) {
        if (is_new_best(series, index))
            set_best(series, index);
        return;
    }
    if (series->best != NOWHERE && compare_rows(series, index, series->best) <= 0 &&
        (*at_best == NOWHERE || compare_rows(series, index, *at_best) >= 0))
        *at_best = index;
}

int64_t series_add(struct series *series, const struct metric_report *report)
{
    size_t index = series->newest;

    assert(report->metric < series->metric_count && isfinite(report->value));
    if (index == NOWHERE || series->rows[index].step != report->step ||
        !isnan(row_values(series, index)[report->metric]))
        index = place_new(series, report->step, report->elapsed_us);
    if (index == NOWHERE)
        return -1;
    row_values(series, index)[report->metric] = report->value;
    note_value(series, index, report->metric);
    return (int64_t)index;
}

size_t series_count(const struct series *series)
{
    return series->count;
}

struct measurement series_get(const struct series *series, size_t index)
{
    assert(index < series->count);
    return (struct measurement){ .step = series->rows[index].step,
                                 .elapsed_us = series->rows[index].elapsed_us,
                                 .values = row_values(series, index) };
}

bool series_restore(struct series *series, const struct measurement *measurement)
{
    size_t index = place_new(series, measurement->step, measurement->elapsed_us);

    if (index == NOWHERE)
        return false;
    for (size_t m = 0; m < series->metric_count; m++) {
        if (isnan(measurement->values[m]))
            continue;
        row_values(series, index)[m] = measurement->values[m];
        note_value(series, index, m);
    }
    return true;
}

bool series_select(const struct series *series, enum measurement_selection selection, int64_t *step,
                   int64_t *elapsed_us, double *values)
{
    bool is_best = selection == SELECT_BEST && series->best != NOWHERE;
    size_t chosen = is_best ? series->best : series->last;
    bool is_complete = true;

    *step = chosen == NOWHERE ? 0 : series->rows[chosen].step;
    *elapsed_us = chosen == NOWHERE ? 0 : series->rows[chosen].elapsed_us;
    for (size_t m = 0; m < series->metric_count; m++) {
        size_t source = is_best ? series->at_best[m] : series->latest[m];

        if (source == NOWHERE)
            source = series->latest[m];
        /* Of several at the same moment, the chosen one's own value comes first. */
        if (source != NOWHERE && !isnan(row_values(series, chosen)[m]))
            source = chosen;
        values[m] = source == NOWHERE ? (double)NAN : row_values(series, source)[m];
        is_complete = is_complete && source != NOWHERE;
    }
    return is_complete;
}
