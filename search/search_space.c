#include "search/search_space.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

/* The API's tolerance for a condition on a DISCRETE parent. */
static const double condition_tolerance = 1e-10;

struct search_space *search_space_new(void)
{
    return calloc(1, sizeof(struct search_space));
}

void search_space_free(struct search_space *space)
{
    if (!space)
        return;
    for (size_t i = 0; i < space->param_count; i++)
        param_spec_clear(&space->params[i]);
    free(space->params);
    free(space);
}

static bool space_grow(struct search_space *space)
{
    size_t capacity = space->capacity ? space->capacity * 2 : FIRST_CAPACITY;
    struct param_spec *params = NULL;

    if (space->param_count < space->capacity)
        return true;
    if (capacity > INT_MAX)
        return false;
    params = realloc(space->params, capacity * sizeof *params);
    if (!params)
        return false;
    space->params = params;
    space->capacity = capacity;
    return true;
}

/* The parent may be faulty still: its numbers are searched one by one, whatever their order. */
static void snap_conditions(const struct param_spec *parent, struct param_spec *child)
{
    for (size_t c = 0; c < child->condition_count; c++) {
        double wanted = child->conditions[c];
        double best = condition_tolerance;

        for (size_t i = 0; i < parent->value_count; i++) {
            double distance = fabs(parent->numbers[i] - wanted);

            if (distance <= best) {
                best = distance;
                child->conditions[c] = parent->numbers[i];
            }
        }
    }
}

int search_space_add(struct search_space *space, const struct param_spec *spec)
{
    struct param_spec taken = *spec;
    const struct param_spec *parent = NULL;

    assert(taken.parent >= PARAM_NO_PARENT && taken.parent < (int)space->param_count);
    if (!space_grow(space)) {
        param_spec_clear(&taken);
        return -1;
    }
    if (taken.parent != PARAM_NO_PARENT)
        parent = &space->params[taken.parent];
    if (parent && parent->type == PARAM_DISCRETE)
        snap_conditions(parent, &taken);
    space->params[space->param_count] = taken;
    return (int)space->param_count++;
}

bool search_space_is_active(const struct search_space *space, const double *point, size_t index)
{
    const struct param_spec *spec = &space->params[index];

    if (spec->parent == PARAM_NO_PARENT)
        return true;
    for (size_t i = 0; i < spec->condition_count; i++)
        if (point[spec->parent] == spec->conditions[i]) /* never so for an inactive one: NaN */
            return true;
    return false;
}

bool search_space_is_legal(const struct search_space *space, const double *point)
{
    for (size_t i = 0; i < space->param_count; i++) {
        bool is_active = search_space_is_active(space, point, i);

        if (is_active ? !param_spec_is_legal(&space->params[i], point[i]) : !isnan(point[i]))
            return false;
    }
    return true;
}

void search_space_decode(const struct search_space *space, const double *unit, double *point)
{
    for (size_t i = 0; i < space->param_count; i++) {
        bool is_active = search_space_is_active(space, point, i);

        point[i] = is_active ? param_spec_decode(&space->params[i], unit[i]) : (double)NAN;
    }
}

void search_space_encode(const struct search_space *space, const double *point, double *unit)
{
    for (size_t i = 0; i < space->param_count; i++)
        unit[i] = param_spec_encode(&space->params[i], point[i]);
}

void search_space_fix(const struct search_space *space, const double *fixed, search_unit_fn unit,
                      const void *context, double *point)
{
    for (size_t i = 0; i < space->param_count; i++) {
        if (!search_space_is_active(space, point, i))
            point[i] = (double)NAN;
        else if (!isnan(fixed[i]))
            point[i] = fixed[i];
        else if (!param_spec_is_legal(&space->params[i], point[i])) /* NaN, or of another branch */
            point[i] = param_spec_decode(&space->params[i], unit(context, i));
    }
}

void search_space_first_point(const struct search_space *space, double *point)
{
    for (size_t i = 0; i < space->param_count; i++) {
        bool is_active = search_space_is_active(space, point, i);

        point[i] = is_active ? param_spec_first_value(&space->params[i]) : (double)NAN;
    }
}
