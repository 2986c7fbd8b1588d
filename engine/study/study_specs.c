#include "engine/study/study_specs.h"

#include <stdlib.h>

static struct assay_parameter_spec parameter_spec(const struct param_spec *param)
{
    static const enum assay_parameter_type types[] = { [PARAM_DOUBLE] = ASSAY_DOUBLE,
                                                       [PARAM_INTEGER] = ASSAY_INTEGER,
                                                       [PARAM_CATEGORICAL] = ASSAY_CATEGORICAL,
                                                       [PARAM_DISCRETE] = ASSAY_DISCRETE };
    static const enum assay_scale scales[] = { [SCALE_NONE] = ASSAY_SCALE_NONE,
                                               [SCALE_LINEAR] = ASSAY_SCALE_LINEAR,
                                               [SCALE_LOG] = ASSAY_SCALE_LOG,
                                               [SCALE_REVERSE_LOG] = ASSAY_SCALE_REVERSE_LOG };
    struct assay_parameter_spec spec = { .id = param->id,
                                         .type = types[param->type],
                                         .scale = scales[param->scale],
                                         .parent = param->parent,
                                         .condition_count = param->condition_count,
                                         .conditions = param->conditions };

    if (param->type == PARAM_DISCRETE || param->type == PARAM_CATEGORICAL)
        spec.value_count = param->value_count;
    if (param->type == PARAM_CATEGORICAL) {
        spec.categories = (const char *const *)param->categories;
    } else if (param->type == PARAM_DISCRETE) {
        spec.numbers = param->numbers;
        spec.min = param->numbers[0];
        spec.max = param->numbers[param->value_count - 1];
    } else {
        spec.min = param->min;
        spec.max = param->max;
    }
    return spec;
}

static struct assay_metric_spec metric_spec(const struct metric_spec *metric)
{
    return (struct assay_metric_spec){ .id = metric->id,
                                       .goal = metric->goal == GOAL_MAXIMIZE ? ASSAY_MAXIMIZE
                                                                             : ASSAY_MINIMIZE,
                                       .is_safety = metric->is_safety,
                                       .safety_threshold = metric->safety_threshold };
}

struct study_specs *study_specs_new(const struct study_spec *study)
{
    struct study_specs *specs = calloc(1, sizeof *specs);

    if (!specs)
        return NULL;
    specs->parameters = calloc(study->space->param_count + 1, sizeof *specs->parameters);
    specs->metrics = calloc(study->metric_count + 1, sizeof *specs->metrics);
    if (!specs->parameters || !specs->metrics) {
        study_specs_free(specs);
        return NULL;
    }
    for (size_t i = 0; i < study->space->param_count; i++)
        specs->parameters[i] = parameter_spec(&study->space->params[i]);
    for (size_t i = 0; i < study->metric_count; i++)
        specs->metrics[i] = metric_spec(&study->metrics[i]);
    return specs;
}

void study_specs_free(struct study_specs *specs)
{
    if (!specs)
        return;
    free(specs->parameters);
    free(specs->metrics);
    free(specs);
}
