/*
 * bench/job_text.h - the job that all measurements run: RANDOM_SEARCH over five parameters, one
 * metric. bench/optuna_random.py asks Optuna for the same five.
 */
#ifndef BENCH_JOB_TEXT_H
#define BENCH_JOB_TEXT_H

#include "assay/json.h"

struct job_text {
    const char *trainer;      /* the program; it gets its parameters as arguments */
    const char *started_path; /* BENCH_STARTED in its environment; NULL for none */
    int64_t max_trials;
    int parallel;
};

/* The document; the caller frees it. */
char *job_text_new(const struct job_text *text, struct assay_error *err);

#endif
