/*
 * tests/unit/bench/bench_support.h - small problems and results to try the bench on.
 */
#ifndef TESTS_UNIT_BENCH_SUPPORT_H
#define TESTS_UNIT_BENCH_SUPPORT_H

#include "bench/problem.h"
#include "bench/result.h"

/* One parameter "x" in 0 .. 1; the truth is x, its optimum 0, its typical value 0.5. */
struct problem *line_problem(const struct problem_ops *ops);

/* As line_problem(), all points good. */
extern const struct problem_ops plain_line;
/* What is told is 1 - x: the best measured trial is the worst in truth. */
extern const struct problem_ops lying_line;
/* Fails where x > 0.5. */
extern const struct problem_ops failing_line;
/* Nothing succeeds. */
extern const struct problem_ops hopeless_line;

/* All four types, a condition of each kind, and a name that two branches use. */
struct search_space *branched_space(void);

/* A run with a curve of count values; the curve is copied. */
struct result made_result(const char *arm, const char *problem, uint32_t seed, const double *curve,
                          size_t count);

/* A new folder under /tmp, removed with what is in it by the second. */
const char *make_folder(char path[64]);
void remove_folder(const char *path);

#endif
