/*
 * search/candidate_list.h - legal points with their coordinates and what they are worth; for
 * acquisition_search.c.
 */
#ifndef SEARCH_CANDIDATE_LIST_H
#define SEARCH_CANDIDATE_LIST_H

#include "search/acquisition.h"
#include "search/gp_space.h"

struct candidate_list {
    const struct gp_space *gp_space; /* borrowed */
    size_t count, capacity;
    double *points;      /* count x param_count */
    double *coordinates; /* count x dimension */
    double *values;      /* count */
};

/* Room for capacity candidates. False for lack of memory. */
bool candidate_list_init(struct candidate_list *list, const struct gp_space *gp_space,
                         size_t capacity);
void candidate_list_clear(struct candidate_list *list); /* a zeroed one is fine */

/* The point of the next candidate, to be filled before candidate_list_add(). NULL when full. */
double *candidate_list_next(struct candidate_list *list);

/* Takes in the point that candidate_list_next() returned. */
void candidate_list_add(struct candidate_list *list);

double *candidate_point(const struct candidate_list *list, size_t index);
double *candidate_coordinates(const struct candidate_list *list, size_t index);

/* Fills values from first on. False for lack of memory. */
bool candidate_list_appraise(struct candidate_list *list, const struct acquisition *acquisition,
                             size_t first);

/* Indexes by value, the best first, equal ones in order: count of them. */
void candidate_list_rank(const struct candidate_list *list, size_t *order);

#endif
