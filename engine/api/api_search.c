/* Suggestions looked at afterwards: explain, replay. */

#include "assay/value.h"
#include "engine/api/api_private.h"
#include "engine/life/explain.h"
#include "engine/provenance_json.h"
#include "engine/replay.h"
#include "engine/store/steering_rows.h"
#include "metrics/objective.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the store knows of one trial, copied. */
struct record {
    struct trial_row row; /* its arrays are the record's own */
    bool is_found;
    bool has_memory;
    double *values;
    char *reason;
    bool is_suggested;
    struct suggestion suggestion;
    bool is_stopped;
    double progress;
    char *why;
    struct explain_neighbour nearest[PROVENANCE_NEAREST];
    int64_t ordinal, retry_of; /* explain.h */
};

static void record_clear(struct record *record)
{
    free(record->values);
    free(record->reason);
    free(record->why);
}

static bool copy_trial(void *context, const struct trial_row *row)
{
    struct record *record = context;

    record->is_found = true;
    record->row = *row;
    record->row.point = NULL;
    record->row.values = NULL;
    record->row.reason = NULL;
    record->has_memory = true;
    if (row->reason) {
        record->reason = strdup(row->reason);
        record->has_memory = record->reason != NULL;
        record->row.reason = record->reason;
    }
    if (row->values) {
        record->values = malloc((row->value_count + 1) * sizeof *row->values);
        record->has_memory = record->has_memory && record->values;
        if (record->values)
            memcpy(record->values, row->values, row->value_count * sizeof *row->values);
        record->row.values = record->values;
    }
    return false;
}

static bool copy_suggestion(void *context, int64_t number, const double *numbers, size_t count)
{
    struct record *record = context;

    (void)number;
    record->is_suggested = suggestion_decode(numbers, count, &record->suggestion);
    return false;
}

static bool copy_retry(void *context, int64_t number, int64_t original)
{
    struct record *record = context;

    (void)number;
    record->retry_of = original;
    return false;
}

static bool copy_early_stop(void *context, int64_t number, double progress, const char *why)
{
    struct record *record = context;

    (void)number;
    record->is_stopped = true;
    record->progress = progress;
    record->why = strdup(why);
    record->has_memory = record->has_memory && record->why;
    return false;
}

struct finding {
    const struct job_spec *spec;
    struct explain_neighbour *neighbour;
};

static bool copy_objective(void *context, const struct trial_row *row)
{
    struct finding *finding = context;
    const struct study_spec *study = &finding->spec->study;
    size_t metric = objective_metric(study->metrics, study->metric_count);

    if ((uint64_t)row->number == finding->neighbour->number && metric < row->value_count)
        finding->neighbour->value = row->values[metric];
    return false;
}

static bool read_nearest(struct store *store, int64_t job, const struct job_spec *spec,
                         struct record *record, struct assay_error *err)
{
    for (size_t i = 0; i < PROVENANCE_NEAREST; i++) {
        struct finding finding = { .spec = spec, .neighbour = &record->nearest[i] };
        struct trial_query query = { .job = job, .limit = 1 };

        record->nearest[i] = (struct explain_neighbour){
            .number = record->is_suggested ? record->suggestion.provenance.nearest[i] : 0,
            .value = (double)NAN,
        };
        if (record->nearest[i].number == 0)
            continue;
        query.after = (int64_t)record->nearest[i].number - 1;
        if (!store_trial_each(store, &query, copy_objective, &finding, err))
            return false;
    }
    return true;
}

static bool read_record(const struct api_call *call, int64_t job, int64_t number,
                        const struct job_spec *spec, struct record *record, struct assay_error *err)
{
    struct trial_query query = { .job = job, .after = number - 1, .limit = 1 };
    struct store *store = engine_read_begin(call->engine);
    bool is_read =
        store_trial_each(store, &query, copy_trial, record, err) &&
        store_suggestion_each(store, job, number, number, copy_suggestion, record, err) &&
        store_early_stop_each(store, job, number, number, copy_early_stop, record, err) &&
        read_nearest(store, job, spec, record, err) &&
        store_made_ordinal(store, job, number, &record->ordinal, err) &&
        store_retry_each(store, job, number, number, copy_retry, record, err);

    engine_read_end(call->engine);
    if (!is_read)
        return false;
    if (!record->is_found || record->row.number != number)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "job %" PRId64 " has no trial %" PRId64, job,
                          number);
    return record->has_memory || assay_fail_memory(err);
}

