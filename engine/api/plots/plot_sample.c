/* Some of a study's trials with all their numbers: for parallel coordinates, slices, contours. */

#include "engine/api/plots/plot_call.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* BYTES: what an answer may have unless it is told how many trials; NUMBER and TRIAL: what a number
 * takes in it at most, and what stands beside a trial's numbers. */
enum { SAMPLE = 3000, SAMPLE_MAX = 10000, BYTES = 300000, NUMBER_BYTES = 20, TRIAL_BYTES = 44 };

/* One that is shown, and where its numbers are. */
struct pick {
    const struct trial_heap *heap;
    const struct kept_trial *trial;
};

struct picks {
    struct pick *items;
    size_t count;
};

static int compare_numbers(const void *left, const void *right)
{
    const struct pick *a = left, *b = right;

    return (a->trial->number > b->trial->number) - (a->trial->number < b->trial->number);
}

static int compare_keys(const void *left, const void *right)
{
    const struct pick *a = left, *b = right;

    if (a->trial->key < b->trial->key || a->trial->key > b->trial->key)
        return a->trial->key < b->trial->key ? -1 : 1;
    return compare_numbers(left, right);
}

static void add_all(struct picks *picks, const struct trial_heap *heap)
{
    for (size_t i = 0; i < heap->count; i++)
        picks->items[picks->count++] = (struct pick){ .heap = heap, .trial = &heap->items[i] };
}

/* By number, each once. */
static void settle(struct picks *picks)
{
    size_t kept = 0;

    if (picks->count > 0) /* NULL is nothing to sort */
        qsort(picks->items, picks->count, sizeof *picks->items, compare_numbers);
    for (size_t i = 0; i < picks->count; i++)
        if (kept == 0 || picks->items[kept - 1].trial->number != picks->items[i].trial->number)
            picks->items[kept++] = picks->items[i];
    picks->count = kept;
}

/* Those that are always shown, then the first of the others by chance, as many as there may be. */
static bool choose(struct picks *picks, const struct study_digest *digest, size_t limit)
{
    struct picks others = { 0 };
    size_t always = digest->newest.count;
    size_t settled = 0;

    for (size_t i = 0; i < digest->metric_count; i++)
        always += digest->metrics[i].best.count;
    picks->items = malloc((always + digest->sample.count + 1) * sizeof *picks->items);
    others.items = malloc((digest->sample.count + 1) * sizeof *others.items);
    if (!picks->items || !others.items) {
        free(others.items);
        return false;
    }
    add_all(picks, &digest->newest);
    for (size_t i = 0; i < digest->metric_count; i++)
        if (!digest->metrics[i].spec.is_safety)
            add_all(picks, &digest->metrics[i].best);
    settle(picks);
    settled = picks->count;
    add_all(&others, &digest->sample);
    if (others.count > 0)
        qsort(others.items, others.count, sizeof *others.items, compare_keys);
    for (size_t i = 0; i < others.count && picks->count < limit; i++)
        if (!bsearch(&others.items[i], picks->items, settled, sizeof *picks->items,
                     compare_numbers))
            picks->items[picks->count++] = others.items[i];
    settle(picks);
    free(others.items);
    return true;
}

static bool is_first_of_name(const struct search_space *space, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(space->params[i].id, space->params[j].id) == 0)
            return false;
    return true;
}

static void write_parameter(struct json_writer *w, const struct param_spec *param)
{
    static const char *const types[] = { "DOUBLE", "INTEGER", "CATEGORICAL", "DISCRETE" };
    static const char *const scales[] = { "LINEAR", "LINEAR", "LOG", "REVERSE_LOG" };
    bool has_list = param->type == PARAM_CATEGORICAL || param->type == PARAM_DISCRETE;

    json_begin_object(w);
    json_key(w, "parameterId");
    json_string(w, param->id);
    json_key(w, "type");
    json_string(w, types[param->type]);
    if (param->type != PARAM_CATEGORICAL) {
        json_key(w, "scale");
        json_string(w, scales[param->scale]);
        json_key(w, "min");
        plot_write_number(w, has_list ? param->numbers[0] : param->min);
        json_key(w, "max");
        plot_write_number(w, has_list ? param->numbers[param->value_count - 1] : param->max);
    }
    if (has_list) {
        json_key(w, "values");
        json_begin_array(w);
        for (size_t i = 0; i < param->value_count; i++)
            plot_write_value(w, param,
                             param->type == PARAM_DISCRETE ? param->numbers[i] : (double)i);
        json_end_array(w);
    }
    json_end_object(w);
}

