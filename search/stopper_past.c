#include "search/stopper_past.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

void stopper_past_init(struct stopper_past *past, enum past_kept kept)
{
    *past = (struct stopper_past){ .kept = kept,
                                   .stride = 1,
                                   .leader.final_value = (double)NAN,
                                   .furthest = -(double)INFINITY,
                                   .lowest = (double)INFINITY,
                                   .highest = -(double)INFINITY };
}

void stopper_past_clear(struct stopper_past *past)
{
    for (size_t i = 0; i < past->count; i++)
        free(past->items[i].block);
    free(past->items);
    free(past->leader.block);
    *past = (struct stopper_past){ 0 };
}

static bool copy_curve(struct past_curve *item, const struct stopper_trial *trial, double sign,
                       enum past_kept kept)
{
    const struct curve none = { 0 };
    const struct curve *curve = kept == PAST_NO_CURVES ? &none : &trial->curve;
    double *block = malloc((2 * curve->count + 1) * sizeof *block);
    double *values = NULL;
    long double sum = 0; /* of finite doubles: its range is wider than theirs */

    if (!block)
        return false;
    values = block + curve->count;
    for (size_t i = 0; i < curve->count; i++) {
        sum += (long double)(sign * curve->values[i]);
        block[i] = curve->positions[i];
        values[i] =
            kept == PAST_AVERAGES ? (double)(sum / (long double)(i + 1)) : sign * curve->values[i];
    }
    *item = (struct past_curve){ .curve = { curve->count, block, values },
                                 .block = block,
                                 .final_value = sign * trial->final_value,
                                 .learning_rate = trial->learning_rate,
                                 .is_stopped = trial->is_stopped };
    return true;
}

/* Forgets every second of the trials kept: those that a doubled stride would not have kept. */
static void halve(struct stopper_past *past)
{
    size_t kept = 0;

    for (size_t i = 0; i < past->count; i++) {
        if (i % 2 == 0) {
            past->items[kept++] = past->items[i];
        } else {
            past->point_count -= past->items[i].curve.count;
            free(past->items[i].block);
        }
    }
    past->count = kept;
    past->stride *= 2;
}

static bool make_room(struct stopper_past *past)
{
    size_t capacity = past->capacity > 0 ? 2 * past->capacity : 16;
    struct past_curve *items = NULL;

    if (past->count < past->capacity)
        return true;
    items = realloc(past->items, capacity * sizeof *items);
    if (!items)
        return false;
    past->items = items;
    past->capacity = capacity;
    return true;
}

static void note_extent(struct stopper_past *past, const struct stopper_trial *trial, double sign)
{
    const struct curve *curve = &trial->curve;

    if (curve->count > 0 && !trial->is_stopped)
        past->furthest = fmax(past->furthest, curve->positions[curve->count - 1]);
    for (size_t i = 0; i < curve->count; i++) {
        past->lowest = fmin(past->lowest, sign * curve->values[i]);
        past->highest = fmax(past->highest, sign * curve->values[i]);
    }
}

/* True also where the stride passes the trial over. */
static bool keep_curve(struct stopper_past *past, const struct stopper_trial *trial, double sign)
{
    while (past->count >= STOPPER_KEPT_MAX ||
           (past->count > 1 && past->point_count + trial->curve.count > STOPPER_POINTS_MAX))
        halve(past);
    if (past->total % past->stride != 0)
        return true;
    if (!make_room(past) || !copy_curve(&past->items[past->count], trial, sign, past->kept))
        return false;
    past->point_count += trial->curve.count;
    past->count++;
    return true;
}

bool stopper_past_append(struct stopper_past *past, const struct stopper_trial *trial, double sign)
{
    bool is_full = !trial->is_stopped && isfinite(trial->final_value);
    bool leads = is_full && !(sign * trial->final_value <= past->leader.final_value);
    struct past_curve leader = { 0 };

    if (leads &&
        !copy_curve(&leader, trial, sign, past->kept == PAST_VALUES ? PAST_VALUES : PAST_NO_CURVES))
        return false;
    if (past->kept != PAST_NO_CURVES && !keep_curve(past, trial, sign)) {
        free(leader.block);
        return false;
    }
    if (leads) {
        free(past->leader.block);
        past->leader = leader;
    }
    past->total++;
    past->full_count += is_full;
    note_extent(past, trial, sign);
    return true;
}

static size_t gather_ends(const struct stopper_past *past, bool with_stopped, double *room)
{
    size_t count = 0;

    for (size_t i = 0; i < past->count; i++) {
        const struct past_curve *item = &past->items[i];

        if (item->curve.count > 0 && (with_stopped || !item->is_stopped))
            room[count++] = item->curve.positions[item->curve.count - 1];
    }
    return count;
}

double stopper_past_usual(const struct stopper_past *past, double *room)
{
    size_t count = gather_ends(past, false, room);

    if (count == 0)
        count = gather_ends(past, true, room);
    return count > 0 ? stopper_median_of(room, count) : 0;
}

double stopper_median_of(double *values, size_t count)
{
    double upper = gsl_stats_select(values, 1, count, count / 2);

    if (count % 2 == 1)
        return upper;
    return 0.5 * gsl_stats_select(values, 1, count, count / 2 - 1) + 0.5 * upper;
}
