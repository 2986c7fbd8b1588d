#include "engine/api/vizier/vizier_body.h"

#include "engine/spec/fields.h"
#include "engine/study/study_values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct field metric_fields[] = {
    { .name = "metricId", .kind = FIELD_TEXT, .at = FIELD_AT(struct vizier_metric, id) },
    { .name = "value", .kind = FIELD_DOUBLE, .at = FIELD_AT(struct vizier_metric, value) },
};

static void metric_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "metricId");
}

static const struct message metric_message = { MESSAGE_FIELDS(metric_fields),
                                               .size = sizeof(struct vizier_metric),
                                               .check = metric_check };

static const struct field measurement_fields[] = {
    { .name = "elapsedDuration",
      .kind = FIELD_DURATION,
      .at = FIELD_AT(struct vizier_measurement, elapsed_us) },
    { .name = "stepCount", .kind = FIELD_INT64, .at = FIELD_AT(struct vizier_measurement, step) },
    { .name = "metrics",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct vizier_measurement, metrics),
      .count_at = FIELD_AT(struct vizier_measurement, metric_count),
      .message = &metric_message },
};

static void measurement_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct vizier_measurement *measurement = record;

    if (measurement->step < 0)
        fields_fault(fields, node, "stepCount", "must be at least 0");
}

static const struct message measurement_message = { MESSAGE_FIELDS(measurement_fields),
                                                    .size = sizeof(struct vizier_measurement),
                                                    .check = measurement_check };

static const struct field parameter_fields[] = {
    { .name = "parameterId", .kind = FIELD_TEXT },
    { .name = "value", .kind = FIELD_ANY },
};

static void parameter_check(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    fields_require(fields, node, "parameterId");
}

static const struct message parameter_value_message = { MESSAGE_FIELDS(parameter_fields),
                                                        .check = parameter_check };

/* Parameters are looked at once the study's space is at hand. */
static void expect_list(struct fields *fields, const cJSON *node, void *record)
{
    (void)record;
    (void)fields_expect_list(fields, node);
}

/* v1's Trial has no place for the description. */
static const struct field context_fields[] = {
    { .name = "description", .kind = FIELD_TEXT },
    { .name = "parameters",
      .kind = FIELD_CUSTOM,
      .message = &parameter_value_message,
      .read = expect_list },
};

static const struct message context_message = { MESSAGE_FIELDS(context_fields) };

static void read_contexts(struct fields *fields, const cJSON *node, void *record)
{
    struct vizier_body *body = record;
    const cJSON *item = NULL;

    if (!fields_expect_list(fields, node))
        return;
    body->context_list = node;
    cJSON_ArrayForEach(item, node)
    {
        size_t here = fields_enter_item(fields, body->context_count++);

        fields_read(fields, item, &context_message, NULL);
        fields_leave(fields, here);
    }
}

static const struct field suggest_fields[] = {
    { .name = "parent", .kind = FIELD_IGNORED }, /* the path has it */
    { .name = "suggestionCount",
      .kind = FIELD_INT32,
      .at = FIELD_AT(struct vizier_body, suggestion_count) },
    { .name = "clientId", .kind = FIELD_TEXT, .at = FIELD_AT(struct vizier_body, client_id) },
    { .name = "contexts",
      .kind = FIELD_CUSTOM,
      .message = &context_message,
      .read = read_contexts },
};

static void suggest_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct vizier_body *body = record;

    if (!fields_member(node, "suggestionCount") || body->suggestion_count == 0)
        fields_fault(fields, node, "suggestionCount", "is required: how many trials, at least 1");
    else if (body->suggestion_count < 0 || body->suggestion_count > SUGGESTIONS_MAX)
        fields_fault(fields, node, "suggestionCount", "%d is not from 1 to %d",
                     (int)body->suggestion_count, SUGGESTIONS_MAX);
    if (body->context_count > 0 && body->context_count != (size_t)body->suggestion_count)
        fields_fault(fields, node, "contexts",
                     "has %zu entries: give none, or one for each of suggestion_count",
                     body->context_count);
    fields_require(fields, node, "clientId");
    if (body->client_id && strlen(body->client_id) > CLIENT_ID_MAX)
        fields_fault(fields, node, "clientId", "has more than %d bytes", CLIENT_ID_MAX);
}

static const struct enum_word state_words[] = {
    { "STATE_UNSPECIFIED", 0, 0 }, { "REQUESTED", 1, 1 }, { "ACTIVE", 2, 2 },
    { "STOPPING", 3, 3 },          { "SUCCEEDED", 4, 4 }, { "INFEASIBLE", 5, 5 },
};

