/*
 * search/sampler.h - from what a study has learnt to the next point to try.
 *
 * A suggestion is a function of the space, the options and the query: the same in this run or the
 * next, on any thread. A sampler is immutable after sampler_new(). What is costly to learn from the
 * past is a *model*, itself a function of the past, made rarely, apart and ahead of the suggestions
 * that use it.
 */
#ifndef SEARCH_SAMPLER_H
#define SEARCH_SAMPLER_H

#include "assay/error.h"
#include "search/history.h"
#include "search/provenance.h"
#include "search/search_space.h"

struct sampler;       /* opaque: sampler_ops.h */
struct sampler_model; /* opaque: each algorithm's own; immutable */

enum { SAMPLER_METRICS_MAX = 8 };

/* What a study measures, in the order of the history's values. */
struct sampler_metric {
    bool is_maximized;
    bool is_safety;           /* not an objective: its value should stay on the threshold's side */
    double safety_threshold;  /* safe: at least this when maximized, at most when minimized */
    double min_safe_fraction; /* 0 .. 1 of the trials should be safe; NaN: as good as can be */
};

enum observation_noise { NOISE_UNSPECIFIED, NOISE_LOW, NOISE_HIGH };

/*
 * The algorithms:
 *
 * "default"  the Gaussian process, also named "gp".
 * "random"   independent draws, uniform in the unit cube.
 * "sobol"    scrambled Sobol points, trial n point n - 1. Past 1024 parameters: random.
 * "grid"     every legal combination once. INTEGER, CATEGORICAL and DISCRETE parameters only.
 * "tpe"      tree-structured Parzen estimator, multivariate, grouped by condition.
 * "cmaes"    covariance matrix adaptation, with margins for integers and categories.
 * "nsga2"    non-dominated sorting genetic algorithm.
 */
struct sampler_options {
    const char *algorithm;
    uint64_t seed;           /* the study's; "grid" does without */
    int64_t max_trial_count; /* the budget; a grid larger than it is visited in a space-filling
                                order. 0 or less: no limit is known */
    int64_t parallel_count;  /* how many trials run at once; 0 or less: 1 */
    enum observation_noise noise;
    const struct sampler_metric *metrics; /* copied; NULL: one metric, minimized */
    size_t metric_count;                  /* at most SAMPLER_METRICS_MAX are looked at */
    const char *settings; /* "name=value,…": an algorithm's constants changed, for experiments
                             (gp_settings.h); NULL: as they are */
};

/* What a suggestion may depend on beside the options. */
struct sampler_query {
    uint64_t trial_number;         /* from 1 */
    int64_t max_trial_count;       /* the budget where it is another by now than the options', which
                                      a sampler is made for; 0: it is not */
    const struct history *history; /* may be NULL where sampler_needs_history() is false */
    size_t past_count;             /* how many of its trials count */
    const double *pending;         /* pending_count x param_count: the points of trials that are
                                      under way, by their numbers */
    size_t pending_count;
    const double *fixed; /* param_count: values that the point has, NaN where it is free; NULL:
                            free everywhere. Then no space is exhausted: a part of it may be, and
                            is visited again */
    const struct sampler_model
        *model; /* of sampler_model_count(past_count); NULL where that is 0 */
};

enum sampler_answer {
    SAMPLER_POINT,     /* the point is filled */
    SAMPLER_EXHAUSTED, /* the space has no further point: the study is done */
    SAMPLER_FAILED,    /* *err is filled */
};

/* Borrows space, which must outlive the sampler. NULL and *err: unknown algorithm (the names that
 * exist are in the message), an algorithm that cannot search this space, no memory. */
struct sampler *sampler_new(const struct sampler_options *options, const struct search_space *space,
                            struct assay_error *err);
void sampler_free(struct sampler *sampler); /* NULL is fine */

/* False: only trial_number of a query matters, and a suggestion costs microseconds. */
bool sampler_needs_history(const struct sampler *sampler);

/* True: trial n of "grid" is the n-th of all points, so what was visited otherwise can be passed
 * over by numbers of one's own. A query with fixed values is no part of that sequence. */
bool sampler_visits_once(const struct sampler *sampler);

/*
 * Which model a suggestion after past_count ended trials is made with: the one learnt from the
 * first so many of them; 0: none. Never decreases as past_count grows. "gp" lags from a hundred
 * trials on, by one model, so that learning has some trials' time before its model is wanted.
 */
size_t sampler_model_count(const struct sampler *sampler, size_t past_count);

/* False: the suggestion for this trial is made without a model, whatever has ended before. */
bool sampler_needs_model(const struct sampler *sampler, uint64_t trial_number);

/*
 * The count of the model that comes after count's (0: the first one) in the sequence of models.
 * SIZE_MAX: there is none.
 */
size_t sampler_next_model(const struct sampler *sampler, size_t count);

/*
 * Learns from the first count trials; count is of the sequence. previous is the model before it
 * (NULL for the first one) and stays the caller's. The cost grows with the cube of count up to a
 * limit of each algorithm's own. NULL and *err for lack of memory only.
 */
struct sampler_model *sampler_learn(const struct sampler *sampler, const struct history *history,
                                    size_t count, const struct sampler_model *previous,
                                    struct assay_error *err);
void sampler_model_free(const struct sampler *sampler, struct sampler_model *model);

/*
 * A model as numbers, for a store: how many they are, the same for all models of a sampler. 0: it
 * costs less to learn one again than to keep it, and the two functions below are not for it. The
 * numbers say themselves by which way of learning they were made.
 */
size_t sampler_model_size(const struct sampler *sampler);

/* Fills numbers[0 .. size-1]; all are finite. */
void sampler_model_pack(const struct sampler *sampler, const struct sampler_model *model,
                        double *numbers);

/* The same model again. NULL and *err: numbers that no model packs into (ASSAY_DATA_LOSS), no
 * memory. */
struct sampler_model *sampler_model_unpack(const struct sampler *sampler, const double *numbers,
                                           struct assay_error *err);

/* Fills point[0 .. param_count-1] with a legal point, and provenance. */
enum sampler_answer sampler_suggest(const struct sampler *sampler,
                                    const struct sampler_query *query, double *point,
                                    struct provenance *provenance, struct assay_error *err);

/* True when the algorithm is known; for checking a document. */
bool sampler_is_known(const char *algorithm);

#endif
