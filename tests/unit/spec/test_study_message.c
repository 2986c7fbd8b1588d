#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

/* A study with other metrics, or with more beside its metrics and parameters. */
#define PARAMETER "parameters: [{parameterId: a, doubleValueSpec: {maxValue: 1}}]"
#define METRICS(list) RUN "studySpec:\n {" PARAMETER ", metrics: " list "}\n"
#define WITH(more) RUN "studySpec:\n {metrics: [{metricId: acc}], " PARAMETER ",\n " more "}\n"

Test(study_message, a_missing_goal_means_maximize)
{
    struct job_spec *spec = job_of(METRICS("[{metricId: a}, {metricId: b, goal: 0}, {metricId: c, "
                                           "goal: MAXIMIZE}, {metricId: d, goal: 2}]"));

    cr_assert(eq(int, spec->study.metrics[0].goal, GOAL_MAXIMIZE));
    cr_assert(eq(int, spec->study.metrics[1].goal, GOAL_MAXIMIZE));
    cr_assert(eq(int, spec->study.metrics[2].goal, GOAL_MAXIMIZE));
    cr_assert(eq(int, spec->study.metrics[3].goal, GOAL_MINIMIZE));
    job_spec_free(spec);
}

Test(study_message, a_safety_config_makes_a_safety_metric)
{
    struct job_spec *spec =
        job_of(METRICS("[{metricId: a}, {metricId: b, safetyConfig: {}}, {metricId: c, "
                       "safetyConfig: {safetyThreshold: 0.5, desiredMinSafeTrialsFraction: 1}}, "
                       "{metricId: d, safetyConfig: {desiredMinSafeTrialsFraction: 0}}]"));
    const struct metric_spec *metrics = spec->study.metrics;

    cr_assert(not(metrics[0].is_safety));
    cr_assert(isnan(metrics[0].min_safe_fraction));
    cr_assert(metrics[1].is_safety);
    cr_assert(eq(dbl, metrics[1].safety_threshold, 0));
    cr_assert(isnan(metrics[1].min_safe_fraction));
    cr_assert(eq(dbl, metrics[2].safety_threshold, 0.5));
    cr_assert(eq(dbl, metrics[2].min_safe_fraction, 1));
    cr_assert(isnan(metrics[3].min_safe_fraction));
    job_spec_free(spec);
}

Test(study_message, metrics_are_checked)
{
    assert_fault(METRICS("[]"), 3, "study_spec.metrics", "at least one metric");
    assert_fault(RUN "studySpec: {" PARAMETER "}\n", 2, "study_spec.metrics", "at least one");
    assert_fault(METRICS("[{goal: 1}]"), 3, "study_spec.metrics[0].metric_id", "is required");
    assert_fault(METRICS("[{metricId: ''}]"), 3, "study_spec.metrics[0].metric_id", "is required");
    assert_fault(METRICS("[{metricId: a b}]"), 3, "study_spec.metrics[0].metric_id",
                 "must have no whitespace");
    assert_fault(METRICS("[{metricId: a},\n {metricId: b},\n {metricId: a}]"), 5,
                 "study_spec.metrics[2].metric_id", "\"a\" stands in item 0 already");
    assert_fault(METRICS("[{metricId: a, goal: 3}]"), 3, "study_spec.metrics[0].goal",
                 "expected one of GOAL_TYPE_UNSPECIFIED, MAXIMIZE, MINIMIZE; found the number 3");
    assert_fault(METRICS("[{metricId: a, safetyConfig: {}}]"), 3, "study_spec.metrics",
                 "one without is needed");
    assert_fault(METRICS("[{metricId: z}, {metricId: a, safetyConfig: "
                         "{desiredMinSafeTrialsFraction: 1.5}}]"),
                 3, "study_spec.metrics[1].safety_config.desired_min_safe_trials_fraction",
                 "1.5 is not between 0 and 1");
    assert_fault(METRICS("[{metricId: z, safetyConfig: ~}, ~]"), 3, "study_spec.metrics[1]",
                 "expected an object, found null");
    assert_fault(METRICS("{metricId: a}"), 3, "study_spec.metrics",
                 "expected a list, found an object");
}

