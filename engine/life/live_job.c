#include "engine/life/live_job.h"

#include "engine/life/early_stops.h"
#include "engine/life/job_budget.h"
#include "engine/life/optimal.h"
#include "engine/life/study_sampler.h"
#include "engine/life/suggestion.h"
#include "engine/spec/job_document.h"
#include "engine/spec/study_resource.h"
#include "engine/store/steering_rows.h"
#include "metrics/objective.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t live_job_param_count(const struct live_job *job)
{
    return job->spec->kind != JOB_CUSTOM ? job->spec->study.space->param_count : 0;
}

size_t live_job_metric_count(const struct live_job *job)
{
    return job->spec->study.metric_count;
}

struct attempt_key live_trial_key(const struct live_job *job, const struct live_trial *trial)
{
    return (struct attempt_key){ .trial = store_trial_id(job->row.id, trial->number),
                                 .attempt = trial->attempt };
}

/* And what else learns from trials. */
static bool make_sampler(struct live_job *job, struct assay_error *err)
{
    if (job->spec->kind == JOB_CUSTOM)
        return true;
    job->sampler = study_sampler_new(job->spec, job->row.seed, err);
    if (!job->sampler)
        return false;
    if (job->spec->study.stopping_rule != STOPPING_NONE) {
        job->stopping = early_stopping_new(&job->spec->study, err);
        if (!job->stopping)
            return false;
    }
    if (!sampler_needs_history(job->sampler))
        return true;
    job->memory =
        study_memory_new(job->sampler, live_job_param_count(job), live_job_metric_count(job));
    return job->memory || assay_fail_memory(err);
}

struct live_job *live_job_new(struct job_row *row, struct job_spec *spec, struct assay_error *err)
{
    struct live_job *job = calloc(1, sizeof *job);

    if (!job) {
        job_row_clear(row);
        job_spec_free(spec);
        (void)assay_fail_memory(err);
        return NULL;
    }
    job->row = *row;
    *row = (struct job_row){ 0 };
    job->spec = spec;
    tuning_job_init(&job->life, spec, job->row.create_us);
    job->values =
        calloc(spec->study.metric_count + 2 * live_job_param_count(job) + 1, sizeof *job->values);
    job->point = job->values ? job->values + spec->study.metric_count : NULL;
    job->fixed = job->point ? job->point + live_job_param_count(job) : NULL;
    point_set_init(&job->given, live_job_param_count(job));
    if (!job->values)
        (void)assay_fail_memory(err);
    else if (make_sampler(job, err))
        return job;
    live_job_free(job);
    return NULL;
}

static void live_trial_clear(struct live_trial *trial)
{
    series_free(trial->series);
    free(trial->point);
    free(trial->client);
}

void live_job_free(struct live_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; i < job->trial_count; i++)
        live_trial_clear(&job->trials[i]);
    free(job->trials);
    free(job->values);
    point_set_clear(&job->given);
    early_stopping_free(job->stopping);
    study_memory_free(job->memory);
    sampler_free(job->sampler);
    job_spec_free(job->spec);
    job_row_clear(&job->row);
    free(job);
}

struct live_trial *live_job_add_trial(struct live_job *job, int64_t number)
{
    struct live_trial *trial = NULL;
    double *point = malloc((live_job_param_count(job) + 1) * sizeof *point);

    if (!point)
        return NULL;
    if (job->trial_count == job->trial_capacity) {
        size_t capacity = job->trial_capacity ? job->trial_capacity * 2 : 16;
        struct live_trial *grown = realloc(job->trials, capacity * sizeof *grown);

        if (!grown) {
            free(point);
            return NULL;
        }
        job->trials = grown;
        job->trial_capacity = capacity;
    }
    trial = &job->trials[job->trial_count++];
    *trial = (struct live_trial){ .number = number, .state = TRIAL_REQUESTED, .point = point };
    return trial;
}

void live_job_remove_trial(struct live_job *job, struct live_trial *trial)
{
    live_trial_clear(trial);
    *trial = job->trials[--job->trial_count];
}

struct live_trial *live_job_find_trial(struct live_job *job, int64_t number)
{
    for (size_t i = 0; i < job->trial_count; i++)
        if (job->trials[i].number == number)
            return &job->trials[i];
    return NULL;
}

