#include "search/gp_space.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

enum { PARAMS_MAX = 16 };

static void roll_point(const struct search_space *space, struct dice *dice, double *point)
{
    for (size_t i = 0; i < space->param_count; i++)
        point[i] = dice_unit(dice);
    search_space_decode(space, point, point);
}

Test(gp_space, every_parameter_of_more_than_one_value_has_an_axis)
{
    static const char *const one[] = { "only" };
    struct search_space *space = mixed_space();
    struct gp_space *gp_space = NULL;

    (void)add_double(space, "constant", 2, 2, SCALE_NONE);
    (void)add_integer(space, "constant_too", 7, 7, SCALE_NONE);
    (void)add_category(space, "single", one, 1);
    (void)add_integer(space, "flag", 0, 1, SCALE_NONE);
    gp_space = gp_space_new(space);
    cr_assert(eq(sz, gp_space->dimension, 9));
    for (size_t i = 0; i < space->param_count; i++) {
        size_t axis = gp_space->param_axis[i];

        cr_assert(i >= 8 && i <= 10 ? axis == SIZE_MAX : gp_space->axes[axis].param == i);
    }
    cr_assert(eq(int, (int)gp_space->axes[0].kind, GP_AXIS_CONTINUOUS));
    cr_assert(eq(int, (int)gp_space->axes[1].kind, GP_AXIS_ORDERED));  /* layers */
    cr_assert(eq(int, (int)gp_space->axes[4].kind, GP_AXIS_CATEGORY)); /* optimizer */
    cr_assert(
        eq(int, (int)gp_space->axes[8].kind, GP_AXIS_CATEGORY)); /* two values have no order */
    cr_assert(eq(u64, gp_space->axes[1].value_total, 4));
    cr_assert(eq(sz, gp_space->child_count[1], 1));
    cr_assert(eq(sz, gp_space->child_count[4], 2));
    cr_assert(zero(sz, gp_space->child_count[0]));
    for (size_t k = 0; k < gp_space->dimension; k++)
        cr_assert(gp_space->is_category[k] == (gp_space->axes[k].kind == GP_AXIS_CATEGORY));
    gp_space_free(gp_space);
    gp_space_free(NULL);
    search_space_free(space);
}

Test(gp_space, an_empty_space_has_no_axis)
{
    struct search_space *space = search_space_new();
    struct gp_space *gp_space = gp_space_new(space);

    cr_assert(zero(sz, gp_space->dimension));
    gp_space_encode(gp_space, NULL, NULL);
    gp_space_free(gp_space);
    search_space_free(space);
}

Test(gp_space, equal_points_share_coordinates_and_different_ones_do_not)
{
    struct dice dice = dice_new();
    struct search_space *space = mixed_space();
    struct gp_space *gp_space = gp_space_new(space);

    for (int round = 0; round < 2000; round++) {
        double points[2][PARAMS_MAX], coordinates[2][PARAMS_MAX];

        roll_point(space, &dice, points[0]);
        memcpy(points[1], points[0], sizeof points[0]);
        if (round % 2)
            roll_point(space, &dice, points[1]);
        for (int i = 0; i < 2; i++) {
            gp_space_encode(gp_space, points[i], coordinates[i]);
            for (size_t k = 0; k < gp_space->dimension; k++)
                cr_assert(gp_space->is_category[k]
                              ? coordinates[i][k] >= -1
                              : coordinates[i][k] >= 0 && coordinates[i][k] <= 1);
        }
        cr_assert(eq(int, is_same_point(points[0], points[1], space->param_count),
                     is_same_point(coordinates[0], coordinates[1], gp_space->dimension)));
    }
    gp_space_free(gp_space);
    search_space_free(space);
}

