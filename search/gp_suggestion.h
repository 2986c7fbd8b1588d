/*
 * search/gp_suggestion.h - one suggestion of the default sampler while it is made: the past as the
 * model sees it, the processes, and the acquisition that is to be maximised. For sampler_gp.c,
 * gp_suggestion.c and gp_goal.c.
 */
#ifndef SEARCH_GP_SUGGESTION_H
#define SEARCH_GP_SUGGESTION_H

#include "search/acquisition_search.h"
#include "search/gp_outlook.h"
#include "search/grid.h"
#include "search/sampler_ops.h"

enum { GP_LEADERS_MAX = 16 };

/* The sampler's own: made once. */
struct gp_state {
    struct gp_space *gp_space;
    struct sobol *sobol;
    struct gp_settings settings;
    size_t start_count;
    struct grid *grid;     /* of a space without DOUBLEs; else NULL */
    grid_count grid_total; /* its combinations; 0 without a grid */
};

/* What is learnt: hyperparameters. */
struct sampler_model {
    size_t metric_count, hyper_count;
    bool has_failed[SAMPLER_METRICS_MAX];
    double hypers[]; /* metric_count x hyper_count */
};

/* What one suggestion is made with. */
struct gp_suggestion {
    const struct sampler *sampler;
    const struct gp_state *state;
    const struct sampler_query *query;
    struct provenance *provenance;
    struct gp_past *past;
    struct gp_targets targets[SAMPLER_METRICS_MAX];
    struct gp *gps[SAMPLER_METRICS_MAX];
    bool is_singular;    /* a process could not be made, and not for lack of memory */
    struct gp *failures; /* of labels +1 and -1; or NULL */
    double *labels;      /* past->count */
    struct acquisition acquisition;
    double *directions; /* and reaches, and reference; one allocation */
    double *scratch;
    size_t leaders[GP_LEADERS_MAX]; /* rows of the past, the best first */
    size_t leader_count;
    double *box; /* dimension; or NULL */
};

/* Whether a point was tried already or is under way. */
bool gp_is_known(const struct sampler_query *query, const double *point, size_t param_count);

/* Under declared noise a point may be measured again. */
bool gp_may_repeat(const struct sampler *sampler);

/* Whether a row of the past ran to its end, is safe and has every objective. */
bool gp_may_be_best(const struct gp_suggestion *suggestion, size_t row);

/* gp_goal.c: fills the acquisition, the box and what provenance says of them. False for lack of
 * memory. */
bool gp_goal_choose(struct gp_suggestion *suggestion);

enum gp_suggested {
    GP_SUGGESTED,
    GP_NOTHING_NEW, /* all that was found had been tried */
    GP_NO_NUMBERS,  /* not even the prior's hyperparameters give a process */
    GP_OUT_OF_MEMORY,
};

/* The point of the largest acquisition, and why; unless GP_SUGGESTED neither is to be used. */
enum gp_suggested gp_suggestion_make(const struct sampler *sampler,
                                     const struct sampler_query *query, double *point,
                                     struct provenance *provenance);

#endif
