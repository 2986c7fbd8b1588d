#include "engine/api/query.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static bool finds(const char *query, const char *name, const char *expected)
{
    char value[16] = "before";
    bool is_found = query_find(query, name, value, sizeof value);

    return is_found ? expected && strcmp(value, expected) == 0
                    : !expected && strcmp(value, "before") == 0;
}

Test(query, a_value_is_found_under_both_spellings_of_its_name)
{
    cr_assert(finds("pageSize=10&pageToken=abc", "pageSize", "10"));
    cr_assert(finds("page_size=10", "pageSize", "10"));
    cr_assert(finds("x=1&pageToken=abc", "pageToken", "abc"));
    cr_assert(finds("pagesize=10", "pageSize", NULL));
    cr_assert(finds("apageSize=10", "pageSize", NULL));
    cr_assert(finds("pageSizes=10", "pageSize", NULL));
}

Test(query, names_and_values_are_percent_encoded_or_not)
{
    cr_assert(finds("%24alt=json%3Benum%3D1", "$alt", "json;enum=1"));
    cr_assert(finds("$alt=json;e=i", "$alt", "json;e=i"));
    cr_assert(finds("filter=a+b%2Bc", "filter", "a b+c"));
    cr_assert(finds("filter=50%zz%4", "filter", "50%zz%4"));
    cr_assert(finds("filter=a%00b", "filter", "a%00b"));
}

Test(query, the_first_of_several_counts_and_emptiness_is_a_value)
{
    cr_assert(finds("a=1&a=2", "a", "1"));
    cr_assert(finds("filter=&a=1", "filter", ""));
    cr_assert(finds("filter", "filter", ""));
    cr_assert(finds("b&filter&a", "filter", ""));
    cr_assert(finds("", "a", NULL));
    cr_assert(finds(NULL, "a", NULL));
}

Test(query, what_is_too_long_is_cut)
{
    cr_assert(finds("a=0123456789abcdefghij&b=1", "a", "0123456789abcde"));
    cr_assert(finds("a=0123456789abcdefghij&b=1", "b", "1"));
}
