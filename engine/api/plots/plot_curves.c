/* How values came about while trials ran. */

#include "engine/api/plots/plot_call.h"

#include "assay/value.h"
#include "engine/array.h"
#include "engine/life/early_stops.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* CURVES: as many as a person can tell apart; CURVES_MAX with CURVE_POINTS each are 300 KB. Trials
 * that run are among the newest LOOKED_AT. */
enum {
    CURVES = 20,
    CURVES_MAX = 40,
    BEST = 10,
    CURVE_POINTS = 300,
    CURVE_POINTS_MAX = 2000,
    ANSWER_POINTS = 12000,
    LOOKED_AT = 10000,
};

struct curve_point {
    int64_t step, elapsed_us;
    double value;
};

struct drawn_curve {
    size_t metric;
    struct curve_point *items;
    size_t count, capacity;
    bool has_memory;
};

/* The trials that are shown. */
struct chosen {
    int64_t numbers[CURVES_MAX];
    size_t count, max;
};

static void choose(struct chosen *chosen, int64_t number)
{
    for (size_t i = 0; i < chosen->count; i++)
        if (chosen->numbers[i] == number)
            return;
    if (chosen->count < chosen->max)
        chosen->numbers[chosen->count++] = number;
}

static bool read_numbers(struct chosen *chosen, char *list, struct assay_error *err)
{
    char *rest = list;

    chosen->max = CURVES_MAX;
    for (char *word = strsep(&rest, ","); word; word = strsep(&rest, ",")) {
        int64_t number = 0;

        if (!assay_integer_parse(word, &number) || number < 1 || number >= STORE_TRIALS_MAX)
            return assay_fail(err, ASSAY_INVALID, "trials",
                              "\"%.32s\" is no trial's number; trials count from 1", word);
        if (chosen->count == CURVES_MAX)
            return assay_fail(err, ASSAY_INVALID, "trials", "at most %d trials at a time",
                              CURVES_MAX);
        choose(chosen, number);
    }
    return true;
}

