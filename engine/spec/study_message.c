#include "assay/value.h"
#include "engine/spec/messages.h"

#include <math.h>
#include <string.h>

static const struct enum_word goal_words[] = {
    { "GOAL_TYPE_UNSPECIFIED", 0, GOAL_MAXIMIZE }, /* what a client that wrote 0 sends */
    { "MAXIMIZE", 1, GOAL_MAXIMIZE },
    { "MINIMIZE", 2, GOAL_MINIMIZE },
};

static const struct enum_word algorithm_words[] = {
    { "ALGORITHM_UNSPECIFIED", 0, ALGORITHM_DEFAULT }, /* there is no 1 */
    { "GRID_SEARCH", 2, ALGORITHM_GRID },
    { "RANDOM_SEARCH", 3, ALGORITHM_RANDOM },
};

static const struct enum_word noise_words[] = {
    { "OBSERVATION_NOISE_UNSPECIFIED", 0, 0 },
    { "LOW", 1, 1 },
    { "HIGH", 2, 2 },
};

static const struct enum_word selection_words[] = {
    { "MEASUREMENT_SELECTION_TYPE_UNSPECIFIED", 0, SELECT_LAST },
    { "LAST_MEASUREMENT", 1, SELECT_LAST },
    { "BEST_MEASUREMENT", 2, SELECT_BEST },
};

static const struct field safety_fields[] = {
    { .name = "safetyThreshold",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct metric_spec, safety_threshold) },
    { .name = "desiredMinSafeTrialsFraction",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct metric_spec, min_safe_fraction) },
};

static void safety_check(struct fields *fields, const cJSON *node, void *record)
{
    struct metric_spec *metric = record;

    if (metric->min_safe_fraction < 0 || metric->min_safe_fraction > 1)
        fields_fault(fields, node, "desiredMinSafeTrialsFraction", "%g is not between 0 and 1",
                     metric->min_safe_fraction);
    if (metric->min_safe_fraction == 0)
        metric->min_safe_fraction = (double)NAN; /* 0 is "no target", as absence is */
}

static const struct message safety_message = { MESSAGE_FIELDS(safety_fields),
                                               .check = safety_check };

static const struct field metric_fields[] = {
    { .name = "metricId", .kind = FIELD_TEXT, .at = FIELD_AT(struct metric_spec, id) },
    { .name = "goal",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct metric_spec, goal),
      FIELD_WORDS(goal_words) },
    { .name = "safetyConfig",
      .kind = FIELD_MESSAGE,
      .at = FIELD_HERE,
      .has_at = FIELD_AT(struct metric_spec, is_safety),
      .message = &safety_message },
};

static void metric_init(void *record)
{
    struct metric_spec *metric = record;

    metric->min_safe_fraction = (double)NAN;
}

static void metric_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct metric_spec *metric = record;

    fields_require(fields, node, "metricId");
    if (metric->id && strpbrk(metric->id, " \t\r\n\v\f"))
        fields_fault(fields, node, "metricId", "must have no whitespace");
}

static const struct message metric_message = { MESSAGE_FIELDS(metric_fields),
                                               .size = sizeof(struct metric_spec),
                                               .init = metric_init, .check = metric_check };

static const struct field elapsed_fields[] = {
    { .name = "useElapsedDuration",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct stopping_rule_spec, use_elapsed_duration) },
};

static const struct message elapsed_message = { MESSAGE_FIELDS(elapsed_fields) };

static const struct field convex_fields[] = {
    { .name = "maxStepCount",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct stopping_rule_spec, max_step_count) },
    { .name = "minStepCount",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct stopping_rule_spec, min_step_count) },
    { .name = "minMeasurementCount",
      .kind = FIELD_INT64,
      .at = FIELD_AT(struct stopping_rule_spec, min_measurement_count) },
    { .name = "learningRateParameterName",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct stopping_rule_spec, learning_rate_parameter_name) },
    { .name = "useElapsedDuration",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct stopping_rule_spec, use_elapsed_duration) },
    { .name = "updateAllStoppedTrials",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct stopping_rule_spec, update_all_stopped_trials),
      .has_at = FIELD_AT(struct stopping_rule_spec, has_update_all_stopped_trials) },
};