static const struct field create_fields[] = {
    { .name = "parameters",
      .kind = FIELD_CUSTOM,
      .message = &parameter_value_message,
      .read = expect_list },
    { .name = "state",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct vizier_body, state),
      FIELD_WORDS(state_words) },
    { .name = "finalMeasurement",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct vizier_body, final),
      .message = &measurement_message },
    { .name = "measurements",
      .kind = FIELD_MESSAGES,
      .at = FIELD_AT(struct vizier_body, measurements),
      .count_at = FIELD_AT(struct vizier_body, measurement_count),
      .message = &measurement_message },
    { .name = "infeasibleReason", .kind = FIELD_TEXT, .at = FIELD_AT(struct vizier_body, reason) },
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "id", .kind = FIELD_IGNORED },
    { .name = "startTime", .kind = FIELD_IGNORED },
    { .name = "endTime", .kind = FIELD_IGNORED },
    { .name = "clientId", .kind = FIELD_IGNORED },
    { .name = "customJob", .kind = FIELD_IGNORED },
    { .name = "webAccessUris", .kind = FIELD_IGNORED },
};

static const struct field measure_fields[] = {
    { .name = "trialName", .kind = FIELD_IGNORED },
    { .name = "measurement",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct vizier_body, final),
      .message = &measurement_message },
};

static void measure_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct vizier_body *body = record;
    const cJSON *measurement = fields_member(node, "measurement");
    size_t here = 0;

    fields_require(fields, node, "measurement");
    if (!measurement || body->final.metric_count > 0 || fields->faults->count > 0)
        return;
    here = fields_enter(fields, "measurement");
    fields_fault(fields, measurement, "metrics", "at least one metric is required");
    fields_leave(fields, here);
}

static const struct field complete_fields[] = {
    { .name = "name", .kind = FIELD_IGNORED },
    { .name = "finalMeasurement",
      .kind = FIELD_MESSAGE,
      .at = FIELD_AT(struct vizier_body, final),
      .message = &measurement_message },
    { .name = "trialInfeasible",
      .kind = FIELD_BOOL,
      .at = FIELD_AT(struct vizier_body, is_infeasible) },
    { .name = "infeasibleReason", .kind = FIELD_TEXT, .at = FIELD_AT(struct vizier_body, reason) },
};

static const struct message method_messages[] = {
    [VIZIER_SUGGEST] = { MESSAGE_FIELDS(suggest_fields), .check = suggest_check },
    [VIZIER_CREATE] = { MESSAGE_FIELDS(create_fields) },
    [VIZIER_MEASURE] = { MESSAGE_FIELDS(measure_fields), .check = measure_check },
    [VIZIER_COMPLETE] = { MESSAGE_FIELDS(complete_fields) },
};

static size_t find_metric(const struct study_spec *study, const char *id)
{
    size_t i = 0;

    while (i < study->metric_count && strcmp(study->metrics[i].id, id) != 0)
        i++;
    return i;
}

static void fault_metric(struct fields *fields, const cJSON *node, const struct study_spec *study,
                         const char *id)
{
    const char **names = calloc(study->metric_count + 1, sizeof *names);
    char hint[FIELDS_TEXT_MAX];

    for (size_t i = 0; names && i < study->metric_count; i++)
        names[i] = study->metrics[i].id;
    fields_fault(fields, node, "metricId", "the study has no metric \"%.100s\"%s", id,
                 names ? fields_suggest(id, names, study->metric_count, hint) : "");
    free(names);
}

/* From names to the study's order. The path stands at the measurement. */
static void sort_metrics(struct fields *fields, const cJSON *node, const struct study_spec *study,
                         struct vizier_measurement *measurement)
{
    const cJSON *item = fields_member(node, "metrics");
    size_t outer = fields_enter(fields, "metrics");

    item = item ? item->child : NULL;
    if (measurement->metric_count > 0)
        measurement->values = calloc(study->metric_count + 1, sizeof *measurement->values);
    fields->is_short_of_memory |= measurement->metric_count > 0 && !measurement->values;
    for (size_t i = 0; measurement->values && i < study->metric_count; i++)
        measurement->values[i] = (double)NAN;
    for (size_t i = 0; measurement->values && item && i < measurement->metric_count; i++) {
        const struct vizier_metric *metric = &measurement->metrics[i];
        size_t at = find_metric(study, metric->id);
        size_t here = fields_enter_item(fields, i);

        if (at == study->metric_count)
            fault_metric(fields, item, study, metric->id);
        else if (!isnan(measurement->values[at]))
            fields_fault(fields, item, "metricId", "\"%.100s\" is given twice", metric->id);
        else
            measurement->values[at] = metric->value;
        fields_leave(fields, here);
        item = item->next;
    }
    fields_leave(fields, outer);
}

