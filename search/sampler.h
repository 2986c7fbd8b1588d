/*
 * search/sampler.h - from what a study has learnt to the next point to try.
 *
 * A suggestion is a function of the space, the study's seed and the query: the same in this run or
 * the next, on any thread. A sampler is immutable after sampler_new(); caches may speed it up,
 * never change its answers.
 */
#ifndef SEARCH_SAMPLER_H
#define SEARCH_SAMPLER_H

#include "search/search_space.h"

struct sampler; /* opaque: sampler_ops.h */

/*
 * The algorithms:
 *
 * "random"   independent draws, uniform in the unit cube.
 * "sobol"    scrambled Sobol points, trial n point n - 1. Past 1024 parameters: random.
 * "default"  the defaults (else the middle) first, then scrambled Sobol points.
 * "grid"     every legal combination once. INTEGER, CATEGORICAL and DISCRETE parameters only.
 */
struct sampler_options {
    const char *algorithm;
    uint64_t seed;           /* the study's; "grid" does without */
    int64_t max_trial_count; /* the budget; a grid larger than it is visited in a space-filling
                                order. 0 or less: no limit is known */
};

/* What a suggestion may depend on beside the options. */
struct sampler_query {
    uint64_t trial_number; /* from 1 */
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

/* Fills point[0 .. param_count-1] with a legal point. */
enum sampler_answer sampler_suggest(const struct sampler *sampler,
                                    const struct sampler_query *query, double *point,
                                    struct assay_error *err);

/* True when the algorithm is known; for checking a document. */
bool sampler_is_known(const char *algorithm);

#endif