static void convex_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct stopping_rule_spec *rule = record;

    stopping_steps_check(fields, node, rule);
    if (rule->min_measurement_count < 0)
        fields_fault(fields, node, "minMeasurementCount", "must be at least 0");
}

static const struct message convex_message = { MESSAGE_FIELDS(convex_fields),
                                               .check = convex_check };

static const struct field time_fields[] = {
    { .name = "maxDuration",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct time_constraint, max_duration_us),
      .oneof = "constraint" },
    { .name = "endTime",
      .kind = FIELD_TIME,
      .at = FIELD_AT(struct time_constraint, end_time_us),
      .oneof = "constraint" },
};

static void time_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct time_constraint *time = record;
    const cJSON *duration = fields_member(node, "maxDuration");
    const cJSON *end = fields_member(node, "endTime");
    int64_t duration_us = 0;

    /* In the record 0 stands for absence, so neither may be 0 itself. */
    if (!duration && !end)
        fields_fault(fields, node, NULL, "needs max_duration or end_time");
    if (time->end_time_us < 0)
        fields_fault(fields, node, "endTime", "lies before 1970");
    if (duration && cJSON_IsString(duration) &&
        assay_duration_parse(duration->valuestring, &duration_us) && duration_us == 0)
        fields_fault(fields, node, "maxDuration",
                     "must be above 0, such as \"3600s\"; leave the constraint out for no limit");
}

static const struct message time_message = { MESSAGE_FIELDS(time_fields), .check = time_check };

static const struct field stopping_fields[] = {
    { .name = "shouldStopAsap",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct stopping_config, should_stop_asap),
      .has_at = FIELD_AT(struct stopping_config, has_should_stop_asap) },
    { .name = "minimumRuntimeConstraint",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct stopping_config, minimum_runtime),
      .has_at = FIELD_AT(struct stopping_config, minimum_runtime.is_set),
      .message = &time_message },
    { .name = "maximumRuntimeConstraint",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct stopping_config, maximum_runtime),
      .has_at = FIELD_AT(struct stopping_config, maximum_runtime.is_set),
      .message = &time_message },
    { .name = "minNumTrials",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct stopping_config, min_num_trials),
      .has_at = FIELD_AT(struct stopping_config, has_min_num_trials) },
    { .name = "maxNumTrials",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct stopping_config, max_num_trials),
      .has_at = FIELD_AT(struct stopping_config, has_max_num_trials) },
    { .name = "maxNumTrialsNoProgress",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct stopping_config, max_num_trials_no_progress),
      .has_at = FIELD_AT(struct stopping_config, has_max_num_trials_no_progress) },
    { .name = "maxDurationNoProgress",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct stopping_config, max_duration_no_progress_us),
      .has_at = FIELD_AT(struct stopping_config, has_max_duration_no_progress) },
};

/* What is absent, and what is at fault already, is no limit. */
static void stopping_init(void *record)
{
    struct stopping_config *stopping = record;

    stopping->max_num_trials = INT32_MAX;
    stopping->max_num_trials_no_progress = INT32_MAX;
    stopping->max_duration_no_progress_us = INT64_MAX;
}

/* Here 0 is no absence: it would stop the study before its first trial. */
static void stopping_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct stopping_config *stopping = record;

    if (stopping->min_num_trials < 0)
        fields_fault(fields, node, "minNumTrials", "must be at least 0");
    if (stopping->max_num_trials < 1)
        fields_fault(fields, node, "maxNumTrials",
                     "must be at least 1; leave it out for no limit but max_trial_count");
    if (stopping->max_num_trials_no_progress < 1)
        fields_fault(fields, node, "maxNumTrialsNoProgress",
                     "must be at least 1; leave it out for no limit");
    if (stopping->max_duration_no_progress_us == 0)
        fields_fault(fields, node, "maxDurationNoProgress",
                     "must be above 0, such as \"3600s\"; leave it out for no limit");
}

static const struct message stopping_message = { MESSAGE_FIELDS(stopping_fields),
                                                 .init = stopping_init, .check = stopping_check };

