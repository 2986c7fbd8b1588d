#include "search/forest.h"

#include "naive_trees.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 40, WIDTH_MAX = 6 };

/* Rows of a space, and what each came to. */
struct bed {
    size_t dimension;
    struct forest_dimension dimensions[WIDTH_MAX];
    double rows[FOREST_ROWS_MAX][WIDTH_MAX];
    double values[FOREST_ROWS_MAX];
    size_t count;
    bool is_maximized;
};

/* The first columns of the bed's rows, for spaces narrower than WIDTH_MAX. */
static struct forest *grow(const struct bed *bed, uint64_t seed, struct assay_error *err)
{
    double *rows = calloc(bed->count * bed->dimension + 1, sizeof *rows);
    struct forest_data data = { .dimension = bed->dimension,
                                .dimensions = bed->dimensions,
                                .row_count = bed->count,
                                .rows = rows,
                                .values = bed->values,
                                .is_maximized = bed->is_maximized };
    struct forest *forest = NULL;

    if (!rows) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < bed->count; i++)
        memcpy(rows + i * bed->dimension, bed->rows[i], bed->dimension * sizeof *rows);
    forest = forest_new(&data, seed, err);
    free(rows);
    return forest;
}

static struct forest *grow_sound(const struct bed *bed, uint64_t seed)
{
    struct assay_error err = { 0 };
    struct forest *forest = grow(bed, seed, &err);

    cr_assert(forest != NULL, "%s", err.message);
    return forest;
}

static void make_branched(struct bed *bed, struct dice *dice)
{
    bed->dimension = BRANCHED;
    bed->count = ROWS;
    bed->is_maximized = false;
    branched_space(bed->dimensions);
    for (size_t i = 0; i < ROWS; i++) {
        branched_row(dice, bed->rows[i]);
        bed->values[i] = dice_unit(dice) - 7;
    }
}

/* Of two numbers; values are the caller's to give. */
static void make_plain(struct bed *bed, struct dice *dice, size_t count)
{
    bed->dimension = 2;
    bed->count = count;
    bed->is_maximized = false;
    plain_space(bed->dimensions, 2);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 2; k++)
            bed->rows[i][k] = dice_unit(dice);
}

/* A place of dimension i, and the cell of a tree that it lies in. */
static double roll_place(struct dice *dice, const struct forest_dimension *dimension)
{
    if (dimension->choice_count > 0)
        return (double)dice_below(dice, dimension->choice_count);
    return dice_unit(dice);
}

static size_t cell_of(const struct naive_tree *naive, size_t k, double x)
{
    double end = 0;

    if (naive->forest->dimensions[k].choice_count > 0)
        return (size_t)x;
    for (size_t c = 0;; c++) {
        end += naive->shares[k][c];
        if (x < end || c + 1 == naive->counts[k])
            return c;
    }
}

static double means[NAIVE_CELLS * NAIVE_CELLS], weights[NAIVE_CELLS * NAIVE_CELLS];

Test(forest, a_marginal_is_the_average_over_all_cells_and_its_range_that_of_the_trees)
{
    struct dice dice = dice_new();
    static struct bed bed;
    struct forest *forest = NULL;

    make_branched(&bed, &dice);
    forest = grow_sound(&bed, dice_bits(&dice));
    for (size_t i = 0; i < BRANCHED; i++) {
        double x = roll_place(&dice, &bed.dimensions[i]);
        double said[FOREST_TREES];
        struct forest_spread spread = forest_marginal(forest, i, x);
        int below = 0, above = 0;
        double mean = 0;

        for (size_t t = 0; t < FOREST_TREES; t++) {
            struct naive_tree naive;

            naive_init(&naive, forest, t);
            naive_marginal(&naive, i, i, means, weights);
            said[t] = forest->centre + forest->scale * means[cell_of(&naive, i, x) * NAIVE_CELLS];
            mean += said[t] / FOREST_TREES;
        }
        for (size_t t = 0; t < FOREST_TREES; t++) {
            below += said[t] < spread.low - 1e-12;
            above += said[t] > spread.high + 1e-12;
        }
        cr_assert(epsilon_eq(dbl, spread.mean, mean, 1e-12));
        cr_assert(le(int, below, 7));
        cr_assert(le(int, above, 7));
        cr_assert(spread.low <= spread.mean && spread.mean <= spread.high);
    }
    forest_free(forest);
}

/* Some places of a side, rising. */
static void roll_side(struct dice *dice, const struct bed *bed, size_t k, double *x,
                      struct forest_side *side)
{
    size_t choice_count = bed->dimensions[k].choice_count;

