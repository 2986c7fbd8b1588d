/*
 * tests/unit/engine/tuning_bench.h - a tuning job under way, without an engine: trials are only
 * counted.
 */
#ifndef TESTS_UNIT_ENGINE_TUNING_BENCH_H
#define TESTS_UNIT_ENGINE_TUNING_BENCH_H

#include "engine/life/tuning_job.h"

#include <stdint.h>

/* Moments are seconds after the job's making. */
#define START_US INT64_C(1700000000000000)
#define AT(seconds) (START_US + INT64_C(1000000) * (seconds))

/* The plainest spec: to be changed before it is begun. */
struct tuning_bench {
    struct job_spec spec;
    struct tuning_job job;
};

/* "accuracy", maximised, then "loss", minimised; a bench uses the first alone. */
struct metric_spec *tuning_bench_metrics(void);

struct tuning_bench tuning_bench_new(int64_t max, int64_t parallel, int64_t max_failed);
void begin_job(struct tuning_bench *bench); /* it is RUNNING now */

struct job_decision next_at(struct tuning_bench *bench, int64_t now_us);
int action_at(struct tuning_bench *bench, int64_t seconds);

/* Starts trials as long as the job asks for them; returns how many. */
int fill(struct tuning_bench *bench, int64_t seconds);

void end_trial(struct tuning_bench *bench, int64_t number, enum failure_class failure, double value,
               int64_t seconds);
void succeed(struct tuning_bench *bench, int64_t number, double value, int64_t seconds);
void fail(struct tuning_bench *bench, int64_t number, int64_t seconds);

/* Asserts that the job has nothing more to do but to end in this state. */
void check_end(struct tuning_bench *bench, int64_t seconds, enum job_state state);

#endif
