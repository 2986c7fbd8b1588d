#include "bench/study_text.h"

#include "assay/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A line under construction. */
struct line {
    char *text;
    size_t size;
    FILE *out;
    struct json_writer json;
};

static bool line_open(struct line *line)
{
    *line = (struct line){ 0 };
    line->out = open_memstream(&line->text, &line->size);
    if (!line->out)
        return false;
    json_writer_init(&line->json, line->out, 0);
    return true;
}

static char *line_close(struct line *line, size_t *size)
{
    bool is_good = json_writer_finish(&line->json) && fputc('\n', line->out) != EOF;

    if (fclose(line->out) != 0 || !is_good) {
        free(line->text);
        return NULL;
    }
    *size = line->size;
    return line->text;
}

/* int64 as text where the API has it so. */
static void write_range(struct json_writer *json, const struct param_spec *spec)
{
    bool is_integer = spec->type == PARAM_INTEGER;

    json_key(json, is_integer ? "integerValueSpec" : "doubleValueSpec");
    json_begin_object(json);
    json_key(json, "minValue");
    if (is_integer)
        json_int64(json, (int64_t)spec->min);
    else
        json_number(json, spec->min);
    json_key(json, "maxValue");
    if (is_integer)
        json_int64(json, (int64_t)spec->max);
    else
        json_number(json, spec->max);
    json_end_object(json);
}

/* A value of a spec, as in a point; in lists of values and conditions. */
static void write_value(struct json_writer *json, const struct param_spec *spec, double value)
{
    if (spec->type == PARAM_CATEGORICAL)
        json_string(json, spec->categories[(size_t)value]);
    else if (spec->type == PARAM_INTEGER)
        json_int64(json, (int64_t)value);
    else
        json_number(json, value);
}

static void write_values(struct json_writer *json, const struct param_spec *spec)
{
    bool is_discrete = spec->type == PARAM_DISCRETE;

    json_key(json, is_discrete ? "discreteValueSpec" : "categoricalValueSpec");
    json_begin_object(json);
    json_key(json, "values");
    json_begin_array(json);
    for (size_t i = 0; i < spec->value_count; i++)
        write_value(json, spec, is_discrete ? spec->numbers[i] : (double)i);
    json_end_array(json);
    json_end_object(json);
}

static void write_scale(struct json_writer *json, enum param_scale scale)
{
    static const char *const names[] = {
        [SCALE_LINEAR] = "UNIT_LINEAR_SCALE",
        [SCALE_LOG] = "UNIT_LOG_SCALE",
        [SCALE_REVERSE_LOG] = "UNIT_REVERSE_LOG_SCALE",
    };

    if (scale == SCALE_NONE)
        return;
    json_key(json, "scaleType");
    json_string(json, names[scale]);
}

static void write_condition(struct json_writer *json, const struct param_spec *parent,
                            const struct param_spec *child)
{
    static const char *const names[] = {
        [PARAM_INTEGER] = "parentIntValues",
        [PARAM_CATEGORICAL] = "parentCategoricalValues",
        [PARAM_DISCRETE] = "parentDiscreteValues",
    };

    json_key(json, names[parent->type]);
    json_begin_object(json);
    json_key(json, "values");
    json_begin_array(json);
    for (size_t i = 0; i < child->condition_count; i++)
        write_value(json, parent, child->conditions[i]);
    json_end_array(json);
    json_end_object(json);
}

static void write_spec(struct json_writer *json, const struct search_space *space, size_t index);

static void write_children(struct json_writer *json, const struct search_space *space, size_t index)
{
    bool has_begun = false;

    for (size_t i = index + 1; i < space->param_count; i++) {
        if (space->params[i].parent != (int)index)
            continue;
        if (!has_begun) {
            json_key(json, "conditionalParameterSpecs");
            json_begin_array(json);
            has_begun = true;
        }
        json_begin_object(json);
        write_condition(json, &space->params[index], &space->params[i]);
        json_key(json, "parameterSpec");
        write_spec(json, space, i);
        json_end_object(json);
    }
    if (has_begun)
        json_end_array(json);
}

static void write_spec(struct json_writer *json, const struct search_space *space, size_t index)
{
    const struct param_spec *spec = &space->params[index];

    json_begin_object(json);
    json_key(json, "parameterId");
    json_string(json, spec->id);
    if (spec->type == PARAM_DOUBLE || spec->type == PARAM_INTEGER)
        write_range(json, spec);
    else
        write_values(json, spec);
    write_scale(json, spec->scale);
    write_children(json, space, index);
    json_end_object(json);
}

