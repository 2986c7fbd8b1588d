/*
 * bench/crew.h - many runs at once: worker processes that take one run after the other.
 *
 * Processes and not threads, so that a sampler that dies takes only its own run with it. Each
 * appends its results itself.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include "bench/study_run.h"

struct crew {
    const struct study_run *runs; /* in the order in which they are taken */
    size_t run_count;
    size_t worker_count; /* at least 1 */
    int file;            /* results.csv: results_open() */
};

enum crew_end {
    CREW_DONE,
    CREW_INTERRUPTED, /* SIGINT or SIGTERM: runs under way are lost, those that ended are kept */
    CREW_FAILED,      /* *err */
};

/*
 * Says on standard error how long it will take, after the first minute and then ever rarer. The
 * caller must have no threads; SIGCHLD, SIGINT and SIGTERM are blocked meanwhile.
 */
enum crew_end crew_run(const struct crew *crew, struct assay_error *err);

#endif
