#include "engine/life/early_stopping.h"

#include "engine/life/early_stops.h"
#include "engine/life/study_stopping.h"

#include <stdlib.h>
#include <string.h>

struct early_stopping {
    const struct study_spec *study;
    struct study_stopping *rule;
    bool is_stale; /* the rule has seen measurements that count no more */
};

struct early_stopping *early_stopping_new(const struct study_spec *study, struct assay_error *err)
{
    struct early_stopping *stopping = calloc(1, sizeof *stopping);

    if (!stopping) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    stopping->study = study;
    stopping->rule = study_stopping_new(study, err);
    if (stopping->rule)
        return stopping;
    free(stopping);
    return NULL;
}

void early_stopping_free(struct early_stopping *stopping)
{
    if (!stopping)
        return;
    study_stopping_free(stopping->rule);
    free(stopping);
}

bool early_stopping_measured(struct early_stopping *stopping, int64_t number, const double *point,
                             const struct series *series, size_t first, bool is_ended,
                             struct stopper_verdict *verdict)
{
    bool observes = stopping->study->stopping_rule == STOPPING_HALVING;
    size_t count = series_count(series);

    *verdict = (struct stopper_verdict){ 0 };
    if (is_ended && !observes)
        return true;
    /* The other rules look at the whole curve, so the newest measurement will do. */
    if (!observes && count > 0 && first < count)
        first = count - 1;
    for (size_t at = first; at < count; at++) {
        struct stopper_verdict one;

        if (!study_stopping_measured(stopping->rule, (uint64_t)number, point, series, at, &one))
            return false;
        if (!verdict->should_stop)
            *verdict = one;
    }
    return true;
}

bool early_stopping_ended(struct early_stopping *stopping, const double *point,
                          const struct series *series, const double *values, bool is_stopped)
{
    return study_stopping_ended(stopping->rule, point, series, values, is_stopped);
}

double early_stopping_progress(const struct early_stopping *stopping, const struct series *series)
{
    return study_stopping_progress(stopping->rule, series);
}

/* A stored trial with its measurements. */
struct stored_trial {
    int64_t number, start_us, end_order;
    bool has_final; /* it succeeded */
    int64_t step, elapsed_us;
    double *numbers; /* point, then values */
    struct series *series;
};

struct loading {
    const struct job_spec *spec;
    int64_t untold_number; /* 0: none; else the trial whose measurements are left out */
    size_t untold_first;   /* from this index on */
    struct stored_trial *trials;
    size_t count, capacity;
    struct assay_error *err;
    bool is_ok;
};

static bool add_trial(void *context, const struct trial_row *row)
{
    struct loading *loading = context;
    const struct study_spec *study = &loading->spec->study;
    size_t width = study->space->param_count;
    struct stored_trial *trial = NULL;

    loading->is_ok =
        row->point_count == width && (!row->values || row->value_count == study->metric_count);
    if (!loading->is_ok)
        return assay_fail(loading->err, ASSAY_DATA_LOSS, NULL,
                          "the values of trial %lld do not fit its study", (long long)row->number);
    if (loading->count == loading->capacity) {
        size_t capacity = loading->capacity ? loading->capacity * 2 : 64;
        struct stored_trial *grown = realloc(loading->trials, capacity * sizeof *grown);

        loading->is_ok = grown || assay_fail_memory(loading->err);
        if (!grown)
            return false;
        loading->trials = grown;
        loading->capacity = capacity;
    }
    trial = &loading->trials[loading->count++];
    *trial = (struct stored_trial){ .number = row->number,
                                    .start_us = row->start_us,
                                    .end_order = row->end_order,
                                    .has_final = row->values != NULL,
                                    .step = row->step,
                                    .elapsed_us = row->elapsed_us };
    trial->numbers = calloc(width + study->metric_count + 1, sizeof *trial->numbers);
    trial->series = series_new(study->metrics, study->metric_count);
    loading->is_ok = (trial->numbers && trial->series) || assay_fail_memory(loading->err);
    if (!loading->is_ok)
        return false;
    memcpy(trial->numbers, row->point, width * sizeof(double));
    if (row->values)
        memcpy(trial->numbers + width, row->values, row->value_count * sizeof(double));
    return true;
}

struct restoring {
    struct loading *loading;
    struct stored_trial *trial;
};

static bool add_measurement(void *context, const struct measurement_row *row)
{
    struct restoring *restoring = context;
    struct loading *loading = restoring->loading;
    struct measurement measurement = { .step = row->step,
                                       .elapsed_us = row->elapsed_us,
                                       .values = row->values };

    if (row->value_count != loading->spec->study.metric_count)
        loading->is_ok = assay_fail(loading->err, ASSAY_DATA_LOSS, NULL,
                                    "a measurement of trial %lld does not fit its study",
                                    (long long)restoring->trial->number);
    else
        loading->is_ok = series_restore(restoring->trial->series, &measurement) ||
                         assay_fail_memory(loading->err);
    return loading->is_ok;
}

/* A single measurement that is the final one stands in the trial's row alone. */
static bool restore_single(struct loading *loading, struct stored_trial *trial)
{
    struct measurement measurement = { .step = trial->step,
                                       .elapsed_us = trial->elapsed_us,
                                       .values = trial->numbers +
                                                 loading->spec->study.space->param_count };

    return series_count(trial->series) > 0 || !trial->has_final ||
           series_restore(trial->series, &measurement) || assay_fail_memory(loading->err);
}

