#include "search/grid.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 8 };

/* The naive twin: every point of the full product that is legal, as rows. */
struct listing {
    size_t count;
    double (*points)[PARAMS_MAX];
};

/* Parameter index and all behind it; inactive ones have NaN as their only value. */
static void list_from(const struct search_space *space, size_t index, double *point,
                      struct listing *listing)
{
    if (index == space->param_count) {
        listing->points = realloc(listing->points, (listing->count + 1) * sizeof *listing->points);
        memcpy(listing->points[listing->count++], point, PARAMS_MAX * sizeof *point);
        return;
    }
    const struct param_spec *spec = &space->params[index];
    if (!search_space_is_active(space, point, index)) {
        point[index] = (double)NAN;
        list_from(space, index + 1, point, listing);
        return;
    }
    for (uint64_t i = 0; i < param_spec_value_total(spec); i++) {
        point[index] = value_at(spec, i);
        list_from(space, index + 1, point, listing);
    }
}

static grid_count whole_size(const struct grid *grid, const struct search_space *space)
{
    grid_count size = 1;

    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].parent == PARAM_NO_PARENT)
            size = grid_multiply(size, grid_size(grid, i));
    return size;
}

static void fill_whole(const struct grid *grid, const struct search_space *space, grid_count rank,
                       double *point)
{
    for (size_t i = 0; i < space->param_count; i++)
        point[i] = (double)NAN;
    for (size_t i = 0; i < space->param_count; i++)
        if (space->params[i].parent == PARAM_NO_PARENT) {
            grid_fill(grid, i, rank % grid_size(grid, i), point);
            rank /= grid_size(grid, i);
        }
}

Test(grid, ranks_are_the_legal_combinations_each_once)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 400; round++) {
        struct search_space *space = random_tree(&dice, 1 + dice_below(&dice, PARAMS_MAX));
        struct grid *grid = grid_new(space);
        struct listing listing = { 0 };
        double point[PARAMS_MAX] = { 0 };
        bool *is_found = NULL;

        list_from(space, 0, point, &listing);
        is_found = calloc(listing.count, sizeof *is_found);
        cr_assert(eq(u64, (uint64_t)whole_size(grid, space), listing.count));
        for (size_t rank = 0; rank < listing.count && listing.count < 2000; rank++) {
            size_t at = 0;

            fill_whole(grid, space, rank, point);
            while (at < listing.count &&
                   !is_same_point(point, listing.points[at], space->param_count))
                at++;
            cr_assert(at < listing.count && !is_found[at], "rank %zu of %zu", rank, listing.count);
            is_found[at] = true;
        }
        free(is_found);
        free(listing.points);
        grid_free(grid);
        search_space_free(space);
    }
}

Test(grid, rank_is_the_inverse_of_fill)
{
    struct dice dice = dice_new();

    for (int round = 0; round < 200; round++) {
        struct search_space *space = random_tree(&dice, 1 + dice_below(&dice, 30));
        struct grid *grid = grid_new(space);
        double point[30];

        for (int i = 0; i < 50; i++) {
            for (size_t k = 0; k < space->param_count; k++)
                point[k] = (double)NAN;
            for (size_t k = 0; k < space->param_count; k++)
                if (space->params[k].parent == PARAM_NO_PARENT) {
                    grid_count rank = dice_bits(&dice) % grid_size(grid, k);

                    grid_fill(grid, k, rank, point);
                    cr_assert(grid_rank(grid, k, point) == rank);
                }
            cr_assert(search_space_is_legal(space, point));
        }
        grid_free(grid);
        search_space_free(space);
    }
}

Test(grid, a_huge_integer_is_counted_without_a_list)
{
    struct search_space *space = search_space_new();
    int huge = add_integer(space, "huge", -0x1p53, 0x1p53, SCALE_NONE);
    double point[2] = { (double)NAN, (double)NAN };
    struct grid *grid = NULL;

    (void)add_integer(space, "child", 1, 10, SCALE_NONE);
    make_child(space, huge, 0);
    grid = grid_new(space);
    cr_assert(grid_size(grid, 0) == ((grid_count)1 << 54) + 10);
    grid_fill(grid, 0, grid_size(grid, 0) - 1, point);
    cr_assert(eq(dbl, point[0], 0x1p53));
    cr_assert(isnan(point[1]));
    grid_fill(grid, 0, ((grid_count)1 << 53) + 4, point);
    cr_assert(eq(dbl, point[0], 0.0));
    cr_assert(eq(dbl, point[1], 5.0));
    cr_assert(grid_rank(grid, 0, point) == ((grid_count)1 << 53) + 4);
    grid_free(grid);
    search_space_free(space);
}

/* Three children of 2^54 values under one value: 2^162 combinations. */
Test(grid, counts_stop_at_their_maximum)
{
    struct search_space *space = search_space_new();
    int root = add_integer(space, "root", 0, 1, SCALE_NONE);
    double point[4] = { (double)NAN, (double)NAN, (double)NAN, (double)NAN };
    struct grid *grid = NULL;

    for (int i = 0; i < 3; i++) {
        (void)add_integer(space, "child", -0x1p53, 0x1p53, SCALE_NONE);
        make_child(space, root, 1);
    }
    grid = grid_new(space);
    cr_assert(grid_size(grid, 0) == GRID_COUNT_MAX);
    grid_fill(grid, 0, GRID_COUNT_MAX - 1, point);
    cr_assert(search_space_is_legal(space, point));
    cr_assert(grid_rank(grid, 0, point) == GRID_COUNT_MAX - 1);
    cr_assert(grid_multiply(GRID_COUNT_MAX, GRID_COUNT_MAX) == GRID_COUNT_MAX);
    cr_assert(grid_multiply(3, 5) == 15);
    cr_assert(grid_multiply(0, GRID_COUNT_MAX) == 0);
    grid_free(grid);
    search_space_free(space);
}

Test(grid, a_failed_allocation_leaks_nothing)
{
    struct search_space *space = countable_space();
    struct grid *grid = NULL;

    for (int successes = 0; !grid; successes++) {
        bool has_failed = false;

        allocations_fail_after(successes);
        grid = grid_new(space);
        has_failed = allocations_have_failed();
        allocations_fail_after(-1);
        cr_assert(eq(int, grid != NULL, !has_failed));
    }
    grid_free(grid);
    grid_free(NULL);
    search_space_free(space);
}
