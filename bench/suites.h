/*
 * bench/suites.h - all problems there are, by suite.
 */
#ifndef BENCH_SUITES_H
#define BENCH_SUITES_H

#include "bench/problem.h"

/* What to make of a suite. */
struct suite_query {
    const char *suite;       /* "S1" … */
    unsigned first_instance; /* inclusive */
    unsigned last_instance;
    bool is_quick;      /* a tenth of it: few functions, low dimensions */
    const char *tables; /* the folder of the suite's tables: bench/tables */
};

/* The caller owns the array and the problems. NULL and *err: unknown suite, unreadable table. */
struct problem **suite_problems(const struct suite_query *query, size_t *count,
                                struct assay_error *err);

/* Names and one-line descriptions of the suites, ended by a NULL name. */
struct suite_line {
    const char *name;
    const char *text;
};
extern const struct suite_line suite_lines[];

#endif
