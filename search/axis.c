#include "search/axis.h"

#include <math.h>
#include <stdlib.h>

static bool is_log(const struct param_spec *spec)
{
    return spec->scale == SCALE_LOG || spec->scale == SCALE_REVERSE_LOG;
}

/* Borders halfway between neighbours on the scale. */
static bool make_borders(struct axis *axis)
{
    const struct param_spec *spec = axis->spec;
    double before = 0;

    axis->borders = malloc((spec->value_count + 1) * sizeof *axis->borders);
    if (!axis->borders)
        return false;
    for (size_t i = 0; i < spec->value_count; i++) {
        double unit = param_spec_encode(spec, spec->numbers[i]);

        axis->borders[i] = i == 0 ? 0 : before + (unit - before) / 2;
        before = unit;
    }
    axis->borders[spec->value_count] = 1;
    return true;
}

static enum axis_kind kind_of(const struct param_spec *spec, uint64_t value_count)
{
    if (spec->type == PARAM_DOUBLE)
        return spec->min == spec->max ? AXIS_FIXED : AXIS_REAL;
    if (value_count == 1)
        return AXIS_FIXED;
    return spec->type == PARAM_CATEGORICAL ? AXIS_CHOICE : AXIS_CELLS;
}

bool axis_init(struct axis *axis, const struct param_spec *spec)
{
    double margin = spec->type == PARAM_INTEGER ? 0.5 : 0;

    *axis = (struct axis){ .spec = spec, .value_count = param_spec_value_total(spec) };
    axis->kind = kind_of(spec, axis->value_count);
    axis->low = spec->min - margin;
    axis->high = spec->max + margin;
    if (is_log(spec) && axis->low > 0) {
        axis->log_low = log(axis->low);
        axis->log_extent = log(axis->high) - axis->log_low;
    }
    return spec->type == PARAM_DISCRETE && axis->kind == AXIS_CELLS ? make_borders(axis) : true;
}

void axis_clear(struct axis *axis)
{
    if (!axis)
        return;
    free(axis->borders);
    *axis = (struct axis){ .kind = AXIS_FIXED };
}

/* Differences are taken in long double: those of doubles may overflow, and at the top of a reverse
 * scale they cancel. */
static double scale_unit(const struct axis *axis, double value)
{
    long double mirrored = ((long double)axis->high - (long double)value) + (long double)axis->low;
    double unit = 0;

    if (axis->spec->scale == SCALE_LOG)
        unit = (log(value) - axis->log_low) / axis->log_extent;
    else if (axis->spec->scale == SCALE_REVERSE_LOG)
        unit = 1 - (log((double)mirrored) - axis->log_low) / axis->log_extent;
    else
        unit = (double)(((long double)value - (long double)axis->low) /
                        ((long double)axis->high - (long double)axis->low));
    return fmin(fmax(unit, 0), 1);
}

double axis_unit(const struct axis *axis, double value)
{
    switch (axis->kind) {
    case AXIS_FIXED:
        return 0.5;
    case AXIS_CHOICE:
        return (value + 0.5) / (double)axis->value_count;
    case AXIS_CELLS:
        if (axis->borders) {
            const double *cell = axis->borders + param_spec_nearest(axis->spec, value);

            return (cell[0] + cell[1]) / 2;
        }
        break;
    case AXIS_REAL:
        break;
    }
    return scale_unit(axis, value);
}

/* The cell that a coordinate lies in. */
static size_t find_cell(const struct axis *axis, double unit)
{
    size_t first = 0, last = (size_t)axis->value_count - 1;

    while (first < last) {
        size_t middle = (first + last + 1) / 2;

        if (axis->borders[middle] <= unit)
            first = middle;
        else
            last = middle - 1;
    }
    return first;
}

static double unit_scale(const struct axis *axis, double unit)
{
    if (axis->spec->scale == SCALE_LOG)
        return exp(axis->log_low + unit * axis->log_extent);
    if (axis->spec->scale == SCALE_REVERSE_LOG)
        return (double)((long double)axis->low + (long double)axis->high -
                        (long double)exp(axis->log_low + (1 - unit) * axis->log_extent));
    /* Each end's share apart, for their difference may overflow. */
    return (1 - unit) * axis->low + unit * axis->high;
}

double axis_value(const struct axis *axis, double unit)
{
    const struct param_spec *spec = axis->spec;

    switch (axis->kind) {
    case AXIS_FIXED:
        return param_spec_first_value(spec);
    case AXIS_CHOICE:
        return fmin(floor(unit * (double)axis->value_count), (double)axis->value_count - 1);
    case AXIS_CELLS:
        if (axis->borders)
            return spec->numbers[find_cell(axis, unit)];
        return fmin(fmax(round(unit_scale(axis, unit)), spec->min), spec->max);
    case AXIS_REAL:
        break;
    }
    return fmin(fmax(unit_scale(axis, unit), spec->min), spec->max);
}

void axis_cell(const struct axis *axis, double value, double *low, double *high)
{
    if (axis->borders) {
        size_t i = param_spec_nearest(axis->spec, value);

        *low = axis->borders[i];
        *high = axis->borders[i + 1];
    } else {
        *low = scale_unit(axis, value - 0.5);
        *high = scale_unit(axis, value + 0.5);
    }
}

uint64_t axis_ordinal(const struct axis *axis, double value)
{
    if (axis->borders)
        return param_spec_nearest(axis->spec, value);
    return (uint64_t)(axis->kind == AXIS_CHOICE ? value : value - axis->spec->min);
}
