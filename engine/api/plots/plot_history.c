/* Values over time, their distribution, the Pareto front. */

#include "engine/api/plots/plot_call.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* POINTS_MAX of either keep an answer below 300 KB. ROWS_READ: so many trials are read anew where
 * the digest is too coarse for a short stretch of a long history; a few hundredths of a second. */
enum {
    HISTORY_POINTS = 2000,
    HISTORY_POINTS_MAX = 6000,
    EDF_POINTS = 500,
    EDF_POINTS_MAX = 1000,
    ROWS_READ = 100000,
    ZOOM_BUCKETS = 8192,
};

/* A stretch of end orders, and what is shown of it. */
struct stretch {
    struct plot_call *plot;
    int64_t from, to, point_max;
    struct history_buckets *own; /* made of rows that were read anew; or NULL */
    bool has_memory;
    struct plot_point *points;
    size_t count;
};

static bool read_stretch(struct stretch *stretch, struct assay_error *err)
{
    const struct study_digest *digest = stretch->plot->digest;
    const struct api_call *call = stretch->plot->call;

    if (!api_query_integer(call, "from", 1, &stretch->from, err) ||
        !api_query_integer(call, "to", digest->last_order, &stretch->to, err) ||
        !plot_query_count(call, "points", HISTORY_POINTS, HISTORY_POINTS_MAX, &stretch->point_max,
                          err))
        return false;
    if (stretch->from < digest->first_order)
        stretch->from = digest->first_order;
    if (stretch->to > digest->last_order)
        stretch->to = digest->last_order;
    return true;
}

static bool add_row(void *context, const struct ended_row *row)
{
    struct stretch *stretch = context;
    bool has_values =
        row->state == TRIAL_SUCCEEDED && row->value_count == stretch->plot->digest->metric_count;

    stretch->has_memory = history_buckets_add(stretch->own, row->number, row->end_order,
                                              plot_state_of(row), has_values ? row->values : NULL);
    return stretch->has_memory;
}

/* The digest's buckets are too few for the stretch, which is short enough to be read. */
static bool is_worth_reading(const struct stretch *stretch)
{
    int64_t width = history_buckets_width(stretch->plot->digest->history);
    int64_t size = stretch->to - stretch->from + 1;

    return width > 1 && size <= ROWS_READ && size / width * 3 < stretch->point_max;
}

static bool read_rows(struct stretch *stretch, struct assay_error *err)
{
    const struct plot_call *plot = stretch->plot;
    struct ended_query query = { .job = plot->job,
                                 .after = stretch->from - 1,
                                 .until = stretch->to,
                                 .has_stops = plot->study->stopping_rule != STOPPING_NONE };
    bool is_ok = false;

    stretch->own = history_buckets_new(plot->study->metric_count, ZOOM_BUCKETS, stretch->from);
    if (!stretch->own)
        return assay_fail_memory(err);
    stretch->has_memory = true;
    is_ok = store_ended_each(engine_read_begin(plot->call->engine), &query, add_row, stretch, err);
    engine_read_end(plot->call->engine);
    return is_ok && (stretch->has_memory || assay_fail_memory(err));
}

/* A point for each trial where that is not too many, else at most three of a group. */
static size_t group_max(const struct stretch *stretch, int64_t trial_count)
{
    return (size_t)(trial_count <= stretch->point_max ? stretch->point_max
                                                      : (stretch->point_max + 2) / 3);
}

static bool find_points(struct stretch *stretch, int64_t *trial_count, struct assay_error *err)
{
    const struct study_digest *digest = stretch->plot->digest;
    const struct history_buckets *buckets = digest->history;
    size_t groups = 0;

    if (stretch->from > stretch->to || stretch->to == 0) {
        *trial_count = 0;
        return true;
    }
    if (is_worth_reading(stretch)) {
        if (!read_rows(stretch, err))
            return false;
        buckets = stretch->own;
    }
    *trial_count = history_buckets_count(buckets, stretch->from, stretch->to);
    /* Where no trial was deleted, end orders have no gaps. */
    if (digest->trial_count == digest->last_order)
        *trial_count = stretch->to - stretch->from + 1;
    groups = group_max(stretch, *trial_count);
    stretch->points = malloc(3 * groups * sizeof *stretch->points);
    if (!stretch->points)
        return assay_fail_memory(err);
    stretch->count = history_buckets_read(buckets, stretch->plot->metric, stretch->from,
                                          stretch->to, groups, stretch->points);
    return true;
}

static void write_order(struct json_writer *w, const struct plot_point *point)
{
    json_int(w, point->end_order);
}

static void write_trial(struct json_writer *w, const struct plot_point *point)
{
    json_int(w, point->number);
}

static void write_value(struct json_writer *w, const struct plot_point *point)
{
    plot_write_number(w, point->value);
}

static void write_state(struct json_writer *w, const struct plot_point *point)
{
    json_string(w, plot_state_name(point->state));
}

static void write_column(struct json_writer *w, const char *key, const struct plot_point *points,
                         size_t count,
                         void (*write)(struct json_writer *w, const struct plot_point *point))
{
    json_key(w, key);
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        write(w, &points[i]);
    json_end_array(w);
}

