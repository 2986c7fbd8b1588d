#include "engine/api/resource.h"

#include "engine/api/web_access.h"

#include "assay/value.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static_assert(JOB_TRIALS_MAX < STORE_TRIALS_MAX, "a trial's row id must not reach the next job's");

const char *resource_collection(int kind)
{
    static const char *const names[] = { [JOB_TUNING] = "hyperparameterTuningJobs",
                                         [JOB_CUSTOM] = "customJobs",
                                         [JOB_STUDY] = "studies" };

    return names[kind];
}

void resource_job_name(const struct job_row *row, char *text, size_t size)
{
    (void)snprintf(text, size, "%s/%s/%" PRId64, row->parent, resource_collection(row->kind),
                   row->id);
}

void resource_write_time(struct json_writer *w, const char *key, int64_t time_us)
{
    char text[ASSAY_TIME_TEXT];

    if (time_us == 0)
        return;
    json_key(w, key);
    json_string(w, assay_time_text(time_us, text));
}

static void write_value(struct json_writer *w, const struct param_spec *param, double value)
{
    if (param->type == PARAM_CATEGORICAL)
        json_string(w, param->categories[(size_t)value]);
    else
        json_number(w, value);
}

static bool has_param(const struct job_spec *spec, const struct trial_row *row, size_t i)
{
    return i < row->point_count && search_space_is_active(spec->study.space, row->point, i);
}

static size_t param_count(const struct job_spec *spec)
{
    return spec->study.space ? spec->study.space->param_count : 0;
}

static void write_parameters(struct json_writer *w, const struct job_spec *spec,
                             const struct trial_row *row)
{
    json_key(w, "parameters");
    json_begin_array(w);
    for (size_t i = 0; i < param_count(spec); i++) {
        const struct param_spec *param = &spec->study.space->params[i];

        if (!has_param(spec, row, i))
            continue;
        json_begin_object(w);
        json_key(w, "parameterId");
        json_string(w, param->id);
        json_key(w, "value");
        write_value(w, param, row->point[i]);
        json_end_object(w);
    }
    json_end_array(w);
}

void resource_write_assignment(struct json_writer *w, const struct job_spec *spec,
                               const struct trial_row *row)
{
    json_begin_object(w);
    for (size_t i = 0; i < param_count(spec); i++) {
        if (!has_param(spec, row, i))
            continue;
        json_key(w, spec->study.space->params[i].id);
        write_value(w, &spec->study.space->params[i], row->point[i]);
    }
    json_end_object(w);
}

void resource_write_values(struct json_writer *w, const struct job_spec *spec,
                           const struct trial_row *row)
{
    json_begin_object(w);
    for (size_t i = 0; row->values && i < row->value_count; i++) {
        json_key(w, spec->study.metrics[i].id);
        json_number(w, row->values[i]);
    }
    json_end_object(w);
}