Test(study_message, enums_are_taken_by_name_or_number)
{
    struct job_spec *spec = job_of(WITH("algorithm: 0, observationNoise: HIGH, "
                                        "measurementSelectionType: BEST_MEASUREMENT"));

    cr_assert(eq(int, spec->study.algorithm, ALGORITHM_DEFAULT));
    cr_assert(eq(str, (char *)job_spec_algorithm(spec), "default"));
    cr_assert(eq(int, spec->study.observation_noise, 2));
    cr_assert(eq(int, spec->study.selection, SELECT_BEST));
    job_spec_free(spec);
    spec = job_of(WITH("algorithm: RANDOM_SEARCH, measurementSelectionType: 1"));
    cr_assert(eq(int, spec->study.algorithm, ALGORITHM_RANDOM));
    cr_assert(eq(int, spec->study.selection, SELECT_LAST));
    job_spec_free(spec);
    assert_fault(WITH("algorithm: 1"), 4, "study_spec.algorithm",
                 "expected one of ALGORITHM_UNSPECIFIED, GRID_SEARCH, RANDOM_SEARCH; found the "
                 "number 1");
    assert_fault(WITH("algorithm: GRID_SERCH"), 4, "study_spec.algorithm",
                 "did you mean \"GRID_SEARCH\"?");
    assert_fault(WITH("algorithm: '2'"), 4, "study_spec.algorithm", "found the text \"2\"");
}

Test(study_message, a_grid_has_no_place_for_a_double)
{
    assert_fault(WITH("algorithm: GRID_SEARCH"), 4, "study_spec.algorithm",
                 "cannot enumerate the DOUBLE parameter \"a\": list its values");
    job_spec_free(job_of(RUN "studySpec: {metrics: [{metricId: m}], algorithm: 2, parameters: "
                             "[{parameterId: a, integerValueSpec: {maxValue: 1}}]}\n"));
    assert_fault(WITH("algorithm: 3") "assay: {algorithm: grid}\n", 5, "assay.algorithm",
                 "cannot enumerate");
    job_spec_free(job_of(WITH("algorithm: 2") "assay: {algorithm: random}\n"));
}

Test(study_message, the_stopping_rule_is_one_of_three)
{
    struct job_spec *spec = job_of(WITH("decayCurveStoppingSpec: {}"));

    cr_assert(eq(int, spec->study.stopping_rule, STOPPING_DECAY_CURVE));
    job_spec_free(spec);
    spec = job_of(WITH("medianAutomatedStoppingSpec: {useElapsedDuration: true}, "
                       "decayCurveStoppingSpec: ~"));
    cr_assert(eq(int, spec->study.stopping_rule, STOPPING_MEDIAN));
    job_spec_free(spec);
    spec = job_of(WITH("convexAutomatedStoppingSpec: {maxStepCount: '100', minStepCount: 5, "
                       "minMeasurementCount: '5', learningRateParameterName: lr, "
                       "useElapsedDuration: false, updateAllStoppedTrials: true}"));
    cr_assert(eq(int, spec->study.stopping_rule, STOPPING_CONVEX));
    job_spec_free(spec);
    assert_fault(WITH("medianAutomatedStoppingSpec: {},\n decayCurveStoppingSpec: {}"), 5,
                 "study_spec.decay_curve_stopping_spec",
                 "oneof field \"automated_stopping_spec\" is already set by "
                 "\"medianAutomatedStoppingSpec\"");
    assert_fault(WITH("convexAutomatedStoppingSpec: {maxStepCount: many}"), 4,
                 "study_spec.convex_automated_stopping_spec.max_step_count", "a whole number");
    assert_fault(WITH("medianAutomatedStoppingSpec: {useElapsedDuration: 1}"), 4,
                 "study_spec.median_automated_stopping_spec.use_elapsed_duration",
                 "expected true or false, found the number 1");
}

