#include "search/forest.h"

#include "search/forest_grow.h"
#include "search/forest_trees.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How much worse than the median a value can be, in distances of the best one from it. Below the
 * tails of normal and uniform values, which thus stay as they are. */
static const double worst_distance = 3;

static const double value_max = 1e300; /* a few of them may be added */

/* What of the data is used. */
struct sound {
    size_t count;
    double *rows;    /* count x dimension */
    double *targets; /* count */
};

static bool is_choice_sound(const struct forest_dimension *dimension, double x)
{
    return x >= 0 && x < (double)dimension->choice_count && x == floor(x);
}

static bool is_row_sound(const struct forest_data *data, const double *row)
{
    for (size_t k = 0; k < data->dimension; k++) {
        const struct forest_dimension *dimension = &data->dimensions[k];
        double selector = dimension->parent == FOREST_NO_PARENT ? 0 : row[dimension->parent];
        bool is_active = dimension->parent == FOREST_NO_PARENT ||
                         (!isnan(selector) && (dimension->selecting >> (size_t)selector & 1) != 0);

        if (!is_active                    ? !isnan(row[k])
            : dimension->choice_count > 0 ? !is_choice_sound(dimension, row[k])
                                          : !(row[k] >= 0 && row[k] <= 1))
            return false;
    }
    return true;
}

/* How many rows may be used: what a forest costs grows with rows x dimension. */
static size_t rows_max(size_t dimension)
{
    size_t rows = dimension > 0 ? FOREST_NUMBERS_MAX / dimension : FOREST_ROWS_MAX;

    if (rows > FOREST_ROWS_MAX)
        return FOREST_ROWS_MAX;
    return rows < FOREST_ROWS_SURE ? FOREST_ROWS_SURE : rows;
}

static void take_sound_rows(const struct forest_data *data, size_t most, struct sound *sound)
{
    for (size_t i = 0; i < data->row_count && sound->count < most; i++) {
        const double *row = data->rows + i * data->dimension;

        if (isnan(data->values[i]) || !is_row_sound(data, row))
            continue;
        if (data->dimension > 0)
            memcpy(sound->rows + sound->count * data->dimension, row,
                   data->dimension * sizeof *row);
        sound->targets[sound->count++] = fmin(fmax(data->values[i], -value_max), value_max);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Brings what is far on the worse side nearer; spare: room for count values. */
static void bound_targets(double *targets, size_t count, bool is_maximized, double *spare)
{
    double sign = is_maximized ? -1 : 1;
    double median = 0, worst = 0;

    for (size_t i = 0; i < count; i++)
        spare[i] = sign * targets[i];
    qsort(spare, count, sizeof *spare, compare);
    median = spare[(count - 1) / 2] / 2 + spare[count / 2] / 2;
    worst = median + worst_distance * (median - spare[0]);
    if (!(median > spare[0])) /* no distance to go by */
        return;
    for (size_t i = 0; i < count; i++)
        targets[i] = sign * fmin(sign * targets[i], worst);
}

/* To mean 0, within -1 .. 1, so that sums of squares neither overflow nor cancel. */
static void scale_targets(struct forest *forest, double *targets)
{
    double count = (double)forest->row_count;

    for (size_t i = 0; i < forest->row_count; i++)
        forest->centre += targets[i] / count;
    for (size_t i = 0; i < forest->row_count; i++)
        forest->scale = fmax(forest->scale, fabs(targets[i] - forest->centre));
    for (size_t i = 0; i < forest->row_count; i++)
        targets[i] = forest->scale > 0 ? (targets[i] - forest->centre) / forest->scale : 0;
}

static struct forest *make_empty(const struct forest_data *data)
{
    struct forest *forest = calloc(1, sizeof *forest);

    if (!forest)
        return NULL;
    forest->dimension = data->dimension;
    forest->dimensions = calloc(data->dimension + 1, sizeof *forest->dimensions);
    forest->gains = calloc(data->dimension + 1, sizeof *forest->gains);
    if (!forest->dimensions || !forest->gains) {
        forest_free(forest);
        return NULL;
    }
    for (size_t k = 0; k < data->dimension; k++) {
        assert(data->dimensions[k].choice_count <= FOREST_CHOICES_MAX);
        assert(data->dimensions[k].parent < (int)k);
        forest->dimensions[k] = data->dimensions[k];
    }
    return forest;
}

static bool grow_all(struct forest *forest, const struct sound *sound, uint64_t seed)
{
    struct forest_grower *grower = NULL;
    bool is_done = false;

    grower = forest_grower_new(forest, sound->rows, sound->targets, seed);
    is_done = grower != NULL;
    for (size_t t = 0; is_done && t < FOREST_TREES; t++)
        is_done = forest_grower_grow(grower, t);
    forest_grower_free(grower);
    return is_done;
}

struct forest *forest_new(const struct forest_data *data, uint64_t seed, struct assay_error *err)
{
    size_t bound = rows_max(data->dimension);
    size_t most = data->row_count < bound ? data->row_count : bound;
    struct forest *forest = make_empty(data);
    struct sound sound = { .count = 0 };
    double *spare = calloc(most + 1, sizeof *spare);
    bool is_done = false;

    sound.rows = calloc(most * data->dimension + 1, sizeof *sound.rows);
    sound.targets = calloc(most + 1, sizeof *sound.targets);
    if (!forest || !spare || !sound.rows || !sound.targets) {
        (void)assay_fail_memory(err);
        goto out;
    }
    take_sound_rows(data, most, &sound);
    if (sound.count < FOREST_ROWS_MIN) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "at least %d trials with a value are needed, there are %zu so far",
                         FOREST_ROWS_MIN, sound.count);
        goto out;
    }
    bound_targets(sound.targets, sound.count, data->is_maximized, spare);
    forest->row_count = sound.count;
    scale_targets(forest, sound.targets);
    is_done = grow_all(forest, &sound, seed);
    if (!is_done)
        (void)assay_fail_memory(err);
out:
    free(spare);
    free(sound.rows);
    free(sound.targets);
    if (is_done)
        return forest;
    forest_free(forest);
    return NULL;
}

