#include "search/importance.h"

#include "naive_trees.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 600, WIDTH = BRANCHED };

typedef double (*value_fn)(const double *row);

struct study {
    struct forest *forest;
    struct importance *importance;
};

static void analyse(struct study *study, const struct forest_dimension *dimensions,
                    size_t dimension, const double *rows, const double *values, size_t count)
{
    struct forest_data data = { dimension, dimensions, count, rows, values, false };
    struct assay_error err = { 0 };

    study->forest = forest_new(&data, 1, &err);
    cr_assert(study->forest != NULL, "%s", err.message);
    study->importance = importance_new(study->forest, &err);
    cr_assert(study->importance != NULL, "%s", err.message);
}

/* Random rows of `dimensions`, no parents; choices are drawn evenly. */
static void analyse_function(struct study *study, const struct forest_dimension *dimensions,
                             size_t dimension, size_t count, value_fn value)
{
    static double rows[ROWS_MOST * WIDTH], values[ROWS_MOST];
    struct dice dice = { 7 };

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < dimension; k++)
            rows[i * dimension + k] = dimensions[k].choice_count > 0
                                          ? (double)dice_below(&dice, dimensions[k].choice_count)
                                          : dice_unit(&dice);
        values[i] = value(rows + i * dimension);
    }
    analyse(study, dimensions, dimension, rows, values, count);
}

static void clear(struct study *study)
{
    importance_free(study->importance);
    forest_free(study->forest);
}

static double mean_of(const struct study *study, size_t i)
{
    return importance_of(study->importance, i).mean;
}

static struct forest_spread pair_of(const struct study *study, size_t i, size_t j)
{
    size_t count = 0;
    const struct importance_pair *pairs = importance_pairs(study->importance, &count);

    for (size_t p = 0; p < count; p++)
        if (pairs[p].i == i && pairs[p].j == j)
            return pairs[p].share;
    return (struct forest_spread){ 0, 0, 0 };
}

static double linear(const double *row)
{
    return 3 * row[0] + row[1];
}

Test(importance, a_weighted_sum_is_due_to_the_squares_of_its_weights)
{
    struct forest_dimension dimensions[3];
    struct study study;

    plain_space(dimensions, 3);
    analyse_function(&study, dimensions, 3, 600, linear);
    cr_assert(epsilon_eq(dbl, mean_of(&study, 0), 0.9, 0.03));
    cr_assert(epsilon_eq(dbl, mean_of(&study, 1), 0.1, 0.03));
    cr_assert(lt(dbl, mean_of(&study, 2), 0.005));
    cr_assert(lt(dbl, pair_of(&study, 0, 1).mean, 0.03));
    cr_assert(eq(sz, importance_order(study.importance)[0], 0));
    cr_assert(eq(sz, importance_order(study.importance)[2], 2));
    for (size_t i = 0; i < 3; i++) {
        struct forest_spread share = importance_of(study.importance, i);

        cr_assert(share.low >= 0 && share.low <= share.mean);
        cr_assert(share.mean <= share.high && share.high <= 1);
    }
    clear(&study);
}

static double product(const double *row)
{
    return (row[0] - 0.5) * (row[2] - 0.5);
}

Test(importance, a_product_is_due_to_the_pair_and_to_neither_alone)
{
    struct forest_dimension dimensions[3];
    struct study study;
    size_t count = 0;

    plain_space(dimensions, 3);
    analyse_function(&study, dimensions, 3, 600, product);
    cr_assert(lt(dbl, 0.8, pair_of(&study, 0, 2).mean));
    cr_assert(lt(dbl, mean_of(&study, 0) + mean_of(&study, 2), 0.15));
    cr_assert(eq(sz, importance_pairs(study.importance, &count)[0].i, 0));
    cr_assert(eq(sz, count, 3));
    clear(&study);
}

/* By choice 0, 1, 0, 0 with a coordinate added: variances 3/16 and 1/12. */
static double one_choice(const double *row)
{
    return row[0] + (row[1] == 1 ? 1 : 0);
}

