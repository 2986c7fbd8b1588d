/*
 * search/stopper_past.h - the completed trials that a stopper compares with; for stoppers.
 *
 * Values are turned so that more is better, whatever the study's goal. What is kept is a systematic
 * sample of bounded size: every stride-th trial, where stride is 1 until a limit is reached and
 * doubles each time that it is. The best trial is kept beside it, whatever the stride. One thread.
 */
#ifndef SEARCH_STOPPER_PAST_H
#define SEARCH_STOPPER_PAST_H

#include "search/stopper.h"

enum {
    /* The quantile of a median over half so many is off by 1 % (one deviation). */
    STOPPER_KEPT_MAX = 4096,
    STOPPER_POINTS_MAX = 1 << 22, /* 64 MB; 419 trials of 10000 measurements each */
};

struct past_curve {
    struct curve curve; /* in block */
    double *block;      /* owned: the positions, then the values */
    double final_value; /* NaN: none */
    double learning_rate;
    bool is_stopped;
};

enum past_kept { PAST_NO_CURVES, PAST_VALUES, PAST_AVERAGES };

struct stopper_past {
    enum past_kept kept; /* what stands in the curves: values, or their running averages */
    size_t count, capacity;
    struct past_curve *items; /* oldest first */
    size_t point_count;
    uint64_t stride;
    uint64_t total;           /* trials appended */
    uint64_t full_count;      /* of them: with a final value, not stopped */
    struct past_curve leader; /* that with the best final value, the first of equals; its final
                                 value is NaN while there is none; a curve with PAST_VALUES only */
    double furthest;          /* position that such a trial came to, -INFINITY at first */
    double lowest, highest;   /* of all values */
};

/* Sets up an empty past, zeroed or not. */
void stopper_past_init(struct stopper_past *past, enum past_kept kept);
void stopper_past_clear(struct stopper_past *past);

/* sign is 1, or -1 where values are minimized. False for lack of memory: it is not appended. */
bool stopper_past_append(struct stopper_past *past, const struct stopper_trial *trial, double sign);

/* The median of the last positions of the trials kept that ran to their end; of all those kept
 * where none did; 0 where there is none. room: count doubles. */
double stopper_past_usual(const struct stopper_past *past, double *room);

/* The median, the mean of the two middle values where count is even; count is at least 1. Puts the
 * values in another order. */
double stopper_median_of(double *values, size_t count);

#endif
