/*
 * bench/report.h - the table of figures, on standard output: what was measured, what it was
 * measured against, and whether a promised limit holds.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench/measure.h"

#include <stdbool.h>

struct report {
    bool is_judging; /* else limits are printed but nothing is missed */
    int missed;
};

/* Opens a part of the table. */
void report_part(const char *title);

/* A figure without a limit. */
void report_figure(const char *name, double value, const char *unit);
void report_spread(const char *name, const struct spread *spread, const char *unit);

/* "ok" or "NOT MET", counted. */
void report_at_least(struct report *report, const char *name, double value, double limit,
                     const char *unit);
void report_at_most(struct report *report, const char *name, double value, double limit,
                    const char *unit);

/* The verdict over all. */
void report_end(const struct report *report);

/* The machine, its file system at folder and the versions, a line each. */
void report_machine(const char *folder);

#endif
