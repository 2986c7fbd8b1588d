/*
 * bench/study_run.h - one arm on one problem with one seed, from the first ask to the last tell.
 */
#ifndef BENCH_STUDY_RUN_H
#define BENCH_STUDY_RUN_H

#include "bench/arm.h"
#include "bench/result.h"

struct study_run {
    const struct arm_kind *kind;
    const struct problem *problem;
    uint32_t seed; /* from 1: the repetition */
    size_t workers;
    bool is_batch; /* all workers begin together when the last one has ended */
    size_t budget;
    int timeout_s; /* for each answer of a rival */
};

/* Fills the key and what is known of the problem. */
void study_run_describe(const struct study_run *run, struct result *result);

/*
 * Runs it. What goes wrong with the arm is part of *result, which is the caller's:
 * result_clear(). False and *err for lack of memory only.
 */
bool study_run(const struct study_run *run, struct result *result, struct assay_error *err);

#endif
