/*
 * bench/service_jobs.h - the jobs that reads are measured on.
 */
#ifndef BENCH_SERVICE_JOBS_H
#define BENCH_SERVICE_JOBS_H

#include "bench/served.h"

#include <stddef.h>
#include <stdint.h>

/* A tuning job of a trainer that reports at so many steps, so many milliseconds apart. */
struct service_job {
    const char *trainer;
    int trials, parallel;
    int steps, step_ms;
};

/* Submits it; its path, of path_size. */
bool service_job_submit(const struct served *served, const struct service_job *job, char *path,
                        size_t path_size, struct assay_error *err);

/* Until its state is the word's, or so many of its trials run (0: no matter). */
bool service_job_await(const struct served *served, const char *path, const char *state,
                       int running, struct assay_error *err);
bool service_job_cancel(const struct served *served, const char *path, struct assay_error *err);

/* Puts count custom jobs that somebody has paused into a folder that nobody works in. */
bool service_jobs_store_paused(const char *folder, int64_t count, struct assay_error *err);

#endif
