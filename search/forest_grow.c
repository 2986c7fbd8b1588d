#include "search/forest_grow.h"

#include "search/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Trees as Hutter et al. and Optuna grow them: all dimensions at each node, leaves of one row. On
 * functions whose shares are known, two thirds of the dimensions were as good from 600 rows on and
 * up to twice as wrong with 40 to 150; of 100 dimensions, half of them took a share of 0.9 for 0.6.
 * Past 400 rows what a leaf holds grows, for time: leaves of 6 rows of 2000 change a share by
 * 0.003.
 */
enum { DEPTH_MAX = 64, ROWS_PER_LEAF_ROW = 400 };

/* Gains below are rounding: sums of squares of the targets are right to about 1e-15 of their total.
 */
static const double gain_min = 1e-13;

_Static_assert(FOREST_ROWS_MAX <= UINT16_MAX, "rows are numbered by 16 bits");

/*
 * Each list holds a tree's rows, by column: rising coordinates, NaNs (inactive) last. A node owns
 * the same stretch of all of them. The last list, of any order, is there without coordinates, too.
 */
struct forest_grower {
    struct forest *forest;
    const double *targets;
    size_t list_count;
    size_t *list_of;            /* dimension: which list; SIZE_MAX for choices */
    double *columns;            /* dimension x row_count */
    uint16_t *all, *lists;      /* list_count x row_count: of all rows, of the tree's */
    uint16_t *spare;            /* row_count */
    double *weights, *sums;     /* row_count: how often drawn, the same times the target */
    bool *is_left;              /* row_count */
    size_t *shuffled;           /* dimension */
    struct forest_reach *reach; /* dimension: of the node that is being cut */
    double leaf_min;            /* rows of a leaf, by their weights */
    double total;               /* of the squares of the tree's targets */
    struct random_stream stream;
    uint32_t drawn;
};

/* A stretch of the lists, with the sums over its rows. */
struct stretch {
    size_t first, count;
    double weight, sum;
};

struct cut {
    int dimension; /* TREE_LEAF: none found */
    double gain;
    double place;  /* coordinates */
    uint64_t left; /* choices */
};

/* What a cut parts best along one dimension: of the squared sums over the weights of both parts. */
struct parting {
    bool is_any;
    double score;
    double place;
    uint64_t left;
};

struct pair {
    double x;
    uint16_t row;
};

static int compare(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    if (isnan(x->x) || isnan(y->x)) {
        int order = (isnan(x->x) != 0) - (isnan(y->x) != 0);

        return order != 0 ? order : (int)x->row - (int)y->row;
    }
    return x->x != y->x ? (x->x > y->x) - (x->x < y->x) : (int)x->row - (int)y->row;
}

static bool fill_lists(struct forest_grower *grower, const double *rows)
{
    const struct forest *forest = grower->forest;
    struct pair *pairs = malloc(forest->row_count * sizeof *pairs);

    if (!pairs)
        return false;
    for (size_t i = 0; i < forest->row_count; i++)
        for (size_t k = 0; k < forest->dimension; k++)
            grower->columns[k * forest->row_count + i] = rows[i * forest->dimension + k];
    for (size_t k = 0; k < forest->dimension; k++) {
        if (grower->list_of[k] == SIZE_MAX)
            continue;
        for (size_t i = 0; i < forest->row_count; i++)
            pairs[i] = (struct pair){ grower->columns[k * forest->row_count + i], (uint16_t)i };
        qsort(pairs, forest->row_count, sizeof *pairs, compare);
        for (size_t i = 0; i < forest->row_count; i++)
            grower->all[grower->list_of[k] * forest->row_count + i] = pairs[i].row;
    }
    for (size_t i = 0; i < forest->row_count; i++)
        grower->all[(grower->list_count - 1) * forest->row_count + i] = (uint16_t)i;
    free(pairs);
    return true;
}

