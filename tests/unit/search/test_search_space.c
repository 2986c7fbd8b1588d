#include "search/search_space.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The parameters of mixed_space(). */
enum { RATE, LAYERS, UNITS, DROPOUT, OPTIMIZER, MOMENTUM, BETA, BATCH, MIXED_COUNT };

Test(search_space, indices_count_up_and_specs_are_kept)
{
    struct search_space *space = search_space_new();

    for (int i = 0; i < 100; i++)
        cr_assert(eq(int, add_integer(space, "n", 0, i, SCALE_NONE), i));
    cr_assert(eq(sz, space->param_count, (size_t)100));
    cr_assert(eq(dbl, space->params[57].max, 57.0));
    search_space_free(space);
    search_space_free(NULL);
}

Test(search_space, the_mixed_space_has_no_fault)
{
    struct search_space *space = mixed_space();
    struct assay_faults faults = { 0 };

    search_space_check(space, &faults);
    cr_assert(eq(sz, faults.count, (size_t)0));
    search_space_free(space);
}

Test(search_space, children_are_active_under_the_values_that_select_them)
{
    struct search_space *space = mixed_space();
    double point[MIXED_COUNT] = { 0.01, 1, (double)NAN, 0, 1, (double)NAN, 0.9, 16 };

    cr_assert(search_space_is_active(space, point, RATE));
    cr_assert(not(search_space_is_active(space, point, UNITS)));
    cr_assert(not(search_space_is_active(space, point, MOMENTUM)));
    cr_assert(search_space_is_active(space, point, BETA));
    cr_assert(search_space_is_legal(space, point));
    point[LAYERS] = 2; /* units are missing now */
    cr_assert(not(search_space_is_legal(space, point)));
    point[UNITS] = 64;
    cr_assert(search_space_is_legal(space, point));
    point[OPTIMIZER] = 0; /* beta is too many now, momentum is missing */
    cr_assert(not(search_space_is_legal(space, point)));
    point[BETA] = (double)NAN;
    point[MOMENTUM] = 0.9;
    cr_assert(search_space_is_legal(space, point));
    point[BATCH] = 17;
    cr_assert(not(search_space_is_legal(space, point)));
    search_space_free(space);
}

Test(search_space, a_grandchild_needs_its_parent_active)
{
    struct search_space *space = countable_space();
    double point[] = { 4, 256, 1, 2, (double)NAN, (double)NAN, 16 };

    cr_assert(search_space_is_legal(space, point));
    point[0] = 2; /* units_2 goes, and residual with it */
    cr_assert(not(search_space_is_legal(space, point)));
    point[1] = (double)NAN;
    cr_assert(not(search_space_is_active(space, point, 2)));
    cr_assert(not(search_space_is_legal(space, point)));
    point[2] = (double)NAN;
    cr_assert(search_space_is_legal(space, point));
    search_space_free(space);
}

Test(search_space, decoded_points_are_legal_and_come_back_through_the_cube)
{
    struct search_space *space = mixed_space();
    struct dice dice = dice_new();

    for (int i = 0; i < 20000; i++) {
        double unit[MIXED_COUNT];
        double point[MIXED_COUNT];
        double again[MIXED_COUNT];

        for (size_t k = 0; k < MIXED_COUNT; k++)
            unit[k] = dice_unit(&dice);
        search_space_decode(space, unit, point);
        cr_assert(search_space_is_legal(space, point));
        search_space_encode(space, point, unit);
        search_space_decode(space, unit, again);
        for (size_t k = 0; k < MIXED_COUNT; k++) {
            cr_assert(point[k] == again[k] || (isnan(point[k]) && isnan(again[k])));
            cr_assert(isnan(point[k]) == isnan(unit[k]));
        }
        search_space_decode(space, unit, unit); /* in place */
        cr_assert(is_same_point(unit, point, MIXED_COUNT));
    }
    search_space_free(space);
}

Test(search_space, the_first_point_takes_defaults_and_middles)
{
    struct search_space *space = mixed_space();
    double point[MIXED_COUNT];

    search_space_first_point(space, point);
    cr_assert(epsilon_eq(dbl, point[RATE], 1e-3, 1e-15));
    cr_assert(eq(dbl, point[LAYERS], 3.0));
    cr_assert(eq(dbl, point[DROPOUT], 0.0));
    cr_assert(eq(dbl, point[OPTIMIZER], 1.0));
    cr_assert(isnan(point[MOMENTUM]));
    cr_assert(eq(dbl, point[BETA], 0.9));
    cr_assert(search_space_is_legal(space, point));
    search_space_free(space);
}

Test(search_space, conditions_within_the_tolerance_become_the_parents_numbers)
{
    static const double numbers[] = { 0.1, 0.3, 7 };
    struct search_space *space = search_space_new();
    int parent = add_discrete(space, "size", numbers, 3, SCALE_NONE);
    double *conditions = calloc(2, sizeof *conditions);
    struct param_spec child = { .id = strdup("child"),
                                .max = 1,
                                .parent = parent,
                                .condition_count = 2,
                                .conditions = conditions };

    conditions[0] = 0.1 + 0.2; /* not the double 0.3 */
    conditions[1] = 7 + 1e-9;  /* too far away */
    cr_assert(eq(int, search_space_add(space, &child), 1));
    cr_assert(eq(dbl, space->params[1].conditions[0], 0.3));
    cr_assert(eq(dbl, space->params[1].conditions[1], 7 + 1e-9));
    search_space_free(space);
}

Test(search_space, a_failed_allocation_leaks_nothing)
{
    for (int successes = 0;; successes++) {
        struct param_spec spec = { .id = strdup("n"), .max = 1, .parent = PARAM_NO_PARENT };
        struct search_space *space = NULL;
        int index = -1;

        allocations_fail_after(successes);
        space = search_space_new();
        if (space)
            index = search_space_add(space, &spec);
        else
            param_spec_clear(&spec);
        cr_assert(eq(int, index >= 0, !allocations_have_failed()));
        allocations_fail_after(-1);
        search_space_free(space);
        if (index >= 0)
            break;
    }
}
