/* The bodies of requests about a study's trials. */

#include "engine/api/vizier/vizier_body.h"

#include "engine/spec/study_resource.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char study_text[] =
    "{\"displayName\":\"s\",\"study_spec\":{\"metrics\":[{\"metricId\":\"m0\"},"
    "{\"metricId\":\"m1\"}],\"parameters\":[{\"parameterId\":\"a\",\"integerValueSpec\":"
    "{\"minValue\":1,\"maxValue\":9}},{\"parameterId\":\"c\",\"categoricalValueSpec\":"
    "{\"values\":[\"x\",\"y\"]},\"conditionalParameterSpecs\":[{\"parentCategoricalValues\":"
    "{\"values\":[\"y\"]},\"parameterSpec\":{\"parameterId\":\"d\",\"discreteValueSpec\":"
    "{\"values\":[0.5,2]}}}]}]}}";

static cJSON *parse(const char *text)
{
    struct assay_error err = { 0 };
    cJSON *root = json_read(text, strlen(text), &err);

    cr_assert(root != NULL, "%s", err.message);
    return root;
}

static struct job_spec *read_study(const char *text, struct assay_faults *faults)
{
    struct assay_error err = { 0 };
    cJSON *root = parse(text);
    struct job_spec *spec = study_resource_from_json(root, faults, &err);

    cJSON_Delete(root);
    return spec;
}

/* What was read; the first fault's path, or "". */
static const char *read_body(enum vizier_method method, const char *text, struct vizier_body *body)
{
    static char field[256];
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    struct job_spec *spec = read_study(study_text, &faults);
    cJSON *root = parse(text);
    bool is_read = false;

    cr_assert(spec != NULL);
    is_read = vizier_body_read(method, root, &spec->study, body, &faults, &err);
    cr_assert(eq(int, is_read, faults.count == 0));
    field[0] = '\0';
    if (faults.count)
        (void)strncat(field, faults.items[0].field, sizeof field - 1);
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    job_spec_free(spec);
    return field;
}

Test(vizier_body, a_study_is_read_with_its_output_fields_passed_over)
{
    struct assay_faults faults = { 0 };
    struct job_spec *spec = read_study(
        "{\"displayName\":\"s\",\"name\":3,\"state\":\"COMPLETED\",\"createTime\":[],"
        "\"inactiveReason\":1,\"studySpec\":{\"metrics\":[{\"metricId\":\"m\"}],\"parameters\":"
        "[{\"parameterId\":\"x\",\"doubleValueSpec\":{\"maxValue\":1}}]}}",
        &faults);

    cr_assert(spec != NULL);
    cr_assert(eq(int, (int)spec->kind, JOB_STUDY));
    cr_assert(eq(i64, spec->max_trial_count, 0));
    job_spec_free(spec);
}