static bool load_series(struct loading *loading, struct store *store, int64_t job)
{
    for (size_t i = 0; i < loading->count; i++) {
        struct stored_trial *trial = &loading->trials[i];
        struct restoring restoring = { .loading = loading, .trial = trial };

        if (!store_measurement_each(store, store_trial_id(job, trial->number), add_measurement,
                                    &restoring, loading->err) ||
            !loading->is_ok || !restore_single(loading, trial))
            return false;
    }
    return true;
}

/* A measurement, when it was made. */
struct moment {
    int64_t at_us;
    const struct stored_trial *trial;
    size_t index;
};

static int compare_moments(const void *a, const void *b)
{
    const struct moment *first = a;
    const struct moment *second = b;

    if (first->at_us != second->at_us)
        return first->at_us < second->at_us ? -1 : 1;
    if (first->trial->number != second->trial->number)
        return first->trial->number < second->trial->number ? -1 : 1;
    return (first->index > second->index) - (first->index < second->index);
}

static struct moment *make_moments(const struct loading *loading, size_t *count)
{
    struct moment *moments = NULL;
    size_t total = 0;

    *count = 0;
    for (size_t i = 0; i < loading->count; i++)
        total += series_count(loading->trials[i].series);
    moments = calloc(total + 1, sizeof *moments);
    for (size_t i = 0; moments && i < loading->count; i++) {
        const struct stored_trial *trial = &loading->trials[i];

        for (size_t at = 0; at < series_count(trial->series); at++)
            moments[(*count)++] = (struct moment){
                .at_us = trial->start_us + series_get(trial->series, at).elapsed_us,
                .trial = trial,
                .index = at,
            };
    }
    if (moments)
        qsort(moments, *count, sizeof *moments, compare_moments);
    return moments;
}

/* What was answered then is stored where it counts. */
static bool tell_measurements(struct early_stopping *stopping, const struct loading *loading)
{
    size_t count = 0;
    struct moment *moments = NULL;
    bool is_ok = true;

    if (stopping->study->stopping_rule != STOPPING_HALVING)
        return true;
    moments = make_moments(loading, &count);
    is_ok = moments || assay_fail_memory(loading->err);
    for (size_t i = 0; is_ok && i < count; i++) {
        const struct stored_trial *trial = moments[i].trial;
        struct stopper_verdict verdict;

        if (trial->number == loading->untold_number && moments[i].index >= loading->untold_first)
            continue;
        is_ok = study_stopping_measured(stopping->rule, (uint64_t)trial->number, trial->numbers,
                                        trial->series, moments[i].index, &verdict) ||
                assay_fail_memory(loading->err);
    }
    free(moments);
    return is_ok;
}

static int compare_ends(const void *a, const void *b)
{
    const struct stored_trial *first = a;
    const struct stored_trial *second = b;

    return (first->end_order > second->end_order) - (first->end_order < second->end_order);
}

static bool tell_ends(struct early_stopping *stopping, const struct loading *loading,
                      const struct early_stops *stops)
{
    size_t width = loading->spec->study.space->param_count;

    if (loading->count > 0)
        qsort(loading->trials, loading->count, sizeof *loading->trials, compare_ends);
    for (size_t i = 0; i < loading->count; i++) {
        const struct stored_trial *trial = &loading->trials[i];

        if (trial->has_final &&
            !early_stopping_ended(stopping, trial->numbers, trial->series, trial->numbers + width,
                                  early_stops_find(stops, trial->number) != NULL))
            return assay_fail_memory(loading->err);
    }
    return true;
}

/* loading: its spec, its err, and what is left out. */
static bool load(struct early_stopping *stopping, struct store *store, int64_t job,
                 struct loading *loading)
{
    struct early_stops stops = { 0 };
    struct trial_query query = { .job = job };
    bool is_ok = false;

    loading->is_ok = true;
    is_ok = early_stops_read(&stops, store, job, 1, STORE_TRIALS_MAX - 1, false, loading->err) &&
            store_trial_each(store, &query, add_trial, loading, loading->err) && loading->is_ok &&
            load_series(loading, store, job) && tell_measurements(stopping, loading) &&
            tell_ends(stopping, loading, &stops);
    for (size_t i = 0; i < loading->count; i++) {
        series_free(loading->trials[i].series);
        free(loading->trials[i].numbers);
    }
    free(loading->trials);
    early_stops_clear(&stops);
    return is_ok;
}

bool early_stopping_load(struct early_stopping *stopping, struct store *store, int64_t job,
                         const struct job_spec *spec, struct assay_error *err)
{
    struct loading loading = { .spec = spec, .err = err };

    return load(stopping, store, job, &loading);
}

/* The other rules learn from trials that succeeded, and those are not started again. */
void early_stopping_forget(struct early_stopping *stopping)
{
    stopping->is_stale = stopping->study->stopping_rule == STOPPING_HALVING;
}

bool early_stopping_is_stale(const struct early_stopping *stopping)
{
    return stopping->is_stale;
}

bool early_stopping_refresh(struct early_stopping *stopping, struct store *store, int64_t job,
                            const struct job_spec *spec, int64_t number, size_t first,
                            struct assay_error *err)
{
    struct loading loading = {
        .spec = spec, .untold_number = number, .untold_first = first, .err = err
    };
    struct early_stopping *fresh = NULL;
    bool is_loaded = false;

    if (!stopping->is_stale)
        return true;
    fresh = early_stopping_new(stopping->study, err);
    is_loaded = fresh && load(fresh, store, job, &loading);
    if (is_loaded) {
        struct early_stopping stale = *stopping;

        *stopping = *fresh;
        *fresh = stale;
    }
    early_stopping_free(fresh);
    return is_loaded;
}
