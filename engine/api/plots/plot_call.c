#include "engine/api/plots/plot_call.h"

#include "metrics/objective.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool find_metric(struct plot_call *plot, struct assay_error *err)
{
    char id[256];

    plot->metric = objective_metric(plot->study->metrics, plot->study->metric_count);
    if (!api_query(plot->call, "metric", id, sizeof id))
        return true;
    for (size_t i = 0; i < plot->study->metric_count; i++) {
        if (strcmp(plot->study->metrics[i].id, id) == 0) {
            plot->metric = i;
            return true;
        }
    }
    return assay_fail(err, ASSAY_INVALID, "metric", "job %" PRId64 " has no metric \"%.64s\"",
                      plot->job, id);
}

bool plot_begin(struct plot_call *plot, struct api_call *call, enum plot_need need,
                struct assay_error *err)
{
    *plot = (struct plot_call){ .call = call };
    call->json.indent = 0; /* columns of thousands of numbers are nobody's to read */
    if (!api_find_job(call, &plot->job, err))
        return false;
    plot->view = job_view_get(call->engine, plot->job, err);
    if (!plot->view)
        return false;
    plot->study = &plot->view->spec->study;
    if (need == PLOT_NEEDS_METRIC && plot->study->metric_count == 0)
        return assay_fail(err, ASSAY_PRECONDITION, NULL,
                          "job %" PRId64 " is a custom job: it has no metrics to plot", plot->job);
    return find_metric(plot, err);
}

static void free_digest(void *item)
{
    study_digest_free(item);
}

bool plot_take_digest(struct plot_call *plot, struct assay_error *err)
{
    struct engine *engine = plot->call->engine;
    struct plot_place *place = plot_cache_take(engine_digests(engine), plot->job, 0);
    struct study_digest *digest = place->item;
    bool is_ok =
        study_digest_renew(&digest, engine_read_begin(engine), plot->job, plot->view->spec, err);

    engine_read_end(engine);
    place->item = digest;
    place->free = free_digest;
    plot->place = place;
    plot->digest = digest;
    return is_ok;
}

void plot_put_digest(struct plot_call *plot)
{
    if (plot->place)
        plot_cache_put(engine_digests(plot->call->engine), plot->place);
    plot->place = NULL;
    plot->digest = NULL;
}

void plot_end(struct plot_call *plot)
{
    plot_put_digest(plot);
    job_view_release(plot->view);
}

bool plot_query_count(const struct api_call *call, const char *name, int64_t fallback, int64_t most,
                      int64_t *count, struct assay_error *err)
{
    if (!api_query_integer(call, name, fallback, count, err))
        return false;
    if (*count > most)
        *count = most;
    return *count > 0 || assay_fail(err, ASSAY_INVALID, name, "0 is no number from 1 on");
}

void plot_write_int(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_int(w, value);
}

void plot_write_bool(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_bool(w, value);
}

void plot_write_number(struct json_writer *w, double value)
{
    if (isfinite(value))
        json_number(w, value);
    else
        json_null(w);
}

void plot_write_numbers(struct json_writer *w, const char *key, const double *values, size_t count)
{
    json_key(w, key);
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        plot_write_number(w, values[i]);
    json_end_array(w);
}

void plot_write_value(struct json_writer *w, const struct param_spec *param, double value)
{
    if (param->type == PARAM_CATEGORICAL && value >= 0 && value < (double)param->value_count)
        json_string(w, param->categories[(size_t)value]);
    else
        plot_write_number(w, value);
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_string(w, text);
}

void plot_write_version(struct plot_call *plot)
{
    json_key(&plot->call->json, "version");
    json_int64(&plot->call->json, plot->digest->last_order);
}

static void write_metric(struct json_writer *w, const struct metric_spec *metric)
{
    write_text(w, "metricId", metric->id);
    write_text(w, "goal", metric->goal == GOAL_MINIMIZE ? "MINIMIZE" : "MAXIMIZE");
}

void plot_write_metric(struct plot_call *plot)
{
    if (plot->study->metric_count > 0)
        write_metric(&plot->call->json, &plot->study->metrics[plot->metric]);
}

void plot_write_metrics(struct plot_call *plot, bool only_objectives)
{
    struct json_writer *w = &plot->call->json;

    json_key(w, "metrics");
    json_begin_array(w);
    for (size_t i = 0; i < plot->study->metric_count; i++) {
        if (only_objectives && plot->study->metrics[i].is_safety)
            continue;
        json_begin_object(w);
        write_metric(w, &plot->study->metrics[i]);
        json_end_object(w);
    }
    json_end_array(w);
}