void forest_free(struct forest *forest)
{
    if (!forest)
        return;
    free(forest->dimensions);
    free(forest->gains);
    free(forest->nodes);
    free(forest);
}

size_t forest_row_count(const struct forest *forest)
{
    return forest->row_count;
}

size_t forest_dimension(const struct forest *forest)
{
    return forest->dimension;
}

struct place {
    bool is_choice;
    double x;
    double sum;
};

static bool is_within(const struct forest_reach *reach, bool is_choice, double x)
{
    if (is_choice)
        return (reach->choices >> (size_t)x & 1) != 0;
    return x >= reach->low && (x < reach->high || reach->high >= 1);
}

static void add_at_place(void *context, double weight, double value,
                         const struct forest_reach reach[2])
{
    struct place *place = context;

    if (is_within(&reach[0], place->is_choice, place->x))
        place->sum += weight * value;
}

struct forest_spread forest_marginal(const struct forest *forest, size_t i, double x)
{
    struct forest_spread spread = { (double)NAN, (double)NAN, (double)NAN };
    double said[FOREST_TREES];

    if (!(forest_active_share(forest, i, i) > 0))
        return spread;
    for (size_t t = 0; t < FOREST_TREES; t++) {
        struct place place = { forest->dimensions[i].choice_count > 0, x, 0 };

        forest_walk(forest, t, i, FOREST_NO_DIMENSION, add_at_place, &place);
        said[t] = forest->centre + forest->scale * place.sum;
    }
    return forest_spread_of(said);
}

struct surface {
    const struct forest *forest;
    const struct forest_side *sides[2];
    double *sums;
};

/* The first place of a side that is not below a coordinate. */
static size_t find_place(const struct forest_side *side, double x)
{
    size_t low = 0, high = side->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (side->x[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The places that can lie within a reach: of choices all. */
static void find_places(const struct surface *surface, int side, const struct forest_reach *reach,
                        size_t *first, size_t *end)
{
    const struct forest_side *places = surface->sides[side];

    *first = 0;
    *end = places->count;
    if (surface->forest->dimensions[places->dimension].choice_count > 0)
        return;
    *first = find_place(places, reach->low);
    if (reach->high < 1)
        *end = find_place(places, reach->high);
}

static void add_to_surface(void *context, double weight, double value,
                           const struct forest_reach reach[2])
{
    struct surface *surface = context;
    const struct forest_side *x = surface->sides[0], *y = surface->sides[1];
    bool is_x_choice = surface->forest->dimensions[x->dimension].choice_count > 0;
    bool is_y_choice = surface->forest->dimensions[y->dimension].choice_count > 0;
    size_t x_first, x_end, y_first, y_end;

    find_places(surface, 0, &reach[0], &x_first, &x_end);
    find_places(surface, 1, &reach[1], &y_first, &y_end);
    for (size_t b = y_first; b < y_end; b++) {
        if (is_y_choice && !is_within(&reach[1], true, y->x[b]))
            continue;
        for (size_t a = x_first; a < x_end; a++)
            if (!is_x_choice || is_within(&reach[0], true, x->x[a]))
                surface->sums[b * x->count + a] += weight * value;
    }
}

void forest_surface(const struct forest *forest, const struct forest_side *x,
                    const struct forest_side *y, double *mean)
{
    struct surface surface = { forest, { x, y }, mean };
    bool is_ever = forest_active_share(forest, x->dimension, y->dimension) > 0;

    assert(x->dimension != y->dimension);
    for (size_t c = 0; c < x->count * y->count; c++)
        mean[c] = is_ever ? 0 : (double)NAN;
    for (size_t t = 0; is_ever && t < FOREST_TREES; t++)
        forest_walk(forest, t, x->dimension, y->dimension, add_to_surface, &surface);
    for (size_t c = 0; c < x->count * y->count; c++)
        mean[c] = forest->centre + forest->scale * (mean[c] / FOREST_TREES);
}