static bool allot(struct forest_grower *grower)
{
    size_t rows = grower->forest->row_count;
    size_t dimension = grower->forest->dimension + 1; /* never an allocation of nothing */

    grower->columns = calloc(dimension * rows, sizeof *grower->columns);
    grower->all = calloc(grower->list_count * rows, sizeof *grower->all);
    grower->lists = calloc(grower->list_count * rows, sizeof *grower->lists);
    grower->spare = calloc(rows, sizeof *grower->spare);
    grower->weights = calloc(rows, sizeof *grower->weights);
    grower->sums = calloc(rows, sizeof *grower->sums);
    grower->is_left = calloc(rows, sizeof *grower->is_left);
    grower->shuffled = calloc(dimension, sizeof *grower->shuffled);
    grower->reach = calloc(dimension, sizeof *grower->reach);
    return grower->columns && grower->all && grower->lists && grower->spare && grower->weights &&
           grower->sums && grower->is_left && grower->shuffled && grower->reach;
}

struct forest_grower *forest_grower_new(struct forest *forest, const double *rows,
                                        const double *targets, uint64_t seed)
{
    struct forest_grower *grower = calloc(1, sizeof *grower);

    if (!grower)
        return NULL;
    grower->forest = forest;
    grower->targets = targets;
    grower->stream = (struct random_stream){ seed, 0, RANDOM_FOREST };
    grower->leaf_min = 1 + (double)(forest->row_count / ROWS_PER_LEAF_ROW);
    grower->list_of = calloc(forest->dimension + 1, sizeof *grower->list_of);
    for (size_t k = 0; grower->list_of && k < forest->dimension; k++)
        grower->list_of[k] =
            forest->dimensions[k].choice_count == 0 ? grower->list_count++ : SIZE_MAX;
    grower->list_count++;
    if (!grower->list_of || !allot(grower) || !fill_lists(grower, rows)) {
        forest_grower_free(grower);
        return NULL;
    }
    return grower;
}

void forest_grower_free(struct forest_grower *grower)
{
    if (!grower)
        return;
    free(grower->list_of);
    free(grower->columns);
    free(grower->all);
    free(grower->lists);
    free(grower->spare);
    free(grower->weights);
    free(grower->sums);
    free(grower->is_left);
    free(grower->shuffled);
    free(grower->reach);
    free(grower);
}

static size_t draw_below(struct forest_grower *grower, size_t end)
{
    return (size_t)(random_unit(&grower->stream, grower->drawn++) * (double)end);
}

/* The rows of a tree, drawn with replacement. Returns their stretch: all of it. */
static struct stretch draw_rows(struct forest_grower *grower)
{
    size_t rows = grower->forest->row_count;
    struct stretch all = { 0, 0, (double)rows, 0 };

    memset(grower->weights, 0, rows * sizeof *grower->weights);
    for (size_t i = 0; i < rows; i++)
        grower->weights[draw_below(grower, rows)]++;
    grower->total = 0;
    for (size_t i = 0; i < rows; i++) {
        grower->sums[i] = grower->weights[i] * grower->targets[i];
        grower->total += grower->sums[i] * grower->targets[i];
        all.sum += grower->sums[i];
    }
    for (size_t l = 0; l < grower->list_count; l++) {
        all.count = 0;
        for (size_t i = 0; i < rows; i++) {
            uint16_t row = grower->all[l * rows + i];

            if (grower->weights[row] > 0)
                grower->lists[l * rows + all.count++] = row;
        }
    }
    return all;
}

/* Squared sums over weights: what a part's mean explains. */
static double explained(double sum, double weight)
{
    return weight > 0 ? sum * sum / weight : 0;
}

/* Above x and at most next, which is above x. */
static double between(double x, double next)
{
    double middle = x + (next - x) / 2;

    return middle > x ? middle : next;
}

/* Of the first rows of a stretch by coordinate, those that have one: active has their sums. */
static struct parting part_coordinates(const struct forest_grower *grower, size_t k,
                                       struct stretch active)
{
    size_t rows = grower->forest->row_count;
    const uint16_t *list = grower->lists + grower->list_of[k] * rows + active.first;
    const double *column = grower->columns + k * rows;
    struct parting best = { .is_any = false };
    double weight = 0, sum = 0;