static void write_sentence(void *context, const char *sentence)
{
    json_string(context, sentence);
}

static void write_record(struct json_writer *w, const struct job_spec *spec,
                         const struct record *record)
{
    struct explain_facts facts = { .spec = spec,
                                   .row = &record->row,
                                   .suggestion = record->is_suggested ? &record->suggestion : NULL,
                                   .why_stopped = record->is_stopped ? record->why : NULL,
                                   .progress = record->progress,
                                   .ordinal = record->ordinal,
                                   .retry_of = record->retry_of };

    memcpy(facts.nearest, record->nearest, sizeof facts.nearest);
    json_begin_object(w);
    json_key(w, "id");
    json_int64(w, record->row.number);
    json_key(w, "state");
    json_string(w, trial_state_name(record->row.state));
    if (spec->kind != JOB_CUSTOM) {
        json_key(w, "algorithm");
        json_string(w, job_spec_algorithm(spec));
    }
    if (record->retry_of) {
        json_key(w, "retryOf");
        json_int64(w, record->retry_of);
    }
    if (record->is_suggested) {
        json_key(w, "suggestion");
        provenance_write(w, &record->suggestion.provenance);
    }
    json_key(w, "metrics");
    resource_write_values(w, spec, &record->row);
    if (record->is_stopped) {
        json_key(w, "earlyStop");
        json_begin_object(w);
        if (!isnan(record->progress)) {
            json_key(w, "progress");
            json_number(w, record->progress);
        }
        json_key(w, "why");
        json_string(w, record->why);
        json_end_object(w);
    }
    json_key(w, "sentences");
    json_begin_array(w);
    explain_trial(&facts, write_sentence, w);
    json_end_array(w);
    json_end_object(w);
}

bool api_explain_trial(struct api_call *call, struct assay_error *err)
{
    struct job_row row = { 0 };
    struct job_spec *spec = NULL;
    struct record record = { 0 };
    int64_t number = 0;
    bool is_ok = false;

    if (!assay_integer_parse(call->match->words[ROUTE_TRIAL], &number) || number < 1)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "\"%s\" is no trial's number; trials count from 1",
                          call->match->words[ROUTE_TRIAL]);
    if (!api_read_job(call, &row, &spec, err))
        return false;
    is_ok = read_record(call, row.id, number, spec, &record, err);
    if (is_ok)
        write_record(&call->json, spec, &record);
    record_clear(&record);
    job_spec_free(spec);
    job_row_clear(&row);
    return is_ok;
}

static void write_difference(struct json_writer *w, const struct replay_difference *difference)
{
    json_key(w, "difference");
    json_begin_object(w);
    json_key(w, "trial");
    json_int64(w, difference->trial);
    if (difference->param) {
        json_key(w, "parameterId");
        json_string(w, difference->param);
        json_key(w, "stored");
        json_string(w, difference->stored);
        json_key(w, "recomputed");
        json_string(w, difference->recomputed);
    }
    json_key(w, "message");
    json_string(w, difference->message);
    json_end_object(w);
}

/* ?after=N: some trials whose number is greater, as many as are done in a moment. */
bool api_replay_job(struct api_call *call, struct assay_error *err)
{
    struct replay_progress progress = { 0 };
    int64_t job = 0;
    int64_t after = 0;

    if (!api_find_job(call, &job, err) || !api_query_integer(call, "after", 0, &after, err) ||
        !replay_some(call->engine, job, after, &progress, err))
        return false;
    json_begin_object(&call->json);
    json_key(&call->json, "checked");
    json_int(&call->json, progress.checked);
    json_key(&call->json, "last");
    json_int(&call->json, progress.last);
    json_key(&call->json, "trialCount");
    json_int(&call->json, progress.trial_count);
    json_key(&call->json, "isDone");
    json_bool(&call->json, progress.is_done);
    if (progress.has_difference)
        write_difference(&call->json, &progress.difference);
    json_end_object(&call->json);
    return true;
}
