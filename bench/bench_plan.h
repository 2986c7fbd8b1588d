/*
 * bench/bench_plan.h - which runs the command line asks for, and which of them are still to be
 * done.
 */
#ifndef BENCH_BENCH_PLAN_H
#define BENCH_BENCH_PLAN_H

#include "bench/bench_options.h"
#include "bench/result.h"
#include "bench/study_run.h"

/* Zero it to start; owns all it points to. */
struct bench_plan {
    struct problem **problems;
    size_t problem_count;
    struct study_run *runs; /* seed by seed, in each all problems, of each all arms: an interrupted
                               comparison has few gaps */
    size_t run_count;
    size_t done_count; /* not among the runs, as results has them already */
};

/* Makes the problems of all suites asked for. */
bool bench_plan_problems(struct bench_plan *plan, const struct bench_options *options,
                         struct assay_error *err);

/* arms: those that are available. */
bool bench_plan_runs(struct bench_plan *plan, const struct bench_options *options,
                     const struct arm_kind *const *arms, size_t arm_count,
                     const struct results *results, struct assay_error *err);

void bench_plan_clear(struct bench_plan *plan);

#endif
