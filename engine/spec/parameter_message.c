#include "engine/spec/messages.h"

#include "assay/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A parameter whose own fields are at fault is left out of the space, and so are its children. */
enum { NOT_IN_SPACE = -2, SUGGEST_MAX = 1000 };

/* A ParameterSpec as it stands in the document; all its value specs share spec. */
struct raw_parameter {
    struct param_spec spec;
    bool has_double, has_integer, has_categorical, has_discrete;
    char *default_text;    /* of a CATEGORICAL */
    const cJSON *children; /* conditionalParameterSpecs */
};

/* One of the conditionalParameterSpecs; all conditions share numbers but the categorical one. */
struct raw_condition {
    const cJSON *parameter;
    bool has_discrete, has_integer, has_categorical;
    double *numbers;
    size_t number_count;
    struct text_list texts;
};

static const struct enum_word scale_words[] = {
    { "SCALE_TYPE_UNSPECIFIED", 0, SCALE_NONE },
    { "UNIT_LINEAR_SCALE", 1, SCALE_LINEAR },
    { "UNIT_LOG_SCALE", 2, SCALE_LOG },
    { "UNIT_REVERSE_LOG_SCALE", 3, SCALE_REVERSE_LOG },
};

/* A range's fields; they differ in how a number is read only. */
#define RANGE_FIELDS(number_kind)                                                                  \
    { .name = "minValue", .kind = (number_kind), .at = FIELD_AT(struct raw_parameter, spec.min) }, \
        { .name = "maxValue",                                                                      \
          .kind = (number_kind),                                                                   \
          .at = FIELD_AT(struct raw_parameter, spec.max) },                                        \
    {                                                                                              \
        .name = "defaultValue", .kind = (number_kind),                                             \
        .at = FIELD_AT(struct raw_parameter, spec.default_value),                                  \
        .has_at = FIELD_AT(struct raw_parameter, spec.has_default)                                 \
    }

static const struct field double_fields[] = { RANGE_FIELDS(FIELD_DOUBLE) };
static const struct field integer_fields[] = { RANGE_FIELDS(FIELD_EXACT) };

static const struct field categorical_fields[] = {
    { .name = "values",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct raw_parameter, spec.categories),
      .count_at = FIELD_AT(struct raw_parameter, spec.value_count) },
    { .name = "defaultValue",
      .kind = FIELD_TEXT,
      .at = FIELD_AT(struct raw_parameter, default_text),
      .has_at = FIELD_AT(struct raw_parameter, spec.has_default) },
};

static const struct field discrete_fields[] = {
    { .name = "values",
      .kind = FIELD_DOUBLES,
      .at = FIELD_AT(struct raw_parameter, spec.numbers),
      .count_at = FIELD_AT(struct raw_parameter, spec.value_count) },
    { .name = "defaultValue",
      .kind = FIELD_DOUBLE,
      .at = FIELD_AT(struct raw_parameter, spec.default_value),
      .has_at = FIELD_AT(struct raw_parameter, spec.has_default) },
};

/* The category's index as a point has it, NaN when the parameter has no such category. */
static double category_index(const struct param_spec *spec, const char *text)
{
    for (size_t i = 0; i < spec->value_count; i++) {
        if (spec->categories[i] && strcmp(spec->categories[i], text) == 0)
            return (double)i;
    }
    return (double)NAN;
}

/*
 * "; did you mean …" out of the categories, which may have holes where faults are. None where the
 * comparing would take long: with many categories, or for a fault that is only counted.
 */
static const char *suggest_category(const struct fields *fields, const struct param_spec *spec,
                                    const char *text, char hint[FIELDS_TEXT_MAX])
{
    hint[0] = '\0';
    if (spec->value_count > SUGGEST_MAX || fields->faults->stored == ASSAY_FAULTS_MAX)
        return hint;
    for (size_t i = 0; i < spec->value_count; i++) {
        const char *category = spec->categories[i];

        if (category && *fields_suggest(text, &category, 1, hint))
            break;
    }
    return hint;
}

