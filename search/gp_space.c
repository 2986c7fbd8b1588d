#include "search/gp_space.h"

#include <math.h>
#include <stdlib.h>

enum { INACTIVE_CATEGORY = -1 };

static const double INACTIVE_PLACE = 0.5;

static enum gp_axis_kind kind_of(const struct param_spec *spec)
{
    if (spec->type == PARAM_DOUBLE)
        return GP_AXIS_CONTINUOUS;
    if (spec->type == PARAM_CATEGORICAL || param_spec_value_total(spec) == 2)
        return GP_AXIS_CATEGORY;
    return GP_AXIS_ORDERED;
}

static bool has_choice(const struct param_spec *spec)
{
    return spec->type == PARAM_DOUBLE ? spec->min < spec->max : param_spec_value_total(spec) > 1;
}

static void add_axis(struct gp_space *gp_space, size_t param)
{
    const struct param_spec *spec = &gp_space->space->params[param];
    struct gp_axis *axis = &gp_space->axes[gp_space->dimension];

    axis->kind = kind_of(spec);
    axis->param = param;
    axis->value_total = param_spec_value_total(spec);
    gp_space->is_category[gp_space->dimension] = axis->kind == GP_AXIS_CATEGORY;
    gp_space->param_axis[param] = gp_space->dimension++;
}

struct gp_space *gp_space_new(const struct search_space *space)
{
    struct gp_space *gp_space = calloc(1, sizeof *gp_space);
    size_t count = space->param_count + 1; /* never an allocation of nothing */

    if (!gp_space)
        return NULL;
    gp_space->space = space;
    gp_space->axes = calloc(count, sizeof *gp_space->axes);
    gp_space->is_category = calloc(count, sizeof *gp_space->is_category);
    gp_space->param_axis = calloc(count, sizeof *gp_space->param_axis);
    gp_space->child_count = calloc(count, sizeof *gp_space->child_count);
    gp_space->places = calloc(count, sizeof *gp_space->places);
    if (!gp_space->axes || !gp_space->is_category || !gp_space->param_axis ||
        !gp_space->child_count || !gp_space->places) {
        gp_space_free(gp_space);
        return NULL;
    }
    for (size_t i = 0; i < space->param_count; i++) {
        gp_space->param_axis[i] = SIZE_MAX;
        if (!axis_init(&gp_space->places[i], &space->params[i])) {
            gp_space_free(gp_space);
            return NULL;
        }
        if (has_choice(&space->params[i]))
            add_axis(gp_space, i);
        if (space->params[i].parent != PARAM_NO_PARENT)
            gp_space->child_count[space->params[i].parent]++;
    }
    return gp_space;
}

void gp_space_free(struct gp_space *gp_space)
{
    if (!gp_space)
        return;
    for (size_t i = 0; gp_space->places && i < gp_space->space->param_count; i++)
        axis_clear(&gp_space->places[i]);
    free(gp_space->places);
    free(gp_space->axes);
    free(gp_space->is_category);
    free(gp_space->param_axis);
    free(gp_space->child_count);
    free(gp_space);
}

void gp_space_encode(const struct gp_space *gp_space, const double *point, double *coordinates)
{
    for (size_t k = 0; k < gp_space->dimension; k++) {
        const struct gp_axis *axis = &gp_space->axes[k];
        double value = point[axis->param];

        if (axis->kind == GP_AXIS_CATEGORY)
            coordinates[k] =
                isnan(value) ? INACTIVE_CATEGORY : (double)gp_axis_index(gp_space, k, value);
        else
            coordinates[k] =
                isnan(value) ? INACTIVE_PLACE : axis_unit(&gp_space->places[axis->param], value);
    }
}

void gp_space_decode(const struct gp_space *gp_space, const double *unit, double *point)
{
    const struct search_space *space = gp_space->space;

    for (size_t i = 0; i < space->param_count; i++)
        point[i] = search_space_is_active(space, point, i)
                       ? axis_value(&gp_space->places[i], unit[i])
                       : (double)NAN;
}

double gp_axis_value(const struct gp_space *gp_space, size_t axis, uint64_t index)
{
    const struct param_spec *spec = &gp_space->space->params[gp_space->axes[axis].param];

    switch (spec->type) {
    case PARAM_DISCRETE:
        return spec->numbers[index];
    case PARAM_INTEGER:
        return spec->min + (double)index;
    case PARAM_CATEGORICAL:
    case PARAM_DOUBLE:
        break;
    }
    return (double)index;
}

uint64_t gp_axis_index(const struct gp_space *gp_space, size_t axis, double value)
{
    const struct param_spec *spec = &gp_space->space->params[gp_space->axes[axis].param];

    switch (spec->type) {
    case PARAM_DISCRETE:
        return param_spec_nearest(spec, value);
    case PARAM_INTEGER:
        return (uint64_t)(value - spec->min);
    case PARAM_CATEGORICAL:
    case PARAM_DOUBLE:
        break;
    }
    return (uint64_t)value;
}

void gp_space_set(const struct gp_space *gp_space, double *point, size_t param, double value,
                  const double *source, const double *unit)
{
    const struct search_space *space = gp_space->space;

    point[param] = value;
    if (gp_space->child_count[param] == 0)
        return;
    for (size_t i = param + 1; i < space->param_count; i++) {
        if (space->params[i].parent == PARAM_NO_PARENT)
            continue;
        if (!search_space_is_active(space, point, i))
            point[i] = (double)NAN;
        else if (isnan(point[i]))
            point[i] = isnan(source[i]) ? axis_value(&gp_space->places[i], unit[i]) : source[i];
    }
}