    for (size_t i = 0; i + 1 < active.count; i++) {
        double x = column[list[i]], next = column[list[i + 1]];
        double score = 0;

        weight += grower->weights[list[i]];
        sum += grower->sums[list[i]];
        if (!(x < next) || weight < grower->leaf_min || active.weight - weight < grower->leaf_min)
            continue;
        score =
            sum * sum / weight + (active.sum - sum) * (active.sum - sum) / (active.weight - weight);
        if (best.is_any && score <= best.score)
            continue;
        if (between(x, next) < 1) /* else nothing would be above it */
            best = (struct parting){ true, score, between(x, next), 0 };
    }
    return best;
}

/* Sums by choice over a stretch's active rows; returns the choices that are there. */
static uint64_t tally(const struct forest_grower *grower, size_t k, struct stretch stretch,
                      double *weights, double *sums)
{
    size_t rows = grower->forest->row_count;
    const uint16_t *list = grower->lists + (grower->list_count - 1) * rows + stretch.first;
    const double *column = grower->columns + k * rows;
    uint64_t present = 0;

    memset(weights, 0, FOREST_CHOICES_MAX * sizeof *weights);
    memset(sums, 0, FOREST_CHOICES_MAX * sizeof *sums);
    for (size_t i = 0; i < stretch.count; i++) {
        size_t choice = 0;

        if (isnan(column[list[i]]))
            continue;
        choice = (size_t)column[list[i]];
        weights[choice] += grower->weights[list[i]];
        sums[choice] += grower->sums[list[i]];
        present |= UINT64_C(1) << choice;
    }
    return present;
}

/* Choices below this one; end is at least 1. */
static uint64_t choices_below(size_t end)
{
    return end < FOREST_CHOICES_MAX ? (UINT64_C(1) << end) - 1 : UINT64_MAX;
}

/*
 * Without an order one choice is parted from all others: with many of them the best of all subsets
 * would explain chance. Choices that no row of the node has stay with the others; those between two
 * neighbours in an order are halved.
 */
static struct parting part_choices(const struct forest_grower *grower, size_t k,
                                   struct stretch stretch, struct stretch active)
{
    const struct forest_dimension *dimension = &grower->forest->dimensions[k];
    double weights[FOREST_CHOICES_MAX], sums[FOREST_CHOICES_MAX];
    uint64_t present = tally(grower, k, stretch, weights, sums);
    struct parting best = { .is_any = false };
    double weight = 0, sum = 0;
    size_t before = 0;

    for (size_t c = 0; c < dimension->choice_count; c++) {
        uint64_t left = UINT64_C(1) << c;
        double score = 0;

        if (!(present >> c & 1))
            continue;
        if (dimension->is_ordered) { /* all before c against c and what follows */
            left = choices_below((before + c + 1) / 2);
            before = c;
        } else {
            weight = weights[c];
            sum = sums[c];
        }
        if (weight >= grower->leaf_min && active.weight - weight >= grower->leaf_min) {
            score = explained(sum, weight) + explained(active.sum - sum, active.weight - weight);
            if (!best.is_any || score > best.score)
                best = (struct parting){ .is_any = true, .score = score, .left = left };
        }
        if (dimension->is_ordered) {
            weight += weights[c];
            sum += sums[c];
        }
    }
    return best;
}

/* The rows of a stretch in which k is active: the first ones of its list, if it has one. */
static struct stretch active_part(const struct forest_grower *grower, size_t k,
                                  struct stretch stretch)
{
    size_t rows = grower->forest->row_count;
    size_t list = grower->list_of[k] == SIZE_MAX ? grower->list_count - 1 : grower->list_of[k];
    const uint16_t *own = grower->lists + list * rows + stretch.first;
    struct stretch active = { .first = stretch.first };

    for (size_t i = 0; i < stretch.count; i++) {
        if (isnan(grower->columns[k * rows + own[i]]))
            continue;
        active.count++;
        active.weight += grower->weights[own[i]];
        active.sum += grower->sums[own[i]];
    }
    return active;
}

