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
    int64_t max_trial_count; /* 0: no limit is known */
    size_t parallel_count;   /* at least 1 */
    enum observation_noise noise;
    struct sampler_metric metrics[SAMPLER_METRICS_MAX];
    size_t metric_count;    /* at least 1 */
    size_t objective_count; /* metrics that are not for safety */
    const char *settings;   /* the options', for prepare() only */
    void *state;            /* owned, what prepare() made; NULL before */
};

struct sampler_ops {
    const char *name;
    bool needs_history;
    bool visits_once; /* trial n is the n-th of all points */
    /* Refuses a space that the algorithm cannot search; makes the state. NULL: nothing to do. */
    bool (*prepare)(struct sampler *sampler, struct assay_error *err);
    void (*release)(void *state); /* NULL is fine as the state, and as the function */
    /* *provenance comes zeroed but for its counts, its numbers NaN. */
    enum sampler_answer (*suggest)(const struct sampler *sampler, const struct sampler_query *query,
                                   double *point, struct provenance *provenance,
                                   struct assay_error *err);
    /* May be NULL: all trials need a model, where the algorithm has models. */
    bool (*needs_model)(const struct sampler *sampler, uint64_t trial_number);
    /* These four or none: sampler.h. */
    size_t (*model_count)(const struct sampler *sampler, size_t past_count);
    size_t (*next_model)(const struct sampler *sampler, size_t count);
    struct sampler_model *(*learn)(const struct sampler *sampler, const struct history *history,
                                   size_t count, const struct sampler_model *previous,
                                   struct assay_error *err);
    void (*model_free)(struct sampler_model *model);
    /* All three or none. */
    size_t (*model_size)(const struct sampler *sampler);
    void (*model_pack)(const struct sampler_model *model, double *numbers);
    struct sampler_model *(*model_unpack)(const struct sampler *sampler, const double *numbers,
                                          struct assay_error *err);
};

/* Moves a point into the part of the space that the query asks for. Done with every suggestion
 * anyway; for samplers that want to know earlier. */
void sampler_fix(const struct sampler *sampler, const struct sampler_query *query, double *point);

/* The index of the first metric that is not for safety; the last one where all are. */
size_t sampler_first_objective(const struct sampler *sampler);

extern const struct sampler_ops sampler_random_ops;
extern const struct sampler_ops sampler_grid_ops;
extern const struct sampler_ops sampler_sobol_ops;
extern const struct sampler_ops sampler_gp_ops;
extern const struct sampler_ops sampler_tpe_ops;
extern const struct sampler_ops sampler_cmaes_ops;
extern const struct sampler_ops sampler_nsga2_ops;

struct sobol;

/* For algorithms that need no more than Sobol points: their state is a struct sobol. */
bool sampler_sobol_prepare(struct sampler *sampler, struct assay_error *err);
void sampler_sobol_release(void *state);

/* Point index (from 0) of the study's scrambled sequence. */
void sampler_sobol_point(const struct sampler *sampler, const struct sobol *sobol, uint64_t index,
                         double *point);

#endif