int measurement_compare(int64_t step, int64_t elapsed_us, int64_t other_step,
                        int64_t other_elapsed_us)
{
    if (step != other_step)
        return step < other_step ? -1 : 1;
    return (elapsed_us > other_elapsed_us) - (elapsed_us < other_elapsed_us);
}

static void sort_measurements(struct fields *fields, const cJSON *node,
                              const struct study_spec *study, struct vizier_body *body)
{
    const cJSON *item = fields_member(node, "measurements");
    size_t outer = fields_enter(fields, "measurements");

    item = item ? item->child : NULL;
    for (size_t i = 0; item && i < body->measurement_count; i++, item = item->next) {
        struct vizier_measurement *m = &body->measurements[i];
        size_t here = fields_enter_item(fields, i);

        sort_metrics(fields, item, study, m);
        if (m->metric_count == 0)
            fields_fault(fields, item, "metrics", "at least one metric is required");
        if (i > 0 && measurement_compare(m[-1].step, m[-1].elapsed_us, m->step, m->elapsed_us) >= 0)
            fields_fault(fields, item, NULL,
                         "measurements rise in step_count, then in elapsed_duration; this one "
                         "does not come after the one before it");
        fields_leave(fields, here);
    }
    fields_leave(fields, outer);
}

/* A list of parameters as it is matched with the study's. */
struct assignment {
    const cJSON *list; /* NULL: there is none */
    size_t count;
    bool *is_used; /* count */
};

static const cJSON *find_parameter(const struct assignment *assignment, const char *id,
                                   size_t *index)
{
    const cJSON *item = NULL;

    *index = 0;
    cJSON_ArrayForEach(item, assignment->list)
    {
        const char *name = fields_member_text(item, "parameterId");

        if (name && strcmp(name, id) == 0 && !assignment->is_used[*index])
            return item;
        (*index)++;
    }
    return NULL;
}

/* The path stands at the list. */
static void check_shape(struct fields *fields, const struct assignment *assignment)
{
    const cJSON *item = NULL;
    size_t index = 0;

    cJSON_ArrayForEach(item, assignment->list)
    {
        size_t here = fields_enter_item(fields, index++);

        fields_read(fields, item, &parameter_value_message, NULL);
        if (cJSON_IsObject(item))
            fields_require(fields, item, "value");
        fields_leave(fields, here);
    }
    if (assignment->list)
        fields_check_unique(fields, assignment->list, "parameterId");
}

static void read_values(struct fields *fields, const cJSON *node, struct assignment *assignment,
                        const struct search_space *space, bool is_partial, double *point)
{
    for (size_t i = 0; i < space->param_count; i++) {
        const struct param_spec *param = &space->params[i];
        size_t index = 0, item = 0, value = 0;
        const cJSON *found = NULL;

        point[i] = (double)NAN;
        if (!search_space_is_active(space, point, i))
            continue;
        found = find_parameter(assignment, param->id, &index);
        if (found) {
            assignment->is_used[index] = true;
            item = fields_enter_item(fields, index);
            value = fields_enter(fields, "value");
            point[i] = study_read_value(fields, fields_member(found, "value"), param);
            fields_leave(fields, value);
            fields_leave(fields, item);
        } else if (!is_partial) {
            fields_fault(fields, node, NULL, "the parameter \"%.100s\" is missing", param->id);
        }
    }
}

static void fault_parameter(struct fields *fields, const cJSON *item,
                            const struct search_space *space, bool was_good)
{
    const char *id = fields_member_text(item, "parameterId");
    const char **names = calloc(space->param_count + 1, sizeof *names);
    bool is_known = false;
    char hint[FIELDS_TEXT_MAX];

    for (size_t i = 0; i < space->param_count; i++) {
        is_known = is_known || strcmp(space->params[i].id, id) == 0;
        if (names)
            names[i] = space->params[i].id;
    }
    if (!is_known)
        fields_fault(fields, item, "parameterId", "the study has no parameter \"%.100s\"%s", id,
                     names ? fields_suggest(id, names, space->param_count, hint) : "");
    else if (was_good) /* after a fault it may look so only because its parent was at fault */
        fields_fault(fields, item, "parameterId",
                     "\"%.100s\" is inactive here: its parent has no value that selects it", id);
    free(names);
}

/* The parameters of node, a message that has them, into point; is_partial: any may be missing. The
 * path stands at node. */
