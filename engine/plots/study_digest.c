#include "engine/plots/study_digest.h"

#include "engine/life/study_sampler.h"

#include <math.h>
#include <stdlib.h>

/* HISTORY_MAX buckets of history take half a megabyte a metric; a study of many metrics has fewer
 * of them. The sample is what parallel coordinates and the forest are made from. */
enum {
    HISTORY_MAX = 16384,
    HISTORY_MANY = 1024,
    FEW_METRICS = 4,
    SAMPLE_MAX = 10000,
    SAMPLE_MIN = 500,
    SAMPLE_NUMBERS = 512 * 1024,
};

static size_t sample_max(size_t width)
{
    size_t max = SAMPLE_NUMBERS / (width + 1);

    if (max > SAMPLE_MAX)
        return SAMPLE_MAX;
    return max > SAMPLE_MIN ? max : SAMPLE_MIN;
}

static bool begin_metrics(struct study_digest *digest, const struct study_spec *study)
{
    struct sampler_metric *specs = calloc(digest->metric_count + 1, sizeof *specs);

    digest->metrics = calloc(digest->metric_count + 1, sizeof *digest->metrics);
    if (!specs || !digest->metrics) {
        free(specs);
        return false;
    }
    study_sampler_metrics(study, digest->metric_count, specs);
    for (size_t i = 0; i < digest->metric_count; i++) {
        struct digest_metric *metric = &digest->metrics[i];

        metric->spec = specs[i];
        metric->steps.is_maximized = specs[i].is_maximized;
        trial_heap_init(&metric->best, digest->param_count, digest->metric_count, DIGEST_BEST);
        digest->objective_count += !specs[i].is_safety;
    }
    free(specs);
    return true;
}

struct study_digest *study_digest_new(const struct study_spec *study)
{
    struct study_digest *digest = calloc(1, sizeof *digest);
    size_t params = study->space ? study->space->param_count : 0;
    size_t metrics = study->metric_count;

    if (!digest)
        return NULL;
    digest->param_count = params;
    digest->metric_count = metrics;
    digest->history =
        history_buckets_new(metrics, metrics <= FEW_METRICS ? HISTORY_MAX : HISTORY_MANY, 1);
    trial_heap_init(&digest->sample, params, metrics, sample_max(params + metrics));
    trial_heap_init(&digest->newest, params, metrics, DIGEST_NEWEST);
    digest->losses = calloc(metrics + 1, sizeof *digest->losses);
    if (!digest->history || !digest->losses || !begin_metrics(digest, study)) {
        study_digest_free(digest);
        return NULL;
    }
    trial_front_init(&digest->front, digest->objective_count > 0 ? digest->objective_count : 1);
    return digest;
}

void study_digest_free(struct study_digest *digest)
{
    if (!digest)
        return;
    for (size_t i = 0; digest->metrics && i < digest->metric_count; i++) {
        best_steps_clear(&digest->metrics[i].steps);
        value_cells_clear(&digest->metrics[i].cells);
        trial_heap_clear(&digest->metrics[i].best);
    }
    free(digest->metrics);
    free(digest->losses);
    history_buckets_free(digest->history);
    trial_heap_clear(&digest->sample);
    trial_heap_clear(&digest->newest);
    trial_front_clear(&digest->front);
    free(digest);
}

static bool is_safe(const struct study_digest *digest, const double *values)
{
    for (size_t i = 0; i < digest->metric_count; i++) {
        const struct sampler_metric *spec = &digest->metrics[i].spec;

        if (spec->is_safety &&
            (!isfinite(values[i]) || (spec->is_maximized ? values[i] < spec->safety_threshold
                                                         : values[i] > spec->safety_threshold)))
            return false;
    }
    return true;
}

static bool add_best(struct study_digest *digest, const struct ended_row *row)
{
    for (size_t i = 0; i < digest->metric_count; i++) {
        struct digest_metric *metric = &digest->metrics[i];
        double value = row->values[i];
        struct plot_point point = { .value = value,
                                    .end_order = row->end_order,
                                    .number = row->number,
                                    .state = plot_state_of(row) };

        if (isfinite(value) &&
            (!best_steps_add(&metric->steps, &point) ||
             !trial_heap_offer(&metric->best, metric->spec.is_maximized ? -value : value, row)))
            return false;
    }
    return true;
}