static void categorical_check(struct fields *fields, const cJSON *node, void *record)
{
    struct raw_parameter *raw = record;
    char hint[FIELDS_TEXT_MAX];

    if (!raw->default_text)
        return;
    raw->spec.default_value = category_index(&raw->spec, raw->default_text);
    if (isnan(raw->spec.default_value))
        fields_fault(fields, node, "defaultValue", "\"%.100s\" is not among the values%s",
                     raw->default_text,
                     suggest_category(fields, &raw->spec, raw->default_text, hint));
}

/* Absent and 0 are the same on the wire, so a limit may be left out; where that makes the range an
 * empty one, it was more likely forgotten. */
static void range_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct raw_parameter *raw = record;
    char text[ASSAY_NUMBER_TEXT];

    if (raw->spec.min <= raw->spec.max)
        return;
    if (!fields_member(node, "maxValue"))
        fields_fault(fields, node, "maxValue",
                     "is missing, which reads as 0, and min_value %s is above that",
                     assay_number_text(raw->spec.min, text));
    else if (!fields_member(node, "minValue"))
        fields_fault(fields, node, "minValue",
                     "is missing, which reads as 0, and max_value %s is below that",
                     assay_number_text(raw->spec.max, text));
}

static const struct message double_message = { MESSAGE_FIELDS(double_fields),
                                               .check = range_check };
static const struct message integer_message = { MESSAGE_FIELDS(integer_fields),
                                                .check = range_check };
static const struct message discrete_message = { MESSAGE_FIELDS(discrete_fields) };
static const struct message categorical_message = { MESSAGE_FIELDS(categorical_fields),
                                                    .check = categorical_check };

/* The children are read once their parent is in the space. */
static void keep_children(struct fields *fields, const cJSON *node, void *record)
{
    struct raw_parameter *raw = record;

    if (fields_expect_list(fields, node))
        raw->children = node;
}

#define VALUE_SPEC(word, has, table)                                                               \
    {                                                                                              \
        .name = (word), .kind = FIELD_MESSAGE, .at = FIELD_HERE,                                   \
        .has_at = FIELD_AT(struct raw_parameter, has), .oneof = "parameter_value_spec",            \
        .message = &(table)                                                                        \
    }

static const struct message condition_message;

static const struct field parameter_fields[] = {
    { .name = "parameterId", .kind = FIELD_TEXT, .at = FIELD_AT(struct raw_parameter, spec.id) },
    VALUE_SPEC("doubleValueSpec", has_double, double_message),
    VALUE_SPEC("integerValueSpec", has_integer, integer_message),
    VALUE_SPEC("categoricalValueSpec", has_categorical, categorical_message),
    VALUE_SPEC("discreteValueSpec", has_discrete, discrete_message),
    { .name = "scaleType",
      .kind = FIELD_ENUM,
      .at = FIELD_AT(struct raw_parameter, spec.scale),
      FIELD_WORDS(scale_words) },
    { .name = "conditionalParameterSpecs",
      .kind = FIELD_CUSTOM,
      .message = &condition_message,
      .read = keep_children },
};

static void parameter_check(struct fields *fields, const cJSON *node, void *record)
{
    struct raw_parameter *raw = record;

    if (raw->has_integer)
        raw->spec.type = PARAM_INTEGER;
    else if (raw->has_categorical)
        raw->spec.type = PARAM_CATEGORICAL;
    else if (raw->has_discrete)
        raw->spec.type = PARAM_DISCRETE;
    else if (!raw->has_double)
        fields_fault(fields, node, "parameterValueSpec",
                     "is required: one of double_value_spec, integer_value_spec, "
                     "categorical_value_spec and discrete_value_spec");
}

const struct message parameter_message = { MESSAGE_FIELDS(parameter_fields),
                                           .check = parameter_check };

static const struct field discrete_condition_fields[] = {
    { .name = "values",
      .kind = FIELD_DOUBLES,
      .at = FIELD_AT(struct raw_condition, numbers),
      .count_at = FIELD_AT(struct raw_condition, number_count) },
};