Test(importance, a_choice_counts_by_the_shares_of_its_values)
{
    struct forest_dimension dimensions[3];
    struct study study;

    plain_space(dimensions, 3);
    dimensions[1].choice_count = 4;
    dimensions[2].choice_count = 20; /* of no effect, but many ways to seem to have one */
    for (size_t c = 0; c < 20; c++) {
        dimensions[1].shares[c] = c < 4 ? 0.25 : 0;
        dimensions[2].shares[c] = 0.05;
    }
    analyse_function(&study, dimensions, 3, 300, one_choice);
    cr_assert(epsilon_eq(dbl, mean_of(&study, 1), 0.6923, 0.02));
    cr_assert(epsilon_eq(dbl, mean_of(&study, 0), 0.3077, 0.02));
    cr_assert(lt(dbl, mean_of(&study, 2), 0.005));
    clear(&study);
    dimensions[1].shares[1] = 0.97; /* nearly all of the space has this value now */
    dimensions[1].shares[0] = dimensions[1].shares[2] = dimensions[1].shares[3] = 0.01;
    analyse_function(&study, dimensions, 3, 300, one_choice);
    cr_assert(epsilon_eq(dbl, mean_of(&study, 1), 0.97 * 0.03 / (0.97 * 0.03 + 1.0 / 12), 0.03));
    clear(&study);
}

/* The parent's choices are alike but for the child, which is active in half of the space. */
Test(importance, a_conditional_parameter_has_the_effect_that_it_has_where_it_is_active)
{
    static double rows[ROWS_MOST * 3], values[ROWS_MOST];
    struct forest_dimension dimensions[3];
    struct dice dice = { 7 };
    struct study study;

    plain_space(dimensions, 3);
    dimensions[0].choice_count = 2;
    dimensions[0].shares[0] = dimensions[0].shares[1] = 0.5;
    dimensions[1].parent = 0;
    dimensions[1].selecting = 2;
    for (size_t i = 0; i < ROWS_MOST; i++) {
        double *row = rows + i * 3;

        row[0] = (double)dice_below(&dice, 2);
        row[1] = row[0] == 1 ? dice_unit(&dice) : (double)NAN;
        row[2] = dice_unit(&dice);
        values[i] = row[0] == 1 ? row[1] - 0.5 : 0;
    }
    analyse(&study, dimensions, 3, rows, values, ROWS_MOST);
    cr_assert(lt(dbl, 0.95, mean_of(&study, 1)));
    cr_assert(lt(dbl, mean_of(&study, 0), 0.03));
    cr_assert(lt(dbl, pair_of(&study, 0, 1).mean, 0.01));
    clear(&study);
}

static double square(double x)
{
    return x * x;
}

struct moments {
    double mean, square;
};

static void add_moments(void *context, const size_t *cells, double weight, double value)
{
    struct moments *moments = context;

    (void)cells;
    moments->mean += weight * value;
    moments->square += weight * value * value;
}

/* By the definition: of all cells in which both are active, what is left of their values without
 * the averages of their row and their column, squared. i == j: the squares of the averages. */
static double naive_share(const struct naive_tree *naive, size_t i, size_t j)
{
    static double means[NAIVE_CELLS][NAIVE_CELLS], weights[NAIVE_CELLS][NAIVE_CELLS];
    double rows[NAIVE_CELLS][2] = { { 0 } }, columns[NAIVE_CELLS][2] = { { 0 } };
    double all = 0, mean = 0, variance = 0;
    struct moments moments = { 0, 0 };

    naive_visit(naive, add_moments, &moments);
    naive_marginal(naive, i, j, means[0], weights[0]);
    for (size_t a = 0; a < NAIVE_CELLS; a++)
        for (size_t b = 0; b < NAIVE_CELLS; b++) {
            rows[a][0] += weights[a][b] * means[a][b];
            rows[a][1] += weights[a][b];
            columns[b][0] += weights[a][b] * means[a][b];
            columns[b][1] += weights[a][b];
            mean += weights[a][b] * means[a][b];
            all += weights[a][b];
        }
    for (size_t a = 0; a < NAIVE_CELLS; a++)
        for (size_t b = 0; b < NAIVE_CELLS; b++)
            if (weights[a][b] > 0 && i == j)
                variance += weights[a][b] * square(means[a][b] - mean / all);
            else if (weights[a][b] > 0)
                variance += weights[a][b] * square(means[a][b] - rows[a][0] / rows[a][1] -
                                                   columns[b][0] / columns[b][1] + mean / all);
    return variance / (moments.square - square(moments.mean));
}

static double naive_mean_share(const struct forest *forest, size_t i, size_t j)
{
    double sum = 0;

    for (size_t t = 0; t < FOREST_TREES; t++) {
        struct naive_tree naive;

        naive_init(&naive, forest, t);
        sum += naive_share(&naive, i, j) / FOREST_TREES;
    }
    return sum;
}

