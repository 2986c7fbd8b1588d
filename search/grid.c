#include "search/grid.h"

#include <stdlib.h>

enum { NO_NODE = -1 };

/* A value that selects children; the values between these stand for one combination each. */
struct branch {
    uint64_t ordinal; /* which value of its parameter, from 0 */
    grid_count size;  /* product over the children that it selects */
};

/* One per parameter. */
struct node {
    int first_child; /* NO_NODE: none */
    int next_sibling;
    size_t branch_begin; /* in branches, ascending in ordinal */
    size_t branch_count;
    grid_count size;
};

struct grid {
    const struct search_space *space;
    struct node *nodes;
    struct branch *branches;
};

grid_count grid_multiply(grid_count a, grid_count b)
{
    if (a != 0 && b > GRID_COUNT_MAX / a)
        return GRID_COUNT_MAX;
    return a * b;
}

static grid_count add_counts(grid_count a, grid_count b)
{
    return a + b < GRID_COUNT_MAX ? a + b : GRID_COUNT_MAX;
}

static double value_at(const struct param_spec *spec, uint64_t ordinal)
{
    if (spec->type == PARAM_DOUBLE)
        return spec->min;
    if (spec->type == PARAM_INTEGER)
        return (double)((int64_t)spec->min + (int64_t)ordinal);
    return spec->type == PARAM_DISCRETE ? spec->numbers[ordinal] : (double)ordinal;
}

static uint64_t ordinal_of(const struct param_spec *spec, double value)
{
    if (spec->type == PARAM_DOUBLE)
        return 0;
    if (spec->type == PARAM_INTEGER)
        return (uint64_t)((int64_t)value - (int64_t)spec->min);
    return spec->type == PARAM_DISCRETE ? param_spec_nearest(spec, value) : (uint64_t)value;
}

static bool is_selected(const struct param_spec *child, double value)
{
    for (size_t i = 0; i < child->condition_count; i++)
        if (child->conditions[i] == value)
            return true;
    return false;
}

static int compare_branches(const void *left, const void *right)
{
    const struct branch *a = left;
    const struct branch *b = right;

    return (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
}

/* The product over the children of params[index] that its value selects. */
static grid_count count_selected(const struct grid *grid, size_t index, double value)
{
    grid_count size = 1;

    for (int c = grid->nodes[index].first_child; c != NO_NODE; c = grid->nodes[c].next_sibling)
        if (is_selected(&grid->space->params[c], value))
            size = grid_multiply(size, grid->nodes[c].size);
    return size;
}

/* Collects the values that select anything from branches[begin] on; returns how many differ. */
static size_t collect_branches(struct grid *grid, size_t index, size_t begin)
{
    const struct param_spec *spec = &grid->space->params[index];
    struct branch *branches = grid->branches + begin;
    size_t count = 0;
    size_t kept = 0;

    for (int c = grid->nodes[index].first_child; c != NO_NODE; c = grid->nodes[c].next_sibling) {
        const struct param_spec *child = &grid->space->params[c];

        for (size_t i = 0; i < child->condition_count; i++)
            branches[count++].ordinal = ordinal_of(spec, child->conditions[i]);
    }
    if (count)
        qsort(branches, count, sizeof *branches, compare_branches);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || branches[kept - 1].ordinal != branches[i].ordinal)
            branches[kept++] = branches[i];
    return kept;
}

/* Children stand after their parents: counted backwards, they are ready when they are needed. */
static void count_nodes(struct grid *grid)
{
    size_t begin = 0;

    for (size_t i = grid->space->param_count; i-- > 0;) {
        const struct param_spec *spec = &grid->space->params[i];
        struct node *node = &grid->nodes[i];

        node->branch_begin = begin;
        node->branch_count = collect_branches(grid, i, begin);
        /* A DOUBLE has one value here, and no list of them. */
        node->size = spec->type == PARAM_DOUBLE ? 1 : param_spec_value_total(spec);
        node->size -= node->branch_count;
        for (size_t b = begin; b < begin + node->branch_count; b++) {
            struct branch *branch = &grid->branches[b];

            branch->size = count_selected(grid, i, value_at(spec, branch->ordinal));
            node->size = add_counts(node->size, branch->size);
        }
        begin += node->branch_count;
    }
}