Test(study_message, a_stopping_rule_keeps_what_it_goes_by)
{
    struct job_spec *spec = job_of(WITH("decayCurveStoppingSpec: {}"));

    cr_assert(not(spec->study.stopping_rule_spec.use_elapsed_duration));
    job_spec_free(spec);
    spec = job_of(WITH("medianAutomatedStoppingSpec: {use_elapsed_duration: true}"));
    cr_assert(spec->study.stopping_rule_spec.use_elapsed_duration);
    job_spec_free(spec);
    spec = job_of(WITH("convexAutomatedStoppingSpec: {maxStepCount: '100', minStepCount: 5, "
                       "minMeasurementCount: '7', learningRateParameterName: lr, "
                       "useElapsedDuration: true, updateAllStoppedTrials: false}"));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.max_step_count, 100));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.min_step_count, 5));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.min_measurement_count, 7));
    cr_assert(eq(str, spec->study.stopping_rule_spec.learning_rate_parameter_name, "lr"));
    cr_assert(spec->study.stopping_rule_spec.use_elapsed_duration);
    cr_assert(spec->study.stopping_rule_spec.has_update_all_stopped_trials);
    cr_assert(not(spec->study.stopping_rule_spec.update_all_stopped_trials));
    job_spec_free(spec);
    spec = job_of(WITH("convexAutomatedStoppingSpec: {}"));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.max_step_count, 0));
    cr_assert(spec->study.stopping_rule_spec.learning_rate_parameter_name == NULL);
    cr_assert(not(spec->study.stopping_rule_spec.has_update_all_stopped_trials));
    job_spec_free(spec);
}

#define CONVEX(fields) WITH("convexAutomatedStoppingSpec: {" fields "}")

Test(study_message, the_convex_rule_is_checked)
{
    static const char where[] = "study_spec.convex_automated_stopping_spec.min_step_count";

    assert_fault(CONVEX("maxStepCount: -1"), 4,
                 "study_spec.convex_automated_stopping_spec.max_step_count", "at least 0");
    assert_fault(CONVEX("minStepCount: -1"), 4, where, "at least 0");
    assert_fault(CONVEX("maxStepCount: 10, minStepCount: 11"), 4, where,
                 "11 is above max_step_count, 10");
    assert_fault(CONVEX("minMeasurementCount: -5"), 4,
                 "study_spec.convex_automated_stopping_spec.min_measurement_count", "at least 0");
    job_spec_free(job_of(CONVEX("maxStepCount: 10, minStepCount: 10")));
    job_spec_free(job_of(CONVEX("minStepCount: 10")));
}

Test(study_message, the_stopping_config_keeps_what_is_present)
{
    struct job_spec *spec = job_of(
        WITH("studyStoppingConfig: {shouldStopAsap: true, minimumRuntimeConstraint: {maxDuration: "
             "1.5s}, maximumRuntimeConstraint: {endTime: '2026-01-31T10:00:00Z'}, minNumTrials: 0, "
             "maxNumTrials: 9, maxNumTrialsNoProgress: '3', maxDurationNoProgress: 60s}"));
    const struct stopping_config *stopping = &spec->study.stopping;

    cr_assert(stopping->is_set);
    cr_assert(stopping->should_stop_asap);
    cr_assert(stopping->minimum_runtime.is_set);
    cr_assert(eq(i64, stopping->minimum_runtime.max_duration_us, 1500000));
    cr_assert(eq(i64, stopping->minimum_runtime.end_time_us, 0));
    cr_assert(eq(i64, stopping->maximum_runtime.end_time_us, 1769853600000000));
    cr_assert(stopping->has_min_num_trials);
    cr_assert(eq(i32, stopping->min_num_trials, 0));
    cr_assert(stopping->has_max_num_trials);
    cr_assert(eq(i32, stopping->max_num_trials, 9));
    cr_assert(eq(i32, stopping->max_num_trials_no_progress, 3));
    cr_assert(stopping->has_max_duration_no_progress);
    cr_assert(eq(i64, stopping->max_duration_no_progress_us, 60000000));
    job_spec_free(spec);
    spec = job_of(WITH("studyStoppingConfig: {}"));
    cr_assert(spec->study.stopping.is_set);
    cr_assert(not(spec->study.stopping.has_max_num_trials));
    cr_assert(not(spec->study.stopping.maximum_runtime.is_set));
    job_spec_free(spec);
}