static void read_parameters(struct fields *fields, const cJSON *node,
                            const struct search_space *space, bool is_partial, double *point)
{
    struct assignment assignment = { .list = fields_member(node, "parameters") };
    size_t fault_count = fields->faults->count;
    size_t outer = fields_enter(fields, "parameters");
    const cJSON *item = NULL;
    size_t index = 0;

    assignment.count = (size_t)cJSON_GetArraySize(assignment.list);
    assignment.is_used = calloc(assignment.count + 1, sizeof *assignment.is_used);
    fields->is_short_of_memory |= !assignment.is_used;
    check_shape(fields, &assignment);
    if (assignment.is_used && fields->faults->count == fault_count) {
        bool was_good = false;

        read_values(fields, assignment.list ? assignment.list : node, &assignment, space,
                    is_partial, point);
        was_good = fields->faults->count == fault_count;
        cJSON_ArrayForEach(item, assignment.list)
        {
            size_t here = fields_enter_item(fields, index);

            if (!assignment.is_used[index++])
                fault_parameter(fields, item, space, was_good);
            fields_leave(fields, here);
        }
    }
    free(assignment.is_used);
    fields_leave(fields, outer);
}

static void read_point(struct fields *fields, const cJSON *node, const struct study_spec *study,
                       struct vizier_body *body)
{
    body->point = calloc(study->space->param_count + 1, sizeof *body->point);
    if (body->point)
        read_parameters(fields, node, study->space, false, body->point);
    else
        fields->is_short_of_memory = true;
}

static void sort_contexts(struct fields *fields, const struct study_spec *study,
                          struct vizier_body *body)
{
    size_t width = study->space->param_count;
    size_t outer = fields_enter(fields, "contexts");
    const cJSON *item = NULL;
    size_t index = 0;

    body->contexts = calloc(body->context_count * width + 1, sizeof *body->contexts);
    fields->is_short_of_memory |= !body->contexts;
    cJSON_ArrayForEach(item, body->context_list)
    {
        size_t here = fields_enter_item(fields, index);

        if (body->contexts)
            read_parameters(fields, item, study->space, true, body->contexts + index++ * width);
        fields_leave(fields, here);
    }
    fields_leave(fields, outer);
}

/* What a Trial may say of its end. */
static void check_created(struct fields *fields, const cJSON *node, const struct vizier_body *body)
{
    enum { SUCCEEDED = 4 };

    if (body->state == SUCCEEDED && body->final.metric_count == 0)
        fields_fault(fields, node, "finalMeasurement",
                     "is required of a trial that SUCCEEDED, with at least one metric");
}

static void read_body(struct fields *fields, enum vizier_method method, const cJSON *root,
                      const struct study_spec *study, struct vizier_body *body)
{
    const cJSON *final = NULL;
    size_t here = 0;

    if (method == VIZIER_CREATE)
        (void)fields_enter(fields, "trial");
    fields_read(fields, root, &method_messages[method], body);
    if (fields->faults->count > 0 || fields->is_short_of_memory)
        return;
    final = fields_member(root, method == VIZIER_MEASURE ? "measurement" : "finalMeasurement");
    here = fields_enter(fields, method == VIZIER_MEASURE ? "measurement" : "finalMeasurement");
    if (final && !body->is_infeasible)
        sort_metrics(fields, final, study, &body->final);
    fields_leave(fields, here);
    if (body->context_count > 0)
        sort_contexts(fields, study, body);
    body->context_list = NULL;
    if (method != VIZIER_CREATE)
        return;
    sort_measurements(fields, root, study, body);
    check_created(fields, root, body);
    read_point(fields, root, study, body);
}

bool vizier_body_read(enum vizier_method method, const cJSON *root, const struct study_spec *study,
                      struct vizier_body *body, struct assay_faults *faults,
                      struct assay_error *err)
{
    struct fields *fields = calloc(1, sizeof *fields);
    cJSON *nothing = cJSON_CreateObject();
    bool is_empty = !root || cJSON_IsNull(root) || (cJSON_IsString(root) && !*root->valuestring);
    bool is_good = false;

    *body = (struct vizier_body){ 0 };
    if (!fields || !nothing) {
        (void)assay_fail_memory(err);
        goto out;
    }
    fields->faults = faults;
    read_body(fields, method, is_empty ? nothing : root, study, body);
    is_good = assay_faults_check(faults, err);
    if (fields->is_short_of_memory)
        is_good = assay_fail_memory(err);
out:
    cJSON_Delete(nothing);
    free(fields);
    return is_good;
}

static void measurement_clear(struct vizier_measurement *measurement)
{
    for (size_t i = 0; measurement->metrics && i < measurement->metric_count; i++)
        free(measurement->metrics[i].id);
    free(measurement->metrics);
    free(measurement->values);
}

void vizier_body_clear(struct vizier_body *body)
{
    for (size_t i = 0; body->measurements && i < body->measurement_count; i++)
        measurement_clear(&body->measurements[i]);
    free(body->measurements);
    measurement_clear(&body->final);
    free(body->client_id);
    free(body->reason);
    free(body->point);
    free(body->contexts);
    *body = (struct vizier_body){ 0 };
}
