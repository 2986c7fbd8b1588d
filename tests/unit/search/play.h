/*
 * tests/unit/search/play.h - whole studies of one sampler, for the tests of samplers.
 */
#ifndef TESTS_UNIT_SEARCH_PLAY_H
#define TESTS_UNIT_SEARCH_PLAY_H

#include "search/model_chain.h"

/* What a trial with this point ends as; fills values, one of each metric. */
typedef enum past_state (*play_judge)(const struct search_space *space, const double *point,
                                      double *values);

struct play {
    const char *algorithm;
    uint64_t seed;
    const struct search_space *space;
    const struct sampler_metric *metrics; /* NULL: one, minimized */
    size_t metric_count;                  /* 0: one */
    size_t trial_count;
    size_t parallel_count; /* 0: 1. More: trials end in a scrambled but fixed order */
    bool is_budget_unknown;
    play_judge judge;
};

struct played {
    size_t width, metric_count;
    double *points;     /* trial_count x width, by number */
    double *values;     /* trial_count x metric_count */
    double best;        /* the least first value of a completed trial; infinite without one */
    enum stage *stages; /* by number */
};

/* Asserts that every point is legal and that a query asked again gives the same. */
struct played play_study(const struct play *play);
void played_clear(struct played *played);

/* Asserts that a fresh sampler plays the same study, point by point. */
void play_again(const struct play *play, const struct played *played);

/*
 * Asserts that each failure of an allocation on the way is an error that leaks nothing, and that
 * asking again then gives the point that it would have been: for a study of a few trials.
 */
void play_with_failing_allocations(const struct play *play);

/* Compares the study's points, to 9 digits, with golden/<name>.txt; with ASSAY_GOLDEN=write in the
 * environment, writes it. */
void play_golden(const struct play *play, const char *folder, const char *name);

/* Judges of one metric. Doubles only: squared distance from 0.3; that with unequal axes. */
enum past_state judge_sphere(const struct search_space *space, const double *point, double *values);
enum past_state judge_ellipsoid(const struct search_space *space, const double *point,
                                double *values);
/* Any space: every active coordinate should be at 0.7, the last category best. */
enum past_state judge_units(const struct search_space *space, const double *point, double *values);
enum past_state judge_failure(const struct search_space *space, const double *point,
                              double *values);
enum past_state judge_nan(const struct search_space *space, const double *point, double *values);
enum past_state judge_equal(const struct search_space *space, const double *point, double *values);
/* judge_units() with failures, early stops, NaN and infinite values among it. */
enum past_state judge_chaos(const struct search_space *space, const double *point, double *values);

/* Plays under all of the judges that teach little or nothing, on spaces of odd shapes: no
 * parameter, one value each, an integer range of 2^53, 60 parameters. */
void play_degenerate_studies(const char *algorithm);

#endif
