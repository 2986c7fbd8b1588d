#include "engine/spec/canonical.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

/* expected: JSON in which ' stands for ". */
static void assert_canonical(const char *document, const char *expected)
{
    struct assay_error err = { 0 };
    cJSON *root = document_of(document);
    cJSON *canonical = NULL;
    char *wanted = strdup(expected);
    char *text = NULL;

    job_spec_free(job_of(document)); /* the canonical form is of good documents only */
    canonical = job_document_canonical(root, CANONICAL_FULL, &err);
    cr_assert(canonical != NULL, "%s", err.message);
    for (char *at = wanted; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    text = json_text(canonical, 0);
    cr_assert(eq(str, text, wanted));
    job_spec_free(job_of(text)); /* and is such a document itself */
    free(text);
    free(wanted);
    cJSON_Delete(canonical);
    cJSON_Delete(root);
}

#define STUDY_OUT                                                                                  \
    "'studySpec':{'metrics':[{'metricId':'acc'}],'parameters':[{'parameterId':'a',"                \
    "'doubleValueSpec':{'maxValue':1}}]}"
#define RUN_OUT                                                                                    \
    "'trialJobSpec':{'workerPoolSpecs':[{'containerSpec':{'imageUri':'host:','command':['x']}}]}"

Test(canonical, snake_case_becomes_camel_case_and_numbers_become_names)
{
    assert_canonical("study_spec:\n"
                     "  metrics: [{metric_id: acc, goal: 2}]\n"
                     "  algorithm: 3\n"
                     "  measurement_selection_type: BEST_MEASUREMENT\n"
                     "  parameters:\n"
                     "  - {parameter_id: a, double_value_spec: {min_value: '0.5', max_value: 1},\n"
                     "     scale_type: 2}\n"
                     "  study_stopping_config: {max_num_trials: '9', should_stop_asap: true,\n"
                     "    max_duration_no_progress: 1.50s,\n"
                     "    maximum_runtime_constraint: {end_time: '2026-01-31T11:00:00+01:00'}}\n"
                     "max_trial_count: '20'\n" RUN,
                     "{'studySpec':{'metrics':[{'metricId':'acc','goal':'MINIMIZE'}],"
                     "'algorithm':'RANDOM_SEARCH','measurementSelectionType':'BEST_MEASUREMENT',"
                     "'parameters':[{'parameterId':'a','doubleValueSpec':{'minValue':0.5,"
                     "'maxValue':1},'scaleType':'UNIT_LOG_SCALE'}],'studyStoppingConfig':{"
                     "'maxNumTrials':9,'shouldStopAsap':true,'maxDurationNoProgress':'1.500s',"
                     "'maximumRuntimeConstraint':{'endTime':'2026-01-31T10:00:00Z'}}},"
                     "'maxTrialCount':20," RUN_OUT "}");
}

Test(canonical, an_int64_is_text_at_every_depth)
{
    assert_canonical(
        PARAMETERS("[{parameterId: n, integerValueSpec: {minValue: 1, maxValue: '3'},\n"
                   "  conditional_parameter_specs: [{parent_int_values: {values: [2, '3']},\n"
                   "   parameter_spec: {parameter_id: m, integer_value_spec: {max_value: 9}}}]}]"),
        "{" RUN_OUT ",'studySpec':{'metrics':[{'metricId':'acc'}],'parameters':[{'parameterId':'n',"
        "'integerValueSpec':{'minValue':'1','maxValue':'3'},'conditionalParameterSpecs':[{"
        "'parentIntValues':{'values':['2','3']},'parameterSpec':{'parameterId':'m',"
        "'integerValueSpec':{'maxValue':'9'}}}]}]}}");
    assert_canonical(POOL("{replica_count: 1, containerSpec: {imageUri: 'host:', command: [x]}}"),
                     "{" STUDY_OUT ",'trialJobSpec':{'workerPoolSpecs':[{'replicaCount':'1',"
                     "'containerSpec':{'imageUri':'host:','command':['x']}}]}}");
}

Test(canonical, nulls_and_output_only_fields_are_dropped_and_zeros_stay)
{
    assert_canonical(STUDY RUN "displayName: ~\ndisplay_name: x\nname: y\nstate: 3\n"
                               "trials: [1]\nmaxFailedTrialCount: 0\nlabels: {a_b: c}\n",
                     "{" STUDY_OUT "," RUN_OUT
                     ",'displayName':'x','maxFailedTrialCount':0,'labels':{'a_b':'c'}}");
    assert_canonical(POOL("{containerSpec: {imageUri: 'host:', command: [x]}}, {}"),
                     "{" STUDY_OUT ",'trialJobSpec':{'workerPoolSpecs':[{'containerSpec':{"
                     "'imageUri':'host:','command':['x']}},{}]}}");
}

Test(canonical, the_users_own_names_and_texts_are_untouched)
{
    assert_canonical(
        POOL("{containerSpec: {imageUri: 'host:', command: [a_b, '1'], args: ['--max_steps=5'],\n"
             "  env: [{name: my_name, value: GOAL_TYPE}]}}") "assay: {env: {a_b: c_d}, on_host: "
                                                             "true, metric_regex: {acc: 'a_b(.)'}"
                                                             "}\n",
        "{" STUDY_OUT ",'trialJobSpec':{'workerPoolSpecs':[{'containerSpec':{'imageUri':'host:',"
        "'command':['a_b','1'],'args':['--max_steps=5'],'env':[{'name':'my_name',"
        "'value':'GOAL_TYPE'}]}}]},'assay':{'env':{'a_b':'c_d'},'onHost':true,"
        "'metricRegex':{'acc':'a_b(.)'}}}");
    assert_canonical(
        PARAMETERS("[{parameterId: a_b, categorical_value_spec: {values: [max_value, '2']}}]"),
        "{" RUN_OUT ",'studySpec':{'metrics':[{'metricId':'acc'}],'parameters':[{"
        "'parameterId':'a_b','categoricalValueSpec':{'values':['max_value','2']}}]}}");
}

Test(canonical, a_bare_custom_job_spec_becomes_a_custom_job)
{
    assert_canonical("worker_pool_specs: [{container_spec: {image_uri: 'host:', command: [x]}}]\n"
                     "display_name: train\nscheduling: {timeout: 60s}\nlabels: {a: b}\n",
                     "{'displayName':'train','labels':{'a':'b'},'jobSpec':{'workerPoolSpecs':[{"
                     "'containerSpec':{'imageUri':'host:','command':['x']}}],"
                     "'scheduling':{'timeout':'60s'}}}");
}

Test(canonical, what_is_no_job_has_no_canonical_form)
{
    struct assay_error err = { 0 };
    cJSON *root = document_of("[1]");

    cr_assert(job_document_canonical(root, CANONICAL_FULL, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cJSON_Delete(root);
}
