/* What the parameters do, by a random forest of a sample of the trials. */

#include "engine/api/plots/plot_call.h"

#include "search/forest.h"
#include "search/forest_space.h"
#include "search/importance.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* PLACES: along a numeric axis. NAME_LIST: categories that an answer has room for. A forest is
 * grown again when there is a twentieth more to grow it from: it takes a fifth of a second, and
 * what it says hardly changes. */
enum { PLACES = 40, NAME_LIST = 100, GROWN_PART = 20 };

/* A forest of one metric of a job, kept in engine_forests(). */
struct kept_forest {
    struct job_cached *view; /* whose search space is borrowed; a use of it */
    struct forest_space *space;
    struct forest *forest;
    struct importance *importance;  /* NULL until it is asked for */
    int64_t trial_count;            /* of the digest, when it was grown … */
    int64_t deleted_count, version; /* … likewise */
};

static void free_kept(void *item)
{
    struct kept_forest *kept = item;

    importance_free(kept->importance);
    forest_free(kept->forest);
    forest_space_free(kept->space);
    job_cached_release(kept->view);
    free(kept);
}

/* The call, with a forest in its hands. */
struct forest_call {
    struct plot_call plot;
    struct plot_place *place;
    struct kept_forest *kept;
};

static bool is_good(const struct kept_forest *kept, const struct study_digest *digest)
{
    int64_t more = digest->trial_count - kept->trial_count;

    return kept->deleted_count == digest->deleted_count && more >= 0 &&
           more * GROWN_PART <= kept->trial_count;
}

/* What a forest is grown from: copied, so that the digest is free meanwhile. */
struct rows {
    double *points, *values;
    size_t count;
};

static int compare_keys(const void *left, const void *right)
{
    const struct kept_trial *a = left, *b = right;

    if (a->key < b->key || a->key > b->key)
        return a->key < b->key ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* The first of the sample: what is by chance, and the same each time. */
static bool copy_rows(struct rows *rows, const struct study_digest *digest, size_t metric)
{
    const struct trial_heap *sample = &digest->sample;
    size_t width = digest->param_count;
    struct kept_trial *sorted = malloc((sample->count + 1) * sizeof *sorted);

    rows->points = malloc((FOREST_ROWS_MAX * width + 1) * sizeof *rows->points);
    rows->values = malloc(FOREST_ROWS_MAX * sizeof *rows->values);
    if (!sorted || !rows->points || !rows->values) {
        free(sorted);
        return false;
    }
    if (sample->count > 0)
        memcpy(sorted, sample->items, sample->count * sizeof *sorted);
    qsort(sorted, sample->count, sizeof *sorted, compare_keys);
    for (size_t i = 0; i < sample->count && rows->count < FOREST_ROWS_MAX; i++) {
        double value = trial_heap_values(sample, &sorted[i])[metric];

        if (sorted[i].state == PLOT_INFEASIBLE || !isfinite(value))
            continue;
        memcpy(rows->points + rows->count * width, trial_heap_point(sample, &sorted[i]),
               width * sizeof *rows->points);
        rows->values[rows->count++] = value;
    }
    free(sorted);
    return true;
}

static struct forest *grow(const struct plot_call *plot, const struct forest_space *space,
                           struct rows *rows, struct assay_error *err)
{
    size_t width = plot->study->space->param_count;
    struct forest_data data = {
        .dimension = width,
        .dimensions = forest_space_dimensions(space),
        .row_count = rows->count,
        .rows = rows->points,
        .values = rows->values,
        .is_maximized = plot->study->metrics[plot->metric].goal == GOAL_MAXIMIZE,
    };

    for (size_t i = 0; i < rows->count; i++)
        forest_space_row(space, rows->points + i * width, rows->points + i * width);
    return forest_new(&data, plot->view->row.seed, err);
}

/* Copies what is needed of the digest, and gives it back before the long part. */
static struct kept_forest *make_kept(struct plot_call *plot, struct assay_error *err)
{
    struct kept_forest *kept = calloc(1, sizeof *kept);
    struct rows rows = { 0 };
    bool is_ready = kept && copy_rows(&rows, plot->digest, plot->metric);

    if (is_ready) {
        kept->trial_count = plot->digest->trial_count;
        kept->deleted_count = plot->digest->deleted_count;
        kept->version = plot->digest->last_order;
        /* Counting uses is all that changes in a view. */
        kept->view = (struct job_cached *)(uintptr_t)&plot->view->cached;
        (void)atomic_fetch_add(&kept->view->uses, 1);
        plot_put_digest(plot);
        kept->space = forest_space_new(plot->study->space);
    }
    if (!is_ready || !kept->space)
        (void)assay_fail_memory(err);
    else
        kept->forest = grow(plot, kept->space, &rows, err);
    free(rows.points);
    free(rows.values);
    if (kept && kept->forest)
        return kept;
    if (kept)
        free_kept(kept);
    return NULL;
}

static bool begin(struct forest_call *forest, struct api_call *call, struct assay_error *err)
{
    struct plot_call *plot = &forest->plot;

    *forest = (struct forest_call){ 0 };
    if (!plot_begin(plot, call, PLOT_NEEDS_METRIC, err))
        return false;
    /* Before the digest: whoever wants the same forest waits here, and holds up nobody else. */
    forest->place = plot_cache_take(engine_forests(call->engine), plot->job, plot->metric);
    if (!plot_take_digest(plot, err))
        return false;
    if (forest->place->item && !is_good(forest->place->item, plot->digest))
        plot_place_clear(forest->place);
    if (!forest->place->item) {
        forest->place->item = make_kept(plot, err);
        forest->place->free = free_kept;
    }
    plot_put_digest(plot);
    forest->kept = forest->place->item;
    return forest->kept != NULL;
}

static void end(struct forest_call *forest)
{
    plot_put_digest(&forest->plot);
    if (forest->place)
        plot_cache_put(engine_forests(forest->plot.call->engine), forest->place);
    plot_end(&forest->plot);
}

static void write_head(struct forest_call *forest)
{
    struct json_writer *w = &forest->plot.call->json;

    json_key(w, "version");
    json_int64(w, forest->kept->version);
    plot_write_metric(&forest->plot);
    plot_write_int(w, "trialCount", (int64_t)forest_row_count(forest->kept->forest));
}

static void write_share(struct json_writer *w, const struct forest_spread *share)
{
    json_key(w, "importance");
    plot_write_number(w, share->mean);
    json_key(w, "low");
    plot_write_number(w, share->low);
    json_key(w, "high");
    plot_write_number(w, share->high);
}

static void write_pairs(struct forest_call *forest)
{
    struct json_writer *w = &forest->plot.call->json;
    const struct param_spec *params = forest->plot.study->space->params;
    size_t count = 0;
    const struct importance_pair *pairs = importance_pairs(forest->kept->importance, &count);

    json_key(w, "pairs");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(w);
        json_key(w, "parameterIds");
        json_begin_array(w);
        json_string(w, params[pairs[i].i].id);
        json_string(w, params[pairs[i].j].id);
        json_end_array(w);
        write_share(w, &pairs[i].share);
        json_end_object(w);
    }
    json_end_array(w);
}

