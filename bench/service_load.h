/*
 * bench/service_load.h - what clients ask of the service: reads of one path, and suggestions that
 * are completed at once.
 */
#ifndef BENCH_SERVICE_LOAD_H
#define BENCH_SERVICE_LOAD_H

#include "bench/served.h"

#include <stddef.h>

struct load_figures {
    double rate;                   /* requests, or round trips, a second */
    long count;                    /* of them */
    double p50_ms, p99_ms, max_ms; /* of requests */
};

/* Each connection asks again as soon as it has its answer. */
bool load_reads(const struct served *served, const char *path, int connections, double seconds,
                struct load_figures *figures, struct assay_error *err);

/* A new study of four parameters, of an algorithm that costs nothing; its name of name_size. */
bool load_make_study(const struct served *served, const char *display_name, char *name,
                     size_t name_size, struct assay_error *err);

/*
 * Clients that each ask for one trial of the study and complete it, again and again: until so many
 * are complete (count above 0), or so many seconds are over.
 */
bool load_round_trips(const struct served *served, const char *study, int clients, long count,
                      double seconds, struct load_figures *figures, struct assay_error *err);

#endif