void resource_write_measurement(struct json_writer *w, const struct job_spec *spec, int64_t step,
                                int64_t elapsed_us, const double *values)
{
    char text[ASSAY_TIME_TEXT];

    json_begin_object(w);
    if (elapsed_us) {
        json_key(w, "elapsedDuration");
        json_string(w, assay_duration_text(elapsed_us, text));
    }
    if (step) {
        json_key(w, "stepCount");
        json_int64(w, step);
    }
    json_key(w, "metrics");
    json_begin_array(w);
    for (size_t i = 0; i < spec->study.metric_count; i++) {
        if (isnan(values[i]))
            continue;
        json_begin_object(w);
        json_key(w, "metricId");
        json_string(w, spec->study.metrics[i].id);
        if (values[i] != 0) {
            json_key(w, "value");
            json_number(w, values[i]);
        }
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

struct measurements {
    struct json_writer *writer;
    const struct job_spec *spec;
    bool has_begun;
};

static bool write_stored(void *context, const struct measurement_row *row)
{
    struct measurements *m = context;

    if (row->value_count != m->spec->study.metric_count)
        return true;
    if (!m->has_begun) {
        json_key(m->writer, "measurements");
        json_begin_array(m->writer);
        m->has_begun = true;
    }
    resource_write_measurement(m->writer, m->spec, row->step, row->elapsed_us, row->values);
    return true;
}

/*
 * A single measurement that is the final one stands in the trial's row alone. Its values are copied
 * first: reading measurements reuses the store's row memory. False for lack of memory, too.
 */
static bool write_measurements(struct json_writer *w, const struct job_spec *spec,
                               const struct trial_row *row, struct store *store)
{
    struct measurements m = { .writer = w, .spec = spec };
    struct assay_error err = { 0 };
    size_t size = row->value_count * sizeof(double);
    double *values = malloc(size + 1);
    bool is_ok = false;

    if (!values)
        return false;
    if (row->values)
        memcpy(values, row->values, size);
    is_ok = store_measurement_each(store, store_trial_id(row->job, row->number), write_stored, &m,
                                   &err);
    if (is_ok && !m.has_begun && row->values && spec->kind != JOB_STUDY) {
        json_key(w, "measurements");
        json_begin_array(w);
        resource_write_measurement(w, spec, row->step, row->elapsed_us, values);
        m.has_begun = true;
    }
    if (m.has_begun)
        json_end_array(w);
    free(values);
    return is_ok;
}

static void write_trial_times(struct json_writer *w, const struct trial_row *row)
{
    resource_write_time(w, "startTime", row->start_us);
    resource_write_time(w, "endTime", row->end_us);
}

/* Who has a study's trial. False for lack of memory, too. */
static bool write_client(struct json_writer *w, const struct trial_row *row, struct store *store)
{
    struct assay_error err = { 0 };
    char *client = store_client_get(store, store_trial_id(row->job, row->number), &err);
    bool is_read = client != NULL;

    if (is_read && *client) {
        json_key(w, "clientId");
        json_string(w, client);
    }
    free(client);
    return is_read;
}

void resource_write_trial(struct json_writer *w, const struct job_row *job,
                          const struct job_spec *spec, const struct trial_row *row,
                          struct store *store)
{
    char text[RESOURCE_NAME_SIZE];

    json_begin_object(w);
    if (spec->kind != JOB_CUSTOM) { /* a custom job has no trials, only its run */
        (void)snprintf(text, sizeof text, "%s/%s/%" PRId64 "/trials/%" PRId64, job->parent,
                       resource_collection(spec->kind), row->job, row->number);
        json_key(w, "name");
        json_string(w, text);
    }
    json_key(w, "id");
    json_int64(w, row->number);
    json_key(w, "state");
    json_enum(w, row->state, trial_state_name(row->state));
    write_parameters(w, spec, row);
    if (row->values) {
        json_key(w, "finalMeasurement");
        resource_write_measurement(w, spec, row->step, row->elapsed_us, row->values);
    }
    write_trial_times(w, row);
    if (row->state == TRIAL_INFEASIBLE && row->reason && row->reason[0] != '\0') {
        json_key(w, "infeasibleReason");
        json_string(w, row->reason);
    }
    if (spec->kind == JOB_STUDY) {
        if (store && !write_client(w, row, store))
            w->is_failed = true;
    } else {
        (void)snprintf(text, sizeof text, "%s/customJobs/%" PRId64, job->parent,
                       store_trial_id(row->job, row->number));
        json_key(w, "customJob");
        json_string(w, text);
    }
    if (row->state == TRIAL_ACTIVE && spec->kind != JOB_STUDY)
        web_access_write(w, &spec->run, row->job, row->number);
    if (store && !write_measurements(w, spec, row, store))
        w->is_failed = true;
    json_end_object(w);
}

struct trials {
    struct json_writer *writer;
    bool has_begun;
    const struct job_row *job;
    const struct job_spec *spec;
};

static bool write_one_trial(void *context, const struct trial_row *row)
{
    struct trials *trials = context;

    if (!trials->has_begun) {
        json_key(trials->writer, "trials");
        json_begin_array(trials->writer);
        trials->has_begun = true;
    }
    resource_write_trial(trials->writer, trials->job, trials->spec, row, NULL);
    return true;
}

static void write_error(struct json_writer *w, const struct job_row *row)
{
    if (row->error_code == 0)
        return;
    json_key(w, "error");
    json_begin_object(w);
    json_key(w, "code");
    json_int(w, row->error_code);
    json_key(w, "message");
    json_string(w, row->error_message);
    json_end_object(w);
}

/* What the resource says in the row's words, and what is ours and not the API's. */
static bool is_left_out(const char *key)
{
    return strcmp(key, "displayName") == 0 || strcmp(key, "assay") == 0;
}

static bool write_document(struct json_writer *w, const struct job_row *row,
                           struct assay_error *err)
{
    cJSON *root = json_read(row->document, strlen(row->document), err);
    cJSON *canonical = root ? job_document_canonical(root, canonical_form(w), err) : NULL;
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, canonical)
    {
        if (is_left_out(member->string))
            continue;
        json_key(w, member->string);
        json_node(w, member);
    }
    /* A custom job is its only trial. */
    if (row->kind == JOB_CUSTOM && row->state == JOB_STATE_RUNNING)
        web_access_write_document(w, json_get(canonical, "jobSpec"), row->id, 1);
    cJSON_Delete(root);
    cJSON_Delete(canonical);
    return canonical != NULL;
}

int resource_study_state(int state, const char **name)
{
    static const char *const names[] = { "STATE_UNSPECIFIED", "ACTIVE", "INACTIVE", "COMPLETED" };
    int number = state == JOB_STATE_SUCCEEDED ? 3 : state == JOB_STATE_FAILED ? 2 : 1;

    *name = names[number];
    return number;
}

/* Where a study stands. */
static void write_study_state(struct json_writer *w, const struct job_row *row)
{
    const char *name = NULL;
    int number = resource_study_state(row->state, &name);

    json_key(w, "state");
    json_enum(w, number, name);
    resource_write_time(w, "createTime", row->create_us);
    if (row->state == JOB_STATE_FAILED) {
        json_key(w, "inactiveReason");
        json_string(w, row->error_message);
    }
}

static void write_job_state(struct json_writer *w, const struct job_row *row)
{
    json_key(w, "state");
    json_enum(w, row->state, job_state_name(row->state));
    resource_write_time(w, "createTime", row->create_us);
    resource_write_time(w, "startTime", row->start_us);
    resource_write_time(w, "endTime", row->end_us);
    resource_write_time(w, "updateTime", row->update_us);
    write_error(w, row);
}

bool resource_write_job(struct json_writer *w, const struct job_row *row,
                        const struct job_spec *spec, struct store *store, struct assay_error *err)
{
    char text[RESOURCE_NAME_SIZE];
    struct trials trials = { .writer = w, .job = row, .spec = spec };
    struct trial_query query = { .job = row->id };
    bool is_ok = true;

    json_begin_object(w);
    resource_job_name(row, text, sizeof text);
    json_key(w, "name");
    json_string(w, text);
    json_key(w, "displayName");
    json_string(w, row->display_name);
    is_ok = write_document(w, row, err);
    if (row->kind == JOB_STUDY)
        write_study_state(w, row);
    else
        write_job_state(w, row);
    if (is_ok && row->kind == JOB_TUNING && store) {
        is_ok = store_trial_each(store, &query, write_one_trial, &trials, err);
        if (trials.has_begun)
            json_end_array(w);
    }
    json_end_object(w);
    return is_ok;
}