Test(vizier_body, each_fault_has_its_path)
{
    static const struct {
        enum vizier_method method;
        const char *text;
        const char *field;
    } faults[] = {
        { VIZIER_SUGGEST, "{\"clientId\":\"w\"}", "suggestion_count" },
        { VIZIER_SUGGEST, "{\"suggestionCount\":1001,\"clientId\":\"w\"}", "suggestion_count" },
        { VIZIER_SUGGEST, "{\"suggestionCount\":1,\"clientId\":\"\"}", "client_id" },
        { VIZIER_SUGGEST, "{\"suggestionCount\":1,\"clientId\":\"w\",\"contexts\":[{\"x\":1}]}",
          "contexts[0].x" },
        { VIZIER_SUGGEST, "{\"suggestionCount\":2,\"clientId\":\"w\",\"contexts\":[{}]}",
          "contexts" },
        { VIZIER_SUGGEST,
          "{\"suggestionCount\":1,\"clientId\":\"w\",\"contexts\":[{\"parameters\":["
          "{\"parameterId\":\"a\",\"value\":77}]}]}",
          "contexts[0].parameters[0].value" },
        { VIZIER_SUGGEST,
          "{\"suggestionCount\":1,\"clientId\":\"w\",\"contexts\":[{\"parameters\":["
          "{\"parameterId\":\"d\",\"value\":1}]}]}",
          "contexts[0].parameters[0].parameter_id" },
        { VIZIER_CREATE,
          "{\"parameters\":[{\"parameterId\":\"a\",\"value\":1},"
          "{\"parameterId\":\"c\",\"value\":\"x\"},{\"parameterId\":\"b\",\"value\":1}]}",
          "trial.parameters[2].parameter_id" },
        { VIZIER_MEASURE, "{}", "measurement" },
        { VIZIER_MEASURE, "{\"measurement\":{\"stepCount\":3}}", "measurement.metrics" },
        { VIZIER_MEASURE, "{\"measurement\":{\"metrics\":[{\"value\":3}]}}",
          "measurement.metrics[0].metric_id" },
        { VIZIER_MEASURE,
          "{\"measurement\":{\"metrics\":[{\"metricId\":\"m0\",\"value\":\"NaN\"}]}}",
          "measurement.metrics[0].value" },
        { VIZIER_COMPLETE, "{\"final_measurement\":{\"metrics\":[{\"metric_id\":\"m9\"}]}}",
          "final_measurement.metrics[0].metric_id" },
        { VIZIER_COMPLETE, "{\"finalMeasurement\":{\"elapsedDuration\":\"-1s\"}}",
          "final_measurement.elapsed_duration" },
        { VIZIER_CREATE,
          "{\"parameters\":[{\"parameterId\":\"a\",\"value\":10},"
          "{\"parameterId\":\"c\",\"value\":\"x\"}]}",
          "trial.parameters[0].value" },
        { VIZIER_CREATE,
          "{\"parameters\":[{\"parameterId\":\"a\",\"value\":1},"
          "{\"parameterId\":\"c\",\"value\":\"y\"}]}",
          "trial.parameters" },
        { VIZIER_CREATE, "{\"parameters\":[{\"value\":1}]}", "trial.parameters[0].parameter_id" },
        { VIZIER_CREATE,
          "{\"state\":\"SUCCEEDED\",\"parameters\":[{\"parameterId\":\"a\","
          "\"value\":1},{\"parameterId\":\"c\",\"value\":\"x\"}]}",
          "trial.final_measurement" },
        { VIZIER_CREATE,
          "{\"measurements\":[{\"stepCount\":2,\"metrics\":[{\"metricId\":\"m0\"}]},"
          "{\"stepCount\":1,\"metrics\":[{\"metricId\":\"m0\"}]}],\"parameters\":"
          "[{\"parameterId\":\"a\",\"value\":1},{\"parameterId\":\"c\",\"value\":"
          "\"x\"}]}",
          "trial.measurements[1]" },
    };

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct vizier_body body;
        const char *field = read_body(faults[i].method, faults[i].text, &body);

        cr_assert(strcmp(field, faults[i].field) == 0, "%s: found \"%s\"", faults[i].text, field);
        vizier_body_clear(&body);
    }
}

Test(vizier_body, an_absent_value_is_zero_and_an_absent_metric_none)
{
    struct vizier_body body;
    const char *field =
        read_body(VIZIER_MEASURE,
                  "{\"measurement\":{\"stepCount\":\"7\",\"elapsedDuration\":\"1.5s\",\"metrics\":"
                  "[{\"metricId\":\"m1\"}]}}",
                  &body);

    cr_assert(strcmp(field, "") == 0);
    cr_assert(eq(i64, body.final.step, 7));
    cr_assert(eq(i64, body.final.elapsed_us, 1500000));
    cr_assert(isnan(body.final.values[0]));
    cr_assert(eq(dbl, body.final.values[1], 0));
    vizier_body_clear(&body);
}

Test(vizier_body, an_infeasible_trial_needs_no_measurement_and_reads_none)
{
    struct vizier_body body;

    cr_assert(strcmp(read_body(VIZIER_COMPLETE,
                               "{\"trialInfeasible\":true,\"infeasibleReason\":\"r\","
                               "\"finalMeasurement\":{\"metrics\":[{\"metricId\":\"m9\"}]}}",
                               &body),
                     "") == 0);
    cr_assert(body.is_infeasible);
    cr_assert(body.final.values == NULL);
    cr_assert(strcmp(body.reason, "r") == 0);
    vizier_body_clear(&body);
}

Test(vizier_body, a_trial_has_its_point_in_the_order_of_the_space)
{
    struct vizier_body body;

    cr_assert(strcmp(read_body(VIZIER_CREATE,
                               "{\"id\":\"9\",\"parameters\":[{\"parameterId\":\"d\",\"value\":2},"
                               "{\"parameterId\":\"c\",\"value\":\"y\"},{\"parameterId\":\"a\","
                               "\"value\":3.0}]}",
                               &body),
                     "") == 0);
    cr_assert(eq(dbl, body.point[0], 3));
    cr_assert(eq(dbl, body.point[1], 1));
    cr_assert(eq(dbl, body.point[2], 2));
    vizier_body_clear(&body);
}

Test(vizier_body, nothing_and_an_empty_text_are_an_empty_message)
{
    struct vizier_body body;

    cr_assert(strcmp(read_body(VIZIER_COMPLETE, "\"\"", &body), "") == 0);
    vizier_body_clear(&body);
    cr_assert(strcmp(read_body(VIZIER_COMPLETE, "null", &body), "") == 0);
    vizier_body_clear(&body);
    cr_assert(strcmp(read_body(VIZIER_SUGGEST, "\"\"", &body), "suggestion_count") == 0);
    vizier_body_clear(&body);
}
