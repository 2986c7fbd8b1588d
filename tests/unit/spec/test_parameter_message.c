#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT "study_spec.parameters[0]"

Test(parameter_message, each_value_spec_gives_its_type)
{
    struct job_spec *spec = job_of(PARAMETERS(
        "[{parameterId: d, doubleValueSpec: {minValue: -1.5, maxValue: '2', defaultValue: 0}},"
        " {parameterId: i, integerValueSpec: {minValue: '-9007199254740992', maxValue: 3}},"
        " {parameterId: c, categoricalValueSpec: {values: [x, y], defaultValue: y}},"
        " {parameterId: n, scaleType: 3, discreteValueSpec: {values: [1, '2.5', 4], defaultValue: "
        "3}}]"));
    const struct param_spec *params = spec->study.space->params;

    cr_assert(eq(int, params[0].type, PARAM_DOUBLE));
    cr_assert(eq(dbl, params[0].min, -1.5));
    cr_assert(eq(dbl, params[0].max, 2));
    cr_assert(params[0].has_default);
    cr_assert(eq(dbl, params[0].default_value, 0));
    cr_assert(eq(str, params[0].field, AT));
    cr_assert(eq(int, params[0].line, 3));
    cr_assert(eq(int, params[1].type, PARAM_INTEGER));
    cr_assert(eq(dbl, params[1].min, -9007199254740992.0));
    cr_assert(not(params[1].has_default));
    cr_assert(eq(int, params[2].type, PARAM_CATEGORICAL));
    cr_assert(eq(sz, params[2].value_count, 2));
    cr_assert(eq(str, params[2].categories[1], "y"));
    cr_assert(eq(dbl, params[2].default_value, 1));
    cr_assert(eq(int, params[3].type, PARAM_DISCRETE));
    cr_assert(eq(int, params[3].scale, SCALE_REVERSE_LOG));
    cr_assert(eq(dbl, params[3].numbers[1], 2.5));
    cr_assert(eq(dbl, params[3].default_value, 3));
    job_spec_free(spec);
}

Test(parameter_message, zeros_that_json_dropped_are_zeros)
{
    struct job_spec *spec = job_of(PARAMETERS(
        "[{parameterId: d, doubleValueSpec: {}}, {parameterId: i, integerValueSpec: {maxValue: "
        "'5'}}]"));

    cr_assert(eq(dbl, spec->study.space->params[0].max, 0));
    cr_assert(eq(dbl, spec->study.space->params[1].max, 5));
    job_spec_free(spec);
}

Test(parameter_message, what_is_no_parameter_is_refused)
{
    assert_fault(PARAMETERS("[]"), 3, "study_spec.parameters", "at least one parameter");
    assert_fault(RUN "studySpec: {metrics: [{metricId: acc}]}\n", 2, "study_spec.parameters",
                 "at least one parameter");
    assert_fault(PARAMETERS("[x]"), 3, AT, "expected an object");
    assert_fault(PARAMETERS("{a: 1}"), 3, "study_spec.parameters", "expected a list");
    assert_fault(PARAMETERS("[{parameterId: a}]"), 3, AT ".parameter_value_spec", "is required");
    assert_fault(PARAMETERS("[{doubleValueSpec: {}}]"), 3, AT ".parameter_id", "");
    assert_fault(PARAMETERS("[{parameterId: '', doubleValueSpec: {}}]"), 3, AT ".parameter_id", "");
    assert_fault(PARAMETERS("[{parameterId: a b, doubleValueSpec: {}}]"), 3, AT ".parameter_id",
                 "");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {}, integerValueSpec: {}}]"), 3,
                 AT ".integer_value_spec", "oneof field \"parameter_value_spec\" is already set");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {min: 1}}]"), 3,
                 AT ".double_value_spec.min", "known here: minValue, maxValue, defaultValue");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {}},\n"
                            " {parameterId: a, doubleValueSpec: {}}]"),
                 4, "study_spec.parameters[1].parameter_id", "");
}

