/*
 * bench/served.h - `assay serve` as a process of its own, on a free port of loopback.
 */
#ifndef BENCH_SERVED_H
#define BENCH_SERVED_H

#include "assay/error.h"

#include <sys/types.h>

/* A studySpec of four parameters, of an algorithm that costs nothing. */
#define SERVED_STUDY_SPEC                                                                          \
    "{\"algorithm\": \"RANDOM_SEARCH\", "                                                          \
    "\"metrics\": [{\"metricId\": \"loss\", \"goal\": \"MINIMIZE\"}], \"parameters\": ["           \
    "{\"parameterId\": \"rate\", \"scaleType\": \"UNIT_LOG_SCALE\", "                              \
    "\"doubleValueSpec\": {\"minValue\": 1e-5, \"maxValue\": 1}},"                                 \
    "{\"parameterId\": \"momentum\", \"doubleValueSpec\": {\"minValue\": 0, \"maxValue\": 1}},"    \
    "{\"parameterId\": \"layers\", \"integerValueSpec\": {\"minValue\": \"1\", \"maxValue\": "     \
    "\"100\"}},"                                                                                   \
    "{\"parameterId\": \"activation\", "                                                           \
    "\"categoricalValueSpec\": {\"values\": [\"relu\", \"tanh\", \"gelu\"]}}]}"

struct served {
    pid_t pid;
    int port;
    int output; /* what it prints; open while it runs */
};

/* program: assay's path; folder: its state. */
bool served_start(struct served *served, const char *program, const char *folder,
                  struct assay_error *err);
void served_stop(struct served *served); /* trials that run are left to themselves */

double served_cpu_s(const struct served *served); /* of all its threads */

/* Bytes that it has written to files. */
double served_written_bytes(const struct served *served);

/* One request; *body is the caller's, terminated. An answer that is not 200 is an error. */
bool served_ask(const struct served *served, const char *method, const char *path,
                const char *request_body, char **body, struct assay_error *err);

/* assay_commits_total of /metrics. */
bool served_commits(const struct served *served, double *commits, struct assay_error *err);

#endif
