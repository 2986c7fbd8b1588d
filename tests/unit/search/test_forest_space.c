#include "search/forest_space.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARAMS_MAX = 16, LONG_LIST = 100 };

/* A random legal point. */
static void roll_point(const struct search_space *space, struct dice *dice, double *point)
{
    double unit[PARAMS_MAX];

    for (size_t i = 0; i < space->param_count; i++)
        unit[i] = dice_unit(dice);
    search_space_decode(space, unit, point);
}

/* Grown from random points of a space; returns how many of them the forest took. */
static size_t count_taken(const struct search_space *space, const struct forest_space *own,
                          struct dice *dice)
{
    enum { POINTS = 50 };
    double rows[POINTS * PARAMS_MAX], values[POINTS];
    struct forest_data data = { .dimension = space->param_count,
                                .dimensions = forest_space_dimensions(own),
                                .row_count = POINTS,
                                .rows = rows,
                                .values = values };
    struct assay_error err = { 0 };
    struct forest *forest = NULL;
    size_t taken = 0;

    for (size_t i = 0; i < POINTS; i++) {
        double *row = rows + i * space->param_count;

        roll_point(space, dice, row);
        forest_space_row(own, row, row);
        values[i] = dice_unit(dice);
    }
    forest = forest_new(&data, 1, &err);
    taken = forest_row_count(forest);
    forest_free(forest);
    return taken;
}

Test(forest_space, every_legal_point_of_any_space_is_a_sound_row)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 12; round++) {
        struct search_space *space = round == 0   ? mixed_space()
                                     : round == 1 ? countable_space()
                                                  : random_tree(&dice, 8);
        struct forest_space *own = forest_space_new(space);

        for (size_t i = 0; i < space->param_count; i++) {
            const struct forest_dimension *dimension = &forest_space_dimensions(own)[i];
            double total = 0;

            for (size_t c = 0; c < dimension->choice_count; c++)
                total += dimension->shares[c];
            if (dimension->choice_count > 0)
                cr_assert(epsilon_eq(dbl, total, 1, 1e-12));
            cr_assert(eq(int, dimension->parent, space->params[i].parent));
        }
        cr_assert(eq(sz, count_taken(space, own, &dice), 50));
        forest_space_free(own);
        search_space_free(space);
    }
    forest_space_free(NULL);
}

Test(forest_space, numbers_lie_by_their_scale_and_parents_are_choices_by_their_cells)
{
    struct search_space *space = search_space_new();
    struct forest_space *own = NULL;
    const struct forest_dimension *dimensions = NULL;

    (void)add_double(space, "x", 1e-4, 1, SCALE_LOG);
    (void)add_integer(space, "layers", 1, 4, SCALE_LINEAR);
    (void)add_integer(space, "deep", 1, 2, SCALE_LOG);
    (void)add_double(space, "child", 0, 1, SCALE_NONE);
    make_child(space, 2, 2);
    own = forest_space_new(space);
    dimensions = forest_space_dimensions(own);
    cr_assert(epsilon_eq(dbl, forest_space_coordinate(own, 0, 0.01), 0.5, 1e-12));
    cr_assert(epsilon_eq(dbl, forest_space_coordinate(own, 1, 2), 0.375, 1e-12));
    cr_assert(isnan(forest_space_coordinate(own, 3, (double)NAN)));
    cr_assert(eq(sz, dimensions[1].choice_count, 0));
    cr_assert(eq(sz, dimensions[2].choice_count, 2));
    cr_assert(dimensions[2].is_ordered);
    cr_assert(epsilon_eq(dbl, dimensions[2].shares[0], log(3) / log(5), 1e-9));
    cr_assert(eq(dbl, forest_space_coordinate(own, 2, 2), 1));
    cr_assert(eq(u64, dimensions[3].selecting, 2));
    forest_space_free(own);
    search_space_free(space);
}

/* Neighbours share a choice; of a parent with so many values the child is left out. */
Test(forest_space, lists_longer_than_a_forest_has_choices_are_shortened)
{
    char texts[LONG_LIST][16];
    const char *names[LONG_LIST];
    struct dice dice = dice_new();
    struct search_space *space = search_space_new();
    struct forest_space *own = NULL;
    const struct forest_dimension *dimensions = NULL;

    for (int i = 0; i < LONG_LIST; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "v%d", i);
        names[i] = texts[i];
    }
    (void)add_category(space, "c", names, LONG_LIST);
    (void)add_category(space, "below", names, 2);
    make_child(space, 0, 7);
    (void)add_double(space, "below that", 0, 1, SCALE_NONE);
    make_child(space, 1, 0);
    (void)add_integer(space, "many", 1, 1000, SCALE_LINEAR);
    (void)add_double(space, "below many", 0, 1, SCALE_NONE);
    make_child(space, 3, 500);
    own = forest_space_new(space);
    dimensions = forest_space_dimensions(own);
    cr_assert(eq(sz, dimensions[0].choice_count, FOREST_CHOICES_MAX));
    cr_assert(eq(dbl, forest_space_coordinate(own, 0, LONG_LIST - 1), FOREST_CHOICES_MAX - 1));
    cr_assert(epsilon_eq(dbl, dimensions[0].shares[0], 0.02, 1e-12));
    cr_assert(eq(u64, dimensions[1].selecting, 0));
    cr_assert(eq(u64, dimensions[4].selecting, 0));
    cr_assert(eq(sz, count_taken(space, own, &dice), 50));
    forest_space_free(own);
    search_space_free(space);
}

Test(forest_space, each_failed_allocation_is_an_answer)
{
    struct search_space *space = mixed_space();
    struct forest_space *own = NULL;

    for (int successes = 0; !own; successes++) {
        allocations_fail_after(successes);
        own = forest_space_new(space);
        cr_assert(allocations_have_failed() == !own);
        allocations_fail_after(-1);
    }
    forest_space_free(own);
    search_space_free(space);
}
