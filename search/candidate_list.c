#include "search/candidate_list.h"

#include <stdlib.h>

bool candidate_list_init(struct candidate_list *list, const struct gp_space *gp_space,
                         size_t capacity)
{
    size_t p = gp_space->space->param_count, d = gp_space->dimension;

    *list = (struct candidate_list){ .gp_space = gp_space, .capacity = capacity };
    list->points = calloc(capacity * (p + d + 1) + 1, sizeof *list->points);
    if (!list->points)
        return false;
    list->coordinates = list->points + capacity * p;
    list->values = list->coordinates + capacity * d;
    return true;
}

void candidate_list_clear(struct candidate_list *list)
{
    free(list->points);
    *list = (struct candidate_list){ 0 };
}

double *candidate_point(const struct candidate_list *list, size_t index)
{
    return list->points + index * list->gp_space->space->param_count;
}

double *candidate_coordinates(const struct candidate_list *list, size_t index)
{
    return list->coordinates + index * list->gp_space->dimension;
}

double *candidate_list_next(struct candidate_list *list)
{
    return list->count < list->capacity ? candidate_point(list, list->count) : NULL;
}

void candidate_list_add(struct candidate_list *list)
{
    gp_space_encode(list->gp_space, candidate_point(list, list->count),
                    candidate_coordinates(list, list->count));
    list->count++;
}

bool candidate_list_appraise(struct candidate_list *list, const struct acquisition *acquisition,
                             size_t first)
{
    return acquisition_values(acquisition, candidate_coordinates(list, first), list->count - first,
                              list->values + first);
}

static int compare_values(const void *a, const void *b, void *context)
{
    const double *values = context;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;

    if (values[i] != values[j])
        return values[i] > values[j] ? -1 : 1;
    return (i > j) - (i < j);
}

void candidate_list_rank(const struct candidate_list *list, size_t *order)
{
    for (size_t i = 0; i < list->count; i++)
        order[i] = i;
    qsort_r(order, list->count, sizeof *order, compare_values, list->values);
}