static void write_importance(struct forest_call *forest)
{
    struct json_writer *w = &forest->plot.call->json;
    const struct importance *importance = forest->kept->importance;
    const size_t *order = importance_order(importance);
    char detail[160];

    (void)snprintf(detail, sizeof detail,
                   "a random forest of %d trees of %zu trials (Hutter, Hoos, Leyton-Brown 2014)",
                   FOREST_TREES, forest_row_count(forest->kept->forest));
    json_begin_object(w);
    write_head(forest);
    json_key(w, "method");
    json_string(w, "fANOVA");
    json_key(w, "detail");
    json_string(w, detail);
    json_key(w, "parameters");
    json_begin_array(w);
    for (size_t i = 0; i < forest_dimension(forest->kept->forest); i++) {
        struct forest_spread share = importance_of(importance, order[i]);

        json_begin_object(w);
        json_key(w, "parameterId");
        json_string(w, forest->plot.study->space->params[order[i]].id);
        write_share(w, &share);
        json_end_object(w);
    }
    json_end_array(w);
    write_pairs(forest);
    json_end_object(w);
}

bool api_plot_importance(struct api_call *call, struct assay_error *err)
{
    struct forest_call forest;
    bool is_ok = begin(&forest, call, err);

    if (is_ok && !forest.kept->importance)
        forest.kept->importance = importance_new(forest.kept->forest, err);
    is_ok = is_ok && forest.kept->importance;
    if (is_ok)
        write_importance(&forest);
    end(&forest);
    return is_ok;
}

/* Where an axis is looked at, as values and as the forest has them. */
struct axis_places {
    const struct param_spec *param;
    size_t index, count;
    double values[NAME_LIST], coordinates[NAME_LIST];
};

/* The first of those with that name; children of one parent may share it. */
static bool find_parameter(const struct forest_call *forest, const char *key, size_t *index,
                           struct assay_error *err)
{
    const struct search_space *space = forest->plot.study->space;
    char id[256];

    if (!api_query(forest->plot.call, key, id, sizeof id))
        return assay_fail(err, ASSAY_INVALID, key, "say which parameter: ?%s=ID", key);
    for (*index = 0; *index < space->param_count; ++*index)
        if (strcmp(space->params[*index].id, id) == 0)
            return true;
    return assay_fail(err, ASSAY_INVALID, key, "job %" PRId64 " has no parameter \"%.64s\"",
                      forest->plot.job, id);
}