Test(parameter_message, ranges_are_checked)
{
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {minValue: 2, maxValue: 1}}]"), 3,
                 AT ".double_value_spec", "min_value 2");
    assert_fault(PARAMETERS("[{parameterId: a,\n integerValueSpec: {minValue: 2, maxValue: 1}}]"),
                 4, AT ".integer_value_spec", "min_value 2");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {maxValue: .nan}}]"), 3,
                 AT ".double_value_spec.max_value", "a finite number, found the text \"NaN\"");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {maxValue: Infinity}}]"), 3,
                 AT ".double_value_spec.max_value", "a finite number");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {maxValue: '1e999'}}]"), 3,
                 AT ".double_value_spec.max_value", "a finite number");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {maxValue: 1, defaultValue: 2}}]"),
                 3, AT ".double_value_spec.default_value", "2");
    assert_fault(PARAMETERS("[{parameterId: a, integerValueSpec: {maxValue: 1.5}}]"), 3,
                 AT ".integer_value_spec.max_value", "a whole number");
    assert_fault(PARAMETERS("[{parameterId: a, integerValueSpec: {maxValue: 9007199254740993}}]"),
                 3, AT ".integer_value_spec.max_value", "between -2^53 and 2^53");
    assert_fault(
        "{\"studySpec\":{\"metrics\":[{\"metricId\":\"m\"}],\"parameters\":["
        "{\"parameterId\":\"a\",\"integerValueSpec\":{\"maxValue\":9007199254740993}}]},"
        "\"trialJobSpec\":{\"workerPoolSpecs\":[{\"containerSpec\":{\"imageUri\":\"i\"}}]}}",
        1, AT ".integer_value_spec.max_value", "bare numbers are rounded");
}

Test(parameter_message, a_limit_that_is_missing_is_told_where_zero_cannot_be_meant)
{
    struct job_spec *spec =
        job_of(PARAMETERS("[{parameterId: d, doubleValueSpec: {minValue: -1}}]"));

    cr_assert(eq(dbl, spec->study.space->params[0].max, 0));
    job_spec_free(spec);
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {minValue: 1}}]"), 3,
                 AT ".double_value_spec.max_value",
                 "is missing, which reads as 0, and min_value 1");
    assert_fault(PARAMETERS("[{parameterId: a, integerValueSpec: {minValue: 1}}]"), 3,
                 AT ".integer_value_spec.max_value", "is missing");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {maxValue: -0.5}}]"), 3,
                 AT ".double_value_spec.min_value",
                 "is missing, which reads as 0, and max_value -0.5");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {minValue: 1, maxValue: 0}}]"), 3,
                 AT ".double_value_spec", "min_value 1 is above max_value 0; swap them");
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {minValue: 1, maxValue: x}}]"), 3,
                 AT ".double_value_spec.max_value", "a finite number");
}

Test(parameter_message, scales_are_checked)
{
    assert_fault(PARAMETERS("[{parameterId: a, doubleValueSpec: {maxValue: 1},\n"
                            " scaleType: UNIT_LOG_SCALE}]"),
                 4, AT ".scale_type", "above 0");
    assert_fault(PARAMETERS("[{parameterId: a, scaleType: LOG, doubleValueSpec: {maxValue: 1}}]"),
                 3, AT ".scale_type", "expected one of SCALE_TYPE_UNSPECIFIED");
    assert_fault(
        PARAMETERS("[{parameterId: a, scaleType: 1, categoricalValueSpec: {values: [x]}}]"), 3,
        AT ".scale_type", "");
}

Test(parameter_message, a_part_of_one_name_only_is_told_the_whole_name)
{
    assert_fault(
        PARAMETERS("[{parameterId: a, scaleType: linear, doubleValueSpec: {maxValue: 1}}]"), 3,
        AT ".scale_type", "; did you mean \"UNIT_LINEAR_SCALE\"?");
    assert_fault(PARAMETERS("[{parameterId: a, scaleType: LOG, doubleValueSpec: {maxValue: 1}}]"),
                 3, AT ".scale_type", "UNIT_REVERSE_LOG_SCALE; found the text \"LOG\"");
}