    *side = (struct forest_side){ k, x, choice_count > 0 ? choice_count : 5 };
    for (size_t c = 0; c < side->count; c++)
        x[c] =
            choice_count > 0 ? (double)(choice_count - 1 - c) : ((double)c + dice_unit(dice)) / 5;
}

static void check_surface(struct dice *dice, const struct bed *bed, const struct forest *forest,
                          size_t i, size_t j)
{
    double xs[5], ys[5], surface[25], wanted[25] = { 0 }, weight[25] = { 0 };
    struct forest_side x, y;

    roll_side(dice, bed, i, xs, &x);
    roll_side(dice, bed, j, ys, &y);
    forest_surface(forest, &x, &y, surface);
    for (size_t t = 0; t < FOREST_TREES; t++) {
        struct naive_tree naive;

        naive_init(&naive, forest, t);
        naive_marginal(&naive, i, j, means, weights);
        for (size_t b = 0; b < y.count; b++)
            for (size_t a = 0; a < x.count; a++) {
                size_t at = cell_of(&naive, i, xs[a]) * NAIVE_CELLS + cell_of(&naive, j, ys[b]);

                wanted[b * x.count + a] +=
                    (forest->centre + forest->scale * means[at]) / FOREST_TREES;
                weight[b * x.count + a] += weights[at];
            }
    }
    for (size_t c = 0; c < x.count * y.count; c++)
        if (weight[c] > 0)
            cr_assert(epsilon_eq(dbl, surface[c], wanted[c], 1e-12));
}

Test(forest, a_surface_is_the_average_over_all_cells_and_nothing_where_branches_exclude_each_other)
{
    struct dice dice = dice_new();
    static struct bed bed;
    struct forest *forest = NULL;
    double place = 0.5, mean = 0;
    struct forest_side x = { 2, &place, 1 }, y = { 4, &place, 1 };

    make_branched(&bed, &dice);
    forest = grow_sound(&bed, dice_bits(&dice));
    for (size_t i = 0; i < BRANCHED; i++)
        for (size_t j = 0; j < BRANCHED; j++)
            if (i != j)
                check_surface(&dice, &bed, forest, i, j);
    forest_surface(forest, &x, &y, &mean);
    cr_assert(isnan(mean));
    forest_free(forest);
}

/* With the child as all there is to find, the parent explains nothing by itself. */
Test(forest, the_effect_of_a_conditional_parameter_is_found_where_it_is_active)
{
    struct dice dice = { 7 };
    static struct bed bed;
    struct forest *forest = NULL;

    make_branched(&bed, &dice);
    bed.count = 400;
    for (size_t i = 0; i < bed.count; i++) {
        branched_row(&dice, bed.rows[i]);
        bed.values[i] = isnan(bed.rows[i][4]) ? 0 : bed.rows[i][4] - 0.5;
    }
    forest = grow_sound(&bed, 1);
    cr_assert(epsilon_eq(dbl, forest_marginal(forest, 4, 0.2).mean, -0.3, 0.1));
    cr_assert(epsilon_eq(dbl, forest_marginal(forest, 4, 0.8).mean, 0.3, 0.1));
    cr_assert(epsilon_eq(dbl, forest_marginal(forest, 2, 0.8).mean, 0, 0.02));
    forest_free(forest);
}

Test(forest, the_same_data_and_seed_give_the_same_forest_and_another_seed_another_one)
{
    struct dice dice = dice_new();
    static struct bed bed;
    struct forest *a = NULL, *b = NULL, *c = NULL;

    make_branched(&bed, &dice);
    a = grow_sound(&bed, 5);
    b = grow_sound(&bed, 5);
    c = grow_sound(&bed, 6);
    cr_assert(eq(sz, a->node_count, b->node_count));
    for (size_t n = 0; n < a->node_count; n++) {
        cr_assert(eq(int, a->nodes[n].dimension, b->nodes[n].dimension));
        cr_assert(a->nodes[n].value == b->nodes[n].value && a->nodes[n].cut == b->nodes[n].cut);
    }
    cr_assert(forest_marginal(a, 0, 0.3).mean != forest_marginal(c, 0, 0.3).mean);
    forest_free(a);
    forest_free(b);
    forest_free(c);
}