Test(importance, shares_are_those_of_all_cells_added_up_and_at_most_everything)
{
    double rows[40][BRANCHED], values[40];
    struct forest_dimension dimensions[BRANCHED];
    struct dice dice = dice_new();
    struct study study;
    double total = 0;
    size_t count = 0;
    const struct importance_pair *pairs = NULL;

    branched_space(dimensions);
    for (size_t i = 0; i < 40; i++) {
        branched_row(&dice, rows[i]);
        values[i] = dice_unit(&dice) + rows[i][0] * rows[i][1];
    }
    analyse(&study, dimensions, BRANCHED, rows[0], values, 40);
    for (size_t i = 0; i < BRANCHED; i++) {
        total += mean_of(&study, i);
        cr_assert(epsilon_eq(dbl, mean_of(&study, i), naive_mean_share(study.forest, i, i), 1e-10));
    }
    pairs = importance_pairs(study.importance, &count);
    cr_assert(eq(sz, count, IMPORTANCE_PAIRS_MAX));
    for (size_t p = 0; p < count; p++) {
        total += pairs[p].share.mean;
        cr_assert(p == 0 || pairs[p].share.mean <= pairs[p - 1].share.mean);
        cr_assert(lt(sz, pairs[p].i, pairs[p].j));
        cr_assert(epsilon_eq(dbl, pairs[p].share.mean,
                             naive_mean_share(study.forest, pairs[p].i, pairs[p].j), 1e-10));
    }
    cr_assert(lt(dbl, total, 1 + 1e-9));
    clear(&study);
}

static double constant(const double *row)
{
    (void)row;
    return 0.1;
}

Test(importance, nothing_is_important_where_all_values_are_the_same)
{
    struct forest_dimension dimensions[3];
    struct study study;
    size_t count = 0;
    const struct importance_pair *pairs = NULL;

    plain_space(dimensions, 3);
    analyse_function(&study, dimensions, 3, 50, constant);
    for (size_t i = 0; i < 3; i++) {
        struct forest_spread share = importance_of(study.importance, i);

        cr_assert(share.mean == 0 && share.low == 0 && share.high == 0);
        cr_assert(eq(sz, importance_order(study.importance)[i], i));
    }
    pairs = importance_pairs(study.importance, &count);
    for (size_t p = 0; p < count; p++)
        cr_assert(pairs[p].share.mean == 0);
    clear(&study);
}

Test(importance, a_space_of_one_parameter_has_no_pairs_and_one_of_none_has_nothing)
{
    struct forest_dimension dimensions[1];
    struct study study;
    size_t count = 1;

    plain_space(dimensions, 1);
    for (size_t dimension = 0; dimension < 2; dimension++) {
        static const double rows[] = { 0, 0.25, 0.5, 1 };

        analyse(&study, dimensions, dimension, rows, rows, 4);
        (void)importance_pairs(study.importance, &count);
        cr_assert(eq(sz, count, 0));
        if (dimension == 1)
            cr_assert(epsilon_eq(dbl, mean_of(&study, 0), 1, 0.1));
        clear(&study);
    }
}

/* Of a hundred parameters one matters. */
Test(importance, one_of_a_hundred_parameters_is_found)
{
    enum { MANY = 100, COUNT = 60 };
    static double rows[COUNT][MANY];
    static struct forest_dimension dimensions[MANY];
    double values[COUNT];
    struct dice dice = { 7 };
    struct study study;

    plain_space(dimensions, MANY);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t k = 0; k < MANY; k++)
            rows[i][k] = dice_unit(&dice);
        values[i] = rows[i][70];
    }
    analyse(&study, dimensions, MANY, rows[0], values, COUNT);
    cr_assert(eq(sz, importance_order(study.importance)[0], 70));
    cr_assert(lt(dbl, 0.8, mean_of(&study, 70)));
    clear(&study);
}

Test(importance, each_failed_allocation_is_an_answer)
{
    struct forest_dimension dimensions[3];
    struct study study;

    plain_space(dimensions, 3);
    analyse_function(&study, dimensions, 3, 30, linear);
    importance_free(study.importance);
    study.importance = NULL;
    for (int successes = 0; !study.importance; successes++) {
        struct assay_error err = { 0 };

        allocations_fail_after(successes);
        study.importance = importance_new(study.forest, &err);
        cr_assert(allocations_have_failed() == !study.importance);
        cr_assert(study.importance || err.code == ASSAY_EXHAUSTED);
        allocations_fail_after(-1);
    }
    clear(&study);
    importance_free(NULL);
}