static const struct field study_fields[] = {
    { .name = "metrics",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct study_spec, metrics),
      .count_at = FIELD_AT(struct study_spec, metric_count),
      .message = &metric_message },
    { .name = "parameters",
      .kind = FIELD_CUSTOM,
      .message = &parameter_message,
      .read = parameters_read },
    { .name = "algorithm",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct study_spec, algorithm),
      FIELD_WORDS(algorithm_words) },
    { .name = "observationNoise",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct study_spec, observation_noise),
      FIELD_WORDS(noise_words) },
    { .name = "measurementSelectionType",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct study_spec, selection),
      FIELD_WORDS(selection_words) },
    { .name = "decayCurveStoppingSpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct study_spec, stopping_rule_spec),
      .oneof = "automated_stopping_spec",
      .message = &elapsed_message },
    { .name = "medianAutomatedStoppingSpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct study_spec, stopping_rule_spec),
      .oneof = "automated_stopping_spec",
      .message = &elapsed_message },
    { .name = "convexAutomatedStoppingSpec",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct study_spec, stopping_rule_spec),
      .oneof = "automated_stopping_spec",
      .message = &convex_message },
    { .name = "studyStoppingConfig",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct study_spec, stopping),
      .has_at = FIELD_AT(struct study_spec, stopping.is_set),
      .message = &stopping_message },
};

void stopping_steps_check(struct fields *fields, const cJSON *node,
                          const struct stopping_rule_spec *rule)
{
    if (rule->max_step_count < 0)
        fields_fault(fields, node, "maxStepCount", "must be at least 0");
    if (rule->min_step_count < 0)
        fields_fault(fields, node, "minStepCount", "must be at least 0");
    else if (rule->max_step_count > 0 && rule->min_step_count > rule->max_step_count)
        fields_fault(fields, node, "minStepCount", "%lld is above max_step_count, %lld",
                     (long long)rule->min_step_count, (long long)rule->max_step_count);
}

static enum stopping_rule stopping_rule(const cJSON *node)
{
    if (fields_member(node, "decayCurveStoppingSpec"))
        return STOPPING_DECAY_CURVE;
    if (fields_member(node, "medianAutomatedStoppingSpec"))
        return STOPPING_MEDIAN;
    return fields_member(node, "convexAutomatedStoppingSpec") ? STOPPING_CONVEX : STOPPING_NONE;
}

static void metrics_check(struct fields *fields, const cJSON *node, const struct study_spec *study)
{
    const cJSON *list = fields_member(node, "metrics");
    size_t here = 0;
    size_t safety_count = 0;

    for (size_t i = 0; i < study->metric_count; i++)
        safety_count += study->metrics[i].is_safety;
    if (!list || (cJSON_IsArray(list) && !list->child))
        fields_fault(fields, node, "metrics", "at least one metric is required");
    else if (study->metric_count > 0 && safety_count == study->metric_count)
        fields_fault(fields, node, "metrics",
                     "all metrics have a safety_config; one without is needed as the objective");
    here = fields_enter(fields, "metrics");
    fields_check_unique(fields, list, "metricId");
    fields_leave(fields, here);
}

/* The space knows the path of each fault, but of lines only that where a parameter begins. */
static void space_check(struct fields *fields, const cJSON *node, const struct search_space *space)
{
    size_t first = fields->faults->stored;

    if (space->param_count > 0)
        search_space_check(space, fields->faults);
    for (size_t i = first; i < fields->faults->stored; i++) {
        struct assay_fault *fault = &fields->faults->items[i];

        if (strncmp(fault->field, fields->path, fields->path_size) == 0)
            fault->line = json_line(fields_locate(node, fault->field + fields->path_size));
    }
}

static void study_check(struct fields *fields, const cJSON *node, void *record)
{
    struct study_spec *study = record;
    const cJSON *list = fields_member(node, "parameters");

    study->stopping_rule = stopping_rule(node);
    metrics_check(fields, node, study);
    if (!list || (cJSON_IsArray(list) && !list->child))
        fields_fault(fields, node, "parameters", "at least one parameter is required");
    if (!study->space)
        study->space = search_space_new();
    if (study->space)
        space_check(fields, node, study->space);
    else
        fields->is_short_of_memory = true;
}

const struct message study_message = { MESSAGE_FIELDS(study_fields), .check = study_check };