static const struct field integer_condition_fields[] = {
    { .name = "values",
      .kind = FIELD_INT64S,
      .at = FIELD_AT(struct raw_condition, numbers),
      .count_at = FIELD_AT(struct raw_condition, number_count) },
};

static const struct field categorical_condition_fields[] = {
    { .name = "values",
      .kind = FIELD_TEXTS,
      .at = FIELD_AT(struct raw_condition, texts.items),
      .count_at = FIELD_AT(struct raw_condition, texts.count) },
};

static const struct message discrete_condition_message = { MESSAGE_FIELDS(
    discrete_condition_fields) };
static const struct message integer_condition_message = { MESSAGE_FIELDS(
    integer_condition_fields) };
static const struct message categorical_condition_message = { MESSAGE_FIELDS(
    categorical_condition_fields) };

static void keep_parameter(struct fields *fields, const cJSON *node, void *record)
{
    struct raw_condition *raw = record;

    (void)fields; /* its shape is judged where it is read */
    raw->parameter = node;
}

#define CONDITION(word, has, table)                                                                \
    {                                                                                              \
        .name = (word), .kind = FIELD_MESSAGE, .at = FIELD_HERE,                                   \
        .has_at = FIELD_AT(struct raw_condition, has), .oneof = "parent_value_condition",          \
        .message = &(table)                                                                        \
    }

static const struct field condition_fields[] = {
    { .name = "parameterSpec",
      .kind = FIELD_CUSTOM,
      .message = &parameter_message,
      .read = keep_parameter },
    CONDITION("parentDiscreteValues", has_discrete, discrete_condition_message),
    CONDITION("parentIntValues", has_integer, integer_condition_message),
    CONDITION("parentCategoricalValues", has_categorical, categorical_condition_message),
};

static void condition_check(struct fields *fields, const cJSON *node, void *record)
{
    const struct raw_condition *raw = record;

    if (!raw->parameter)
        fields_fault(fields, node, "parameterSpec", "is required");
    if (!raw->has_discrete && !raw->has_integer && !raw->has_categorical)
        fields_fault(fields, node, NULL,
                     "needs one of parent_discrete_values, parent_int_values and "
                     "parent_categorical_values");
    else if (raw->number_count + raw->texts.count == 0)
        fields_fault(fields, node, NULL, "needs at least one value of the parent");
}

static const struct message condition_message = { MESSAGE_FIELDS(condition_fields),
                                                  .check = condition_check };

/* Which kind of condition fits the parent; a fault when it is another that was given. */
static bool fits_parent(struct fields *fields, const cJSON *node, const struct param_spec *parent,
                        const struct raw_condition *raw)
{
    bool fits = false;
    const char *right = NULL;

    switch (parent->type) {
    case PARAM_DOUBLE:
        fields_fault(fields, node, NULL,
                     "the parent \"%.100s\" is a DOUBLE, which cannot have conditional parameters",
                     parent->id);
        return false;
    case PARAM_INTEGER:
        fits = raw->has_integer;
        right = "parent_int_values";
        break;
    case PARAM_CATEGORICAL:
        fits = raw->has_categorical;
        right = "parent_categorical_values";
        break;
    case PARAM_DISCRETE:
        fits = raw->has_discrete;
        right = "parent_discrete_values";
        break;
    }
    if (!fits)
        fields_fault(fields, node, NULL, "the condition on the parent \"%.100s\" must be %s",
                     parent->id, right);
    return fits;
}

struct category {
    const char *name;
    size_t index;
};

static int category_order(const void *left, const void *right)
{
    const struct category *a = left;
    const struct category *b = right;

    return strcmp(a->name, b->name);
}

