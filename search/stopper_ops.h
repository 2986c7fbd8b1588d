/*
 * search/stopper_ops.h - what a stopping rule is made of; for the stoppers themselves.
 */
#ifndef SEARCH_STOPPER_OPS_H
#define SEARCH_STOPPER_OPS_H

#include "search/stopper.h"
#include "search/stopper_past.h"

struct stopper_rungs;

struct stopper {
    const struct stopper_ops *ops;
    struct stopper_options options; /* the defaults filled in, but max_position and min_position */
    double sign;                    /* times a value: more is better */
    struct stopper_past past;
    struct stopper_rungs *rungs; /* owned; STOPPER_HALVING only */
};

struct stopper_ops {
    enum past_kept kept; /* stopper_past.h */
    /* One of the two. The verdict comes with all its numbers NaN and its flags set; what the rule
     * writes are values that are turned so that more is better: the caller turns them back. */
    bool (*decide)(const struct stopper *stopper, const struct curve *running, double learning_rate,
                   struct stopper_verdict *verdict);
    bool (*observe)(struct stopper *stopper, uint64_t trial, double position, double value,
                    struct stopper_verdict *verdict);
    /* May be NULL. */
    bool (*predict)(const struct stopper *stopper, const struct curve *stopped,
                    double learning_rate, double *position, double *final_value);
};

extern const struct stopper_ops stopper_median_ops;
extern const struct stopper_ops stopper_decay_ops;
extern const struct stopper_ops stopper_convex_ops;
extern const struct stopper_ops stopper_halving_ops;

void stopper_rungs_free(struct stopper_rungs *rungs); /* NULL is fine */

/* The best of the values at the curve's first count measurements; count is at least 1. */
double stopper_best_of(const struct curve *curve, size_t count);

#endif
