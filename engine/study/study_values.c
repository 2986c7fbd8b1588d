#include "engine/study/study_values.h"

#include "assay/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As the API matches numbers of a DISCRETE parameter. */
static const double discrete_tolerance = 1e-10;

void study_write_parameters(struct json_writer *w, const struct search_space *space,
                            const double *point)
{
    json_begin_object(w);
    for (size_t i = 0; i < space->param_count; i++) {
        const struct param_spec *param = &space->params[i];

        if (isnan(point[i])) /* inactive */
            continue;
        json_key(w, param->id);
        if (param->type == PARAM_CATEGORICAL)
            json_string(w, param->categories[(size_t)point[i]]);
        else
            json_number(w, point[i]);
    }
    json_end_object(w);
}

void study_write_metrics(struct json_writer *w, const struct study_spec *study,
                         const double *values)
{
    json_begin_object(w);
    for (size_t i = 0; i < study->metric_count; i++) {
        if (isnan(values[i]))
            continue;
        json_key(w, study->metrics[i].id);
        json_number(w, values[i]);
    }
    json_end_object(w);
}

/* The exact member; null is absent. */
static const cJSON *find(const cJSON *object, const char *name)
{
    const cJSON *member = json_get(object, name);

    return cJSON_IsNull(member) ? NULL : member;
}

static void fault_value(struct fields *fields, const cJSON *node, const char *expected)
{
    char found[FIELDS_TEXT_MAX];

    fields_fault(fields, node, NULL, "expected %s, found %s", expected,
                 fields_describe(node, found));
}

/* The index of the category; NaN after a fault, of which node is NULL or the place. */
static double find_category(struct fields *fields, const cJSON *node,
                            const struct param_spec *param, const char *text)
{
    char hint[FIELDS_TEXT_MAX];

    for (size_t i = 0; i < param->value_count; i++)
        if (strcmp(param->categories[i], text) == 0)
            return (double)i;
    fields_fault(
        fields, node, NULL, "\"%.100s\" is not among the values of \"%.100s\"%s", text, param->id,
        fields_suggest(text, (const char *const *)param->categories, param->value_count, hint));
    return (double)NAN;
}

/* Is it a legal value of a parameter that is not CATEGORICAL? A DISCRETE one becomes exact. */
static bool check_number(const struct param_spec *param, double *value)
{
    if (param->type == PARAM_DISCRETE && !isnan(*value)) {
        double nearest = param->numbers[param_spec_nearest(param, *value)];

        *value = fabs(nearest - *value) <= discrete_tolerance ? nearest : *value;
    }
    return param_spec_is_legal(param, *value);
}

static const char *expected_of(const struct param_spec *param, char *text, size_t size)
{
    char min[ASSAY_NUMBER_TEXT];
    char max[ASSAY_NUMBER_TEXT];

    if (param->type == PARAM_DISCRETE)
        (void)snprintf(text, size, "one of the %zu numbers of \"%.100s\"", param->value_count,
                       param->id);
    else
        (void)snprintf(text, size, "%s from %s to %s",
                       param->type == PARAM_INTEGER ? "a whole number" : "a number",
                       assay_number_text(param->min, min), assay_number_text(param->max, max));
    return text;
}

double study_read_value(struct fields *fields, const cJSON *node, const struct param_spec *param)
{
    char expected[256];
    double value = 0;

    if (param->type == PARAM_CATEGORICAL) {
        const char *text = fields_text(fields, node);

        return text ? find_category(fields, node, param, text) : (double)NAN;
    }
    if (cJSON_IsNumber(node)) {
        value = node->valuedouble;
        if (check_number(param, &value))
            return value;
    }
    fault_value(fields, node, expected_of(param, expected, sizeof expected));
    return (double)NAN;
}

/* Is there an active parameter of that name? An inactive one has a sentence of its own. */
static void check_name(struct fields *fields, const cJSON *node, const char *name,
                       const struct search_space *space, const double *point)
{
    const char **names = NULL;
    bool is_known = false;
    char hint[FIELDS_TEXT_MAX];

    for (size_t i = 0; i < space->param_count; i++) {
        bool is_named = strcmp(space->params[i].id, name) == 0;

        if (is_named && search_space_is_active(space, point, i))
            return;
        is_known = is_known || is_named;
    }
    if (is_known) {
        fields_fault(fields, node, NULL,
                     "is inactive here: the value of its parent does not select it");
        return;
    }
    names = calloc(space->param_count, sizeof *names);
    for (size_t i = 0; names && i < space->param_count; i++)
        names[i] = space->params[i].id;
    fields_fault(fields, node, NULL, "the study has no parameter \"%.100s\"%s", name,
                 names ? fields_suggest(name, names, space->param_count, hint) : "");
    free(names);
}

void study_read_parameters(struct fields *fields, const cJSON *node,
                           const struct search_space *space, double *point)
{
    size_t outer = fields_enter(fields, "parameters");
    size_t fault_count = fields->faults->count;
    const cJSON *member = NULL;

    for (size_t i = 0; i < space->param_count; i++) {
        size_t here = 0;

        point[i] = (double)NAN;
        if (!search_space_is_active(space, point, i))
            continue;
        member = find(node, space->params[i].id);
        here = fields_enter_key(fields, space->params[i].id);
        if (member)
            point[i] = study_read_value(fields, member, &space->params[i]);
        else
            fields_fault(fields, node, NULL, "is required");
        fields_leave(fields, here);
    }
    cJSON_ArrayForEach(member, node)
    {
        size_t here = fields_enter_key(fields, member->string);

        /* After a fault a child may look inactive only because its parent was at fault. */
        if (!cJSON_IsNull(member) && fields->faults->count == fault_count)
            check_name(fields, member, member->string, space, point);
        fields_leave(fields, here);
    }
    fields_leave(fields, outer);
}

