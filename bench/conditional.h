/*
 * bench/conditional.h - the problems of suite S5, one file per kind. NULL for lack of memory.
 */
#ifndef BENCH_CONDITIONAL_H
#define BENCH_CONDITIONAL_H

#include "bench/problem.h"

enum { FORKED_LEAVES_MAX = 5, FORKED_NESTED_LEAVES = 4, TUNED_SPACES = 4 };

/*
 * One of leaf_count BBOB functions (conditional_forked.c), chosen by one parameter, or by two
 * levels of them: FORKED_NESTED_LEAVES then. Another variant has other functions.
 */
struct problem *forked_problem(size_t leaf_count, bool is_nested, unsigned variant,
                               unsigned instance);

/* A made-up loss (conditional_tuned.c) over space which, below TUNED_SPACES. */
struct problem *tuned_problem(size_t which, unsigned variant, unsigned instance);

#endif
