#include "search/elite.h"

#include "search/standing.h"

#include <math.h>
#include <stdlib.h>

enum { LOOKED_AT_MAX = 5000 };

struct elite *elite_next(const struct sampler *sampler, const struct history *history, size_t count,
                         size_t keep, const struct elite *previous)
{
    size_t old = previous ? previous->kept : 0;
    size_t begin = previous ? previous->count : 0;
    size_t total = old + count - begin;
    struct standing *list = malloc((total + 1) * sizeof *list);
    struct elite *elite = malloc(sizeof *elite + keep * sizeof *elite->indexes);
    bool is_ranked = false;

    if (list && elite) {
        for (size_t i = 0; i < total; i++)
            list[i].index = i < old ? previous->indexes[i] : begin + i - old;
        is_ranked = standing_rank(sampler, history, list, total);
    }
    if (!is_ranked) {
        free(list);
        free(elite);
        return NULL;
    }
    elite->count = count;
    elite->kept = 0;
    while (elite->kept < keep && elite->kept < total &&
           list[elite->kept].class != STANDING_FAILED) {
        elite->indexes[elite->kept] = list[elite->kept].index;
        elite->kept++;
    }
    free(list);
    return elite;
}

const struct elite *elite_of(const struct sampler_model *model)
{
    return (const struct elite *)model;
}

struct sampler_model *elite_as_model(struct elite *elite)
{
    return (struct sampler_model *)elite;
}

void elite_model_free(struct sampler_model *model)
{
    free(model);
}

static bool is_same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(a[i] == b[i] || (isnan(a[i]) && isnan(b[i]))))
            return false;
    return true;
}

bool elite_is_new(const struct sampler *sampler, const struct sampler_query *query,
                  const double *point)
{
    size_t width = sampler->space->param_count;
    size_t first = query->past_count > LOOKED_AT_MAX ? query->past_count - LOOKED_AT_MAX : 0;

    for (size_t i = 0; i < query->pending_count; i++)
        if (is_same(point, query->pending + i * width, width))
            return false;
    for (size_t i = first; i < query->past_count; i++)
        if (is_same(point, history_get(query->history, i).point, width))
            return false;
    return true;
}