/* Turns the names of categories into their indexes, in raw->numbers; n log n for long lists. */
static void find_categories(struct fields *fields, const cJSON *node,
                            const struct param_spec *parent, struct raw_condition *raw)
{
    struct category *sorted = calloc(parent->value_count + 1, sizeof *sorted);
    char hint[FIELDS_TEXT_MAX];

    raw->numbers = calloc(raw->texts.count, sizeof *raw->numbers);
    if (!sorted || !raw->numbers) {
        fields->is_short_of_memory = true;
        goto out;
    }
    raw->number_count = raw->texts.count;
    for (size_t i = 0; i < parent->value_count; i++)
        sorted[i] = (struct category){ parent->categories[i], i };
    qsort(sorted, parent->value_count, sizeof *sorted, category_order);
    for (size_t i = 0; i < raw->texts.count; i++) {
        struct category wanted = { raw->texts.items[i], 0 };
        const struct category *found =
            bsearch(&wanted, sorted, parent->value_count, sizeof *sorted, category_order);

        if (found)
            raw->numbers[i] = (double)found->index;
        else
            fields_fault(
                fields, node, NULL, "\"%.100s\" is not among the values of the parent \"%.100s\"%s",
                wanted.name, parent->id, suggest_category(fields, parent, wanted.name, hint));
    }
out:
    free(sorted);
}

static void read_children(struct fields *fields, struct search_space *space, const cJSON *list,
                          int parent);

/* condition is that of a child (its numbers go into the space), NULL at the top. */
static void read_parameter(struct fields *fields, struct search_space *space, const cJSON *node,
                           int parent, struct raw_condition *condition)
{
    struct raw_parameter raw = { .spec.parent = parent, .spec.line = json_line(node) };
    size_t fault_count = fields->faults->count;
    int index = NOT_IN_SPACE;

    fields_read(fields, node, &parameter_message, &raw);
    free(raw.default_text);
    if (fields->faults->count == fault_count && parent != NOT_IN_SPACE)
        raw.spec.field = fields_copy(fields, fields->path);
    if (raw.spec.field && !fields->is_short_of_memory) {
        if (condition) {
            raw.spec.conditions = condition->numbers;
            raw.spec.condition_count = condition->number_count;
            condition->numbers = NULL;
        }
        index = search_space_add(space, &raw.spec);
        if (index < 0)
            fields->is_short_of_memory = true;
    } else {
        param_spec_clear(&raw.spec);
    }
    if (raw.children && !fields->is_short_of_memory)
        read_children(fields, space, raw.children, index);
}

static void read_child(struct fields *fields, struct search_space *space, const cJSON *node,
                       int parent)
{
    struct raw_condition raw = { 0 };
    size_t fault_count = fields->faults->count;
    size_t here = 0;

    fields_read(fields, node, &condition_message, &raw);
    if (parent >= 0 && fields->faults->count == fault_count && !fields->is_short_of_memory &&
        fits_parent(fields, node, &space->params[parent], &raw) && raw.has_categorical)
        find_categories(fields, node, &space->params[parent], &raw);
    if (fields->faults->count > fault_count)
        parent = NOT_IN_SPACE;
    here = fields_enter(fields, "parameterSpec");
    if (raw.parameter)
        read_parameter(fields, space, raw.parameter, parent, &raw);
    fields_leave(fields, here);
    free(raw.numbers);
    text_list_clear(&raw.texts);
}

/* Recursive; ended by the depth of the document. */
static void read_children(struct fields *fields, struct search_space *space, const cJSON *list,
                          int parent)
{
    size_t here = fields_enter(fields, "conditionalParameterSpecs");
    size_t index = 0;
    const cJSON *node = NULL;

    cJSON_ArrayForEach(node, list)
    {
        size_t list_path = fields_enter_item(fields, index++);

        read_child(fields, space, node, parent);
        fields_leave(fields, list_path);
    }
    fields_leave(fields, here);
}

void parameters_read(struct fields *fields, const cJSON *node, void *record)
{
    struct study_spec *study = record;
    size_t index = 0;
    const cJSON *item = NULL;

    if (!fields_expect_list(fields, node))
        return;
    study->space = search_space_new();
    if (!study->space) {
        fields->is_short_of_memory = true;
        return;
    }
    cJSON_ArrayForEach(item, node)
    {
        size_t here = fields_enter_item(fields, index++);

        read_parameter(fields, study->space, item, PARAM_NO_PARENT, NULL);
        fields_leave(fields, here);
    }
}