static void add_place(struct axis_places *places, const struct forest_space *space, double value)
{
    if (places->count > 0 && places->values[places->count - 1] == value)
        return; /* an INTEGER with fewer values than places */
    places->values[places->count] = value;
    places->coordinates[places->count++] = forest_space_coordinate(space, places->index, value);
}

/* Of a number: equally far apart on its scale; all values of a list. */
static bool find_places(const struct forest_call *forest, const char *key,
                        struct axis_places *places, struct assay_error *err)
{
    const struct param_spec *param = NULL;

    *places = (struct axis_places){ 0 };
    if (!find_parameter(forest, key, &places->index, err))
        return false;
    param = places->param = &forest->plot.study->space->params[places->index];
    if (param->type == PARAM_CATEGORICAL || param->type == PARAM_DISCRETE) {
        size_t step = (param->value_count + NAME_LIST - 1) / NAME_LIST;

        for (size_t i = 0; i < param->value_count; i += step)
            add_place(places, forest->kept->space,
                      param->type == PARAM_DISCRETE ? param->numbers[i] : (double)i);
        return true;
    }
    for (size_t i = 0; i < PLACES; i++)
        add_place(places, forest->kept->space, param_spec_decode(param, (double)i / (PLACES - 1)));
    return true;
}

static void write_values(struct json_writer *w, const char *key, const struct axis_places *places)
{
    json_key(w, key);
    json_begin_array(w);
    for (size_t i = 0; i < places->count; i++)
        plot_write_value(w, places->param, places->values[i]);
    json_end_array(w);
}

static void write_slice(struct forest_call *forest, const struct axis_places *places)
{
    struct json_writer *w = &forest->plot.call->json;
    double mean[NAME_LIST], low[NAME_LIST], high[NAME_LIST];

    for (size_t i = 0; i < places->count; i++) {
        struct forest_spread spread =
            forest_marginal(forest->kept->forest, places->index, places->coordinates[i]);

        mean[i] = spread.mean;
        low[i] = spread.low;
        high[i] = spread.high;
    }
    json_begin_object(w);
    write_head(forest);
    json_key(w, "parameterId");
    json_string(w, places->param->id);
    write_values(w, "x", places);
    plot_write_numbers(w, "mean", mean, places->count);
    plot_write_numbers(w, "low", low, places->count);
    plot_write_numbers(w, "high", high, places->count);
    json_end_object(w);
}

bool api_plot_slice(struct api_call *call, struct assay_error *err)
{
    struct forest_call forest;
    struct axis_places places;
    bool is_ok = begin(&forest, call, err) && find_places(&forest, "parameter", &places, err);

    if (is_ok)
        write_slice(&forest, &places);
    end(&forest);
    return is_ok;
}

static void write_axis(struct json_writer *w, const char *key, const struct axis_places *places)
{
    json_key(w, key);
    json_begin_object(w);
    json_key(w, "parameterId");
    json_string(w, places->param->id);
    write_values(w, "values", places);
    json_end_object(w);
}

static bool write_contour(struct forest_call *forest, const struct axis_places *x,
                          const struct axis_places *y, struct assay_error *err)
{
    struct json_writer *w = &forest->plot.call->json;
    struct forest_side sides[] = {
        { .dimension = x->index, .x = x->coordinates, .count = x->count },
        { .dimension = y->index, .x = y->coordinates, .count = y->count },
    };
    double *mean = malloc((x->count * y->count + 1) * sizeof *mean);

    if (!mean)
        return assay_fail_memory(err);
    forest_surface(forest->kept->forest, &sides[0], &sides[1], mean);
    json_begin_object(w);
    write_head(forest);
    write_axis(w, "x", x);
    write_axis(w, "y", y);
    json_key(w, "mean");
    json_begin_array(w);
    for (size_t i = 0; i < y->count; i++) {
        json_begin_array(w);
        for (size_t j = 0; j < x->count; j++)
            plot_write_number(w, mean[i * x->count + j]);
        json_end_array(w);
    }
    json_end_array(w);
    json_end_object(w);
    free(mean);
    return true;
}

bool api_plot_contour(struct api_call *call, struct assay_error *err)
{
    struct forest_call forest;
    struct axis_places x, y;
    bool is_ok = begin(&forest, call, err) && find_places(&forest, "x", &x, err) &&
                 find_places(&forest, "y", &y, err);

    if (is_ok && x.index == y.index)
        is_ok = assay_fail(err, ASSAY_INVALID, "y", "x and y are the same parameter");
    is_ok = is_ok && write_contour(&forest, &x, &y, err);
    end(&forest);
    return is_ok;
}
