/*
 * search/gp_settings.h - the constants of the default sampler, by name, for experiments with them.
 *
 * docs/search.md says which experiment chose each. A text "start_count=10,trust_from=0" changes
 * some.
 */
#ifndef SEARCH_GP_SETTINGS_H
#define SEARCH_GP_SETTINGS_H

#include "assay/error.h"
#include "search/gp_fit.h"
#include "search/target_warp.h"

#include <stdint.h>

struct gp_settings {
    int64_t start_count;   /* space-filling trials before the model; 0: min(dimension + 1, 8) */
    int64_t has_middle;    /* whether the first of them is the space's first point */
    int64_t warp;          /* enum target_warp_kind */
    int64_t prior;         /* enum gp_prior_kind */
    double length_stretch; /* PRIOR_TWO_SIDED's, per dimension / 20, at least 1 */
    int64_t noise;         /* enum gp_noise, while the study's own is unspecified */
    int64_t reach;         /* whether early suggestions stay within reach of known points */
    int64_t ucb_every;     /* every so manieth suggestion is by UCB; 0: none, 1: all */
    double confidence;     /* UCB's deviations */
    double endgame_share;  /* of a known budget, at its end, refines the best */
    double endgame_box;    /* the side of its box */
    double mean_share;     /* of a known budget, at its very end, goes for the best mean */
    int64_t trust_from;    /* dimension from which every other suggestion is of a box; 0: never */
    int64_t stuck_every;   /* while nothing improves, every so manieth explores; 0: none */
    int64_t candidates;    /* Sobol points a search starts with */
    int64_t climbs;        /* candidates that climb */
    int64_t leaders;       /* known points that are searched around */
    double refit_share;    /* a model serves until this share more trials have ended */
    int64_t evaluations;   /* of the likelihood in one fit, cold; a third of it warm */
    int64_t feasible_min;  /* feasible trials before failures have a model of their own; until then
                              an infeasible trial counts as a bad one */
    double stop_noise;     /* variance added for a trial stopped at its very beginning */
    int64_t rows_max;      /* trials a model holds */
};

/* Starts from the defaults; text may be NULL. ASSAY_INVALID names the setting at fault. */
bool gp_settings_read(struct gp_settings *settings, const char *text, struct assay_error *err);

#endif
