#include "search/search_space.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = { "red", "green", "blue" };

#define ROOT "study_spec.parameters[0]"
#define ENTRY(j) ROOT ".conditional_parameter_specs[" j "]"

/* Checks and frees the space: exactly one fault, at field, with word in its message. */
static void expect_fault(struct search_space *space, const char *field, const char *word)
{
    struct assay_faults faults = { 0 };

    search_space_check(space, &faults);
    cr_assert(faults.count == 1, "%zu faults, 1 expected at %s (%s; %s)", faults.count, field,
              faults.count ? faults.items[0].field : "",
              faults.count ? faults.items[0].message : "");
    cr_assert(strcmp(faults.items[0].field, field) == 0, "%s, not %s", faults.items[0].field,
              field);
    cr_assert(strstr(faults.items[0].message, word) != NULL, "no \"%s\" in: %s", word,
              faults.items[0].message);
    assay_faults_clear(&faults);
    search_space_free(space);
}

static void expect_no_fault(struct search_space *space)
{
    struct assay_faults faults = { 0 };

    search_space_check(space, &faults);
    cr_assert(faults.count == 0, "%s: %s", faults.items[0].field, faults.items[0].message);
    search_space_free(space);
}

static struct search_space *of_double(double min, double max, enum param_scale scale)
{
    struct search_space *space = search_space_new();

    (void)add_double(space, "x", min, max, scale);
    return space;
}

static struct search_space *of_integer(double min, double max, enum param_scale scale)
{
    struct search_space *space = search_space_new();

    (void)add_integer(space, "x", min, max, scale);
    return space;
}

static struct search_space *of_discrete(const double *numbers, size_t count, enum param_scale scale)
{
    struct search_space *space = search_space_new();

    (void)add_discrete(space, "x", numbers, count, scale);
    return space;
}

static struct search_space *with_default(struct search_space *space, double value)
{
    set_default(space, value);
    return space;
}

Test(search_space_check, an_empty_space_is_left_to_the_reader_of_the_list)
{
    expect_no_fault(search_space_new());
}

Test(search_space_check, ids_are_one_word)
{
    static const char *const ids[] = { "", "a b", "tab\t", "\nnew" };

    for (size_t i = 0; i < 4; i++) {
        struct search_space *space = search_space_new();

        (void)add_double(space, ids[i], 0, 1, SCALE_NONE);
        expect_fault(space, ROOT ".parameter_id", i ? "blank" : "needs an id");
    }
}

Test(search_space_check, a_fault_knows_its_line)
{
    struct search_space *space = of_double(0, 1, SCALE_NONE);
    struct assay_faults faults = { 0 };

    (void)add_double(space, "y", 2, 1, SCALE_NONE);
    search_space_check(space, &faults);
    cr_assert(eq(int, faults.items[0].line, 2));
    assay_faults_clear(&faults);
    search_space_free(space);
}

Test(search_space_check, ranges_are_finite_and_in_order)
{
    double nan = (double)NAN;
    double infinity = (double)INFINITY;

    expect_no_fault(of_double(0, 0, SCALE_NONE));
    expect_no_fault(of_double(-1e308, 1e308, SCALE_LINEAR));
    expect_fault(of_double(2, 1, SCALE_NONE), ROOT ".double_value_spec", "above max_value 1");
    expect_fault(of_double(nan, 1, SCALE_NONE), ROOT ".double_value_spec", "finite");
    expect_fault(of_double(0, nan, SCALE_NONE), ROOT ".double_value_spec", "finite");
    expect_fault(of_double(-infinity, 1, SCALE_NONE), ROOT ".double_value_spec", "finite");
    expect_fault(of_integer(3, 1, SCALE_NONE), ROOT ".integer_value_spec", "above max_value 1");
    expect_fault(of_integer(0, infinity, SCALE_NONE), ROOT ".integer_value_spec", "finite");
}

Test(search_space_check, integer_bounds_are_integers_that_doubles_tell_apart)
{
    expect_no_fault(of_integer(-0x1p53, 0x1p53, SCALE_NONE));
    expect_fault(of_integer(0.5, 3, SCALE_NONE), ROOT ".integer_value_spec", "integers");
    expect_fault(of_integer(0, 0x1p53 + 2, SCALE_NONE), ROOT ".integer_value_spec", "2^53");
}

