/*
 * engine/life/early_stops.h - which trials of a job were told to stop early, as stored: for walks
 * over its trials, in which nothing else can be read.
 */
#ifndef ENGINE_LIFE_EARLY_STOPS_H
#define ENGINE_LIFE_EARLY_STOPS_H

#include "engine/store/store.h"

struct early_stop {
    int64_t number;
    double progress; /* above 0, at most 1: how far it had come; NaN: not known */
    char *why;       /* NULL unless asked for */
};

struct early_stops {
    struct early_stop *items; /* by number */
    size_t count, capacity;
};

/* Of the trials from first to last. Clear it, also on failure. */
bool early_stops_read(struct early_stops *stops, struct store *store, int64_t job, int64_t first,
                      int64_t last, bool with_why, struct assay_error *err);
void early_stops_clear(struct early_stops *stops);

/* NULL: that trial was not. */
const struct early_stop *early_stops_find(const struct early_stops *stops, int64_t number);

#endif