static int compare_trials(const void *left, const void *right)
{
    const struct kept_trial *a = left, *b = right;

    if (a->key < b->key || a->key > b->key)
        return a->key < b->key ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static void choose_best(struct plot_call *plot, struct chosen *chosen)
{
    const struct trial_heap *best = &plot->digest->metrics[plot->metric].best;
    struct kept_trial sorted[DIGEST_BEST];

    if (best->count > 0)
        memcpy(sorted, best->items, best->count * sizeof *sorted);
    qsort(sorted, best->count, sizeof *sorted, compare_trials);
    for (size_t i = 0; i < best->count && i < BEST; i++)
        choose(chosen, sorted[i].number);
}

static bool choose_row(void *context, const struct trial_row *row)
{
    struct chosen *chosen = context;

    choose(chosen, row->number);
    return chosen->count < chosen->max;
}

static bool choose_running(struct plot_call *plot, struct chosen *chosen, struct assay_error *err)
{
    struct trial_query query = { .job = plot->job, .only_unended = true, .limit = CURVES };
    struct store *store = engine_read_begin(plot->call->engine);
    int64_t last = 0;
    bool is_ok = store_last_number(store, plot->job, &last, err);

    query.after = last > LOOKED_AT ? last - LOOKED_AT : 0;
    is_ok = is_ok && store_trial_each(store, &query, choose_row, chosen, err);
    engine_read_end(plot->call->engine);
    return is_ok;
}

static bool choose_trials(struct plot_call *plot, struct chosen *chosen, struct assay_error *err)
{
    char list[CURVES_MAX * 10 + 2];

    chosen->max = CURVES;
    if (api_query(plot->call, "trials", list, sizeof list))
        return read_numbers(chosen, list, err);
    choose_best(plot, chosen);
    return choose_running(plot, chosen, err);
}

static bool add_measurement(void *context, const struct measurement_row *row)
{
    struct drawn_curve *curve = context;
    void *items = curve->items;

    if (curve->metric >= row->value_count || !isfinite(row->values[curve->metric]))
        return true;
    curve->has_memory =
        array_make_room(&items, curve->count, &curve->capacity, sizeof *curve->items);
    curve->items = items;
    if (curve->has_memory)
        curve->items[curve->count++] = (struct curve_point){ .step = row->step,
                                                             .elapsed_us = row->elapsed_us,
                                                             .value = row->values[curve->metric] };
    return curve->has_memory;
}

/* Leaves the first and the last, and of each of equal stretches between them the least and the
 * greatest: what a line through all of them would cover. */
static void thin_out(struct drawn_curve *curve, size_t max)
{
    size_t groups = (max - 2) / 2;
    size_t kept = 1;
    size_t inner = curve->count - 2;

    for (size_t g = 0; g < groups; g++) {
        size_t begin = 1 + inner * g / groups;
        size_t end = 1 + inner * (g + 1) / groups;
        size_t least = begin, greatest = begin;
        struct curve_point first, second;

        for (size_t i = begin; i < end; i++) {
            least = curve->items[i].value < curve->items[least].value ? i : least;
            greatest = curve->items[i].value > curve->items[greatest].value ? i : greatest;
        }
        /* kept is never ahead of begin. */
        first = curve->items[least < greatest ? least : greatest];
        second = curve->items[least < greatest ? greatest : least];

        curve->items[kept++] = first;
        if (least != greatest)
            curve->items[kept++] = second;
    }
    curve->items[kept++] = curve->items[curve->count - 1];
    curve->count = kept;
}

static void write_points(struct json_writer *w, const struct drawn_curve *curve)
{
    json_key(w, "step");
    json_begin_array(w);
    for (size_t i = 0; i < curve->count; i++)
        json_int(w, curve->items[i].step);
    json_end_array(w);
    json_key(w, "elapsed");
    json_begin_array(w);
    for (size_t i = 0; i < curve->count; i++)
        plot_write_number(w, (double)curve->items[i].elapsed_us / 1e6);
    json_end_array(w);
    json_key(w, "value");
    json_begin_array(w);
    for (size_t i = 0; i < curve->count; i++)
        plot_write_number(w, curve->items[i].value);
    json_end_array(w);
}

static void write_curve(struct json_writer *w, int64_t number, const char *state,
                        struct drawn_curve *curve, size_t point_max)
{
    bool is_sampled = curve->count > point_max;

    if (is_sampled)
        thin_out(curve, point_max);
    json_begin_object(w);
    plot_write_int(w, "trial", number);
    json_key(w, "state");
    json_string(w, state);
    plot_write_bool(w, "isSampled", is_sampled);
    write_points(w, curve);
    json_end_object(w);
}

static bool find_state(struct plot_call *plot, struct store *store, const struct trial_row *trial,
                       const char **state, struct assay_error *err)
{
    struct early_stops stops = { 0 };
    bool is_ok = true;

    *state = trial_state_name(trial->state);
    if (trial->state != TRIAL_SUCCEEDED || plot->study->stopping_rule == STOPPING_NONE)
        return true;
    is_ok = early_stops_read(&stops, store, plot->job, trial->number, trial->number, false, err);
    if (is_ok && stops.count > 0)
        *state = plot_state_name(PLOT_STOPPED_EARLY);
    early_stops_clear(&stops);
    return is_ok;
}

/* A trial that is not there has no curve. */
static bool read_curve(struct plot_call *plot, struct store *store, int64_t number,
                       size_t point_max, struct assay_error *err)
{
    struct trial_query query = { .job = plot->job, .after = number - 1, .limit = 1 };
    struct trial_row trial = { 0 };
    struct drawn_curve curve = { .metric = plot->metric, .has_memory = true };
    const char *state = NULL;
    bool is_ok = store_trial_first(store, &query, &trial, err);

    if (!is_ok || trial.number != number)
        return is_ok;
    is_ok = find_state(plot, store, &trial, &state, err) &&
            store_measurement_each(store, store_trial_id(plot->job, number), add_measurement,
                                   &curve, err) &&
            (curve.has_memory || assay_fail_memory(err));
    if (is_ok)
        write_curve(&plot->call->json, number, state, &curve, point_max);
    free(curve.items);
    return is_ok;
}

static bool write_curves(struct plot_call *plot, const struct chosen *chosen, size_t point_max,
                         struct assay_error *err)
{
    struct json_writer *w = &plot->call->json;
    struct store *store = engine_read_begin(plot->call->engine);
    bool is_ok = true;

    json_begin_object(w);
    plot_write_version(plot);
    plot_write_metric(plot);
    json_key(w, "curves");
    json_begin_array(w);
    for (size_t i = 0; is_ok && i < chosen->count; i++)
        is_ok = read_curve(plot, store, chosen->numbers[i], point_max, err);
    json_end_array(w);
    json_end_object(w);
    engine_read_end(plot->call->engine);
    return is_ok;
}

bool api_plot_curves(struct api_call *call, struct assay_error *err)
{
    struct plot_call plot;
    struct chosen chosen = { .count = 0 };
    int64_t point_max = 0;
    bool is_ok =
        plot_begin(&plot, call, PLOT_NEEDS_METRIC, err) &&
        plot_query_count(call, "points", CURVE_POINTS, CURVE_POINTS_MAX, &point_max, err) &&
        plot_take_digest(&plot, err) && choose_trials(&plot, &chosen, err);

    if (is_ok && chosen.count > 0 && point_max > ANSWER_POINTS / (int64_t)chosen.count)
        point_max = ANSWER_POINTS / (int64_t)chosen.count;
    /* The first, the last, and two between. */
    is_ok = is_ok && write_curves(&plot, &chosen, point_max < 4 ? 4 : (size_t)point_max, err);
    plot_end(&plot);
    return is_ok;
}