/* Backwards too, so that each list of children ends up in the document's order. */
static void link_nodes(struct grid *grid)
{
    for (size_t i = 0; i < grid->space->param_count; i++)
        grid->nodes[i] = (struct node){ .first_child = NO_NODE, .next_sibling = NO_NODE };
    for (size_t i = grid->space->param_count; i-- > 0;) {
        int parent = grid->space->params[i].parent;

        if (parent == PARAM_NO_PARENT)
            continue;
        grid->nodes[i].next_sibling = grid->nodes[parent].first_child;
        grid->nodes[parent].first_child = (int)i;
    }
}

struct grid *grid_new(const struct search_space *space)
{
    struct grid *grid = calloc(1, sizeof *grid);
    size_t condition_count = 0;

    if (!grid)
        return NULL;
    for (size_t i = 0; i < space->param_count; i++)
        condition_count += space->params[i].condition_count;
    grid->space = space;
    /* One more of each, because none may be needed and calloc(0) may give NULL. */
    grid->nodes = calloc(space->param_count + 1, sizeof *grid->nodes);
    grid->branches = calloc(condition_count + 1, sizeof *grid->branches);
    if (!grid->nodes || !grid->branches) {
        grid_free(grid);
        return NULL;
    }
    link_nodes(grid);
    count_nodes(grid);
    return grid;
}

void grid_free(struct grid *grid)
{
    if (!grid)
        return;
    free(grid->nodes);
    free(grid->branches);
    free(grid);
}

grid_count grid_size(const struct grid *grid, size_t index)
{
    return grid->nodes[index].size;
}

/* Which value the rank falls on; *rank becomes the rank among the combinations of that value. */
static uint64_t find_ordinal(const struct grid *grid, const struct node *node, grid_count *rank)
{
    uint64_t next = 0; /* the first ordinal that has not been counted yet */

    for (size_t i = 0; i < node->branch_count; i++) {
        const struct branch *branch = &grid->branches[node->branch_begin + i];
        uint64_t plain = branch->ordinal - next;

        if (*rank < plain)
            break;
        *rank -= plain;
        if (*rank < branch->size)
            return branch->ordinal;
        *rank -= branch->size;
        next = branch->ordinal + 1;
    }
    next += (uint64_t)*rank;
    *rank = 0;
    return next;
}

/* The depth of the recursion is the tree's, which the reader of the document has limited. */
void grid_fill(const struct grid *grid, size_t index, grid_count rank, double *point)
{
    const struct param_spec *spec = &grid->space->params[index];
    const struct node *node = &grid->nodes[index];

    point[index] = value_at(spec, find_ordinal(grid, node, &rank));
    for (int c = node->first_child; c != NO_NODE; c = grid->nodes[c].next_sibling) {
        grid_count size = grid->nodes[c].size;

        if (!is_selected(&grid->space->params[c], point[index]))
            continue;
        grid_fill(grid, (size_t)c, rank % size, point);
        rank /= size;
    }
}

/* The combinations of all values before ordinal. */
static grid_count count_before(const struct grid *grid, const struct node *node, uint64_t ordinal)
{
    grid_count count = ordinal;

    for (size_t i = 0; i < node->branch_count; i++) {
        const struct branch *branch = &grid->branches[node->branch_begin + i];

        if (branch->ordinal >= ordinal)
            break;
        count = add_counts(count, branch->size - 1);
    }
    return count;
}

grid_count grid_rank(const struct grid *grid, size_t index, const double *point)
{
    const struct node *node = &grid->nodes[index];
    grid_count rank = 0;
    grid_count weight = 1;

    for (int c = node->first_child; c != NO_NODE; c = grid->nodes[c].next_sibling) {
        if (!search_space_is_active(grid->space, point, (size_t)c))
            continue;
        rank = add_counts(rank, grid_multiply(weight, grid_rank(grid, (size_t)c, point)));
        weight = grid_multiply(weight, grid->nodes[c].size);
    }
    return add_counts(
        count_before(grid, node, ordinal_of(&grid->space->params[index], point[index])), rank);
}
