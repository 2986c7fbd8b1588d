#include "metrics/regex_cost.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static bool is_allowed(const char *regex)
{
    struct assay_error err = { 0 };

    return regex_cost_check(regex, &err);
}

Test(regex_cost, what_log_lines_need_is_allowed)
{
    cr_assert(is_allowed("loss=([0-9.e+-]+)"));
    cr_assert(is_allowed("^epoch [0-9]+/[0-9]+ .*(train|val)_acc: *([0-9]{1,3}\\.[0-9]+)%?$"));
    cr_assert(is_allowed("[]+{]*x\\+\\{\\("));
    cr_assert(is_allowed(""));
}

Test(regex_cost, nested_bounds_that_would_take_all_memory_are_refused)
{
    cr_assert(not(is_allowed("((x{255}){255}){255}")));
    cr_assert(not(is_allowed("(x{255}){255}")));
    cr_assert(not(is_allowed("x{255}{255}")));
}

Test(regex_cost, a_pile_of_plus_signs_is_refused_from_where_it_doubles_too_often)
{
    char regex[64] = "x";

    memset(regex + 1, '+', 10);
    cr_assert(is_allowed(regex));
    memset(regex + 1, '+', 38);
    cr_assert(not(is_allowed(regex)));
}

Test(regex_cost, groups_in_groups_are_refused_from_some_depth_on)
{
    char regex[128] = "";

    memset(regex, '(', 20);
    cr_assert(is_allowed(regex));
    memset(regex, '(', 100);
    cr_assert(not(is_allowed(regex)));
}

Test(regex_cost, an_unfinished_expression_is_left_to_the_compiler)
{
    cr_assert(is_allowed("["));
    cr_assert(is_allowed("[^]"));
    cr_assert(is_allowed("x{3"));
    cr_assert(is_allowed("x\\"));
    cr_assert(is_allowed(")))"));
}