enum activity { NEVER, SOMETIMES, ALWAYS };

/* Is dimension k active in the node? *blocker: where sometimes, the uppermost of k and its
 * ancestors whose parent's choices must be parted first. */
static enum activity activity_of(const struct forest_grower *grower, size_t k, size_t *blocker)
{
    const struct forest_dimension *dimensions = grower->forest->dimensions;
    enum activity activity = ALWAYS;

    for (size_t child = k; dimensions[child].parent != FOREST_NO_PARENT;
         child = (size_t)dimensions[child].parent) {
        uint64_t left = grower->reach[dimensions[child].parent].choices;

        if ((left & dimensions[child].selecting) == 0)
            return NEVER;
        if (left & ~dimensions[child].selecting) {
            activity = SOMETIMES;
            *blocker = child;
        }
    }
    return activity;
}

/*
 * Tries dimension k. Where it is active in part of the node only, that part is cut off first, and
 * credited with what the cut along k will explain then: the parent need not explain anything by
 * itself.
 */
static void try_dimension(const struct forest_grower *grower, size_t k, struct stretch stretch,
                          struct cut *best)
{
    const struct forest_dimension *dimensions = grower->forest->dimensions;
    size_t blocker = k;
    enum activity activity = activity_of(grower, k, &blocker);
    struct stretch active = stretch;
    struct parting parting = { .is_any = false };
    double gain = 0;

    if (activity == NEVER)
        return;
    if (activity == SOMETIMES)
        active = active_part(grower, k, stretch);
    parting = dimensions[k].choice_count == 0 ? part_coordinates(grower, k, active)
                                              : part_choices(grower, k, stretch, active);
    if (!parting.is_any)
        return;
    gain = parting.score - explained(stretch.sum, stretch.weight) +
           explained(stretch.sum - active.sum, stretch.weight - active.weight);
    if (gain <= best->gain)
        return;
    *best = (struct cut){ (int)k, gain, parting.place, parting.left };
    if (activity == SOMETIMES) {
        best->dimension = dimensions[blocker].parent;
        best->left = dimensions[blocker].selecting;
    }
}

/* The best of all dimensions, in random order: among few rows many explain the same, and the first
 * of them is taken. */
static struct cut find_cut(struct forest_grower *grower, struct stretch stretch)
{
    size_t dimension = grower->forest->dimension;
    struct cut best = { .dimension = TREE_LEAF, .gain = gain_min * grower->total };

    for (size_t i = 0; i < dimension; i++) {
        size_t other = i + draw_below(grower, dimension - i);
        size_t k = grower->shuffled[other];

        grower->shuffled[other] = grower->shuffled[i];
        grower->shuffled[i] = k;
        try_dimension(grower, k, stretch, &best);
    }
    return best;
}

/* Moves the left rows of a list to the front of the stretch, all in their order. */
static void part_list(struct forest_grower *grower, uint16_t *list, size_t count)
{
    size_t left = 0, right = 0;

    for (size_t i = 0; i < count; i++) {
        uint16_t row = list[i];

        if (grower->is_left[row])
            list[left++] = row;
        else
            grower->spare[right++] = row;
    }
    memcpy(list + left, grower->spare, right * sizeof *list);
}

/* Parts the stretch's rows; returns the left ones. */
static struct stretch part_rows(struct forest_grower *grower, struct stretch stretch,
                                const struct cut *cut)
{
    size_t rows = grower->forest->row_count;
    const uint16_t *list = grower->lists + (grower->list_count - 1) * rows + stretch.first;
    const double *column = grower->columns + (size_t)cut->dimension * rows;
    bool is_choice = grower->forest->dimensions[cut->dimension].choice_count > 0;
    struct stretch left = { .first = stretch.first };

    for (size_t i = 0; i < stretch.count; i++) {
        double x = column[list[i]];
        bool is_left = is_choice ? (cut->left >> (size_t)x & 1) != 0 : x < cut->place;

        grower->is_left[list[i]] = is_left;
        if (is_left) {
            left.count++;
            left.weight += grower->weights[list[i]];
            left.sum += grower->sums[list[i]];
        }
    }
    for (size_t l = 0; l < grower->list_count; l++)
        part_list(grower, grower->lists + l * rows + stretch.first, stretch.count);
    return left;
}