/* Of the stretch, after the one that was the best when it began. */
static void write_best(struct json_writer *w, const struct stretch *stretch)
{
    const struct plot_call *plot = stretch->plot;
    const struct best_steps *steps =
        plot->study->metric_count > 0 ? &plot->digest->metrics[plot->metric].steps : NULL;
    const struct plot_point *first = NULL;
    size_t begin = 0, end = 0;

    while (steps && end < steps->count && steps->items[end].end_order <= stretch->to)
        end++;
    while (begin + 1 < end && steps->items[begin + 1].end_order <= stretch->from)
        begin++;
    first = end > begin ? steps->items + begin : NULL;
    json_key(w, "best");
    json_begin_object(w);
    write_column(w, "endOrder", first, end - begin, write_order);
    write_column(w, "trial", first, end - begin, write_trial);
    write_column(w, "value", first, end - begin, write_value);
    json_end_object(w);
}

static void write_history(const struct stretch *stretch, int64_t trial_count)
{
    struct json_writer *w = &stretch->plot->call->json;

    json_begin_object(w);
    plot_write_version(stretch->plot);
    plot_write_metric(stretch->plot);
    plot_write_int(w, "trialCount", trial_count);
    plot_write_bool(w, "isSampled", (int64_t)stretch->count < trial_count);
    plot_write_int(w, "from", stretch->from);
    plot_write_int(w, "to", stretch->to);
    write_column(w, "endOrder", stretch->points, stretch->count, write_order);
    write_column(w, "trial", stretch->points, stretch->count, write_trial);
    write_column(w, "value", stretch->points, stretch->count, write_value);
    write_column(w, "state", stretch->points, stretch->count, write_state);
    write_best(w, stretch);
    json_end_object(w);
}

bool api_plot_history(struct api_call *call, struct assay_error *err)
{
    struct plot_call plot;
    struct stretch stretch = { .plot = &plot };
    int64_t trial_count = 0;
    bool is_ok = plot_begin(&plot, call, PLOT_NEEDS_NOTHING, err) && plot_take_digest(&plot, err) &&
                 read_stretch(&stretch, err) && find_points(&stretch, &trial_count, err);

    if (is_ok)
        write_history(&stretch, trial_count);
    history_buckets_free(stretch.own);
    free(stretch.points);
    plot_end(&plot);
    return is_ok;
}

static bool write_edf(struct plot_call *plot, int64_t point_max, struct assay_error *err)
{
    struct json_writer *w = &plot->call->json;
    const struct value_cells *cells = &plot->digest->metrics[plot->metric].cells;
    double *values = malloc((size_t)point_max * 2 * sizeof *values);
    double *fractions = values ? values + point_max : NULL;
    size_t count = 0;

    if (!values)
        return assay_fail_memory(err);
    count = value_cells_read(cells, (size_t)point_max, values, fractions);
    json_begin_object(w);
    plot_write_version(plot);
    plot_write_metric(plot);
    plot_write_int(w, "trialCount", cells->total);
    plot_write_bool(w, "isSampled", (int64_t)count < cells->total);
    plot_write_numbers(w, "value", values, count);
    plot_write_numbers(w, "fraction", fractions, count);
    json_end_object(w);
    free(values);
    return true;
}

bool api_plot_edf(struct api_call *call, struct assay_error *err)
{
    struct plot_call plot;
    int64_t point_max = 0;
    bool is_ok = plot_begin(&plot, call, PLOT_NEEDS_METRIC, err) &&
                 plot_query_count(call, "points", EDF_POINTS, EDF_POINTS_MAX, &point_max, err) &&
                 plot_take_digest(&plot, err) && write_edf(&plot, point_max, err);

    plot_end(&plot);
    return is_ok;
}

/* One objective of all trials on the front: as it was measured. */
static void write_objective(struct json_writer *w, const struct trial_front *front, size_t index,
                            bool is_maximized)
{
    json_begin_array(w);
    for (size_t i = 0; i < front->count; i++) {
        double loss = front->losses[front->order[i] * front->width + index];

        plot_write_number(w, is_maximized ? -loss : loss);
    }
    json_end_array(w);
}

static void write_front(struct plot_call *plot)
{
    struct json_writer *w = &plot->call->json;
    const struct trial_front *front = &plot->digest->front;
    size_t objective = 0;

    json_key(w, "front");
    json_begin_object(w);
    json_key(w, "trial");
    json_begin_array(w);
    for (size_t i = 0; i < front->count; i++)
        json_int(w, front->numbers[front->order[i]]);
    json_end_array(w);
    json_key(w, "values");
    json_begin_object(w);
    for (size_t i = 0; i < plot->study->metric_count; i++) {
        if (plot->study->metrics[i].is_safety)
            continue;
        json_key(w, plot->study->metrics[i].id);
        write_objective(w, front, objective++, plot->digest->metrics[i].spec.is_maximized);
    }
    json_end_object(w);
    json_end_object(w);
}

static bool write_pareto(struct plot_call *plot, struct assay_error *err)
{
    struct json_writer *w = &plot->call->json;

    if (plot->digest->objective_count < 2)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "job %" PRId64 " has one objective: its best trial is its front",
                          plot->job);
    json_begin_object(w);
    plot_write_version(plot);
    plot_write_metrics(plot, true);
    plot_write_int(w, "trialCount", plot->digest->trial_count);
    plot_write_bool(w, "isSampled", plot->digest->front.is_cut);
    write_front(plot);
    json_end_object(w);
    return true;
}

bool api_plot_pareto(struct api_call *call, struct assay_error *err)
{
    struct plot_call plot;
    bool is_ok = plot_begin(&plot, call, PLOT_NEEDS_METRIC, err) && plot_take_digest(&plot, err) &&
                 write_pareto(&plot, err);

    plot_end(&plot);
    return is_ok;
}
