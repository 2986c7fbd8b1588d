/*
 * bench/measure.h - clocks, memory and the spread of repeated measurements.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>

/* Two of them give what lies between. */
struct moment {
    double wall_s; /* monotonic clock */
    double cpu_s;  /* user and system time of this process, children not counted */
};

struct moment moment_now(void);

/* CPU time of all descendants that were waited for, by this process or by one of them. */
double descendants_cpu_s(void);

/* Resident memory of this process, after what the allocator holds back was given to the system. */
double resident_bytes(void);

/* Machines differ and are disturbed: no figure is told without these three. */
struct spread {
    double min;
    double median;
    double max;
};

/* Sorts values. All zero without any. */
struct spread spread_of(double *values, size_t count);

#endif
