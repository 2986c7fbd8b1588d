#include "launcher/environment.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(const struct environment *environment, const char *text, const char *wanted)
{
    char *expanded = environment_expand(environment, text);

    cr_assert(eq(str, expanded, (char *)wanted));
    free(expanded);
}

Test(environment, a_later_value_takes_the_place_of_an_earlier_one)
{
    struct environment environment = { 0 };

    cr_assert(environment_get(&environment, "A") == NULL);
    cr_assert(environment_set(&environment, "A", "1"));
    cr_assert(environment_set(&environment, "AB", "2"));
    cr_assert(environment_set(&environment, "A", "three"));
    cr_assert(eq(sz, environment.count, 2));
    cr_assert(eq(str, environment.entries[0], "A=three"));
    cr_assert(eq(str, environment.entries[1], "AB=2"));
    cr_assert(environment.entries[2] == NULL);
    cr_assert(eq(str, (char *)environment_get(&environment, "AB"), "2"));
    environment_clear(&environment);
    environment_clear(NULL);
}

Test(environment, many_names_stay_apart)
{
    enum { COUNT = 1000 };
    struct environment environment = { 0 };
    char name[32];
    char value[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            (void)snprintf(name, sizeof name, "N%d", i);
            (void)snprintf(value, sizeof value, "%d.%d", i, round);
            cr_assert(environment_set(&environment, name, value));
        }
    }
    cr_assert(eq(sz, environment.count, COUNT));
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(name, sizeof name, "N%d", i);
        (void)snprintf(value, sizeof value, "%d.1", i);
        cr_assert(eq(str, (char *)environment_get(&environment, name), value));
    }
    environment_clear(&environment);
}

Test(environment, references_are_replaced_and_everything_else_is_kept)
{
    struct environment environment = { 0 };

    cr_assert(environment_set(&environment, "A", "1"));
    cr_assert(environment_set(&environment, "LONG_NAME", "$(A)"));
    cr_assert(environment_set(&environment, "EMPTY", ""));
    expect(&environment, "", "");
    expect(&environment, "$(A)", "1");
    expect(&environment, "x$(A)y$(A)z", "x1y1z");
    expect(&environment, "$(LONG_NAME)", "$(A)"); /* a value is not looked into again */
    expect(&environment, "<$(EMPTY)>", "<>");
    expect(&environment, "$(NONE)", "$(NONE)");
    expect(&environment, "$$(A)", "$(A)");
    expect(&environment, "$$(NONE)", "$(NONE)");
    expect(&environment, "$$$(A)", "$$(A)");
    expect(&environment, "$(A", "$(A");
    expect(&environment, "$$(A", "$$(A");
    expect(&environment, "$A ${A} $$ $", "$A ${A} $$ $");
    expect(&environment, "$()", "$()");
    expect(&environment, "$(A)$(", "1$(");
    environment_clear(&environment);
}
