#include "engine/spec/job_document.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define POOLS "workerPoolSpecs: [{containerSpec: {imageUri: img}}]"

/* As the command line tool of the cloud takes it. */
static const char gcloud_text[] = "displayName: tune\n"
                                  "maxTrialCount: 20\n"
                                  "parallelTrialCount: 4\n"
                                  "maxFailedTrialCount: 3\n"
                                  "studySpec:\n"
                                  "  metrics: [{metricId: accuracy, goal: MINIMIZE}]\n"
                                  "  parameters:\n"
                                  "  - parameterId: lr\n"
                                  "    scaleType: UNIT_LOG_SCALE\n"
                                  "    doubleValueSpec: {minValue: 1e-5, maxValue: 0.1}\n"
                                  "  - parameterId: layers\n"
                                  "    integerValueSpec: {minValue: 1, maxValue: 4}\n"
                                  "  algorithm: RANDOM_SEARCH\n"
                                  "trialJobSpec:\n"
                                  "  workerPoolSpecs:\n"
                                  "  - machineSpec: {machineType: n1-standard-4}\n"
                                  "    replicaCount: 1\n"
                                  "    containerSpec: {imageUri: \"gcr.io/p/img\"}\n"
                                  "  baseOutputDirectory: {outputUriPrefix: \"gs://b/out\"}\n";

Test(job_message, a_tuning_job_becomes_a_spec)
{
    struct job_spec *spec = job_of(gcloud_text);

    cr_assert(eq(int, spec->kind, JOB_TUNING));
    cr_assert(eq(str, spec->display_name, "tune"));
    cr_assert(eq(i64, spec->max_trial_count, 20));
    cr_assert(eq(i64, spec->parallel_trial_count, 4));
    cr_assert(eq(i64, spec->max_failed_trial_count, 3));
    cr_assert(eq(sz, spec->study.metric_count, 1));
    cr_assert(eq(int, spec->study.metrics[0].goal, GOAL_MINIMIZE));
    cr_assert(eq(sz, spec->study.space->param_count, 2));
    cr_assert(eq(dbl, spec->study.space->params[0].min, 1e-5));
    cr_assert(eq(int, spec->study.space->params[0].scale, SCALE_LOG));
    cr_assert(eq(int, spec->study.algorithm, ALGORITHM_RANDOM));
    cr_assert(eq(str, (char *)job_spec_algorithm(spec), "random"));
    cr_assert(eq(sz, spec->run.pool_count, 1));
    cr_assert(eq(str, spec->run.pools[0].container.image_uri, "gcr.io/p/img"));
    cr_assert(eq(str, spec->run.output_uri, "gs://b/out"));
    cr_assert(eq(i64, spec->run.timeout_us, 604800 * INT64_C(1000000)));
    job_spec_free(spec);
}