static bool append_node(struct forest *forest)
{
    size_t capacity = forest->node_capacity ? 2 * forest->node_capacity : 1024;
    struct tree_node *nodes = NULL;

    if (forest->node_count == forest->node_capacity) {
        nodes = realloc(forest->nodes, capacity * sizeof *nodes);
        if (!nodes)
            return false;
        forest->nodes = nodes;
        forest->node_capacity = capacity;
    }
    forest->nodes[forest->node_count++] = (struct tree_node){ .dimension = TREE_LEAF };
    return true;
}

/* The node for a cut of a box that reaches from .. to along its dimension. */
static struct tree_node cut_node(const struct forest_grower *grower, const struct cut *cut)
{
    const struct forest_dimension *dimension = &grower->forest->dimensions[cut->dimension];
    const struct forest_reach *reach = &grower->reach[cut->dimension];
    struct tree_node node = { .dimension = cut->dimension, .cut = cut->place };

    if (dimension->choice_count == 0) {
        node.left_share = (cut->place - reach->low) / (reach->high - reach->low);
        return node;
    }
    node.choices[0] = reach->choices & cut->left;
    node.choices[1] = reach->choices & ~cut->left;
    node.left_share = forest_choices_share(dimension, node.choices[0]) /
                      forest_choices_share(dimension, reach->choices);
    return node;
}

/*
 * Appends the subtree of a stretch. A stretch may be empty where the rows have none of the choices
 * by which a conditional parameter is inactive: then mean is what is known of it. Recurses once a
 * level. False: no memory.
 */
static bool grow(struct forest_grower *grower, struct stretch stretch, double mean, int depth)
{
    struct forest *forest = grower->forest;
    size_t at = forest->node_count;
    struct cut cut = { .dimension = TREE_LEAF };
    struct forest_reach whole;
    struct stretch left, right;

    if (!append_node(forest))
        return false;
    if (stretch.weight > 0)
        mean = stretch.sum / stretch.weight;
    if (depth < DEPTH_MAX && stretch.count > 1)
        cut = find_cut(grower, stretch);
    if (cut.dimension == TREE_LEAF) {
        forest->nodes[at].value = mean;
        return true;
    }
    forest->gains[cut.dimension] += cut.gain;
    forest->nodes[at] = cut_node(grower, &cut);
    left = part_rows(grower, stretch, &cut);
    right = (struct stretch){ left.first + left.count, stretch.count - left.count,
                              stretch.weight - left.weight, stretch.sum - left.sum };
    whole = grower->reach[cut.dimension];
    grower->reach[cut.dimension].high = cut.place;
    grower->reach[cut.dimension].choices = forest->nodes[at].choices[0];
    if (!grow(grower, left, mean, depth + 1))
        return false;
    forest->nodes[at].right = (uint32_t)forest->node_count;
    grower->reach[cut.dimension] = whole;
    grower->reach[cut.dimension].low = cut.place;
    grower->reach[cut.dimension].choices = forest->nodes[at].choices[1];
    if (!grow(grower, right, mean, depth + 1))
        return false;
    grower->reach[cut.dimension] = whole;
    return true;
}

bool forest_grower_grow(struct forest_grower *grower, size_t tree)
{
    struct forest *forest = grower->forest;

    grower->stream.trial = tree;
    grower->drawn = 0;
    for (size_t k = 0; k < forest->dimension; k++) {
        grower->shuffled[k] = k;
        grower->reach[k] =
            (struct forest_reach){ 0, 1, forest_all_choices(&forest->dimensions[k]) };
    }
    forest->roots[tree] = (uint32_t)forest->node_count;
    if (!grow(grower, draw_rows(grower), 0, 0))
        return false;
    forest->roots[tree + 1] = (uint32_t)forest->node_count;
    return true;
}
