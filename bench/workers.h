/*
 * bench/workers.h - trials that run at once, on a virtual clock: a queue of ends.
 *
 * Pure bookkeeping of one thread; nothing waits. Trials that end at the same instant end by number.
 */
#ifndef BENCH_WORKERS_H
#define BENCH_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

struct workers {
    double now; /* virtual time */
    size_t count;
    size_t busy_count;
    struct busy_worker *busy; /* count places, busy_count of them filled */
};

/* count is at least 1. False for lack of memory. */
bool workers_init(struct workers *workers, size_t count);
void workers_clear(struct workers *workers);

/* Some worker must be free. */
void workers_begin(struct workers *workers, size_t number, double duration);

/* The clock jumps to the next end; some worker must be busy. Returns the trial that ended. */
size_t workers_end_next(struct workers *workers);

#endif