#define STOPPING(field) WITH("studyStoppingConfig: {" field "}")

Test(study_message, the_stopping_config_is_checked)
{
    static const char path[] = "study_spec.study_stopping_config.maximum_runtime_constraint";

    assert_fault(STOPPING("maximumRuntimeConstraint: {}"), 4, path, "needs max_duration or");
    assert_fault(STOPPING("maximumRuntimeConstraint: {maxDuration: 1s, endTime: "
                          "'2026-01-31T10:00:00Z'}"),
                 4, "study_spec.study_stopping_config.maximum_runtime_constraint.end_time",
                 "oneof field \"constraint\"");
    assert_fault(STOPPING("maximumRuntimeConstraint: {maxDuration: 0s}"), 4,
                 "study_spec.study_stopping_config.maximum_runtime_constraint.max_duration",
                 "above 0");
    assert_fault(STOPPING("maximumRuntimeConstraint: {maxDuration: -1s}"), 4,
                 "study_spec.study_stopping_config.maximum_runtime_constraint.max_duration",
                 "at least 0");
    assert_fault(STOPPING("maximumRuntimeConstraint: {endTime: tomorrow}"), 4,
                 "study_spec.study_stopping_config.maximum_runtime_constraint.end_time",
                 "a time such as");
    assert_fault(STOPPING("maximumRuntimeConstraint: {endTime: '1960-01-31T10:00:00Z'}"), 4,
                 "study_spec.study_stopping_config.maximum_runtime_constraint.end_time",
                 "before 1970");
    assert_fault(STOPPING("maxDurationNoProgress: 60"), 4,
                 "study_spec.study_stopping_config.max_duration_no_progress",
                 "write \"60s\" for seconds");
    assert_fault(STOPPING("minNumTrials: -1"), 4, "study_spec.study_stopping_config.min_num_trials",
                 "at least 0");
}

Test(study_message, a_rule_that_stops_before_the_first_trial_is_refused)
{
    static const char *const below[] = { "-1", "0", "'0'" };

    for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
        char text[1024];

        (void)snprintf(text, sizeof text, STOPPING("maxNumTrials: %s"), below[i]);
        assert_fault(text, 4, "study_spec.study_stopping_config.max_num_trials",
                     "at least 1; leave it out");
        (void)snprintf(text, sizeof text, STOPPING("maxNumTrialsNoProgress: %s"), below[i]);
        assert_fault(text, 4, "study_spec.study_stopping_config.max_num_trials_no_progress",
                     "at least 1; leave it out");
    }
    assert_fault(STOPPING("maxDurationNoProgress: 0s"), 4,
                 "study_spec.study_stopping_config.max_duration_no_progress",
                 "above 0, such as \"3600s\"; leave it out");
    assert_fault(STOPPING("minimumRuntimeConstraint: {maxDuration: 0s}"), 4,
                 "study_spec.study_stopping_config.minimum_runtime_constraint.max_duration",
                 "above 0, such as \"3600s\"; leave the constraint out");
    assert_fault(STOPPING("maxNumTrials: x"), 4, "study_spec.study_stopping_config.max_num_trials",
                 "expected a whole number");
}
