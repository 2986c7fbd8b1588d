/*
 * bench/sim_study.h - a whole study without processes: the engine's controller and store on a disk,
 * the simulated launcher, no threads. What is left is what the engine itself costs.
 *
 * As when a real engine is busy, all trials that run have ended by the time the controller looks
 * again: it takes at most BATCH_EVENTS ends, stores them together with the trials that follow, and
 * only then launches those. For each trial the command is built as it is for a real process.
 */
#ifndef BENCH_SIM_STUDY_H
#define BENCH_SIM_STUDY_H

#include "assay/error.h"
#include "bench/measure.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_study_plan {
    const char *folder;   /* the state folder, made by the caller */
    const char *document; /* must allow more trials than these: the job is left RUNNING */
    int64_t trials;
};

/* What trials cost in a stretch of the study, in microseconds each. */
struct sim_stretch {
    struct spread cpu_us; /* over pieces of SIM_PIECE trials */
    double mean_cpu_us;   /* over the stretch as a whole: with checkpoints */
    double mean_wall_us;
};

enum { SIM_PIECE = 1000, SIM_STRETCH_PIECES = 20 };

struct sim_figures {
    int64_t trials; /* ended */
    int64_t commits;
    double wall_s; /* of all of them */
    double cpu_s;
    struct sim_stretch early; /* from trial 1,000 on */
    struct sim_stretch late;  /* up to the last */
    double bytes_per_trial;   /* of resident memory, from trial 1,000 to the last */
    double file_bytes;        /* the store's, log included */
};

/*
 * Runs until trials have ended and returns, without closing the store: the process that called it
 * is expected to end as if it were killed. trials: at least 2 * SIM_STRETCH_PIECES pieces.
 */
bool sim_study_run(const struct sim_study_plan *plan, struct sim_figures *figures,
                   struct assay_error *err);

#endif
