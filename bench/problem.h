/*
 * bench/problem.h - something to optimise whose best value is known.
 *
 * A problem is one instance of one function or table: seeded, immutable once made, so any thread
 * may evaluate it. All problems minimize. Instances 1 to 5 are for development, 6 and up are held
 * out: constants are chosen on the former only.
 */
#ifndef BENCH_PROBLEM_H
#define BENCH_PROBLEM_H

#include "assay/error.h"
#include "search/search_space.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBLEM_DEVELOPMENT_LAST = 5 };

struct problem_outcome {
    bool is_infeasible; /* the trial failed; value is NaN */
    double value;       /* what the sampler is told: noise included */
    double truth;       /* without noise: what regret is measured by */
};

/* What one family of problems is made of; one per file, listed in bench/suites.c. */
struct problem_ops {
    /* Fills *outcome; point as in search_space.h; draw numbers the evaluation for noise. */
    void (*evaluate)(const void *state, const double *point, uint64_t draw,
                     struct problem_outcome *outcome);
    /*
     * The value that a trial would report after step 1 .. curve_length; NULL where there is no
     * learning curve. The last one equals evaluate()'s value.
     */
    double (*curve)(const void *state, const double *point, uint64_t draw, size_t step);
    void (*release)(void *state); /* NULL is fine */
};

struct problem {
    const char *suite;          /* "S1" .. "S8", "curves" */
    char name[64];              /* unique: "bbob-f08-d05-i03" */
    char family[32];            /* what is averaged over: "d05" of S1, "svm-digits" of S4 … */
    unsigned instance;          /* from 1 */
    struct search_space *space; /* owned */
    double optimum;             /* the least truth of a feasible point */
    double *best;               /* owned: a point that has it; NULL where none was kept */
    double typical;             /* the median truth of a random feasible point: the score's zero */
    bool is_noisy;              /* declared as observation_noise HIGH to all who can be told */
    size_t curve_length;        /* 0 without curves */
    const struct problem_ops *ops;
    void *state; /* owned: ops->release() */
};

void problem_free(struct problem *problem); /* NULL is fine */

#endif