Test(parameter_message, lists_of_values_are_checked)
{
    char *list = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&list, &size);

    assert_fault(PARAMETERS("[{parameterId: a, discreteValueSpec: {}}]"), 3,
                 AT ".discrete_value_spec.values", "");
    assert_fault(PARAMETERS("[{parameterId: a, discreteValueSpec: {values: [2, 1]}}]"), 3,
                 AT ".discrete_value_spec.values", "");
    assert_fault(PARAMETERS("[{parameterId: a, discreteValueSpec: {values: [1, x]}}]"), 3,
                 AT ".discrete_value_spec.values[1]", "a finite number");
    assert_fault(PARAMETERS("[{parameterId: a, categoricalValueSpec: {values: []}}]"), 3,
                 AT ".categorical_value_spec.values", "");
    assert_fault(PARAMETERS("[{parameterId: a, categoricalValueSpec: {values: [x, y, x]}}]"), 3,
                 AT ".categorical_value_spec.values", "");
    assert_fault(PARAMETERS("[{parameterId: a, categoricalValueSpec: {values: [8, '16']}}]"), 3,
                 AT ".categorical_value_spec.values[0]", "write \"8\" in quotes");
    assert_fault(PARAMETERS("[{parameterId: a, categoricalValueSpec:\n"
                            " {values: [adam, sgd], defaultValue: adm}}]"),
                 4, AT ".categorical_value_spec.default_value",
                 "\"adm\" is not among the values; did you mean \"adam\"?");
    for (int i = 0; i < 1001; i++)
        (void)fprintf(out, "%s%d", i ? "," : "", i);
    (void)fclose(out);
    cr_assert(
        lt(int, 0,
           asprintf(&text, PARAMETERS("[{parameterId: a, discreteValueSpec: {values: [%s]}}]"),
                    list)));
    assert_fault(text, 3, AT ".discrete_value_spec.values", "1001");
    free(text);
    free(list);
}

/* A parent of each kind, with one child under the condition. */
#define CHILD(parent, condition)                                                                   \
    PARAMETERS("[{parameterId: p, " parent ", conditionalParameterSpecs: [\n"                      \
               " {" condition                                                                      \
               " parameterSpec: {parameterId: k, doubleValueSpec: {maxValue: 1}}}]}]")
#define INTEGER_PARENT "integerValueSpec: {minValue: 1, maxValue: 3}"
#define DISCRETE_PARENT "discreteValueSpec: {values: [0.1, 0.2]}"
#define CATEGORICAL_PARENT "categoricalValueSpec: {values: [adam, sgd]}"

static void assert_condition(const char *text, double condition)
{
    struct job_spec *spec = job_of(text);
    const struct param_spec *child = &spec->study.space->params[1];

    cr_assert(eq(sz, spec->study.space->param_count, 2));
    cr_assert(eq(int, child->parent, 0));
    cr_assert(eq(sz, child->condition_count, 1));
    cr_assert(eq(dbl, child->conditions[0], condition));
    cr_assert(eq(str, child->field, AT ".conditional_parameter_specs[0].parameter_spec"));
    cr_assert(eq(int, child->line, 4));
    job_spec_free(spec);
}

Test(parameter_message, children_hang_on_values_of_their_parent)
{
    assert_condition(CHILD(INTEGER_PARENT, "parentIntValues: {values: ['2']},"), 2);
    assert_condition(CHILD(DISCRETE_PARENT, "parentDiscreteValues: {values: [0.2]},"), 0.2);
    assert_condition(CHILD(CATEGORICAL_PARENT, "parent_categorical_values: {values: [sgd]},"), 1);
}

