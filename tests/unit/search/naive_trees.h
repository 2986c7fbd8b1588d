/*
 * tests/unit/search/naive_trees.h - a tree of a forest by brute force: every cell between all of
 * its cuts, one after the other.
 */
#ifndef TESTS_UNIT_SEARCH_NAIVE_TREES_H
#define TESTS_UNIT_SEARCH_NAIVE_TREES_H

#include "search/forest_trees.h"
#include "support.h"

enum { NAIVE_DIMENSIONS = 8, NAIVE_CELLS = 64 };

struct naive_tree {
    const struct forest *forest;
    size_t tree;
    size_t counts[NAIVE_DIMENSIONS];
    double places[NAIVE_DIMENSIONS][NAIVE_CELLS]; /* a coordinate or choice in each cell */
    double shares[NAIVE_DIMENSIONS][NAIVE_CELLS];
};

void naive_init(struct naive_tree *naive, const struct forest *forest, size_t tree);

/* cells: of each dimension which; SIZE_MAX where it is inactive. value: as a leaf's. */
typedef void (*naive_fn)(void *context, const size_t *cells, double weight, double value);

/* All cells of the space; fails the test where the tree asks for an inactive parameter. */
void naive_visit(const struct naive_tree *naive, naive_fn fn, void *context);

/*
 * The marginal over dimensions i and j (equal: over one alone), NAIVE_CELLS values a row of i's
 * cells, and the weight of each, which is 0 where they are not both active.
 */
void naive_marginal(const struct naive_tree *naive, size_t i, size_t j, double *means,
                    double *weights);

/* Dimensions of a space with branches within branches, and a sound row of it. */
enum { BRANCHED = 6 };
void branched_space(struct forest_dimension dimensions[BRANCHED]);
void branched_row(struct dice *dice, double row[BRANCHED]);

/* count coordinates without parents. */
void plain_space(struct forest_dimension *dimensions, size_t count);

#endif