/* Objectives only; a safety metric has said its word. */
static bool add_to_front(struct study_digest *digest, const struct ended_row *row)
{
    size_t count = 0;

    if (digest->objective_count < 2)
        return true;
    for (size_t i = 0; i < digest->metric_count; i++) {
        if (!isfinite(row->values[i]))
            return true;
        if (!digest->metrics[i].spec.is_safety)
            digest->losses[count++] =
                digest->metrics[i].spec.is_maximized ? -row->values[i] : row->values[i];
    }
    return trial_front_add(&digest->front, row->number, digest->losses);
}

static bool add_values(struct study_digest *digest, const struct ended_row *row)
{
    for (size_t i = 0; i < digest->metric_count; i++)
        if (isfinite(row->values[i]) && !value_cells_add(&digest->metrics[i].cells, row->values[i]))
            return false;
    return !is_safe(digest, row->values) || (add_best(digest, row) && add_to_front(digest, row));
}

bool study_digest_add(struct study_digest *digest, const struct ended_row *row)
{
    bool has_values =
        row->state == TRIAL_SUCCEEDED && row->values && row->value_count == digest->metric_count;

    digest->trial_count++;
    if (digest->first_order == 0 || row->end_order < digest->first_order)
        digest->first_order = row->end_order;
    if (row->end_order > digest->last_order)
        digest->last_order = row->end_order;
    return history_buckets_add(digest->history, row->number, row->end_order, plot_state_of(row),
                               has_values ? row->values : NULL) &&
           trial_heap_offer(&digest->sample, plot_chance(row->number), row) &&
           (row->end_order <= digest->newest_after ||
            trial_heap_offer(&digest->newest, -(double)row->end_order, row)) &&
           (!has_values || add_values(digest, row));
}

struct update {
    struct study_digest *digest;
    bool has_memory;
};

static bool add_row(void *context, const struct ended_row *row)
{
    struct update *update = context;

    update->has_memory = study_digest_add(update->digest, row);
    return update->has_memory;
}

bool study_digest_update(struct study_digest *digest, struct store *store, int64_t job,
                         const struct job_spec *spec, struct assay_error *err)
{
    struct update update = { .digest = digest, .has_memory = true };
    struct ended_query query = { .job = job,
                                 .after = digest->last_order,
                                 .until = INT64_MAX,
                                 .is_by_number = digest->last_order == 0,
                                 .has_stops = spec->study.stopping_rule != STOPPING_NONE };

    int64_t last = 0;

    if (!store_last_end_order(store, job, &last, err))
        return false;
    /* Each end order was given to a trial: so many of the last ones are there at least. */
    digest->newest_after = last - DIGEST_NEWEST - digest->deleted_count;
    return store_ended_each(store, &query, add_row, &update, err) &&
           (update.has_memory || assay_fail_memory(err));
}

static bool renew(struct study_digest **digest, struct store *store, int64_t job,
                  const struct job_spec *spec, struct assay_error *err)
{
    int64_t deleted = 0;

    /* Only clients of studies delete trials. */
    if (spec->kind == JOB_STUDY && !store_deleted_count(store, job, &deleted, err))
        return false;
    if (*digest && (*digest)->deleted_count != deleted) {
        study_digest_free(*digest);
        *digest = NULL;
    }
    if (!*digest)
        *digest = study_digest_new(&spec->study);
    if (!*digest)
        return assay_fail_memory(err);
    (*digest)->deleted_count = deleted;
    return study_digest_update(*digest, store, job, spec, err);
}

bool study_digest_renew(struct study_digest **digest, struct store *store, int64_t job,
                        const struct job_spec *spec, struct assay_error *err)
{
    bool is_ok = false;

    store_snapshot_begin(store);
    is_ok = renew(digest, store, job, spec, err);
    store_snapshot_end(store);
    if (!is_ok) {
        study_digest_free(*digest);
        *digest = NULL;
    }
    return is_ok;
}