struct live_trial *live_job_waiting_trial(struct live_job *job)
{
    struct live_trial *first = NULL;

    for (size_t i = 0; i < job->trial_count; i++)
        if (job->trials[i].state == TRIAL_REQUESTED &&
            (!first || job->trials[i].number < first->number))
            first = &job->trials[i];
    return first;
}

bool live_job_remember(struct live_job *job, const struct trial_row *row, double progress)
{
    struct past_trial past;

    return !job->memory || !suggestion_past(row, progress, &past) ||
           study_memory_append(job->memory, &past);
}

/* What the walks over a stored job's rows fill. */
struct loading {
    struct store *store;
    struct live_job *job;
    struct live_trial *trial;
    struct early_stops stops;
    struct assay_error *err;
    bool is_ok;
};

static bool load_measurement(void *context, const struct measurement_row *row)
{
    struct loading *loading = context;
    struct measurement measurement = { .step = row->step,
                                       .elapsed_us = row->elapsed_us,
                                       .values = row->values };

    loading->is_ok = row->value_count == live_job_metric_count(loading->job)
                         ? series_restore(loading->trial->series, &measurement) ||
                               assay_fail_memory(loading->err)
                         : assay_fail(loading->err, ASSAY_DATA_LOSS, NULL,
                                      "a measurement of trial %lld does not fit its study",
                                      (long long)loading->trial->number);
    return loading->is_ok;
}

static bool load_running(struct loading *loading, struct live_trial *trial)
{
    struct live_job *job = loading->job;
    int64_t id = store_trial_id(job->row.id, trial->number);

    trial->series = series_new(job->spec->study.metrics, live_job_metric_count(job));
    if (!trial->series)
        return assay_fail_memory(loading->err);
    loading->trial = trial;
    if (!store_measurement_each(loading->store, id, load_measurement, loading, loading->err) ||
        !loading->is_ok)
        return false;
    trial->stored_measurements = series_count(trial->series);
    trial->has_mark = store_mark_get(loading->store, id, trial->attempt, &trial->mark,
                                     sizeof trial->mark, loading->err);
    return trial->has_mark || loading->err->code == ASSAY_OK;
}

static bool load_client(struct loading *loading, struct live_trial *trial)
{
    if (loading->job->spec->kind != JOB_STUDY)
        return true;
    trial->client = store_client_get(
        loading->store, store_trial_id(loading->job->row.id, trial->number), loading->err);
    return trial->client != NULL;
}

/* Samplers read points of the study's own space only. */
static bool is_point(const struct live_job *job, const struct trial_row *row)
{
    return row->point_count == live_job_param_count(job) &&
           (job->spec->kind == JOB_CUSTOM ||
            search_space_is_legal(job->spec->study.space, row->point));
}

static bool load_trial(void *context, const struct trial_row *row)
{
    struct loading *loading = context;
    struct live_job *job = loading->job;
    struct live_trial *trial = NULL;

    if (!is_point(job, row)) {
        loading->is_ok =
            assay_fail(loading->err, ASSAY_DATA_LOSS, NULL,
                       "the point of trial %lld does not fit its study", (long long)row->number);
        return false;
    }
    trial = live_job_add_trial(job, row->number);
    if (!trial) {
        loading->is_ok = assay_fail_memory(loading->err);
        return false;
    }
    trial->attempt = row->attempt;
    trial->state = (enum trial_state)row->state;
    trial->is_stored = true;
    if (early_stops_find(&loading->stops, row->number))
        trial->stop_cause = STOP_CAUSE_EARLY;
    else if (row->state == TRIAL_STOPPING && row->failure == FAILURE_STOPPED)
        trial->stop_cause = STOP_CAUSE_ASKED;
    trial->start_us = row->start_us;
    memcpy(trial->point, row->point, row->point_count * sizeof *row->point);
    return true;
}

/* The rows' own statement is busy during a walk, so measurements are read after it. */
static bool load_trials(struct loading *loading)
{
    struct live_job *job = loading->job;
    struct trial_query query = { .job = job->row.id, .only_unended = true };

    if (!store_trial_each(loading->store, &query, load_trial, loading, loading->err) ||
        !loading->is_ok)
        return false;
    for (size_t i = 0; i < job->trial_count; i++) {
        if (job->trials[i].state == TRIAL_REQUESTED) {
            job->life.waiting++;
            continue;
        }
        job->life.running++;
        if (!load_running(loading, &job->trials[i]) || !load_client(loading, &job->trials[i]))
            return false;
    }
    return true;
}

