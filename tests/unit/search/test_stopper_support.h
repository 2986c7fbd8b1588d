/*
 * tests/unit/search/test_stopper_support.h - synthetic studies for the tests of stoppers: curves
 * that are known to their ends, and workers that measure them until a stopper says stop.
 */
#ifndef TESTS_UNIT_SEARCH_TEST_STOPPER_SUPPORT_H
#define TESTS_UNIT_SEARCH_TEST_STOPPER_SUPPORT_H

#include "search/stopper.h"
#include "support.h"

enum { STUDY_TRIALS_MAX = 64, STUDY_LENGTH_MAX = 64 };

/* More is better, unless it was mirrored. */
struct study {
    size_t trial_count, length;
    double positions[STUDY_LENGTH_MAX];
    double values[STUDY_TRIALS_MAX][STUDY_LENGTH_MAX];
    double levels[STUDY_TRIALS_MAX]; /* the order of the trials' ends, noise left out */
};

struct outcome {
    size_t stops[STUDY_TRIALS_MAX]; /* after so many measurements; 0: ran to the end */
    size_t stopped_count;
    uint64_t measured; /* measurements altogether */
};

double dice_normal(struct dice *dice);

/* Rising curves, none of which crosses another: base + level · growth, both rising; concave ones or
 * any. Trials, positions and length at random. */
struct study monotone_study(struct dice *dice, bool is_concave);

/* level - depth · exp(-rate · progress), each its own, which cross; and noise. */
struct study exponential_study(struct dice *dice, size_t trial_count, size_t length, double noise);

/* Of every value and level; scale below 0 mirrors. */
struct study affine_study(const struct study *study, double shift, double scale);

/* The trial with the highest level. */
size_t best_of_study(const struct study *study);

/* Fails the test when the stopper does. Trials start in order, workers of them at once; which of
 * them measures next is up to seed. */
struct outcome run_study(const struct stopper_options *options, const struct study *study,
                         size_t workers, uint64_t seed);

/* Appends a trial that ran to its end; its last value is its final one. */
void append_full(struct stopper *stopper, const double *positions, const double *values,
                 size_t count);

struct stopper *stopper_of(const struct stopper_options *options); /* fails the test, not NULL */

#endif
