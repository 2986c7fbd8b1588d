#include "engine/plots/history_buckets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One trial in 16 bytes: numbers of trials are below 10^8, and end orders as well. 0: none. */
struct mark {
    double value;
    uint32_t number : 28, state : 2;
    uint32_t end_order;
};

enum { EXTREMES = 2 }; /* the least, the greatest */

struct history_buckets {
    size_t metric_count;
    size_t max, capacity, count;
    int shift; /* 2^shift end orders a bucket */
    int64_t first;
    struct mark *marks;   /* capacity x metric_count x EXTREMES */
    struct mark *without; /* capacity x metric_count: of those without a value of the metric, the
                            one with the least chance; value is that chance */
    uint32_t *totals;     /* capacity: trials of the bucket */
};

struct history_buckets *history_buckets_new(size_t metric_count, size_t max, int64_t first)
{
    struct history_buckets *buckets = calloc(1, sizeof *buckets);

    if (!buckets)
        return NULL;
    buckets->metric_count = metric_count > 0 ? metric_count : 1; /* one that nobody has */
    buckets->max = max;
    buckets->first = first;
    return buckets;
}

void history_buckets_free(struct history_buckets *buckets)
{
    if (!buckets)
        return;
    free(buckets->marks);
    free(buckets->without);
    free(buckets->totals);
    free(buckets);
}

/* Ties go to the trial that ended first. */
static bool is_before(const struct mark *a, const struct mark *b, bool is_greatest)
{
    if (a->value < b->value || a->value > b->value)
        return is_greatest ? a->value > b->value : a->value < b->value;
    return a->end_order < b->end_order;
}

static void offer(struct mark *place, const struct mark *mark, bool is_greatest)
{
    if (mark->number != 0 && (place->number == 0 || is_before(mark, place, is_greatest)))
        *place = *mark;
}

static struct mark *marks_of(const struct history_buckets *b, size_t index, size_t metric)
{
    return b->marks + (index * b->metric_count + metric) * EXTREMES;
}

static struct mark *without_of(const struct history_buckets *b, size_t index, size_t metric)
{
    return b->without + index * b->metric_count + metric;
}

static void merge(struct history_buckets *b, size_t to, size_t from)
{
    for (size_t m = 0; m < b->metric_count; m++) {
        for (size_t i = 0; i < EXTREMES; i++)
            offer(marks_of(b, to, m) + i, marks_of(b, from, m) + i, i != 0);
        offer(without_of(b, to, m), without_of(b, from, m), false);
    }
    b->totals[to] += b->totals[from];
}

static void clear(struct history_buckets *b, size_t index)
{
    memset(marks_of(b, index, 0), 0, b->metric_count * EXTREMES * sizeof *b->marks);
    memset(without_of(b, index, 0), 0, b->metric_count * sizeof *b->without);
    b->totals[index] = 0;
}

static void halve(struct history_buckets *b)
{
    for (size_t i = 1; i < b->count; i++) {
        if (i % 2 == 0)
            clear(b, i / 2);
        merge(b, i / 2, i);
    }
    b->count = (b->count + 1) / 2;
    b->shift++;
}

static bool grow(struct history_buckets *b, size_t capacity)
{
    struct mark *marks =
        realloc(b->marks, capacity * b->metric_count * EXTREMES * sizeof *b->marks);
    struct mark *without = NULL;
    uint32_t *totals = NULL;

    if (marks)
        b->marks = marks;
    without = realloc(b->without, capacity * b->metric_count * sizeof *b->without);
    if (without)
        b->without = without;
    totals = realloc(b->totals, capacity * sizeof *b->totals);
    if (totals)
        b->totals = totals;
    if (!marks || !without || !totals)
        return false;
    b->capacity = capacity;
    return true;
}

/* Makes the bucket with this index, and those before it. */
static bool reach(struct history_buckets *b, size_t index)
{
    size_t capacity = b->capacity > 0 ? b->capacity : 64;

    while (capacity <= index)
        capacity *= 2;
    if (capacity > b->capacity && !grow(b, capacity < b->max ? capacity : b->max))
        return false;
    while (b->count <= index)
        clear(b, b->count++);
    return true;
}

bool history_buckets_add(struct history_buckets *b, int64_t number, int64_t end_order,
                         enum plot_state state, const double *values)
{
    uint64_t place = (uint64_t)(end_order - b->first);
    struct mark mark = { .number = (uint32_t)number,
                         .state = (uint32_t)state,
                         .end_order = (uint32_t)end_order };

    while (place >> b->shift >= b->max)
        halve(b);
    if (!reach(b, (size_t)(place >> b->shift)))
        return false;
    place >>= b->shift;
    for (size_t m = 0; m < b->metric_count; m++) {
        bool has_value = values && isfinite(values[m]);

        mark.value = has_value ? values[m] : plot_chance(number);
        for (size_t i = 0; has_value && i < EXTREMES; i++)
            offer(marks_of(b, (size_t)place, m) + i, &mark, i != 0);
        if (!has_value)
            offer(without_of(b, (size_t)place, m), &mark, false);
    }
    b->totals[place]++;
    return true;
}

int64_t history_buckets_width(const struct history_buckets *buckets)
{
    return INT64_C(1) << buckets->shift;
}

/* The buckets from *begin to before *end have what ended from … to. */
static void find_range(const struct history_buckets *b, int64_t from, int64_t to, size_t *begin,
                       size_t *end)
{
    int64_t first = from > b->first ? (from - b->first) >> b->shift : 0;
    int64_t last = to >= b->first ? (to - b->first) >> b->shift : -1;

    *begin = (size_t)first;
    *end = last < (int64_t)b->count ? (size_t)(last + 1) : b->count;
}

int64_t history_buckets_count(const struct history_buckets *buckets, int64_t from, int64_t to)
{
    int64_t count = 0;
    size_t begin = 0, end = 0;

    find_range(buckets, from, to, &begin, &end);
    for (size_t i = begin; i < end; i++)
        count += buckets->totals[i];
    return count;
}

static void put(const struct mark *mark, double value, int64_t from, int64_t to,
                struct plot_point *points, size_t *count)
{
    size_t at = *count;

    if (mark->number == 0 || mark->end_order < from || mark->end_order > to)
        return;
    /* At most two others of the group are there. */
    for (; at > 0 && points[at - 1].end_order > mark->end_order; at--)
        points[at] = points[at - 1];
    points[at] = (struct plot_point){ .value = value,
                                      .end_order = mark->end_order,
                                      .number = mark->number,
                                      .state = (enum plot_state)mark->state };
    ++*count;
}

size_t history_buckets_read(const struct history_buckets *b, size_t metric, int64_t from,
                            int64_t to, size_t group_max, struct plot_point *points)
{
    size_t begin = 0, end = 0, count = 0, size = 1;

    find_range(b, from, to, &begin, &end);
    if (begin < end)
        size = (end - begin + group_max - 1) / group_max;
    for (size_t i = begin; i < end; i += size) {
        struct mark extremes[EXTREMES] = { 0 }, without = { 0 };

        for (size_t j = i; j < i + size && j < end; j++) {
            for (size_t k = 0; k < EXTREMES; k++)
                offer(&extremes[k], marks_of(b, j, metric) + k, k != 0);
            offer(&without, without_of(b, j, metric), false);
        }
        put(&extremes[0], extremes[0].value, from, to, points, &count);
        if (extremes[1].number != extremes[0].number)
            put(&extremes[1], extremes[1].value, from, to, points, &count);
        put(&without, (double)NAN, from, to, points, &count);
    }
    return count;
}