static double objective_of(const struct live_job *job, const struct trial_row *row)
{
    size_t metric = objective_metric(job->spec->study.metrics, live_job_metric_count(job));

    return metric < row->value_count ? row->values[metric] : (double)NAN;
}

static bool load_best(void *context, const struct trial_row *row)
{
    struct loading *loading = context;
    struct live_job *job = loading->job;

    if (row->number != job->row.best_trial)
        return false;
    job->life.best_value = objective_of(job, row);
    job->life.ended_at_best = row->end_order;
    job->life.progress_us = row->end_us;
    return false;
}

/* The first trial to end with the best value was the progress; the best may be a later tie. */
static bool load_progress(void *context, const struct trial_row *row)
{
    struct loading *loading = context;
    struct live_job *job = loading->job;

    if (row->state != TRIAL_SUCCEEDED || objective_of(job, row) != job->life.best_value ||
        !optimal_is_safe(&job->spec->study, row->values))
        return row->end_order < job->life.ended_at_best;
    job->life.ended_at_best = row->end_order;
    job->life.progress_us = row->end_us;
    return false;
}

static bool load_best_trial(struct loading *loading)
{
    const struct live_job *job = loading->job;
    const struct stopping_config *stopping = &job->spec->study.stopping;
    struct trial_query best = { .job = job->row.id, .after = job->row.best_trial - 1, .limit = 1 };
    struct trial_query ended = { .job = job->row.id, .order = TRIALS_BY_END };

    if (!job->row.best_trial)
        return true;
    if (!store_trial_each(loading->store, &best, load_best, loading, loading->err))
        return false;
    /* A walk over many rows, for the two rules that ask how long there was no progress. */
    if (!stopping->has_max_num_trials_no_progress && !stopping->has_max_duration_no_progress)
        return true;
    return store_trial_each(loading->store, &ended, load_progress, loading, loading->err);
}

static bool load_past(void *context, const struct trial_row *row)
{
    struct loading *loading = context;
    struct live_job *job = loading->job;
    const struct early_stop *stop = early_stops_find(&loading->stops, row->number);

    if (!is_point(job, row) || (row->values && row->value_count != live_job_metric_count(job)))
        loading->is_ok =
            assay_fail(loading->err, ASSAY_DATA_LOSS, NULL,
                       "the values of trial %lld do not fit its study", (long long)row->number);
    else
        loading->is_ok = live_job_remember(job, row, stop ? stop->progress : 0) ||
                         assay_fail_memory(loading->err);
    return loading->is_ok;
}

/* Which trials were told to stop early, before the walks that ask for it. */
static bool load_stops(struct loading *loading)
{
    struct live_job *job = loading->job;

    return !job->stopping || (early_stops_read(&loading->stops, loading->store, job->row.id, 1,
                                               STORE_TRIALS_MAX - 1, false, loading->err) &&
                              early_stopping_load(job->stopping, loading->store, job->row.id,
                                                  job->spec, loading->err));
}

static bool load_model(void *context, int64_t count, const double *numbers, size_t number_count)
{
    struct loading *loading = context;

    loading->is_ok =
        count < 0 ||
        study_memory_restore(loading->job->memory, (size_t)count, numbers, number_count) ||
        assay_fail_memory(loading->err);
    return loading->is_ok;
}

/* A walk over all rows, for samplers that learn from them. */
static bool load_memory(struct loading *loading)
{
    struct trial_query ended = { .job = loading->job->row.id, .order = TRIALS_BY_END };

    return !loading->job->memory ||
           (store_trial_each(loading->store, &ended, load_past, loading, loading->err) &&
            loading->is_ok &&
            store_model_each(loading->store, ended.job, load_model, loading, loading->err) &&
            loading->is_ok);
}

bool live_job_note_given(struct live_job *job, const double *point)
{
    bool counts = job->spec->kind == JOB_STUDY && sampler_visits_once(job->sampler);

    return !counts || point_set_add(&job->given, point);
}

