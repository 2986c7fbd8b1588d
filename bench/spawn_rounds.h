/*
 * bench/spawn_rounds.h - real processes: the same trainer started bare, by posix_spawn() and
 * waitpid(), and as trials of a job through the whole engine, in turns.
 */
#ifndef BENCH_SPAWN_ROUNDS_H
#define BENCH_SPAWN_ROUNDS_H

#include "assay/error.h"
#include "bench/measure.h"

#include <stdint.h>

struct spawn_plan {
    const char *folder;  /* on the disk that is measured; what is made in it is the caller's */
    const char *trainer; /* absolute */
    int rounds;
    int64_t trials; /* in each round, of either kind */
    int parallel;
};

struct spawn_figures {
    struct spread bare;        /* trainers per second */
    struct spread engine;      /* trials per second, from the submission to the job's end */
    struct spread ratio;       /* engine / bare of the same round */
    struct spread bare_cpu_ms; /* CPU time for each, of all processes that took part */
    struct spread engine_cpu_ms;
};

bool spawn_rounds_run(const struct spawn_plan *plan, struct spawn_figures *figures,
                      struct assay_error *err);

#endif
