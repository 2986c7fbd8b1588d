#include "search/forest_trees.h"

#include <math.h>
#include <stdlib.h>

uint64_t forest_all_choices(const struct forest_dimension *dimension)
{
    size_t count = dimension->choice_count;

    return count < FOREST_CHOICES_MAX ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

double forest_choices_share(const struct forest_dimension *dimension, uint64_t choices)
{
    double share = 0;

    for (size_t c = 0; c < dimension->choice_count; c++)
        share += choices >> c & 1 ? dimension->shares[c] : 0;
    return share;
}

uint64_t forest_restriction(const struct forest *forest, size_t i, size_t k)
{
    const struct forest_dimension *child = i < forest->dimension ? &forest->dimensions[i] : NULL;

    while (child && child->parent != FOREST_NO_PARENT) {
        if (child->parent == (int)k)
            return child->selecting;
        child = &forest->dimensions[child->parent];
    }
    return UINT64_MAX;
}

static bool is_ancestor(const struct forest *forest, size_t i, int k)
{
    for (int above = forest->dimensions[i].parent; above != FOREST_NO_PARENT;
         above = forest->dimensions[above].parent)
        if (above == k)
            return true;
    return false;
}

/* Of one line of ancestors, as both dimensions restrict them; of the second line only those that
 * are not in the first, too. */
static double line_share(const struct forest *forest, size_t i, size_t also, bool is_second)
{
    double share = 1;

    for (int k = forest->dimensions[i].parent; k != FOREST_NO_PARENT;
         k = forest->dimensions[k].parent) {
        uint64_t allowed =
            forest_restriction(forest, i, (size_t)k) & forest_restriction(forest, also, (size_t)k);

        if (!is_second || !is_ancestor(forest, also, k))
            share *= forest_choices_share(&forest->dimensions[k], allowed);
    }
    return share;
}

double forest_active_share(const struct forest *forest, size_t i, size_t j)
{
    return line_share(forest, i, j, false) * line_share(forest, j, i, true);
}

struct walk {
    const struct forest *forest;
    size_t dimensions[2];
    forest_leaf_fn fn;
    void *context;
};

/* The left child's share of a node, of what is left of it where the dimensions are active. */
static double left_share(const struct walk *walk, const struct tree_node *node)
{
    const struct forest_dimension *cut = &walk->forest->dimensions[node->dimension];
    size_t k = (size_t)node->dimension;
    uint64_t allowed = forest_restriction(walk->forest, walk->dimensions[0], k) &
                       forest_restriction(walk->forest, walk->dimensions[1], k);
    double left = 0, right = 0;

    if (allowed == UINT64_MAX)
        return node->left_share;
    left = forest_choices_share(cut, node->choices[0] & allowed);
    right = forest_choices_share(cut, node->choices[1] & allowed);
    return left + right > 0 ? left / (left + right) : 0;
}

static void visit(const struct walk *walk, uint32_t at, double weight,
                  struct forest_reach reach[2]);

/* A cut along a dimension of which the reach is kept. */
static void visit_sides(const struct walk *walk, uint32_t at, double weight,
                        struct forest_reach reach[2], int side)
{
    const struct tree_node *node = &walk->forest->nodes[at];
    struct forest_reach whole = reach[side];
    uint64_t allowed =
        forest_restriction(walk->forest, walk->dimensions[1 - side], (size_t)node->dimension);

    reach[side].high = node->cut;
    reach[side].choices = node->choices[0] & allowed;
    visit(walk, at + 1, weight, reach);
    reach[side] = whole;
    reach[side].low = node->cut;
    reach[side].choices = node->choices[1] & allowed;
    visit(walk, node->right, weight, reach);
    reach[side] = whole;
}

/* Recurses once a level of the tree. */
static void visit(const struct walk *walk, uint32_t at, double weight, struct forest_reach reach[2])
{
    const struct tree_node *node = &walk->forest->nodes[at];
    double left = 0;

    if (node->dimension == TREE_LEAF) {
        walk->fn(walk->context, weight, node->value, reach);
        return;
    }
    for (int side = 0; side < 2; side++)
        if (walk->dimensions[side] == (size_t)node->dimension) {
            visit_sides(walk, at, weight, reach, side);
            return;
        }
    left = left_share(walk, node);
    if (left > 0)
        visit(walk, at + 1, weight * left, reach);
    if (left < 1)
        visit(walk, node->right, weight * (1 - left), reach);
}

void forest_walk(const struct forest *forest, size_t tree, size_t i, size_t j, forest_leaf_fn fn,
                 void *context)
{
    struct walk walk = { forest, { i, j }, fn, context };
    struct forest_reach reach[2] = { { 0, 1, 0 }, { 0, 1, 0 } };

    for (int side = 0; side < 2; side++) {
        size_t own = walk.dimensions[side];

        if (own != FOREST_NO_DIMENSION)
            reach[side].choices = forest_all_choices(&forest->dimensions[own]) &
                                  forest_restriction(forest, walk.dimensions[1 - side], own);
    }
    visit(&walk, forest->roots[tree], 1, reach);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Between the two that are nearest, as most programs do (Hyndman and Fan 1996, definition 7). */
static double quantile(const double sorted[FOREST_TREES], double part)
{
    double place = part * (FOREST_TREES - 1);
    size_t below = (size_t)place;

    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

struct forest_spread forest_spread_of(double said[FOREST_TREES])
{
    struct forest_spread spread = { 0, 0, 0 };

    qsort(said, FOREST_TREES, sizeof *said, compare);
    for (size_t t = 0; t < FOREST_TREES; t++)
        spread.mean += said[t] / FOREST_TREES;
    spread.low = fmin(quantile(said, 0.1), spread.mean);
    spread.high = fmax(quantile(said, 0.9), spread.mean);
    return spread;
}