Test(job_message, json_of_a_rest_client_says_the_same_as_yaml)
{
    struct job_spec *spec = job_of(
        "{\"display_name\":\"tune\",\"max_trial_count\":\"20\",\"parallelTrialCount\":4.0,"
        "\"studySpec\":{\"metrics\":[{\"metric_id\":\"accuracy\",\"goal\":2}],\"algorithm\":3,"
        "\"measurementSelectionType\":2,\"observationNoise\":null,"
        "\"parameters\":[{\"parameterId\":\"lr\",\"scale_type\":2,\"double_value_spec\":"
        "{\"minValue\":1e-5,\"maxValue\":\"0.1\"}},{\"parameterId\":\"layers\","
        "\"integerValueSpec\":{\"minValue\":\"1\",\"maxValue\":\"4\"}}]},"
        "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":{\"imageUri\":\"img\"},"
        "\"replicaCount\":\"1\"},{},{}]},\"labels\":{},\"encryptionSpec\":{\"kmsKeyName\":\"k\"}}");

    cr_assert(eq(i64, spec->max_trial_count, 20));
    cr_assert(eq(i64, spec->parallel_trial_count, 4));
    cr_assert(eq(int, spec->study.metrics[0].goal, GOAL_MINIMIZE));
    cr_assert(eq(int, spec->study.selection, SELECT_BEST));
    cr_assert(eq(dbl, spec->study.space->params[0].max, 0.1));
    cr_assert(eq(dbl, spec->study.space->params[1].max, 4));
    cr_assert(eq(sz, spec->run.pool_count, 3));
    cr_assert(spec->run.pools[1].is_empty);
    job_spec_free(spec);
}

Test(job_message, a_custom_job_and_a_bare_spec_are_known)
{
    struct job_spec *job = job_of("displayName: train\njobSpec: {" POOLS "}\n");
    struct job_spec *bare = job_of(POOLS "\nscheduling: {timeout: 60s, disableRetries: true}\n");

    cr_assert(eq(int, job->kind, JOB_CUSTOM));
    cr_assert(eq(str, job->display_name, "train"));
    cr_assert(eq(i64, job->max_trial_count, 1));
    cr_assert(eq(i64, job->parallel_trial_count, 1));
    cr_assert(job->study.space == NULL);
    cr_assert(eq(int, bare->kind, JOB_CUSTOM));
    cr_assert(eq(str, bare->display_name, "custom-job"));
    cr_assert(eq(i64, bare->run.timeout_us, 60000000));
    cr_assert(bare->run.disable_retries);
    cr_assert(eq(sz, bare->run.pool_count, 1));
    job_spec_free(job);
    job_spec_free(bare);
    job_spec_free(NULL);
}

Test(job_message, what_the_cloud_s_command_line_adds_has_defaults)
{
    struct job_spec *spec = job_of(STUDY RUN);

    cr_assert(eq(str, spec->display_name, "tuning-job"));
    cr_assert(eq(i64, spec->max_trial_count, 1));
    cr_assert(eq(i64, spec->parallel_trial_count, 1));
    cr_assert(eq(i64, spec->max_failed_trial_count, 0));
    cr_assert(eq(i64, spec->assay.grace_us, 10000000));
    job_spec_free(spec);
}

Test(job_message, what_is_for_output_only_is_ignored)
{
    job_spec_free(job_of(
        STUDY RUN "name: projects/1/x\nstate: 7\ncreateTime: [what, ever]\nerror: {code: 1}\n"
                  "trials: [1]\nsatisfiesPzs: x\nsatisfiesPzi: x\nwebAccessUris: 1\n"
                  "startTime: x\nend_time: x\nupdateTime: x\n"));
}

Test(job_message, a_document_of_no_known_shape_gives_one_fault)
{
    assert_fault("{}", 1, "",
                 "expected a HyperparameterTuningJob (studySpec, trialJobSpec), a "
                 "CustomJob (jobSpec), a CustomJobSpec (workerPoolSpecs) or a TrainingPipeline "
                 "(trainingTaskDefinition)");
    assert_fault("x: 1\nstudySpecs: {}\n", 2, "",
                 "it has \"studySpecs\"; did you mean \"studySpec\"?");
    assert_fault("work_pool_specs: []\n", 1, "", "did you mean \"workerPoolSpecs\"?");
    assert_fault("", 0, "", "expected a HyperparameterTuningJob");
    assert_fault("[1]", 1, "", "expected a HyperparameterTuningJob");
    assert_fault("text", 1, "", "expected a HyperparameterTuningJob");
}

Test(job_message, an_unknown_field_is_named_with_the_nearest)
{
    assert_fault(STUDY RUN "max_trails_count: 2\n", 3, "max_trails_count",
                 "unknown field \"max_trails_count\"; did you mean \"maxTrialCount\"?");
    assert_fault(STUDY RUN "zzzzzz: 2\n", 3, "zzzzzz", "unknown field \"zzzzzz\"");
    assert_fault(STUDY RUN "ASSAY: {}\n", 3, "ASSAY", "did you mean \"assay\"?");
    assert_fault(STUDY RUN "encryptionSpec: {key: x}\n", 3, "encryption_spec.key",
                 "known here: kmsKeyName");
    assert_fault("jobSpec: {" POOLS "}\nmaxTrialCounts: 1\n", 2, "maxTrialCounts", "unknown field");
    assert_fault(STUDY RUN "trial: {}\n", 3, "trial", "unknown field");
}

Test(job_message, both_spellings_of_one_field_are_too_many)
{
    assert_fault(STUDY RUN "displayName: a\ndisplay_name: b\n", 4, "display_name",
                 "given twice, as \"displayName\" and as \"display_name\"");
    job_spec_free(job_of(STUDY RUN "displayName: a\ndisplay_name: ~\n"));
}

Test(job_message, a_wrong_type_says_what_is_right)
{
    assert_fault(STUDY RUN "displayName: 5\n", 3, "display_name",
                 "expected text, found the number 5; write \"5\" in quotes");
    assert_fault(STUDY RUN "displayName: true\n", 3, "display_name",
                 "expected text, found true; write it in quotes");
    assert_fault(STUDY RUN "displayName: [x]\n", 3, "display_name", "expected text, found a list");
    assert_fault(STUDY RUN "maxTrialCount: many\n", 3, "max_trial_count",
                 "expected a whole number, found the text \"many\"");
    assert_fault(STUDY RUN "maxTrialCount: 1.5\n", 3, "max_trial_count", "found the number 1.5");
    assert_fault(STUDY RUN "maxTrialCount: 3000000000\n", 3, "max_trial_count", "32 bits");
    assert_fault(RUN "studySpec: []\n", 2, "study_spec", "expected an object, found a list");
    assert_fault(STUDY "trialJobSpec: x\n", 2, "trial_job_spec",
                 "expected an object, found the text \"x\"");
}

Test(job_message, counts_are_checked_against_each_other)
{
    assert_fault(STUDY RUN "maxTrialCount: -1\n", 3, "max_trial_count", "at least 1");
    assert_fault(STUDY RUN "parallelTrialCount: -2\n", 3, "parallel_trial_count", "at least 1");
    assert_fault(STUDY RUN "maxFailedTrialCount: -1\n", 3, "max_failed_trial_count", "at least 0");
    assert_fault(STUDY RUN "maxTrialCount: 3\nmaxFailedTrialCount: 4\n", 4,
                 "max_failed_trial_count", "4 is above max_trial_count, 3");
    job_spec_free(job_of(STUDY RUN "maxTrialCount: 3\nmaxFailedTrialCount: 3\n"));
    job_spec_free(job_of(STUDY RUN "maxTrialCount: 3\nparallelTrialCount: 30\n"));
}

Test(job_message, more_trials_than_their_numbers_have_digits_for_are_refused)
{
    job_spec_free(job_of(STUDY RUN "maxTrialCount: 99999999\nparallelTrialCount: 100000\n"));
    assert_fault(STUDY RUN "maxTrialCount: 100000000\n", 3, "max_trial_count",
                 "100000000 is too many; 99999999 are the most");
    assert_fault(STUDY RUN "parallelTrialCount: 100001\n", 3, "parallel_trial_count",
                 "100001 is too many; 100000 are the most");
}

Test(job_message, a_tuning_job_needs_both_specs)
{
    assert_fault(STUDY, 1, "trial_job_spec", "is required");
    assert_fault(RUN, 1, "study_spec", "is required");
}

Test(job_message, a_long_display_name_is_refused)
{
    char text[1024];

    (void)snprintf(text, sizeof text, STUDY RUN "displayName: 'é%0127d'\n", 1);
    job_spec_free(job_of(text));
    (void)snprintf(text, sizeof text, STUDY RUN "displayName: 'é%0128d'\n", 1);
    assert_fault(text, 3, "display_name", "more than 128 characters");
}

Test(job_message, labels_follow_the_rules)
{
    char text[4096] = STUDY RUN "labels:\n";

    job_spec_free(job_of(STUDY RUN "labels: {a: '', team_1: x-y, été: ü}\n"));
    assert_fault(STUDY RUN "labels: {Team: x}\n", 3, "labels.Team", "a lowercase letter");
    assert_fault(STUDY RUN "labels: {1a: x}\n", 3, "labels.1a", "a lowercase letter");
    assert_fault(STUDY RUN "labels: {'': x}\n", 3, "labels.", "a lowercase letter");
    assert_fault(STUDY RUN "labels: {a: X}\n", 3, "labels.a", "a label's value");
    assert_fault(STUDY RUN "labels: {aiplatform.googleapis.com/x: y}\n", 3,
                 "labels.aiplatform.googleapis.com/x", "a lowercase letter");
    assert_fault(STUDY RUN "labels: {a: ~}\n", 3, "labels.a", "expected text");
    assert_fault(STUDY RUN "labels: {a: 1}\n", 3, "labels.a", "expected text");
    assert_fault(STUDY RUN "labels: [a]\n", 3, "labels", "expected an object");
    for (int i = 0; i < 65; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "  a%d: x\n", i);
    assert_fault(text, 3, "labels", "65 labels; 64 are the most");
}

Test(job_message, all_faults_stand_in_one_answer_with_line_and_path)
{
    static const struct expected_fault expected[] = {
        { 1, "display_name", "expected text" },
        { 2, "max_trails_count", "did you mean" },
        { 5, "study_spec.metrics[0].metric_id", "is required" },
        { 5, "study_spec.metrics[0].goal", "did you mean \"MAXIMIZE\"?" },
        { 8, "study_spec.parameters[0].double_value_spec", "min_value" },
        { 11, "study_spec.parameters[1].scale_type", "above 0" },
        { 15, "trial_job_spec.worker_pool_specs[0].container_spec.env[1].name", "not a variable" },
        { 16, "trial_job_spec.worker_pool_specs[0].replica_count", "expected a whole number" },
    };

    assert_faults("displayName: 5\n"
                  "max_trails_count: 3\n"
                  "studySpec:\n"
                  "  metrics:\n"
                  "  - goal: maximize\n"
                  "  parameters:\n"
                  "  - parameterId: a\n"
                  "    doubleValueSpec: {minValue: 2, maxValue: 1}\n"
                  "  - parameterId: b\n"
                  "    doubleValueSpec: {maxValue: 1}\n"
                  "    scaleType: UNIT_LOG_SCALE\n"
                  "trialJobSpec:\n"
                  "  workerPoolSpecs:\n"
                  "  - containerSpec:\n"
                  "      {imageUri: x, env: [{name: A}, {name: 1A}]}\n"
                  "    replicaCount: one\n",
                  expected, sizeof expected / sizeof expected[0]);
}

Test(job_message, json_faults_have_their_lines_too)
{
    assert_fault("{\n \"jobSpec\": {\n  \"workerPoolSpecs\": [{\n   \"containerSpec\": {\n"
                 "    \"imageUri\": 5\n}}]}}",
                 5, "job_spec.worker_pool_specs[0].container_spec.image_uri", "expected text");
}

Test(job_message, a_flood_of_faults_is_counted)
{
    struct assay_faults faults = { 0 };
    struct assay_error err = { 0 };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    cJSON *root = NULL;

    (void)fputs("jobSpec: {" POOLS "}\n", out);
    for (int i = 0; i < 5000; i++)
        (void)fprintf(out, "unknown%d: 1\n", i);
    (void)fclose(out);
    root = document_of(text);
    cr_assert(job_spec_from_json(root, &faults, &err) == NULL);
    cr_assert(eq(sz, faults.count, 5000));
    cr_assert(eq(sz, faults.stored, (size_t)ASSAY_FAULTS_MAX));
    assay_faults_clear(&faults);
    cJSON_Delete(root);
    free(text);
}
