#include "search/search_space.h"

#include "assay/value.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double discrete_gap_min = 1e-10;

/* A name and where it stands; for sorting. */
struct named {
    const char *name;
    size_t index;
};

/* The rest of the path to a spec's value, by type. */
static const char *const value_specs[] = {
    [PARAM_DOUBLE] = ".double_value_spec",
    [PARAM_INTEGER] = ".integer_value_spec",
    [PARAM_CATEGORICAL] = ".categorical_value_spec",
    [PARAM_DISCRETE] = ".discrete_value_spec",
};

static void add_fault(struct assay_faults *faults, const struct param_spec *spec,
                      const char *suffix, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void add_fault(struct assay_faults *faults, const struct param_spec *spec,
                      const char *suffix, const char *fmt, ...)
{
    char field[2048]; /* a path 30 levels deep */
    char message[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    (void)snprintf(field, sizeof field, "%s%s", spec->field ? spec->field : "", suffix);
    assay_faults_add(faults, spec->line, field, "%s", message);
}

/* A fault of how a child hangs on its parent: at the entry that holds its spec. */
static void add_condition_fault(struct assay_faults *faults, const struct param_spec *spec,
                                const char *message)
{
    static const char member[] = ".parameter_spec";
    const char *field = spec->field ? spec->field : "";
    size_t size = strlen(field);
    char entry[2048];

    if (size >= sizeof member - 1 && strcmp(field + size - (sizeof member - 1), member) == 0)
        size -= sizeof member - 1;
    (void)snprintf(entry, sizeof entry, "%.*s", (int)size, field);
    assay_faults_add(faults, spec->line, entry, "%s", message);
}

static void add_value_fault(struct assay_faults *faults, const struct param_spec *spec,
                            const char *member, const char *message)
{
    char suffix[64];

    (void)snprintf(suffix, sizeof suffix, "%s%s", value_specs[spec->type], member);
    add_fault(faults, spec, suffix, "%s", message);
}

static void check_id(const struct param_spec *spec, struct assay_faults *faults)
{
    if (!spec->id || !spec->id[0]) {
        add_fault(faults, spec, ".parameter_id", "a parameter needs an id");
        return;
    }
    for (const char *c = spec->id; *c; c++)
        if (isspace((unsigned char)*c)) {
            add_fault(faults, spec, ".parameter_id",
                      "\"%.200s\" has a blank in it; an id is one word", spec->id);
            return;
        }
}

static bool is_whole(double value)
{
    return fabs(value) <= ASSAY_INTEGER_MAX && value == floor(value);
}

static void check_range(const struct param_spec *spec, struct assay_faults *faults)
{
    char min[ASSAY_NUMBER_TEXT];
    char max[ASSAY_NUMBER_TEXT];

    assay_number_text(spec->min, min);
    assay_number_text(spec->max, max);
    if (!isfinite(spec->min) || !isfinite(spec->max))
        add_fault(faults, spec, value_specs[spec->type],
                  "min_value %s and max_value %s must be finite numbers", min, max);
    else if (!(spec->min <= spec->max))
        add_fault(faults, spec, value_specs[spec->type],
                  "min_value %s is above max_value %s; swap them", min, max);
    if (spec->type == PARAM_INTEGER && isfinite(spec->min) && isfinite(spec->max) &&
        !(is_whole(spec->min) && is_whole(spec->max)))
        add_fault(faults, spec, value_specs[spec->type],
                  "min_value %s and max_value %s must be integers within -2^53 .. 2^53", min, max);
}

/*
 * Decimal neighbours that are 1e-10 apart are a little less as doubles (0.1 and 0.1000000001): the
 * rounding of the larger one is granted.
 */
static bool is_far_enough(double a, double b)
{
    return b > a && b - a + fabs(b) * DBL_EPSILON >= discrete_gap_min;
}

static void check_numbers(const struct param_spec *spec, struct assay_faults *faults)
{
    if (spec->value_count == 0)
        add_value_fault(faults, spec, ".values", "at least one value is needed");
    if (spec->value_count > DISCRETE_VALUES_MAX)
        add_fault(faults, spec, ".discrete_value_spec.values",
                  "%zu values are too many; %d are allowed, more make an integer_value_spec or a "
                  "double_value_spec",
                  spec->value_count, DISCRETE_VALUES_MAX);
    for (size_t i = 0; i < spec->value_count; i++)
        if (!isfinite(spec->numbers[i])) {
            add_fault(faults, spec, ".discrete_value_spec.values",
                      "value %zu is not a finite number", i + 1);
            return;
        }
    for (size_t i = 1; i < spec->value_count; i++)
        if (!is_far_enough(spec->numbers[i - 1], spec->numbers[i])) {
            char before[ASSAY_NUMBER_TEXT];
            char after[ASSAY_NUMBER_TEXT];

            add_fault(faults, spec, ".discrete_value_spec.values",
                      "values must increase by at least 1e-10, but %s follows %s",
                      assay_number_text(spec->numbers[i], after),
                      assay_number_text(spec->numbers[i - 1], before));
            return;
        }
}

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    int order = strcmp(a->name, b->name);

    if (order)
        return order;
    return a->index < b->index ? -1 : 1; /* one index never stands twice */
}

/* Room for count names; NULL for lack of memory, which is noted. */
static struct named *new_names(size_t count, struct assay_faults *faults)
{
    struct named *sorted = calloc(count, sizeof *sorted);

    if (!sorted) {
        faults->count++;
        faults->is_short_of_memory = true;
    }
    return sorted;
}

static void check_categories(const struct param_spec *spec, struct assay_faults *faults)
{
    struct named *sorted = NULL;

    if (spec->value_count == 0) {
        add_value_fault(faults, spec, ".values", "at least one value is needed");
        return;
    }
    sorted = new_names(spec->value_count, faults);
    if (!sorted)
        return;
    for (size_t i = 0; i < spec->value_count; i++)
        sorted[i] = (struct named){ spec->categories[i], i };
    qsort(sorted, spec->value_count, sizeof *sorted, compare_named);
    for (size_t i = 1; i < spec->value_count; i++)
        if (strcmp(sorted[i].name, sorted[i - 1].name) == 0)
            add_fault(faults, spec, ".categorical_value_spec.values",
                      "\"%.200s\" stands there twice, as value %zu and value %zu", sorted[i].name,
                      sorted[i - 1].index + 1, sorted[i].index + 1);
    free(sorted);
}

static void check_scale(const struct param_spec *spec, struct assay_faults *faults)
{
    double least = spec->min;

    if (spec->type == PARAM_CATEGORICAL) {
        if (spec->scale != SCALE_NONE)
            add_fault(faults, spec, ".scale_type",
                      "categories have no order to scale; leave scale_type out");
        return;
    }
    if (spec->scale != SCALE_LOG && spec->scale != SCALE_REVERSE_LOG)
        return;
    if (spec->type == PARAM_DISCRETE) {
        if (spec->value_count == 0)
            return;
        least = spec->numbers[0];
        for (size_t i = 1; i < spec->value_count; i++)
            least = fmin(least, spec->numbers[i]);
    }
    if (!(least > 0)) {
        char text[ASSAY_NUMBER_TEXT];

        add_fault(faults, spec, ".scale_type",
                  "a logarithmic scale needs values above 0, but the least is %s",
                  assay_number_text(least, text));
    }
}

static void check_default(const struct param_spec *spec, struct assay_faults *faults)
{
    double value = spec->default_value;
    char text[ASSAY_NUMBER_TEXT];

    if (!spec->has_default)
        return;
    assay_number_text(value, text);
    switch (spec->type) {
    case PARAM_CATEGORICAL:
        if (!param_spec_is_legal(spec, value))
            add_value_fault(faults, spec, ".default_value", "the default is not one of the values");
        return;
    case PARAM_DISCRETE:
        if (!isfinite(value))
            add_value_fault(faults, spec, ".default_value", "the default is not a finite number");
        return;
    case PARAM_INTEGER:
        if (!is_whole(value)) {
            add_fault(faults, spec, ".integer_value_spec.default_value",
                      "the default %s is not an integer", text);
            return;
        }
        break;
    case PARAM_DOUBLE:
        break;
    }
    /* A faulty range has been reported already; nothing is inside it. */
    if (spec->min <= spec->max && !(value >= spec->min && value <= spec->max)) {
        char suffix[64];

        (void)snprintf(suffix, sizeof suffix, "%s.default_value", value_specs[spec->type]);
        add_fault(faults, spec, suffix, "the default %s is outside min_value .. max_value", text);
    }
}

/* As param_spec_is_legal(), but of a parent that may be faulty itself. */
static bool is_value_of(const struct param_spec *parent, double value)
{
    if (parent->type != PARAM_DISCRETE)
        return param_spec_is_legal(parent, value);
    for (size_t i = 0; i < parent->value_count; i++)
        if (parent->numbers[i] == value)
            return true;
    return false;
}

static void check_conditions(const struct search_space *space, const struct param_spec *spec,
                             struct assay_faults *faults)
{
    const struct param_spec *parent = NULL;

    if (spec->parent == PARAM_NO_PARENT)
        return;
    parent = &space->params[spec->parent];
    if (parent->type == PARAM_DOUBLE) {
        add_condition_fault(faults, spec,
                            "a DOUBLE parameter has no values to select children by; make the "
                            "parent INTEGER, DISCRETE or CATEGORICAL");
        return;
    }
    if (spec->condition_count == 0) {
        add_condition_fault(faults, spec, "the condition lists no value of the parent");
        return;
    }
    for (size_t i = 0; i < spec->condition_count; i++)
        if (!is_value_of(parent, spec->conditions[i])) {
            char text[128];

            (void)snprintf(text, sizeof text,
                           "value %zu of the condition is not one that the parent can have", i + 1);
            add_condition_fault(faults, spec, text);
            return;
        }
}

static bool share_a_condition(const struct param_spec *a, const struct param_spec *b)
{
    for (size_t i = 0; i < a->condition_count; i++)
        for (size_t j = 0; j < b->condition_count; j++)
            if (a->conditions[i] == b->conditions[j])
                return true;
    return false;
}

/*
 * Can both be active in one trial? They cannot only where their ways from the root part at one
 * parent, on different children with no value in common. Parents stand before children, so the
 * later of two specs is never above the other.
 */
static bool can_meet(const struct search_space *space, int a, int b)
{
    int below_a = PARAM_NO_PARENT;
    int below_b = PARAM_NO_PARENT;

    while (a != b) {
        if (a > b) {
            below_a = a;
            a = space->params[a].parent;
        } else {
            below_b = b;
            b = space->params[b].parent;
        }
    }
    if (a == PARAM_NO_PARENT || below_a == PARAM_NO_PARENT || below_b == PARAM_NO_PARENT)
        return true;
    return share_a_condition(&space->params[below_a], &space->params[below_b]);
}

static void report_clash(const struct search_space *space, size_t first, size_t second,
                         struct assay_faults *faults)
{
    const struct param_spec *a = &space->params[first];
    const struct param_spec *b = &space->params[second];

    if (a->parent != PARAM_NO_PARENT && a->parent == b->parent) {
        char text[512];

        (void)snprintf(text, sizeof text,
                       "\"%.200s\" is a child already under some of these values of the parent; "
                       "children of one name need conditions without a common value",
                       b->id);
        add_condition_fault(faults, b, text);
        return;
    }
    add_fault(faults, b, ".parameter_id",
              "\"%.120s\" is the id of %.200s already, and one trial can have both", b->id,
              a->field ? a->field : "another parameter");
}

/* Reports each spec once, against the first that it clashes with. */
static void check_names(const struct search_space *space, struct assay_faults *faults)
{
    struct named *sorted = new_names(space->param_count, faults);

    if (!sorted)
        return;
    for (size_t i = 0; i < space->param_count; i++)
        sorted[i] = (struct named){ space->params[i].id ? space->params[i].id : "", i };
    qsort(sorted, space->param_count, sizeof *sorted, compare_named);
    for (size_t i = 1, group = 0; i < space->param_count; i++) {
        if (strcmp(sorted[i].name, sorted[group].name) != 0)
            group = i;
        for (size_t j = group; j < i && sorted[i].name[0]; j++)
            if (can_meet(space, (int)sorted[j].index, (int)sorted[i].index)) {
                report_clash(space, sorted[j].index, sorted[i].index, faults);
                break;
            }
    }
    free(sorted);
}

void search_space_check(const struct search_space *space, struct assay_faults *faults)
{
    if (space->param_count == 0)
        return;
    for (size_t i = 0; i < space->param_count; i++) {
        const struct param_spec *spec = &space->params[i];

        check_id(spec, faults);
        if (spec->type == PARAM_DISCRETE)
            check_numbers(spec, faults);
        else if (spec->type == PARAM_CATEGORICAL)
            check_categories(spec, faults);
        else
            check_range(spec, faults);
        check_scale(spec, faults);
        check_default(spec, faults);
        check_conditions(space, spec, faults);
    }
    check_names(space, faults);
}
