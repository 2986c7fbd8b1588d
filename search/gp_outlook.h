/*
 * search/gp_outlook.h - what the past means for each metric: targets, hyperparameters learnt from
 * them, and the processes that follow. For sampler_gp.c.
 */
#ifndef SEARCH_GP_OUTLOOK_H
#define SEARCH_GP_OUTLOOK_H

#include "search/gp_past.h"
#include "search/gp_settings.h"
#include "search/target_warp.h"

/* One metric's rows. */
struct gp_targets {
    size_t count;
    size_t *rows;        /* count: which rows of the past */
    double *coordinates; /* count x dimension */
    double *targets;     /* count */
    double *extra_noise; /* count */
    struct target_warp warp;
    double threshold; /* of a safety metric, as a target */
};

/*
 * Rows of the past that have a value of the metric. While too few trials were feasible to learn
 * where they fail, infeasible ones count as bad. False for lack of memory.
 */
bool gp_targets_init(struct gp_targets *targets, const struct sampler *sampler,
                     const struct gp_settings *settings, const struct gp_past *past, size_t metric);
void gp_targets_clear(struct gp_targets *targets); /* a zeroed one is fine */

/* The same as a process takes it. */
struct gp_data gp_targets_data(const struct gp_targets *targets, const struct gp_space *gp_space);

/* So many infeasible and feasible trials teach where trials fail. */
bool gp_past_shows_failures(const struct gp_settings *settings, const struct gp_past *past);

/* The prior that the settings and the study's noise ask for. */
struct gp_prior gp_prior_of(const struct sampler *sampler, const struct gp_settings *settings,
                            size_t dimension);

/*
 * hypers of each metric: metric_count x (dimension + GP_EXTRA_HYPERS). previous may be NULL.
 * has_failed[m]: the fit did not go, and the prior's take its place. False for lack of memory.
 */
bool gp_learn(const struct sampler *sampler, const struct gp_settings *settings,
              const struct gp_space *gp_space, const struct gp_past *past, const double *previous,
              double *hypers, bool *has_failed);

#endif