Test(forest, another_order_of_the_rows_changes_little)
{
    struct dice dice = { 7 };
    static struct bed bed, turned;
    struct forest *a = NULL, *b = NULL;

    make_plain(&bed, &dice, 300);
    for (size_t i = 0; i < bed.count; i++)
        bed.values[i] = 3 * bed.rows[i][0] + bed.rows[i][1];
    turned = bed;
    for (size_t i = 0; i < bed.count; i++) {
        memcpy(turned.rows[i], bed.rows[bed.count - 1 - i], sizeof *bed.rows);
        turned.values[i] = bed.values[bed.count - 1 - i];
    }
    a = grow_sound(&bed, 1);
    b = grow_sound(&turned, 1);
    for (double x = 0; x <= 1; x += 0.1) {
        double wanted = 3 * x + 0.5;

        cr_assert(epsilon_eq(dbl, forest_marginal(a, 0, x).mean, wanted, 0.15));
        cr_assert(epsilon_eq(dbl, forest_marginal(b, 0, x).mean, wanted, 0.15));
    }
    forest_free(a);
    forest_free(b);
}

/* 1 .. 2 by the first coordinate, but what diverged. */
Test(forest, values_far_on_the_worse_side_count_as_three_times_the_best_ones_distance)
{
    struct dice dice = { 7 };
    static struct bed bed;

    for (int is_maximized = 0; is_maximized < 2; is_maximized++) {
        struct forest *forest = NULL;
        double sign = is_maximized ? -1 : 1;

        make_plain(&bed, &dice, 400);
        bed.is_maximized = is_maximized;
        for (size_t i = 0; i < bed.count; i++)
            bed.values[i] = sign * (1 + bed.rows[i][0]);
        for (size_t i = 0; i < bed.count; i += 10)
            bed.values[i] = sign * (i % 20 == 0 ? 1e12 : HUGE_VAL);
        forest = grow_sound(&bed, 1);
        cr_assert(epsilon_eq(dbl, forest_marginal(forest, 0, 0.1).mean, sign * 1.3, 0.3));
        cr_assert(epsilon_eq(dbl, forest->centre, sign * 1.7, 0.15));
        forest_free(forest);
        for (size_t i = 0; i < bed.count; i++)
            bed.values[i] = sign * (i == 0 ? -1e9 : 1 + bed.rows[i][0]);
        forest = grow_sound(&bed, 1);
        cr_assert(lt(dbl, forest_marginal(forest, 0, bed.rows[0][0]).mean * sign, -1e3));
        forest_free(forest);
    }
}

Test(forest, numbers_at_the_ends_of_the_doubles_stay_numbers)
{
    struct dice dice = dice_new();
    static struct bed bed;
    static const double extremes[] = { -HUGE_VAL, 1.7e308, -1.7e308, 5e-324, 0, -1e-300, 1e-300 };
    struct forest *forest = NULL;

    make_plain(&bed, &dice, 70);
    for (size_t i = 0; i < bed.count; i++) {
        bed.values[i] = extremes[i % 7];
        bed.rows[i][0] = i % 3 == 0 ? 1 : i % 3 == 1 ? 1 - 0x1p-53 : 0;
    }
    forest = grow_sound(&bed, 1);
    for (size_t i = 0; i < bed.count; i++) {
        struct forest_spread spread = forest_marginal(forest, i % 2, bed.rows[i][i % 2]);

        cr_assert(isfinite(spread.mean) && isfinite(spread.low) && isfinite(spread.high));
    }
    forest_free(forest);
    for (size_t i = 0; i < bed.count; i++)
        bed.values[i] = (double)(i % 2) * 5e-324;
    forest = grow_sound(&bed, 1);
    cr_assert(isfinite(forest_marginal(forest, 0, 1).mean));
    forest_free(forest);
}

Test(forest, rows_without_a_value_or_against_the_space_are_left_out)
{
    struct dice dice = dice_new();
    static struct bed bed;
    struct forest *forest = NULL;

    make_branched(&bed, &dice);
    bed.values[0] = (double)NAN;
    bed.rows[1][0] = (double)NAN;
    bed.rows[2][1] = 3;
    bed.rows[3][1] = 0.5;
    bed.rows[4][0] = 1.5;
    bed.rows[5][1] = 2;
    bed.rows[5][2] = 0.5;
    bed.rows[6][1] = (double)NAN;
    forest = grow_sound(&bed, 1);
    cr_assert(eq(sz, forest_row_count(forest), ROWS - 7));
    cr_assert(eq(sz, forest_dimension(forest), BRANCHED));
    forest_free(forest);
}

