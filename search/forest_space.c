#include "search/forest_space.h"

#include "search/axis.h"

#include <math.h>
#include <stdlib.h>

/* Cells of numbers that all but coincide have a share still. */
static const double share_min = 1e-12;

struct forest_space {
    const struct search_space *space;
    struct forest_dimension *dimensions; /* param_count */
    struct axis *axes;                   /* param_count */
};

static bool has_children(const struct search_space *space, size_t i)
{
    for (size_t k = i + 1; k < space->param_count; k++)
        if (space->params[k].parent == (int)i)
            return true;
    return false;
}

static double cell_share(const struct axis *axis, size_t ordinal)
{
    const struct param_spec *spec = axis->spec;
    double low = 0, high = 1;

    if (axis->kind == AXIS_CELLS)
        axis_cell(axis, axis->borders ? spec->numbers[ordinal] : spec->min + (double)ordinal, &low,
                  &high);
    return fmax(high - low, share_min);
}

static void fill_shares(const struct axis *axis, struct forest_dimension *dimension)
{
    double total = 0;

    for (size_t v = 0; v < axis->value_count; v++) {
        double share = dimension->is_ordered ? cell_share(axis, v) : 1;

        dimension->shares[v * dimension->choice_count / axis->value_count] += share;
        total += share;
    }
    for (size_t c = 0; c < dimension->choice_count; c++)
        dimension->shares[c] /= total;
}

static uint64_t ordinal_of(const struct axis *axis, double value)
{
    return axis->kind == AXIS_FIXED ? 0 : axis_ordinal(axis, value);
}

/* What a parameter without a parent is. */
static void fill_values(const struct forest_space *own, size_t i)
{
    const struct param_spec *spec = &own->space->params[i];
    struct forest_dimension *dimension = &own->dimensions[i];
    uint64_t count = own->axes[i].value_count;
    bool is_category = spec->type == PARAM_CATEGORICAL;

    dimension->parent = FOREST_NO_PARENT;
    if (!is_category &&
        (spec->type == PARAM_DOUBLE || count > FOREST_CHOICES_MAX || !has_children(own->space, i)))
        return;
    dimension->is_ordered = !is_category;
    dimension->choice_count = count < FOREST_CHOICES_MAX ? (size_t)count : FOREST_CHOICES_MAX;
    fill_shares(&own->axes[i], dimension);
}

/* Nothing selects the child of a parent whose values are not each a choice of its own. */
static void fill_parent(const struct forest_space *own, size_t i)
{
    const struct param_spec *spec = &own->space->params[i];
    const struct param_spec *parent = NULL;
    struct forest_dimension *dimension = &own->dimensions[i];

    if (spec->parent == PARAM_NO_PARENT)
        return;
    parent = &own->space->params[spec->parent];
    dimension->parent = spec->parent;
    for (size_t c = 0; c < spec->condition_count; c++)
        if (own->axes[spec->parent].value_count <= FOREST_CHOICES_MAX &&
            param_spec_is_legal(parent, spec->conditions[c]))
            dimension->selecting |= UINT64_C(1)
                                    << ordinal_of(&own->axes[spec->parent], spec->conditions[c]);
}

struct forest_space *forest_space_new(const struct search_space *space)
{
    struct forest_space *own = calloc(1, sizeof *own);

    if (!own)
        return NULL;
    own->space = space;
    own->dimensions = calloc(space->param_count + 1, sizeof *own->dimensions);
    own->axes = calloc(space->param_count + 1, sizeof *own->axes);
    for (size_t i = 0; i < space->param_count; i++)
        if (!own->dimensions || !own->axes || !axis_init(&own->axes[i], &space->params[i])) {
            forest_space_free(own);
            return NULL;
        }
    for (size_t i = 0; i < space->param_count; i++) {
        fill_values(own, i);
        fill_parent(own, i);
    }
    return own;
}

void forest_space_free(struct forest_space *space)
{
    if (!space)
        return;
    for (size_t i = 0; space->axes && i < space->space->param_count; i++)
        axis_clear(&space->axes[i]);
    free(space->axes);
    free(space->dimensions);
    free(space);
}

const struct forest_dimension *forest_space_dimensions(const struct forest_space *space)
{
    return space->dimensions;
}

double forest_space_coordinate(const struct forest_space *space, size_t i, double value)
{
    const struct axis *axis = &space->axes[i];
    uint64_t choice_count = space->dimensions[i].choice_count;

    if (isnan(value))
        return value;
    if (choice_count == 0)
        return axis_unit(axis, value);
    return (double)(ordinal_of(axis, value) * choice_count / axis->value_count);
}

void forest_space_row(const struct forest_space *space, const double *point, double *row)
{
    for (size_t i = 0; i < space->space->param_count; i++) {
        const struct forest_dimension *dimension = &space->dimensions[i];
        double selector = dimension->parent == FOREST_NO_PARENT ? 0 : row[dimension->parent];
        bool is_active = dimension->parent == FOREST_NO_PARENT ||
                         (!isnan(selector) && (dimension->selecting >> (size_t)selector & 1) != 0);

        row[i] = is_active ? forest_space_coordinate(space, i, point[i]) : (double)NAN;
    }
}