Test(parameter_message, children_stand_after_parents_in_document_order)
{
    struct job_spec *spec = job_of(PARAMETERS(
        "[{parameterId: a, integerValueSpec: {maxValue: 3}, conditionalParameterSpecs: ["
        "{parentIntValues: {values: [1]}, parameterSpec: {parameterId: b, integerValueSpec: "
        "{maxValue: 3}, conditionalParameterSpecs: [{parentIntValues: {values: [0, 2]}, "
        "parameterSpec: {parameterId: c, doubleValueSpec: {}}}]}}, {parentIntValues: {values: "
        "[2]}, "
        "parameterSpec: {parameterId: b, doubleValueSpec: {}}}]}, {parameterId: d, "
        "doubleValueSpec: "
        "{}}]"));
    const struct param_spec *params = spec->study.space->params;

    cr_assert(eq(sz, spec->study.space->param_count, 5));
    cr_assert(eq(str, params[1].id, "b"));
    cr_assert(eq(str, params[2].id, "c"));
    cr_assert(eq(int, params[2].parent, 1));
    cr_assert(eq(sz, params[2].condition_count, 2));
    cr_assert(eq(str, params[3].id, "b"));
    cr_assert(eq(int, params[3].parent, 0));
    cr_assert(eq(str, params[4].id, "d"));
    cr_assert(eq(int, params[4].parent, PARAM_NO_PARENT));
    job_spec_free(spec);
}

Test(parameter_message, conditions_are_checked)
{
    static const char path[] = AT ".conditional_parameter_specs[0]";

    assert_fault(CHILD(INTEGER_PARENT, ""), 4, path, "needs one of parent_discrete_values");
    assert_fault(CHILD(INTEGER_PARENT, "parentIntValues: {},"), 4, path, "at least one value");
    assert_fault(CHILD(INTEGER_PARENT, "parentDiscreteValues: {values: [1]},"), 4, path,
                 "must be parent_int_values");
    assert_fault(CHILD(CATEGORICAL_PARENT, "parentIntValues: {values: [1]},"), 4, path,
                 "must be parent_categorical_values");
    assert_fault(CHILD("doubleValueSpec: {maxValue: 1}", "parentDiscreteValues: {values: [1]},"), 4,
                 path, "is a DOUBLE");
    assert_fault(CHILD(INTEGER_PARENT, "parentIntValues: {values: [4]},"), 4, path, "");
    assert_fault(CHILD(DISCRETE_PARENT, "parentDiscreteValues: {values: [0.3]},"), 4, path, "");
    assert_fault(CHILD(CATEGORICAL_PARENT, "parentCategoricalValues: {values: [adm]},"), 4, path,
                 "\"adm\" is not among the values of the parent \"p\"; did you mean \"adam\"?");
    assert_fault(CHILD(INTEGER_PARENT, "parentIntValues: {values: [1]}, parentDiscreteValues: "
                                       "{values: [1]},"),
                 4, AT ".conditional_parameter_specs[0].parent_discrete_values",
                 "oneof field \"parent_value_condition\"");
    assert_fault(PARAMETERS("[{parameterId: p, " INTEGER_PARENT ", conditionalParameterSpecs: ["
                            "{parentIntValues: {values: [1]}}]}]"),
                 3, AT ".conditional_parameter_specs[0].parameter_spec", "is required");
    assert_fault(
        PARAMETERS("[{parameterId: p, " INTEGER_PARENT ", conditionalParameterSpecs: {}}]"), 3,
        AT ".conditional_parameter_specs", "expected a list");
}

Test(parameter_message, faults_below_a_faulty_parent_are_found_too)
{
    static const struct expected_fault expected[] = {
        { 3, AT ".integer_value_spec.max_value", "a whole number" },
        { 4, AT ".conditional_parameter_specs[0].parameter_spec.double_value_spec.max_value",
          "a finite number" },
    };

    assert_faults(PARAMETERS("[{parameterId: p, integerValueSpec: {maxValue: x}, "
                             "conditionalParameterSpecs: [\n{parentIntValues: {values: [1]}, "
                             "parameterSpec: {parameterId: k, doubleValueSpec: {maxValue: y}}}]}]"),
                  expected, 2);
}
