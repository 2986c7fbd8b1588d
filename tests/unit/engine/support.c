#include "support.h"

#include "engine/spec/job_document.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_store_init(struct bench_store *bench)
{
    bench->store = open_store(folder_make(bench->folder), STORE_WRITE);
}

void bench_store_clear(struct bench_store *bench)
{
    store_close(bench->store);
    folder_remove(bench->folder);
}

struct store *open_store(const char *folder, enum store_mode mode)
{
    struct assay_error err = { 0 };
    struct store *store = store_open(folder, mode, &err);

    cr_assert(store != NULL, "%s", err.message);
    return store;
}

void begin(struct store *store)
{
    struct assay_error err = { 0 };

    cr_assert(store_begin(store, &err), "%s", err.message);
}

void commit(struct store *store)
{
    struct assay_error err = { 0 };

    cr_assert(store_commit(store, &err), "%s", err.message);
}

void put_measurement(struct store *store, int64_t trial, int64_t index, double value)
{
    double values[MEASURED_METRICS] = { value, (double)NAN };
    struct measurement_row row = { .trial_id = trial,
                                   .index = index,
                                   .step = index * 10,
                                   .elapsed_us = index * 100,
                                   .values = values,
                                   .value_count = MEASURED_METRICS };
    struct assay_error err = { 0 };

    cr_assert(store_measurement_put(store, &row, &err), "%s", err.message);
}

struct job_row make_row(int64_t id, const char *document)
{
    return (struct job_row){
        .id = id,
        .kind = JOB_TUNING,
        .state = JOB_STATE_PENDING,
        .seed = 7,
        .display_name = strdup("a job"),
        .source = strdup(document),
        .document = strdup(document),
        .source_dir = strdup("/nowhere"),
        .error_message = strdup(""),
        .model_dir = strdup(""),
        .note = strdup(""),
    };
}

struct job_spec *make_spec(const char *document)
{
    struct assay_error err = { 0 };
    struct assay_faults faults = { 0 };
    cJSON *root = document_read(document, strlen(document), DOCUMENT_JSON, &err);
    struct job_spec *spec = root ? job_spec_from_json(root, &faults, &err) : NULL;

    if (faults.count)
        (void)assay_faults_check(&faults, &err);
    cr_assert(spec != NULL, "%s", err.message);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    return spec;
}

char *make_document(const char *study, const char *more)
{
    char *document = NULL;

    cr_assert(
        ge(int,
           asprintf(&document,
                    "{\"displayName\":\"a job\",\"studySpec\":{\"algorithm\":\"RANDOM_SEARCH\","
                    "\"metrics\":[{\"metricId\":\"m0\",\"goal\":\"MAXIMIZE\"}],"
                    "\"parameters\":[{\"parameterId\":\"p\",\"integerValueSpec\":"
                    "{\"minValue\":1,\"maxValue\":100}}]%s},"
                    "%s\"trialJobSpec\":{\"workerPoolSpecs\":[{\"machineSpec\":"
                    "{\"machineType\":\"n1-standard-4\"},\"replicaCount\":1,"
                    "\"containerSpec\":{\"imageUri\":\"host:\",\"command\":[\"true\"]}}]},"
                    "\"assay\":{\"seed\":7}}",
                    study, more),
           0));
    return document;
}

void insert_job(struct store *store, int64_t id, int64_t create_us)
{
    struct job_row row = make_row(id, "{}");
    struct assay_error err = { 0 };

    row.create_us = create_us;
    begin(store);
    cr_assert(store_job_insert(store, &row, &err), "%s", err.message);
    commit(store);
    job_row_clear(&row);
}

void check_refused(const char *folder, enum store_mode mode, const char *word)
{
    struct assay_error err = { 0 };

    cr_assert(store_open(folder, mode, &err) == NULL);
    cr_assert(eq(int, assay_code_info(err.code)->exit_status, 4), "%s", err.message);
    cr_assert(strstr(err.message, word) != NULL, "%s", err.message);
}