static bool load_given(void *context, const struct trial_row *row)
{
    struct loading *loading = context;

    if (row->attempt == 0 && is_point(loading->job, row))
        loading->is_ok =
            live_job_note_given(loading->job, row->point) || assay_fail_memory(loading->err);
    return loading->is_ok;
}

/* What the sampler's sequence passes over, and how far it has come. */
static bool load_sequence(struct loading *loading)
{
    struct live_job *job = loading->job;
    struct trial_query query = { .job = job->row.id };

    if (sampler_needs_history(job->sampler))
        return true;
    if (!store_made_last(loading->store, job->row.id, &job->last_ordinal, loading->err))
        return false;
    return !sampler_visits_once(job->sampler) || job->spec->kind != JOB_STUDY ||
           (store_trial_each(loading->store, &query, load_given, loading, loading->err) &&
            loading->is_ok);
}

/* Numbers of trials that were deleted are not given again, nor are the places in the order of the
 * ends: no more than those of all that were deleted can lie beyond the last one that is left. */
static bool load_gaps(struct loading *loading)
{
    struct live_job *job = loading->job;
    int64_t last_deleted = 0, deleted = 0;

    if (job->spec->kind == JOB_TUNING)
        return load_sequence(loading);
    if (job->spec->kind == JOB_CUSTOM)
        return true;
    if (!store_deleted_last(loading->store, job->row.id, &last_deleted, loading->err) ||
        !store_deleted_count(loading->store, job->row.id, &deleted, loading->err) ||
        !store_operation_last(loading->store, job->row.id, &job->last_operation, loading->err))
        return false;
    if (last_deleted > job->last_number)
        job->last_number = last_deleted;
    job->last_end_order += deleted;
    return load_sequence(loading);
}

static bool load_totals(struct loading *loading)
{
    struct live_job *job = loading->job;
    struct trial_totals totals = { 0 };
    struct retry_totals retries = { 0 };

    if (!store_trial_totals(loading->store, job->row.id, &totals, loading->err) ||
        !store_retry_totals(loading->store, job->row.id, &retries, loading->err))
        return false;
    job->life.created = totals.created;
    job->life.ended = totals.ended;
    job->life.succeeded = totals.succeeded;
    job->life.failed = totals.failed;
    job->life.forgiven = retries.forgiven;
    job->life.has_first_ended_failed = totals.has_first_ended_failed && !retries.is_first_forgiven;
    job->last_number = totals.last_number;
    job->last_end_order = totals.last_end_order;
    if (!load_gaps(loading))
        return false;
    job->life.best_trial = job->row.best_trial;
    return load_best_trial(loading);
}

struct job_spec *job_row_spec(const struct job_row *row, struct assay_error *err)
{
    struct assay_faults faults = { 0 };
    struct job_spec *spec = NULL;
    cJSON *root = json_read(row->document, strlen(row->document), err);

    if (root)
        spec = row->kind == JOB_STUDY ? study_resource_from_json(root, &faults, err)
                                      : job_spec_from_json(root, &faults, err);
    if (root && !spec && faults.count)
        (void)assay_faults_check(&faults, err);
    if (!spec)
        (void)assay_error_add(err, "the stored document of job %lld", (long long)row->id);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    return spec;
}

struct live_job *live_job_load(struct store *store, int64_t id, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    struct loading loading = { .store = store, .err = err, .is_ok = true };

    if (!store_job_get(store, id, &row, err))
        return NULL;
    spec = job_row_spec(&row, err);
    if (!spec || !job_budget_load_first(store, id, spec, err)) {
        job_spec_free(spec);
        job_row_clear(&row);
        return NULL;
    }
    loading.job = live_job_new(&row, spec, err);
    if (!loading.job)
        return NULL;
    loading.job->life.state = (enum job_state)loading.job->row.state;
    loading.job->life.closing = (enum job_closing)loading.job->row.closing;
    loading.is_ok = load_totals(&loading) && load_stops(&loading) && load_memory(&loading) &&
                    load_trials(&loading);
    early_stops_clear(&loading.stops);
    if (loading.is_ok)
        return loading.job;
    live_job_free(loading.job);
    return NULL;
}
