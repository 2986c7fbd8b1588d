#include "search/importance.h"

#include "search/forest_trees.h"

#include <math.h>
#include <stdlib.h>

/* One dimension of one tree: the cells between its cuts, or its choices. */
struct scale {
    bool is_choice;
    size_t count;
    double *edges;  /* coordinates: count + 1, rising, from 0 to 1 */
    double *shares; /* count; of each cell, summing up to 1 */
};

struct importance {
    size_t dimension;
    struct forest_spread *shares; /* dimension */
    size_t *order;                /* dimension */
    size_t pair_count;
    struct importance_pair pairs[IMPORTANCE_PAIRED * (IMPORTANCE_PAIRED - 1) / 2];
};

/* What is worked on: one tree after the other. */
struct analysis {
    const struct forest *forest;
    size_t tree;
    double variance;      /* of the tree */
    struct scale *scales; /* dimension */
    double *numbers;      /* the scales' */
    size_t number_capacity;
    double *cells; /* a marginal, y after y */
    double *means; /* of its rows and columns */
    size_t cell_capacity, mean_capacity;
    double *said; /* (dimension + pairs) x FOREST_TREES shares */
    size_t paired[IMPORTANCE_PAIRED];
    size_t paired_count;
};

static bool reserve(double **numbers, size_t *capacity, size_t count)
{
    double *more = NULL;

    if (count <= *capacity)
        return true;
    more = realloc(*numbers, 2 * count * sizeof *more);
    if (!more)
        return false;
    *numbers = more;
    *capacity = 2 * count;
    return true;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* A cell between any two neighbouring cuts of the count that begin at edges[1]. */
static void finish_scale(struct scale *scale, size_t count)
{
    size_t kept = 1;

    qsort(scale->edges + 1, count, sizeof *scale->edges, compare);
    scale->edges[0] = 0;
    for (size_t c = 1; c <= count; c++)
        if (scale->edges[c] > scale->edges[kept - 1])
            scale->edges[kept++] = scale->edges[c];
    scale->edges[kept] = 1;
    scale->count = kept;
    scale->shares = scale->edges + count + 2;
    for (size_t c = 0; c < kept; c++)
        scale->shares[c] = scale->edges[c + 1] - scale->edges[c];
}

/* Lays all scales out one after the other, and gathers the tree's cuts. */
static bool make_scales(struct analysis *analysis)
{
    const struct forest *forest = analysis->forest;
    const struct tree_node *nodes = forest->nodes + forest->roots[analysis->tree];
    size_t node_count = forest->roots[analysis->tree + 1] - forest->roots[analysis->tree];
    size_t needed = 0;

    for (size_t k = 0; k < forest->dimension; k++) {
        analysis->scales[k] = (struct scale){ .is_choice = forest->dimensions[k].choice_count > 0 };
        needed += 3 + forest->dimensions[k].choice_count;
    }
    if (!reserve(&analysis->numbers, &analysis->number_capacity, needed + 2 * node_count))
        return false;
    for (size_t n = 0; n < node_count; n++)
        if (nodes[n].dimension != TREE_LEAF)
            analysis->scales[nodes[n].dimension].count++;
    needed = 0;
    for (size_t k = 0; k < forest->dimension; k++) {
        struct scale *scale = &analysis->scales[k];

        scale->edges = analysis->numbers + needed;
        scale->shares = scale->edges;
        needed += scale->is_choice ? forest->dimensions[k].choice_count : 2 * scale->count + 3;
        scale->count = 0;
    }
    for (size_t n = 0; n < node_count; n++) {
        struct scale *scale =
            nodes[n].dimension == TREE_LEAF ? NULL : &analysis->scales[nodes[n].dimension];

        if (scale && !scale->is_choice)
            scale->edges[++scale->count] = nodes[n].cut;
    }
    for (size_t k = 0; k < forest->dimension; k++)
        if (!analysis->scales[k].is_choice)
            finish_scale(&analysis->scales[k], analysis->scales[k].count);
    return true;
}

/* The shares of the choices of i where i and j are active; none of others. */
static void restrict_choices(struct analysis *analysis, size_t i, size_t j)
{
    const struct forest_dimension *dimension = &analysis->forest->dimensions[i];
    struct scale *scale = &analysis->scales[i];
    uint64_t allowed = forest_restriction(analysis->forest, j, i);
    double all = 0;

    if (!scale->is_choice)
        return;
    all = forest_choices_share(dimension, allowed);
    scale->count = dimension->choice_count;
    for (size_t c = 0; c < scale->count; c++)
        scale->shares[c] = allowed >> c & 1 ? dimension->shares[c] / all : 0;
}

/*
 * How a leaf's reach is marked on a scale: at each of its choices, or at the cell it begins in and,
 * negatively, at the one that it ends before, for sum_up() to make cells of.
 */
struct marks {
    size_t count;
    size_t at[FOREST_CHOICES_MAX];
    double sign[FOREST_CHOICES_MAX];
};

static size_t find_edge(const struct scale *scale, double x)
{
    size_t low = 0, high = scale->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (scale->edges[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void mark(const struct scale *scale, const struct forest_reach *reach, struct marks *marks)
{
    marks->count = 0;
    if (!scale) {
        marks->at[0] = 0;
        marks->sign[marks->count++] = 1;
    } else if (scale->is_choice) {
        for (size_t c = 0; c < scale->count; c++)
            if (reach->choices >> c & 1) {
                marks->at[marks->count] = c;
                marks->sign[marks->count++] = 1;
            }
    } else {
        marks->at[0] = find_edge(scale, reach->low);
        marks->sign[0] = 1;
        marks->at[1] = find_edge(scale, reach->high);
        marks->sign[1] = -1;
        marks->count = marks->at[1] < scale->count ? 2 : 1;
    }
}

/* The marginal of a tree over two scales; y is NULL for one over x alone. */
struct marginal {
    const struct scale *x, *y;
    double *cells; /* y->count x x->count */
};

static void add_leaf(void *context, double weight, double value, const struct forest_reach reach[2])
{
    struct marginal *marginal = context;
    struct marks x, y;

    mark(marginal->x, &reach[0], &x);
    mark(marginal->y, &reach[1], &y);
    for (size_t b = 0; b < y.count; b++)
        for (size_t a = 0; a < x.count; a++)
            marginal->cells[y.at[b] * marginal->x->count + x.at[a]] +=
                x.sign[a] * y.sign[b] * weight * value;
}

static void sum_up(const struct marginal *marginal)
{
    size_t width = marginal->x->count;
    size_t height = marginal->y ? marginal->y->count : 1;

    if (!marginal->x->is_choice)
        for (size_t b = 0; b < height; b++)
            for (size_t a = 1; a < width; a++)
                marginal->cells[b * width + a] += marginal->cells[b * width + a - 1];
    if (marginal->y && !marginal->y->is_choice)
        for (size_t c = width; c < height * width; c++)
            marginal->cells[c] += marginal->cells[c - width];
}

/* The marginal of the analysis' tree over i and j (or FOREST_NO_DIMENSION); NULL: no memory. */
static const double *find_marginal(struct analysis *analysis, size_t i, size_t j)
{
    struct marginal marginal = { .x = &analysis->scales[i] };
    size_t count = 0;

    restrict_choices(analysis, i, j);
    if (j != FOREST_NO_DIMENSION) {
        restrict_choices(analysis, j, i);
        marginal.y = &analysis->scales[j];
    }
    count = marginal.x->count * (marginal.y ? marginal.y->count : 1);
    if (!reserve(&analysis->cells, &analysis->cell_capacity, count))
        return NULL;
    for (size_t c = 0; c < count; c++)
        analysis->cells[c] = 0;
    marginal.cells = analysis->cells;
    forest_walk(analysis->forest, analysis->tree, i, j, add_leaf, &marginal);
    sum_up(&marginal);
    return analysis->cells;
}

static double main_variance(const struct scale *scale, const double *cells)
{
    double mean = 0, variance = 0;

    for (size_t c = 0; c < scale->count; c++)
        mean += scale->shares[c] * cells[c];
    for (size_t c = 0; c < scale->count; c++)
        variance += scale->shares[c] * (cells[c] - mean) * (cells[c] - mean);
    return variance;
}

/* What is left of the cells without their rows' and columns' means; means: x->count + y->count. */
static double interaction_variance(const struct scale *x, const struct scale *y,
                                   const double *cells, double *means)
{
    double *columns = means, *rows = means + x->count;
    double mean = 0, variance = 0;

    for (size_t a = 0; a < x->count; a++)
        columns[a] = 0;
    for (size_t b = 0; b < y->count; b++) {
        const double *row = cells + b * x->count;

        rows[b] = 0;
        for (size_t a = 0; a < x->count; a++) {
            rows[b] += x->shares[a] * row[a];
            columns[a] += y->shares[b] * row[a];
        }
        mean += y->shares[b] * rows[b];
    }
    for (size_t b = 0; b < y->count; b++) {
        const double *row = cells + b * x->count;
        double sum = 0;

        for (size_t a = 0; a < x->count; a++) {
            double rest = row[a] - rows[b] - columns[a] + mean;

            sum += x->shares[a] * rest * rest;
        }
        variance += y->shares[b] * sum;
    }
    return variance;
}

struct moment {
    double mean, square;
};

static void add_mean(void *context, double weight, double value, const struct forest_reach reach[2])
{
    struct moment *moment = context;

    (void)reach;
    moment->mean += weight * value;
}

static void add_square(void *context, double weight, double value,
                       const struct forest_reach reach[2])
{
    struct moment *moment = context;

    (void)reach;
    moment->square += weight * (value - moment->mean) * (value - moment->mean);
}

static double tree_variance(const struct forest *forest, size_t tree)
{
    struct moment moment = { 0, 0 };

    forest_walk(forest, tree, FOREST_NO_DIMENSION, FOREST_NO_DIMENSION, add_mean, &moment);
    forest_walk(forest, tree, FOREST_NO_DIMENSION, FOREST_NO_DIMENSION, add_square, &moment);
    return moment.square;
}

static double share_of(const struct analysis *analysis, double variance, double active_share)
{
    if (!(analysis->variance > 0))
        return 0;
    return fmin(active_share * (variance / analysis->variance), 1);
}

static bool analyse_dimensions(struct analysis *analysis)
{
    for (size_t i = 0; i < analysis->forest->dimension; i++) {
        double active = forest_active_share(analysis->forest, i, i);
        double *said = &analysis->said[i * FOREST_TREES + analysis->tree];
        const double *cells = NULL;

        *said = 0;
        if (!(active > 0))
            continue;
        cells = find_marginal(analysis, i, FOREST_NO_DIMENSION);
        if (!cells)
            return false;
        *said = share_of(analysis, main_variance(&analysis->scales[i], cells), active);
    }
    return true;
}

static bool analyse_pair(struct analysis *analysis, size_t i, size_t j, double *said)
{
    const struct scale *x = &analysis->scales[i], *y = &analysis->scales[j];
    double active = forest_active_share(analysis->forest, i, j);
    const double *cells = NULL;

    *said = 0;
    if (!(active > 0))
        return true;
    cells = find_marginal(analysis, i, j);
    if (!cells || !reserve(&analysis->means, &analysis->mean_capacity, x->count + y->count))
        return false;
    *said = share_of(analysis, interaction_variance(x, y, cells, analysis->means), active);
    return true;
}

static bool analyse_pairs(struct analysis *analysis)
{
    size_t at = analysis->forest->dimension;

    for (size_t p = 0; p < analysis->paired_count; p++)
        for (size_t q = 0; q < p; q++, at++)
            if (!analyse_pair(analysis, analysis->paired[q], analysis->paired[p],
                              &analysis->said[at * FOREST_TREES + analysis->tree]))
                return false;
    return true;
}

/* The parameters by what cuts along them explain, alone or with others; the first ones, by index.
 */
static void choose_paired(struct analysis *analysis)
{
    const double *gains = analysis->forest->gains;

    for (size_t k = 0; k < analysis->forest->dimension; k++) {
        size_t better = 0;

        for (size_t other = 0; other < analysis->forest->dimension; other++)
            better += gains[other] > gains[k] || (gains[other] == gains[k] && other < k);
        if (better < IMPORTANCE_PAIRED)
            analysis->paired[analysis->paired_count++] = k;
    }
}

static bool analyse(struct analysis *analysis)
{
    for (size_t t = 0; t < FOREST_TREES; t++) {
        analysis->tree = t;
        analysis->variance = tree_variance(analysis->forest, t);
        if (!make_scales(analysis) || !analyse_dimensions(analysis) || !analyse_pairs(analysis))
            return false;
    }
    return true;
}

/* Puts an index among the count first ones of an order. */
static void insert(struct importance *importance, size_t count, size_t k)
{
    size_t at = count;

    for (;
         at > 0 && importance->shares[importance->order[at - 1]].mean < importance->shares[k].mean;
         at--)
        importance->order[at] = importance->order[at - 1];
    importance->order[at] = k;
}

static void insert_pair(struct importance *importance, struct importance_pair pair)
{
    size_t at = importance->pair_count++;

    for (; at > 0 && importance->pairs[at - 1].share.mean < pair.share.mean; at--)
        importance->pairs[at] = importance->pairs[at - 1];
    importance->pairs[at] = pair;
}

static void conclude(const struct analysis *analysis, struct importance *importance)
{
    size_t at = importance->dimension;

    for (size_t k = 0; k < importance->dimension; k++) {
        importance->shares[k] = forest_spread_of(&analysis->said[k * FOREST_TREES]);
        insert(importance, k, k);
    }
    for (size_t p = 0; p < analysis->paired_count; p++)
        for (size_t q = 0; q < p; q++, at++)
            insert_pair(importance, (struct importance_pair){
                                        analysis->paired[q], analysis->paired[p],
                                        forest_spread_of(&analysis->said[at * FOREST_TREES]) });
    if (importance->pair_count > IMPORTANCE_PAIRS_MAX)
        importance->pair_count = IMPORTANCE_PAIRS_MAX;
}

static struct importance *make_empty(const struct forest *forest)
{
    struct importance *importance = calloc(1, sizeof *importance);

    if (!importance)
        return NULL;
    importance->dimension = forest->dimension;
    importance->shares = calloc(forest->dimension + 1, sizeof *importance->shares);
    importance->order = calloc(forest->dimension + 1, sizeof *importance->order);
    if (importance->shares && importance->order)
        return importance;
    importance_free(importance);
    return NULL;
}

struct importance *importance_new(const struct forest *forest, struct assay_error *err)
{
    struct importance *importance = make_empty(forest);
    struct analysis analysis = { .forest = forest };
    size_t shares = 0;
    bool is_done = false;

    choose_paired(&analysis);
    shares = forest->dimension + analysis.paired_count * (analysis.paired_count + 1) / 2;
    analysis.scales = calloc(forest->dimension + 1, sizeof *analysis.scales);
    analysis.said = calloc(shares * FOREST_TREES + 1, sizeof *analysis.said);
    is_done = importance && analysis.scales && analysis.said && analyse(&analysis);
    if (is_done)
        conclude(&analysis, importance);
    free(analysis.scales);
    free(analysis.numbers);
    free(analysis.cells);
    free(analysis.means);
    free(analysis.said);
    if (is_done)
        return importance;
    (void)assay_fail_memory(err);
    importance_free(importance);
    return NULL;
}

void importance_free(struct importance *importance)
{
    if (!importance)
        return;
    free(importance->shares);
    free(importance->order);
    free(importance);
}

struct forest_spread importance_of(const struct importance *importance, size_t i)
{
    return importance->shares[i];
}

const size_t *importance_order(const struct importance *importance)
{
    return importance->order;
}

const struct importance_pair *importance_pairs(const struct importance *importance, size_t *count)
{
    *count = importance->pair_count;
    return importance->pairs;
}