Test(search_space_check, discrete_values_are_some_finite_and_increasing)
{
    static const double falling[] = { 1, 3, 2 };
    static const double twice[] = { 1, 1 };
    static const double close[] = { 1, 1 + 0.5e-10 };
    static const double just[] = { 0.1, 0.1000000001 };
    double endless[] = { 1, (double)INFINITY };
    double many[DISCRETE_VALUES_MAX + 1];

    for (size_t i = 0; i <= DISCRETE_VALUES_MAX; i++)
        many[i] = (double)i;
    expect_no_fault(of_discrete(just, 2, SCALE_NONE));
    expect_no_fault(of_discrete(many, DISCRETE_VALUES_MAX, SCALE_NONE));
    expect_fault(of_discrete(many, 0, SCALE_NONE), ROOT ".discrete_value_spec.values", "at least");
    expect_fault(of_discrete(many, DISCRETE_VALUES_MAX + 1, SCALE_NONE),
                 ROOT ".discrete_value_spec.values", "1001");
    expect_fault(of_discrete(falling, 3, SCALE_NONE), ROOT ".discrete_value_spec.values",
                 "2 follows 3");
    expect_fault(of_discrete(twice, 2, SCALE_NONE), ROOT ".discrete_value_spec.values", "1e-10");
    expect_fault(of_discrete(close, 2, SCALE_NONE), ROOT ".discrete_value_spec.values", "1e-10");
    expect_fault(of_discrete(endless, 2, SCALE_NONE), ROOT ".discrete_value_spec.values", "finite");
}

Test(search_space_check, categories_are_some_and_different)
{
    static const char *const twice[] = { "a", "b", "a" };
    struct search_space *space = search_space_new();

    (void)add_category(space, "x", colours, 0);
    expect_fault(space, ROOT ".categorical_value_spec.values", "at least one");
    space = search_space_new();
    (void)add_category(space, "x", twice, 3);
    expect_fault(space, ROOT ".categorical_value_spec.values", "value 1 and value 3");
}

Test(search_space_check, log_scales_need_positive_values)
{
    static const double mixed[] = { -1, 0, 2 };
    static const double positive[] = { 1, 2 };

    for (int scale = SCALE_LOG; scale <= SCALE_REVERSE_LOG; scale++) {
        expect_fault(of_double(0, 1, (enum param_scale)scale), ROOT ".scale_type", "above 0");
        expect_fault(of_integer(0, 9, (enum param_scale)scale), ROOT ".scale_type", "above 0");
        expect_fault(of_discrete(mixed, 3, (enum param_scale)scale), ROOT ".scale_type", "is -1");
        expect_no_fault(of_double(1e-300, 1, (enum param_scale)scale));
        expect_no_fault(of_integer(1, 9, (enum param_scale)scale));
        expect_no_fault(of_discrete(positive, 2, (enum param_scale)scale));
    }
}

Test(search_space_check, categories_take_no_scale)
{
    for (int scale = SCALE_LINEAR; scale <= SCALE_REVERSE_LOG; scale++) {
        struct search_space *space = search_space_new();
        int index = add_category(space, "x", colours, 3);

        space->params[index].scale = (enum param_scale)scale;
        expect_fault(space, ROOT ".scale_type", "leave scale_type out");
    }
}

