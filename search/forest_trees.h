/*
 * search/forest_trees.h - what a forest is made of, for the files that grow it and that add up what
 * it says.
 */
#ifndef SEARCH_FOREST_TREES_H
#define SEARCH_FOREST_TREES_H

#include "search/forest.h"

enum { TREE_LEAF = -1 };

/* In preorder: the left child is the next node. */
struct tree_node {
    int dimension;       /* that it is cut along, or TREE_LEAF */
    uint32_t right;      /* its right child, as an index of struct forest's nodes */
    double cut;          /* coordinates: the left child's are below it */
    uint64_t choices[2]; /* choices: the left child's and the right one's */
    double left_share;   /* how much of the node's volume is the left child's, 0 to 1 */
    double value;        /* leaves; (what was measured - centre) / scale */
};

struct forest {
    size_t dimension, row_count;
    struct forest_dimension *dimensions;
    double *gains; /* dimension: how much the cuts along it explain of what was measured */
    double centre, scale;
    struct tree_node *nodes;
    size_t node_count, node_capacity;
    uint32_t roots[FOREST_TREES + 1]; /* tree t is nodes[roots[t] .. roots[t + 1] - 1] */
};

/* The choices of dimension k at which dimension i can be active: all but for i's ancestors. */
uint64_t forest_restriction(const struct forest *forest, size_t i, size_t k);

/* How much of the space is left where i and j (may be the same) are both active; 0: none. */
double forest_active_share(const struct forest *forest, size_t i, size_t j);

/* The volume of some choices. */
double forest_choices_share(const struct forest_dimension *dimension, uint64_t choices);

/* A bit for each choice. */
uint64_t forest_all_choices(const struct forest_dimension *dimension);

/* A leaf's side along one dimension. */
struct forest_reach {
    double low, high;
    uint64_t choices;
};

/* weight: the leaf's volume along all other dimensions than the two, which reach is of. */
typedef void (*forest_leaf_fn)(void *context, double weight, double value,
                               const struct forest_reach reach[2]);

/*
 * Calls fn for each leaf of a tree that has a volume where dimensions i and j are active; either
 * may be FOREST_NO_DIMENSION, both at once too. Volumes are shares of that part of the space.
 */
#define FOREST_NO_DIMENSION SIZE_MAX
void forest_walk(const struct forest *forest, size_t tree, size_t i, size_t j, forest_leaf_fn fn,
                 void *context);

/* Sorts what the trees say, one number each. */
struct forest_spread forest_spread_of(double said[FOREST_TREES]);

#endif
