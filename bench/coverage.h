/*
 * bench/coverage.h - which arm has run what in a scope, and so which of them can share a table.
 *
 * A table is as wide as the problems that all its arms have run. So that one arm which is not done
 * yet does not take the problems from all the others, it waits outside until it has run nine in
 * ten of them; what is dropped for an arm that is inside is said, and for whom. A problem that an
 * arm refused it has run: it found nothing.
 *
 * Borrows the results.
 */
#ifndef BENCH_COVERAGE_H
#define BENCH_COVERAGE_H

#include "bench/comparison.h"

#include <stdio.h>

struct arm_coverage {
    const char *arm;
    size_t problems;                /* that it ran, or refused, with a seed at least */
    size_t refused;                 /* of these */
    size_t seeds_least, seeds_most; /* of a problem */
    bool is_good;                   /* a run ended well */
    bool is_compared;               /* worth a place in the table */
};

/* One arm on one problem. */
struct coverage_cell {
    const struct result *result; /* of its first seed */
    size_t arm;                  /* of arms */
    size_t seeds;
};

struct coverage {
    size_t problem_count; /* that any arm ran */
    size_t arm_count;
    struct arm_coverage arms[COMPARISON_ARMS_MAX]; /* by arm_kinds, unknown ones last */
    size_t cell_count;
    struct coverage_cell *cells; /* by problem and arm; owned */
};

/* Refusals are looked at, whatever scope says of them. False for lack of memory. */
bool coverage_init(struct coverage *coverage, const struct results *results,
                   const struct scope *scope);
void coverage_clear(struct coverage *coverage); /* zeroed is fine */

/* The arms that are compared, in order. Returns how many. */
size_t coverage_arms(const struct coverage *coverage, const char *arms[COMPARISON_ARMS_MAX]);

/* NULL: it has run nothing here. */
const struct arm_coverage *coverage_find(const struct coverage *coverage, const char *arm);

/* "12 of 14 problems (dropped: S5 (2) for pycma)": those of the comparison, of which coverage is
 * the scope's. Where the scope is one suite, families stand for suites. */
void coverage_write_problems(FILE *out, const struct coverage *coverage,
                             const struct comparison *comparison, const struct scope *scope);

/* Sentences, each followed by after: who is left out, what refusals count for, who has how many
 * seeds, and that few problems or one seed make intervals that say little. Maybe none. */
void coverage_write_notes(FILE *out, const struct coverage *coverage,
                          const struct comparison *comparison, const char *after);

/* "Seeds of each problem: gp 20, hebo 3 to 4." and after, where arms differ; else nothing. */
void coverage_write_seeds(FILE *out, const struct coverage *coverage, const char *after);

#endif