Test(search_space_check, defaults_lie_in_the_space)
{
    static const double numbers[] = { 1, 2 };
    struct search_space *space = NULL;

    expect_no_fault(with_default(of_double(0, 1, SCALE_NONE), 1));
    expect_no_fault(with_default(of_discrete(numbers, 2, SCALE_NONE), 99)); /* taken as 2 */
    expect_fault(with_default(of_double(0, 1, SCALE_NONE), 1.5),
                 ROOT ".double_value_spec.default_value", "1.5 is outside");
    expect_fault(with_default(of_double(0, 1, SCALE_NONE), (double)NAN),
                 ROOT ".double_value_spec.default_value", "outside");
    expect_fault(with_default(of_integer(0, 9, SCALE_NONE), 10),
                 ROOT ".integer_value_spec.default_value", "10 is outside");
    expect_fault(with_default(of_integer(0, 9, SCALE_NONE), 1.5),
                 ROOT ".integer_value_spec.default_value", "not an integer");
    expect_fault(with_default(of_discrete(numbers, 2, SCALE_NONE), (double)NAN),
                 ROOT ".discrete_value_spec.default_value", "finite");
    space = search_space_new();
    (void)add_category(space, "x", colours, 3);
    expect_fault(with_default(space, (double)NAN), ROOT ".categorical_value_spec.default_value",
                 "not one of the values");
}

/* A parent of each kind with a child that condition selects. */
static struct search_space *parent_and_child(int kind, double condition)
{
    static const double numbers[] = { 1, 2.5 };
    struct search_space *space = search_space_new();

    switch (kind) {
    case PARAM_DOUBLE:
        (void)add_double(space, "parent", 0, 9, SCALE_NONE);
        break;
    case PARAM_INTEGER:
        (void)add_integer(space, "parent", 0, 9, SCALE_NONE);
        break;
    case PARAM_DISCRETE:
        (void)add_discrete(space, "parent", numbers, 2, SCALE_NONE);
        break;
    default:
        (void)add_category(space, "parent", colours, 3);
    }
    (void)add_double(space, "child", 0, 1, SCALE_NONE);
    make_child(space, 0, condition);
    return space;
}

Test(search_space_check, conditions_are_values_of_the_parent)
{
    struct search_space *space = NULL;

    expect_no_fault(parent_and_child(PARAM_INTEGER, 9));
    expect_no_fault(parent_and_child(PARAM_DISCRETE, 2.5));
    expect_no_fault(parent_and_child(PARAM_CATEGORICAL, 2));
    expect_fault(parent_and_child(PARAM_DOUBLE, 1), ENTRY("0"), "DOUBLE");
    expect_fault(parent_and_child(PARAM_INTEGER, 10), ENTRY("0"), "value 1");
    expect_fault(parent_and_child(PARAM_INTEGER, 1.5), ENTRY("0"), "value 1");
    expect_fault(parent_and_child(PARAM_DISCRETE, 2), ENTRY("0"), "value 1");
    expect_fault(parent_and_child(PARAM_CATEGORICAL, 3), ENTRY("0"), "value 1");
    expect_fault(parent_and_child(PARAM_CATEGORICAL, (double)NAN), ENTRY("0"), "value 1");
    space = parent_and_child(PARAM_INTEGER, 1);
    space->params[1].condition_count = 0;
    expect_fault(space, ENTRY("0"), "lists no value");
}

Test(search_space_check, siblings_may_share_a_name_under_different_values)
{
    struct search_space *space = parent_and_child(PARAM_CATEGORICAL, 0);

    (void)add_double(space, "child", 5, 6, SCALE_NONE);
    make_child(space, 0, 1);
    make_child(space, 0, 2);
    expect_no_fault(space);
    space = parent_and_child(PARAM_CATEGORICAL, 0);
    (void)add_double(space, "child", 5, 6, SCALE_NONE);
    make_child(space, 0, 1);
    make_child(space, 0, 0);
    expect_fault(space, ENTRY("1"), "common value");
}

Test(search_space_check, names_clash_where_one_trial_can_have_both)
{
    struct search_space *space = of_double(0, 1, SCALE_NONE);

    (void)add_double(space, "x", 0, 1, SCALE_NONE); /* two roots */
    expect_fault(space, "study_spec.parameters[1].parameter_id", "already");
    space = parent_and_child(PARAM_INTEGER, 1); /* a child and its parent */
    (void)add_double(space, "parent", 0, 1, SCALE_NONE);
    make_child(space, 0, 2);
    expect_fault(space, ENTRY("1") ".parameter_spec.parameter_id", "already");
    space = parent_and_child(PARAM_INTEGER, 1); /* a child and a root that stands behind it */
    (void)add_double(space, "child", 0, 1, SCALE_NONE);
    expect_fault(space, "study_spec.parameters[2].parameter_id", "already");
}