static void write_metrics(struct json_writer *json)
{
    json_key(json, "metrics");
    json_begin_array(json);
    json_begin_object(json);
    json_key(json, "metricId");
    json_string(json, STUDY_METRIC);
    json_key(json, "goal");
    json_string(json, "MINIMIZE");
    json_end_object(json);
    json_end_array(json);
}

static void write_study_spec(struct json_writer *json, const struct arm_study *study)
{
    json_begin_object(json);
    write_metrics(json);
    json_key(json, "parameters");
    json_begin_array(json);
    for (size_t i = 0; i < study->space->param_count; i++)
        if (study->space->params[i].parent == PARAM_NO_PARENT)
            write_spec(json, study->space, i);
    json_end_array(json);
    if (study->is_noisy) {
        json_key(json, "observationNoise");
        json_string(json, "HIGH");
    }
    json_end_object(json);
}

char *study_text_study(const struct arm_study *study, const char *algorithm, size_t *size)
{
    struct line line;

    if (!line_open(&line))
        return NULL;
    json_begin_object(&line.json);
    json_key(&line.json, "study");
    json_begin_object(&line.json);
    json_key(&line.json, "studySpec");
    write_study_spec(&line.json, study);
    json_key(&line.json, "maxTrialCount");
    json_int(&line.json, (int64_t)study->budget);
    json_key(&line.json, "parallelTrialCount");
    json_int(&line.json, (int64_t)study->parallel);
    json_key(&line.json, "seed");
    json_int(&line.json, (int64_t)study->seed);
    json_key(&line.json, "algorithm");
    json_string(&line.json, algorithm);
    json_end_object(&line.json);
    json_end_object(&line.json);
    return line_close(&line, size);
}

char *study_text_ask(size_t count, size_t *size)
{
    struct line line;

    if (!line_open(&line))
        return NULL;
    json_begin_object(&line.json);
    json_key(&line.json, "ask");
    json_int(&line.json, (int64_t)count);
    json_end_object(&line.json);
    return line_close(&line, size);
}

char *study_text_tell(const char *id, const struct problem_outcome *outcome, size_t *size)
{
    struct line line;

    if (!line_open(&line))
        return NULL;
    json_begin_object(&line.json);
    json_key(&line.json, "tell");
    json_begin_array(&line.json);
    json_begin_object(&line.json);
    json_key(&line.json, "id");
    json_string(&line.json, id);
    if (outcome->is_infeasible) {
        json_key(&line.json, "infeasible");
        json_string(&line.json, "the trial failed");
    } else {
        json_key(&line.json, "metrics");
        json_begin_object(&line.json);
        json_key(&line.json, STUDY_METRIC);
        json_number(&line.json, outcome->value);
        json_end_object(&line.json);
    }
    json_end_object(&line.json);
    json_end_array(&line.json);
    json_end_object(&line.json);
    return line_close(&line, size);
}

cJSON *study_text_answer(const char *line, struct assay_error *err)
{
    cJSON *answer = json_read(line, strlen(line), err);
    const cJSON *error = answer ? json_get(answer, "error") : NULL;
    const char *message = error ? cJSON_GetStringValue(json_get(error, "message")) : NULL;

    if (!answer || !error)
        return answer;
    (void)assay_fail(err, ASSAY_UNKNOWN, NULL, "%.1000s", message ? message : "an error");
    cJSON_Delete(answer);
    return NULL;
}

static bool read_number(const cJSON *node, double *number)
{
    *number = cJSON_GetNumberValue(node);
    return cJSON_IsNumber(node);
}

/* The value as in a point; false where there is no such value. */
static bool read_value(const cJSON *node, const struct param_spec *spec, double *value)
{
    const char *text = cJSON_GetStringValue(node);

    if (spec->type != PARAM_CATEGORICAL)
        return read_number(node, value) && param_spec_is_legal(spec, *value);
    for (size_t i = 0; text && i < spec->value_count; i++) {
        if (strcmp(spec->categories[i], text) == 0) {
            *value = (double)i;
            return true;
        }
    }
    return false;
}

const char *study_text_trial(const cJSON *trial, const struct search_space *space, double *point,
                             struct assay_error *err)
{
    const cJSON *parameters = json_get(trial, "parameters");
    const char *id = cJSON_GetStringValue(json_get(trial, "id"));

    if (!id) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "a trial without an id");
        return NULL;
    }
    for (size_t i = 0; i < space->param_count; i++) {
        point[i] = (double)NAN;
        if (!search_space_is_active(space, point, i))
            continue;
        if (!read_value(json_get(parameters, space->params[i].id), &space->params[i], &point[i])) {
            (void)assay_fail(err, ASSAY_INVALID, NULL, "trial %.40s: no legal value for %.100s", id,
                             space->params[i].id);
            return NULL;
        }
    }
    return id;
}
