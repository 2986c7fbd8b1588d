#include "engine/api/resource.h"

#include "tests/unit/engine/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOB INT64_C(1234567890)

enum { MANY_METRICS = 200, BODY_MAX = 64 * 1024 };

/* A tuning job of so many metrics, m0, m1, …, and one parameter. */
static struct job_spec *spec_of(int metric_count)
{
    char *text = calloc(1, BODY_MAX);
    struct job_spec *spec = NULL;
    size_t used = (size_t)snprintf(text, BODY_MAX, "{\"study_spec\":{\"metrics\":[");

    for (int i = 0; i < metric_count; i++)
        used += (size_t)snprintf(text + used, BODY_MAX - used, "%s{\"metric_id\":\"m%d\"}",
                                 i ? "," : "", i);
    (void)snprintf(text + used, BODY_MAX - used,
                   "],\"parameters\":[{\"parameter_id\":\"p\",\"double_value_spec\":"
                   "{\"max_value\":1}}]},\"trial_job_spec\":{\"worker_pool_specs\":[{"
                   "\"container_spec\":{\"image_uri\":\"host:\",\"command\":[\"x\"]}}]}}");
    spec = make_spec(text);
    free(text);
    return spec;
}

/* The trial as a tree; NULL when the writer has failed. */
static cJSON *write_trial(const struct job_spec *spec, const struct trial_row *row,
                          struct store *store)
{
    static char parent[] = STORE_PARENT_LOCAL;
    const struct job_row job = { .parent = parent };
    struct json_writer w;
    struct assay_error err = { 0 };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cJSON *tree = NULL;

    json_writer_init(&w, out, 0);
    resource_write_trial(&w, &job, spec, row, store);
    if (json_writer_finish(&w)) {
        tree = json_read(text, size, &err);
        cr_assert(tree != NULL, "%s: %s", err.message, text);
    }
    (void)fclose(out);
    free(text);
    return tree;
}

static const char *text_of(const cJSON *tree, const char *key)
{
    const cJSON *member = json_get(tree, key);

    return cJSON_IsString(member) ? member->valuestring : "";
}

Test(resource, a_trial_has_its_name_and_its_measurements)
{
    struct bench_store bench;
    struct job_spec *spec = spec_of(MEASURED_METRICS);
    const double point[] = { 0.5 };
    const double values[] = { 0.7, (double)NAN };
    struct trial_row row = { .job = JOB,
                             .number = 7,
                             .state = TRIAL_SUCCEEDED,
                             .point = point,
                             .point_count = 1,
                             .values = values,
                             .value_count = MEASURED_METRICS };
    cJSON *tree = NULL;
    const cJSON *list = NULL;

    bench_store_init(&bench);
    begin(bench.store);
    put_measurement(bench.store, store_trial_id(JOB, 7), 0, 0.25);
    put_measurement(bench.store, store_trial_id(JOB, 7), 1, 0.7);
    put_measurement(bench.store, store_trial_id(JOB, 8), 0, 0.1);
    commit(bench.store);
    tree = write_trial(spec, &row, bench.store);
    cr_assert(zero(int, strcmp(text_of(tree, "name"), STORE_PARENT_LOCAL
                               "/hyperparameterTuningJobs/1234567890/trials/7")));
    list = json_get(tree, "measurements");
    cr_assert(eq(int, cJSON_GetArraySize(list), 2));
    cr_assert(zero(int, strcmp(text_of(cJSON_GetArrayItem(list, 1), "stepCount"), "10")));
    cJSON_Delete(tree);
    tree = write_trial(spec, &row, NULL);
    cr_assert(json_get(tree, "measurements") == NULL);
    cJSON_Delete(tree);
    job_spec_free(spec);
    bench_store_clear(&bench);
}

Test(resource, a_single_measurement_may_have_any_number_of_metrics)
{
    struct bench_store bench;
    struct job_spec *spec = spec_of(MANY_METRICS);
    double values[MANY_METRICS];
    struct trial_row row = { .job = JOB,
                             .number = 1,
                             .state = TRIAL_SUCCEEDED,
                             .values = values,
                             .value_count = MANY_METRICS };
    cJSON *tree = NULL;
    const cJSON *list = NULL;

    for (int i = 0; i < MANY_METRICS; i++)
        values[i] = i;
    bench_store_init(&bench);
    tree = write_trial(spec, &row, bench.store);
    list = json_get(tree, "measurements");
    cr_assert(eq(int, cJSON_GetArraySize(list), 1));
    list = json_get(cJSON_GetArrayItem(list, 0), "metrics");
    cr_assert(eq(int, cJSON_GetArraySize(list), MANY_METRICS));
    cJSON_Delete(tree);
    job_spec_free(spec);
    bench_store_clear(&bench);
}

Test(resource, measurements_that_cannot_be_read_fail_the_answer)
{
    struct bench_store bench;
    struct job_spec *spec = spec_of(1);
    struct trial_row row = { .job = JOB, .number = 1, .state = TRIAL_ACTIVE };
    char command[FOLDER_PATH + 64];
    FILE *file = NULL;

    bench_store_init(&bench);
    begin(bench.store);
    put_measurement(bench.store, store_trial_id(JOB, 1), 0, 0.25);
    commit(bench.store);
    store_close(bench.store);
    (void)snprintf(command, sizeof command, "%s/assay.db", bench.folder);
    bench.store = open_store(bench.folder, STORE_READ);
    file = fopen(command, "r+");
    cr_assert(file != NULL);
    for (int i = 0; i < BODY_MAX; i++)
        (void)fputc('x', file);
    (void)fclose(file);
    cr_assert(write_trial(spec, &row, bench.store) == NULL);
    job_spec_free(spec);
    bench_store_clear(&bench);
}

Test(resource, a_job_echoes_its_document_in_the_api_s_form)
{
    static const char document[] =
        "{\"display_name\":\"typed\",\"max_trial_count\":\"3\",\"study_spec\":{\"metrics\":[{"
        "\"metric_id\":\"acc\",\"goal\":1}],\"parameters\":[{\"parameter_id\":\"p\","
        "\"integer_value_spec\":{\"max_value\":9}}]},\"trial_job_spec\":{\"worker_pool_specs\":[{"
        "\"replica_count\":1,\"machine_spec\":null,\"container_spec\":{\"image_uri\":\"host:\","
        "\"command\":[\"x\"]}}]},\"assay\":{\"seed\":1}}";
    struct bench_store bench;
    struct job_row row = make_row(JOB, document);
    struct job_spec *spec = make_spec(document);
    struct json_writer w;
    struct assay_error err = { 0 };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    bench_store_init(&bench);
    json_writer_init(&w, out, 0);
    cr_assert(resource_write_job(&w, &row, spec, bench.store, &err), "%s", err.message);
    cr_assert(json_writer_finish(&w));
    (void)fclose(out);
    cr_assert(strstr(text,
                     "\"displayName\":\"a job\",\"maxTrialCount\":3,\"studySpec\":{\"metrics\":[{"
                     "\"metricId\":\"acc\",\"goal\":\"MAXIMIZE\"}],\"parameters\":[{"
                     "\"parameterId\":\"p\",\"integerValueSpec\":{\"maxValue\":\"9\"}}]},"
                     "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"replicaCount\":\"1\","
                     "\"containerSpec\":{\"imageUri\":\"host:\",\"command\":[\"x\"]}}]},"
                     "\"state\":") != NULL,
              "%s", text);
    cr_assert(strstr(text, "assay") == NULL, "%s", text);
    free(text);
    job_spec_free(spec);
    job_row_clear(&row);
    bench_store_clear(&bench);
}