/* Two children with children of one name: active together only if the children can be. */
static struct search_space *cousins(double second_condition)
{
    struct search_space *space = search_space_new();
    int root = add_integer(space, "root", 0, 9, SCALE_NONE);
    int left = add_integer(space, "left", 0, 9, SCALE_NONE);
    int right = 0;

    make_child(space, root, 1);
    right = add_integer(space, "right", 0, 9, SCALE_NONE);
    make_child(space, root, second_condition);
    (void)add_double(space, "x", 0, 1, SCALE_NONE);
    make_child(space, left, 3);
    (void)add_double(space, "x", 0, 2, SCALE_NONE);
    make_child(space, right, 3);
    return space;
}

Test(search_space_check, cousins_may_share_a_name_in_branches_that_exclude_each_other)
{
    struct search_space *space = cousins(2);

    expect_no_fault(space);
    space = cousins(1);
    expect_fault(space,
                 "study_spec.parameters[0].conditional_parameter_specs[1].parameter_spec."
                 "conditional_parameter_specs[1].parameter_spec.parameter_id",
                 "already");
}

/* Naive twin: walks through all points of a tree of countable parameters. */
static bool some_point_has_both(const struct search_space *space, size_t index, double *point,
                                int a, int b)
{
    const struct param_spec *spec = &space->params[index];

    if (index == space->param_count)
        return !isnan(point[a]) && !isnan(point[b]);
    if (!search_space_is_active(space, point, index)) {
        point[index] = (double)NAN;
        return some_point_has_both(space, index + 1, point, a, b);
    }
    for (uint64_t i = 0; i < param_spec_value_total(spec); i++) {
        point[index] = value_at(spec, i);
        if (some_point_has_both(space, index + 1, point, a, b))
            return true;
    }
    return false;
}

Test(search_space_check, names_clash_exactly_when_some_point_has_both)
{
    struct dice dice = dice_new();
    int clashes = 0;

    for (int round = 0; round < 1000; round++) {
        struct search_space *space = random_tree(&dice, 7);
        struct assay_faults faults = { 0 };
        int a = (int)dice_below(&dice, 7);
        int b = (a + 1 + (int)dice_below(&dice, 6)) % 7;
        double point[7];
        bool can_meet = false;

        (void)snprintf(space->params[b].id, 3, "p%d", a);
        search_space_check(space, &faults);
        can_meet = some_point_has_both(space, 0, point, a, b);
        clashes += can_meet;
        cr_assert(eq(sz, faults.count, (size_t)can_meet));
        assay_faults_clear(&faults);
        search_space_free(space);
    }
    cr_assert(clashes > 10 && clashes < 1000, "%d clashes", clashes); /* both answers were seen */
}

Test(search_space_check, all_faults_are_found_at_once)
{
    struct search_space *space = of_double(2, 1, SCALE_NONE);
    struct assay_faults faults = { 0 };

    (void)add_integer(space, "", 0.5, 1, SCALE_LOG);
    set_default(space, 7);
    (void)add_category(space, "x", colours, 0);
    search_space_check(space, &faults);
    /* range; id, range, default outside; values, name */
    cr_assert(eq(sz, faults.count, (size_t)6));
    assay_faults_clear(&faults);
    search_space_free(space);
}

Test(search_space_check, lack_of_memory_is_told_and_never_taken_for_success)
{
    for (int successes = 0;; successes++) {
        struct search_space *space = mixed_space();
        struct assay_faults faults = { 0 };
        struct assay_error err = { 0 };
        bool has_failed = false;

        allocations_fail_after(successes);
        search_space_check(space, &faults);
        has_failed = allocations_have_failed();
        allocations_fail_after(-1);
        cr_assert(eq(int, assay_faults_check(&faults, &err), !has_failed));
        cr_assert(eq(int, err.code, has_failed ? ASSAY_EXHAUSTED : ASSAY_OK));
        assay_faults_clear(&faults);
        search_space_free(space);
        if (!has_failed)
            break;
    }
}
