#include "naive_trees.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void lay_cells(struct naive_tree *naive, size_t k)
{
    const struct forest *forest = naive->forest;
    double edges[NAIVE_CELLS + 1] = { 0, 1 };
    size_t count = 2;

    for (uint32_t n = forest->roots[naive->tree]; n < forest->roots[naive->tree + 1]; n++)
        if (forest->nodes[n].dimension == (int)k) {
            cr_assert(lt(sz, count, NAIVE_CELLS + 1));
            edges[count++] = forest->nodes[n].cut;
        }
    qsort(edges, count, sizeof *edges, compare);
    naive->counts[k] = count - 1;
    for (size_t c = 0; c + 1 < count; c++) {
        naive->places[k][c] = (edges[c] + edges[c + 1]) / 2;
        naive->shares[k][c] = edges[c + 1] - edges[c];
    }
}

void naive_init(struct naive_tree *naive, const struct forest *forest, size_t tree)
{
    *naive = (struct naive_tree){ .forest = forest, .tree = tree };
    for (size_t k = 0; k < forest->dimension; k++) {
        const struct forest_dimension *dimension = &forest->dimensions[k];

        if (dimension->choice_count == 0)
            lay_cells(naive, k);
        for (size_t c = 0; c < dimension->choice_count; c++) {
            naive->places[k][c] = (double)c;
            naive->shares[k][c] = dimension->shares[c];
            naive->counts[k] = c + 1;
        }
    }
}

static double predict(const struct naive_tree *naive, const size_t *cells)
{
    const struct forest *forest = naive->forest;
    uint32_t at = forest->roots[naive->tree];

    while (forest->nodes[at].dimension != TREE_LEAF) {
        const struct tree_node *node = &forest->nodes[at];
        size_t k = (size_t)node->dimension;
        bool is_left = false;

        cr_assert(ne(sz, cells[k], SIZE_MAX), "asks for an inactive parameter");
        is_left = forest->dimensions[k].choice_count > 0 ? (node->choices[0] >> cells[k] & 1) != 0
                                                         : naive->places[k][cells[k]] < node->cut;
        at = is_left ? at + 1 : node->right;
    }
    return forest->nodes[at].value;
}

static bool is_active(const struct forest_dimension *dimension, const size_t *cells)
{
    if (dimension->parent == FOREST_NO_PARENT)
        return true;
    return cells[dimension->parent] != SIZE_MAX &&
           (dimension->selecting >> cells[dimension->parent] & 1) != 0;
}

static void visit_from(const struct naive_tree *naive, size_t k, size_t *cells, double weight,
                       naive_fn fn, void *context)
{
    if (k == naive->forest->dimension) {
        fn(context, cells, weight, predict(naive, cells));
    } else if (!is_active(&naive->forest->dimensions[k], cells)) {
        cells[k] = SIZE_MAX;
        visit_from(naive, k + 1, cells, weight, fn, context);
    } else {
        for (size_t c = 0; c < naive->counts[k]; c++) {
            cells[k] = c;
            visit_from(naive, k + 1, cells, weight * naive->shares[k][c], fn, context);
        }
    }
}

void naive_visit(const struct naive_tree *naive, naive_fn fn, void *context)
{
    size_t cells[NAIVE_DIMENSIONS];

    visit_from(naive, 0, cells, 1, fn, context);
}

struct sums {
    size_t i, j;
    double *means, *weights;
};

static void add(void *context, const size_t *cells, double weight, double value)
{
    struct sums *sums = context;
    size_t at = 0;

    if (cells[sums->i] == SIZE_MAX || cells[sums->j] == SIZE_MAX)
        return;
    at = cells[sums->i] * NAIVE_CELLS + (sums->i == sums->j ? 0 : cells[sums->j]);
    sums->means[at] += weight * value;
    sums->weights[at] += weight;
}

void naive_marginal(const struct naive_tree *naive, size_t i, size_t j, double *means,
                    double *weights)
{
    struct sums sums = { i, j, means, weights };

    for (size_t c = 0; c < NAIVE_CELLS * NAIVE_CELLS; c++)
        means[c] = weights[c] = 0;
    naive_visit(naive, add, &sums);
    for (size_t c = 0; c < NAIVE_CELLS * NAIVE_CELLS; c++)
        means[c] = weights[c] > 0 ? means[c] / weights[c] : 0;
}

void plain_space(struct forest_dimension *dimensions, size_t count)
{
    for (size_t k = 0; k < count; k++)
        dimensions[k] = (struct forest_dimension){ .parent = FOREST_NO_PARENT };
}

/* A number; three choices; below the first two of them a number; below the third an ordered choice,
 * itself with a number below two of its choices; below the first a number. */
void branched_space(struct forest_dimension dimensions[BRANCHED])
{
    plain_space(dimensions, BRANCHED);
    dimensions[1].choice_count = 3;
    dimensions[1].shares[0] = 0.5;
    dimensions[1].shares[1] = 0.3;
    dimensions[1].shares[2] = 0.2;
    dimensions[2].parent = 1;
    dimensions[2].selecting = 3;
    dimensions[3].parent = 1;
    dimensions[3].selecting = 4;
    dimensions[3].choice_count = 4;
    dimensions[3].is_ordered = true;
    for (size_t c = 0; c < 4; c++)
        dimensions[3].shares[c] = 0.1 + 0.1 * (double)c;
    dimensions[4].parent = 3;
    dimensions[4].selecting = 10;
    dimensions[5].parent = 1;
    dimensions[5].selecting = 1;
}

void branched_row(struct dice *dice, double row[BRANCHED])
{
    for (size_t k = 0; k < BRANCHED; k++)
        row[k] = dice_unit(dice);
    row[1] = (double)dice_below(dice, 3);
    row[2] = row[1] < 2 ? row[2] : (double)NAN;
    row[3] = row[1] < 2 ? (double)NAN : (double)dice_below(dice, 4);
    row[4] = row[3] == 1 || row[3] == 3 ? row[4] : (double)NAN;
    row[5] = row[1] < 1 ? row[5] : (double)NAN;
}