Test(forest, fewer_than_four_trials_are_told_and_four_are_enough)
{
    struct dice dice = dice_new();
    static struct bed bed;
    struct assay_error err = { 0 };
    struct forest *forest = NULL;

    make_plain(&bed, &dice, 4);
    for (size_t i = 0; i < 4; i++)
        bed.values[i] = (double)i;
    forest = grow_sound(&bed, 1);
    forest_free(forest);
    bed.values[3] = (double)NAN;
    cr_assert(grow(&bed, 1, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    cr_assert(strstr(err.message, "at least 4") && strstr(err.message, "3 so far"));
}

Test(forest, the_first_two_thousand_rows_are_used)
{
    struct dice dice = dice_new();
    static struct bed bed;
    double *rows = calloc(2 * (FOREST_ROWS_MAX + 5), sizeof *rows);
    double *values = calloc(FOREST_ROWS_MAX + 5, sizeof *values);
    struct assay_error err = { 0 };
    struct forest_data data = { 2, bed.dimensions, FOREST_ROWS_MAX + 5, rows, values, false };
    struct forest *forest = NULL;

    make_plain(&bed, &dice, 0);
    for (size_t i = 0; i < FOREST_ROWS_MAX + 5; i++)
        values[i] = i < FOREST_ROWS_MAX ? 1 : 2;
    values[3] = (double)NAN;
    forest = forest_new(&data, 1, &err);
    cr_assert(eq(sz, forest_row_count(forest), FOREST_ROWS_MAX));
    cr_assert(epsilon_eq(dbl, forest->centre, 1 + 1.0 / FOREST_ROWS_MAX, 1e-9));
    forest_free(forest);
    free(rows);
    free(values);
}

Test(forest, of_many_dimensions_fewer_rows_are_used)
{
    static const size_t dimensions[] = { 25, 50, 300 }, wanted[] = { 2000, 1000, 200 };
    double *rows = calloc(FOREST_ROWS_MAX * 300, sizeof *rows);
    double *values = calloc(FOREST_ROWS_MAX, sizeof *values);
    struct forest_dimension *space = calloc(300, sizeof *space);

    plain_space(space, 300);
    for (size_t i = 0; i < 3; i++) {
        struct assay_error err = { 0 };
        struct forest_data data = { dimensions[i], space, FOREST_ROWS_MAX, rows, values, false };
        struct forest *forest = forest_new(&data, 1, &err);

        cr_assert(eq(sz, forest_row_count(forest), wanted[i]));
        forest_free(forest);
    }
    free(rows);
    free(values);
    free(space);
}

/* All bits of a parent's choices say nothing about which ones they are. */
Test(forest, where_two_children_are_active_is_counted_once)
{
    struct forest_dimension dimensions[4];
    struct forest forest = { .dimension = 4, .dimensions = dimensions };

    plain_space(dimensions, 4);
    dimensions[0].choice_count = FOREST_CHOICES_MAX;
    for (size_t c = 0; c < FOREST_CHOICES_MAX; c++)
        dimensions[0].shares[c] = 1.0 / FOREST_CHOICES_MAX;
    for (size_t k = 1; k < 4; k++)
        dimensions[k].parent = 0;
    dimensions[1].selecting = UINT64_MAX;
    dimensions[2].selecting = UINT32_MAX;
    dimensions[3].selecting = ~(uint64_t)UINT32_MAX;
    cr_assert(epsilon_eq(dbl, forest_active_share(&forest, 1, 2), 0.5, 1e-12));
    cr_assert(epsilon_eq(dbl, forest_active_share(&forest, 2, 1), 0.5, 1e-12));
    cr_assert(epsilon_eq(dbl, forest_active_share(&forest, 2, 2), 0.5, 1e-12));
    cr_assert(epsilon_eq(dbl, forest_active_share(&forest, 0, 2), 0.5, 1e-12));
    cr_assert(eq(dbl, forest_active_share(&forest, 2, 3), 0));
}

Test(forest, each_failed_allocation_is_an_answer)
{
    struct dice dice = { 3 };
    static struct bed bed;
    struct forest *forest = NULL;

    make_branched(&bed, &dice);
    for (int successes = 0; !forest; successes++) {
        struct assay_error err = { 0 };

        allocations_fail_after(successes);
        forest = grow(&bed, 1, &err);
        cr_assert(allocations_have_failed() == !forest);
        cr_assert(forest || err.code == ASSAY_EXHAUSTED);
        allocations_fail_after(-1);
    }
    forest_free(forest);
    forest_free(NULL);
}
