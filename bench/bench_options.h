/*
 * bench/bench_options.h - the command line of assay-bench.
 */
#ifndef BENCH_BENCH_OPTIONS_H
#define BENCH_BENCH_OPTIONS_H

#include "bench/arm.h"

enum { BENCH_LIST_MAX = 64 };

enum bench_action { BENCH_RUN, BENCH_REPORT, BENCH_LIST, BENCH_HELP };

struct bench_options {
    enum bench_action action;
    const char *suites[BENCH_LIST_MAX];
    size_t suite_count;
    const struct arm_kind *arms[BENCH_LIST_MAX];
    size_t arm_count;
    struct arm_kind variants[BENCH_LIST_MAX]; /* arms with settings: some of arms point here */
    unsigned first_instance, last_instance;
    size_t problem_limit;           /* of each suite */
    uint32_t first_seed, last_seed; /* repetitions of each problem */
    size_t budget;
    size_t workers;
    bool is_batch;
    bool is_quick;
    bool is_retrying; /* runs that failed are run again */
    const char *out;
    const char *baseline;
    size_t jobs;
    size_t timeout_s; /* for each answer of a rival */
};

/* Everything that is not said has its default. Lists are cut in argv, which they borrow. False and
 * *err for what makes no sense. */
bool bench_options_parse(int argc, char **argv, struct bench_options *options,
                         struct assay_error *err);

extern const char bench_options_help[];

#endif
