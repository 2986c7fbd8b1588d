/*
 * search/sampler_ops.h - what a search algorithm is made of; for the samplers themselves.
 */
#ifndef SEARCH_SAMPLER_OPS_H
#define SEARCH_SAMPLER_OPS_H

#include "search/sampler.h"

/* Immutable once prepared. */
struct sampler {
    const struct sampler_ops *ops;
    const struct search_space *space; /* borrowed */
    uint64_t seed;
    int64_t max_trial_count;
    void *state; /* owned, what prepare() made; NULL before */
};

struct sampler_ops {
    const char *name;
    /* Refuses a space that the algorithm cannot search; makes the state. NULL: nothing to do. */
    bool (*prepare)(struct sampler *sampler, struct assay_error *err);
    /* Allocates nothing. */
    enum sampler_answer (*suggest)(const struct sampler *sampler, const struct sampler_query *query,
                                   double *point, struct assay_error *err);
    void (*release)(void *state); /* NULL is fine as the state, and as the function */
};

extern const struct sampler_ops sampler_random_ops;
extern const struct sampler_ops sampler_grid_ops;
extern const struct sampler_ops sampler_sobol_ops;
extern const struct sampler_ops sampler_default_ops;

struct sobol;

/* For algorithms that need no more than Sobol points: their state is a struct sobol. */
bool sampler_sobol_prepare(struct sampler *sampler, struct assay_error *err);
void sampler_sobol_release(void *state);

/* Point index (from 0) of the study's scrambled sequence. */
void sampler_sobol_point(const struct sampler *sampler, const struct sobol *sobol, uint64_t index,
                         double *point);

#endif
