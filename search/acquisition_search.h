/*
 * search/acquisition_search.h - the legal point of the largest acquisition, as far as it is found.
 *
 * Candidates come from all over the space (Sobol points), from around the best points known
 * (perturbations on several scales) and from beside them (one value exchanged); the best few that
 * are apart from each other climb: along continuous axes by gradients, along the others by trying
 * values, in turn.
 */
#ifndef SEARCH_ACQUISITION_SEARCH_H
#define SEARCH_ACQUISITION_SEARCH_H

#include "search/acquisition.h"
#include "search/gp_space.h"
#include "search/random.h"
#include "search/sobol.h"

struct acquisition_search {
    const struct gp_space *gp_space;
    const struct acquisition *acquisition;
    const struct sobol *sobol;   /* for the first of the space's parameters, at least */
    struct random_stream stream; /* for the rest of the randomness */
    const double *known;         /* known_count x param_count: points measured or under way */
    const double *coordinates;   /* known_count x dimension: the same as the model sees them */
    size_t known_count;
    const size_t *leaders; /* leader_count: which known points are the best, the best first */
    size_t leader_count;
    const double *lengths; /* dimension: length scales, the unit of perturbations */
    size_t global_count;   /* how many Sobol points */
    size_t climb_count;    /* how many candidates climb */
    const double *fixed;   /* param_count: values that every candidate has, NaN where it is free; or
                              NULL. Where nothing is new among these, the best is the answer */
    double reach;      /* of the nearest known point, in any numeric coordinate; INFINITY: all */
    const double *box; /* dimension: half the sides of a box about the first leader; or NULL */
    /* Whether a point may not be the answer; NULL: any may. */
    bool (*is_taken)(const double *point, const void *context);
    const void *context;
};

enum search_answer { SEARCH_FOUND, SEARCH_NOTHING_NEW, SEARCH_NO_MEMORY };

/* Fills point (param_count) and *value on SEARCH_FOUND. */
enum search_answer acquisition_search_run(const struct acquisition_search *search, double *point,
                                          double *value);

#endif