static void fault_metric(struct fields *fields, const cJSON *node, const struct study_spec *study)
{
    const char **names = calloc(study->metric_count, sizeof *names);
    char hint[FIELDS_TEXT_MAX];

    for (size_t i = 0; names && i < study->metric_count; i++)
        names[i] = study->metrics[i].id;
    fields_fault(fields, node, NULL, "the study has no metric \"%.100s\"%s", node->string,
                 names ? fields_suggest(node->string, names, study->metric_count, hint) : "");
    free(names);
}

static void read_metric(struct fields *fields, const cJSON *node, const struct study_spec *study,
                        double *values)
{
    size_t i = 0;

    while (i < study->metric_count && strcmp(study->metrics[i].id, node->string) != 0)
        i++;
    if (i == study->metric_count)
        fault_metric(fields, node, study);
    else if (cJSON_IsNumber(node))
        values[i] = node->valuedouble;
    else
        fault_value(fields, node,
                    "a finite number (a trial that has none is told with \"infeasible\")");
}

void study_read_metrics(struct fields *fields, const cJSON *node, const struct study_spec *study,
                        bool is_partial, double *values)
{
    size_t outer = fields_enter(fields, "metrics");
    const cJSON *member = NULL;

    for (size_t i = 0; i < study->metric_count; i++)
        values[i] = (double)NAN;
    cJSON_ArrayForEach(member, node)
    {
        size_t here = fields_enter_key(fields, member->string);

        if (!cJSON_IsNull(member))
            read_metric(fields, member, study, values);
        fields_leave(fields, here);
    }
    for (size_t i = 0; !is_partial && i < study->metric_count; i++) {
        size_t here = fields_enter_key(fields, study->metrics[i].id);

        if (!find(node, study->metrics[i].id))
            fields_fault(fields, node, NULL, "is required");
        fields_leave(fields, here);
    }
    fields_leave(fields, outer);
}

bool study_has_values(const double *values, size_t count)
{
    size_t i = 0;

    while (i < count && isnan(values[i]))
        i++;
    return i < count;
}

static double take_value(struct fields *fields, const struct assay_parameter *given,
                         const struct param_spec *param)
{
    char expected[256];
    char found[ASSAY_NUMBER_TEXT];
    double value = given->number;

    if (param->type == PARAM_CATEGORICAL && given->text)
        return find_category(fields, NULL, param, given->text);
    if (param->type == PARAM_CATEGORICAL)
        fields_fault(fields, NULL, NULL, "is a text, one of the values of \"%.100s\"", param->id);
    else if (check_number(param, &value))
        return value;
    else
        fields_fault(fields, NULL, NULL, "expected %s, found %s",
                     expected_of(param, expected, sizeof expected),
                     assay_number_text(value, found));
    return (double)NAN;
}

/* NULL: it is not there. A second one of the same name is a fault. */
static const struct assay_parameter *
find_given(struct fields *fields, const struct assay_parameter *given, size_t count, const char *id)
{
    const struct assay_parameter *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (!given[i].id || strcmp(given[i].id, id) != 0)
            continue;
        if (found)
            fields_fault(fields, NULL, NULL, "is given twice");
        found = &given[i];
    }
    return found;
}

void study_take_parameters(struct fields *fields, const struct assay_parameter *given, size_t count,
                           const struct search_space *space, double *point)
{
    size_t outer = fields_enter(fields, "parameters");
    size_t fault_count = fields->faults->count;

    for (size_t i = 0; i < space->param_count; i++) {
        const struct assay_parameter *found = NULL;
        size_t here = 0;

        point[i] = (double)NAN;
        if (!search_space_is_active(space, point, i))
            continue;
        here = fields_enter_key(fields, space->params[i].id);
        found = find_given(fields, given, count, space->params[i].id);
        if (found)
            point[i] = take_value(fields, found, &space->params[i]);
        else
            fields_fault(fields, NULL, NULL, "is required");
        fields_leave(fields, here);
    }
    for (size_t i = 0; i < count && fields->faults->count == fault_count; i++) {
        size_t here =
            given[i].id ? fields_enter_key(fields, given[i].id) : fields_enter_item(fields, i);

        if (given[i].id)
            check_name(fields, NULL, given[i].id, space, point);
        else
            fields_fault(fields, NULL, "id", "is required");
        fields_leave(fields, here);
    }
    fields_leave(fields, outer);
}

static void fault_not_finite(struct fields *fields, const char *id, double value, bool is_partial)
{
    char text[ASSAY_NUMBER_TEXT];
    size_t outer = fields_enter(fields, "metrics");

    (void)fields_enter_key(fields, id);
    fields_fault(fields, NULL, NULL, "is %s, not a finite number; %s",
                 assay_number_text(value, text),
                 is_partial ? "NaN stands for one that was not measured"
                            : "tell that the trial is infeasible");
    fields_leave(fields, outer);
}

void study_take_metrics(struct fields *fields, const double *given, const struct study_spec *study,
                        bool is_partial, double *values)
{
    for (size_t i = 0; i < study->metric_count; i++) {
        values[i] = given[i];
        if (!isfinite(given[i]) && !(is_partial && isnan(given[i])))
            fault_not_finite(fields, study->metrics[i].id, given[i], is_partial);
    }
}