static void write_number(struct json_writer *w, const struct pick *pick)
{
    json_int(w, pick->trial->number);
}

static void write_order(struct json_writer *w, const struct pick *pick)
{
    json_int(w, pick->trial->end_order);
}

static void write_state(struct json_writer *w, const struct pick *pick)
{
    json_string(w, plot_state_name(pick->trial->state));
}

static void write_duration(struct json_writer *w, const struct pick *pick)
{
    const struct kept_trial *trial = pick->trial;
    bool is_known = trial->start_us > 0 && trial->end_us >= trial->start_us;

    plot_write_number(w, is_known ? (double)(trial->end_us - trial->start_us) / 1e6 : (double)NAN);
}

static void write_column(struct json_writer *w, const char *key, const struct picks *picks,
                         void (*write)(struct json_writer *w, const struct pick *pick))
{
    json_key(w, key);
    json_begin_array(w);
    for (size_t i = 0; i < picks->count; i++)
        write(w, &picks->items[i]);
    json_end_array(w);
}

/* Of parameters with one name, which values of a parent select, the one that is active. */
static void write_parameter_value(struct json_writer *w, const struct search_space *space,
                                  const double *point, size_t i)
{
    size_t active = i;

    for (size_t j = i + 1; isnan(point[active]) && j < space->param_count; j++)
        if (!isnan(point[j]) && strcmp(space->params[i].id, space->params[j].id) == 0)
            active = j;
    plot_write_value(w, &space->params[active], point[active]);
}

static void write_parameters(struct plot_call *plot, const struct picks *picks)
{
    struct json_writer *w = &plot->call->json;
    const struct search_space *space = plot->study->space;

    json_key(w, "parameterValues");
    json_begin_object(w);
    for (size_t i = 0; i < plot->digest->param_count; i++) {
        if (!is_first_of_name(space, i))
            continue;
        json_key(w, space->params[i].id);
        json_begin_array(w);
        for (size_t j = 0; j < picks->count; j++)
            write_parameter_value(w, space,
                                  trial_heap_point(picks->items[j].heap, picks->items[j].trial), i);
        json_end_array(w);
    }
    json_end_object(w);
}

static void write_values(struct plot_call *plot, const struct picks *picks)
{
    struct json_writer *w = &plot->call->json;

    json_key(w, "metricValues");
    json_begin_object(w);
    for (size_t i = 0; i < plot->digest->metric_count; i++) {
        json_key(w, plot->study->metrics[i].id);
        json_begin_array(w);
        for (size_t j = 0; j < picks->count; j++)
            plot_write_number(w, trial_heap_values(picks->items[j].heap, picks->items[j].trial)[i]);
        json_end_array(w);
    }
    json_end_object(w);
}

static void write_sample(struct plot_call *plot, const struct picks *picks)
{
    struct json_writer *w = &plot->call->json;

    json_begin_object(w);
    plot_write_version(plot);
    plot_write_int(w, "trialCount", plot->digest->trial_count);
    plot_write_bool(w, "isSampled", (int64_t)picks->count < plot->digest->trial_count);
    json_key(w, "parameters");
    json_begin_array(w);
    for (size_t i = 0; i < plot->digest->param_count; i++)
        if (is_first_of_name(plot->study->space, i))
            write_parameter(w, &plot->study->space->params[i]);
    json_end_array(w);
    plot_write_metrics(plot, false);
    write_column(w, "trial", picks, write_number);
    write_column(w, "endOrder", picks, write_order);
    write_column(w, "state", picks, write_state);
    write_column(w, "duration", picks, write_duration);
    write_parameters(plot, picks);
    write_values(plot, picks);
    json_end_object(w);
}

bool api_plot_sample(struct api_call *call, struct assay_error *err)
{
    struct plot_call plot;
    struct picks picks = { 0 };
    int64_t limit = SAMPLE;
    int64_t fits = 0;
    bool is_ok = plot_begin(&plot, call, PLOT_NEEDS_NOTHING, err) && plot_take_digest(&plot, err);

    if (is_ok) {
        fits = BYTES / (int64_t)(TRIAL_BYTES + NUMBER_BYTES * (plot.digest->param_count +
                                                               plot.digest->metric_count));
        is_ok =
            plot_query_count(call, "limit", fits < SAMPLE ? fits : SAMPLE, SAMPLE_MAX, &limit, err);
    }
    if (is_ok)
        is_ok = choose(&picks, plot.digest, (size_t)limit) || assay_fail_memory(err);
    if (is_ok)
        write_sample(&plot, &picks);
    free(picks.items);
    plot_end(&plot);
    return is_ok;
}