Test(gp_space, inactive_parameters_lie_at_a_place_of_their_own)
{
    struct search_space *space = mixed_space();
    struct gp_space *gp_space = gp_space_new(space);
    double point[PARAMS_MAX], coordinates[PARAMS_MAX];

    search_space_first_point(space, point);
    point[1] = 1;
    point[2] = (double)NAN; /* units_2 of one layer */
    gp_space_encode(gp_space, point, coordinates);
    cr_assert(eq(dbl, coordinates[2], 0.5));
    gp_space_free(gp_space);
    search_space_free(space);
    space = countable_space();
    gp_space = gp_space_new(space);
    for (size_t i = 0; i < space->param_count; i++)
        point[i] = (double)NAN;
    gp_space_encode(gp_space, point, coordinates);
    for (size_t k = 0; k < gp_space->dimension; k++)
        cr_assert(eq(dbl, coordinates[k], gp_space->is_category[k] ? -1 : 0.5));
    gp_space_free(gp_space);
    search_space_free(space);
}

Test(gp_space, indexes_count_the_values_upward_and_lead_back)
{
    static const double numbers[] = { -3, 0.25, 10 };
    static const char *const names[] = { "b", "a", "c" };
    struct search_space *space = search_space_new();
    struct gp_space *gp_space = NULL;

    (void)add_integer(space, "n", -2, 4, SCALE_NONE);
    (void)add_discrete(space, "d", numbers, 3, SCALE_NONE);
    (void)add_category(space, "c", names, 3);
    (void)add_integer(space, "wide", 0, 0x1p53, SCALE_NONE);
    (void)add_integer(space, "negative", -0x1p52, 0x1p52, SCALE_NONE);
    gp_space = gp_space_new(space);
    for (size_t k = 0; k < gp_space->dimension; k++) {
        uint64_t total = gp_space->axes[k].value_total;
        double before = -HUGE_VAL;

        for (uint64_t i = 0; i < total; i = i < 10 ? i + 1 : i * 3) {
            double value = gp_axis_value(gp_space, k, i);

            cr_assert(param_spec_is_legal(&space->params[k], value));
            cr_assert(lt(dbl, before, value));
            cr_assert(eq(u64, gp_axis_index(gp_space, k, value), i));
            before = value;
        }
        cr_assert(
            eq(u64, gp_axis_index(gp_space, k, gp_axis_value(gp_space, k, total - 1)), total - 1));
    }
    gp_space_free(gp_space);
    search_space_free(space);
}

Test(gp_space, setting_a_parameter_leaves_a_legal_point)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 500; round++) {
        struct search_space *space = random_tree(&dice, 1 + dice_below(&dice, 9));
        struct gp_space *gp_space = gp_space_new(space);
        double point[PARAMS_MAX], before[PARAMS_MAX], source[PARAMS_MAX], unit[PARAMS_MAX];
        size_t param = dice_below(&dice, space->param_count);

        roll_point(space, &dice, point);
        roll_point(space, &dice, source);
        for (size_t i = 0; i < space->param_count; i++)
            unit[i] = dice_unit(&dice);
        if (!isnan(point[param])) {
            const struct param_spec *spec = &space->params[param];
            double value = value_at(spec, dice_below(&dice, param_spec_value_total(spec)));

            memcpy(before, point, sizeof point);
            gp_space_set(gp_space, point, param, value, source, unit);
            cr_assert(search_space_is_legal(space, point));
            cr_assert(eq(dbl, point[param], value));
            for (size_t i = 0; i < space->param_count; i++) {
                double child =
                    isnan(source[i]) ? param_spec_decode(&space->params[i], unit[i]) : source[i];

                if (i == param || isnan(point[i]))
                    continue;
                cr_assert(eq(dbl, point[i], isnan(before[i]) ? child : before[i]));
            }
        }
        gp_space_free(gp_space);
        search_space_free(space);
    }
}

Test(gp_space, each_failed_allocation_is_an_answer)
{
    struct search_space *space = mixed_space();
    struct gp_space *gp_space = NULL;

    for (int successes = 0; !gp_space; successes++) {
        allocations_fail_after(successes);
        gp_space = gp_space_new(space);
        cr_assert(allocations_have_failed() == !gp_space);
        allocations_fail_after(-1);
    }
    gp_space_free(gp_space);
    search_space_free(space);
}
