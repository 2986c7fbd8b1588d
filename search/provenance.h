/*
 * search/provenance.h - why a sampler suggested what it did: a plain record, kept with the trial.
 */
#ifndef SEARCH_PROVENANCE_H
#define SEARCH_PROVENANCE_H

#include <stddef.h>
#include <stdint.h>

/* Which part of an algorithm made the point. Part of what is stored: never renumber, only add. */
enum stage {
    STAGE_PLAIN = 0,      /* random, Sobol, grid: nothing was learnt or asked */
    STAGE_FIRST = 1,      /* the defaults, else the middle */
    STAGE_START = 2,      /* space-filling, before there is enough to learn from */
    STAGE_MODEL = 3,      /* the model's global search */
    STAGE_TRUST = 4,      /* the model's search in a box around the best */
    STAGE_ENDGAME = 5,    /* the last of a known budget: refining the best */
    STAGE_ENUMERATE = 6,  /* all that the model would try had been tried: another new point */
    STAGE_POPULATION = 7, /* drawn from, or bred in, a population or a distribution */
    STAGE_FALLBACK = 8,   /* the numbers failed, and a Sobol point took their place */
};

enum acquisition_kind {
    ACQUISITION_NONE = 0,
    ACQUISITION_LOG_EI = 1,      /* log expected improvement */
    ACQUISITION_UCB = 2,         /* upper confidence bound */
    ACQUISITION_EXPLORE = 3,     /* deviation where the best may be */
    ACQUISITION_MEAN = 4,        /* posterior mean */
    ACQUISITION_HYPERVOLUME = 5, /* log expected hypervolume improvement, or its scalarisation */
    ACQUISITION_SAFETY = 6,      /* probability of being safe or feasible */
    ACQUISITION_DENSITY = 7,     /* log ratio of good to other density */
};

/* What had to give way while the numbers were made. */
enum fallback {
    FALLBACK_NONE = 0,
    FALLBACK_PRIOR = 1,  /* the fit failed: hyperparameters of the prior */
    FALLBACK_JITTER = 2, /* the covariance was singular: a larger diagonal */
    FALLBACK_SOBOL = 3,  /* nothing helped */
};

enum { PROVENANCE_NEAREST = 3 };

struct provenance {
    enum stage stage;
    enum acquisition_kind acquisition;
    enum fallback fallback;
    uint64_t past_count;      /* how many ended trials it was made from */
    uint64_t pending_count;   /* how many trials were under way */
    double acquisition_value; /* NaN where there is none, as for all below */
    double mean, deviation; /* predicted measurement, in the metric's own units; median and half the
                                 central 68 % where targets were warped */
    uint64_t nearest[PROVENANCE_NEAREST];  /* numbers of the most similar ended trials; 0: none */
    double similarity[PROVENANCE_NEAREST]; /* the model's correlation with them, 0 .. 1 */
};

#endif
