/*
 * engine/life/retries.h - which trials of a job are others run again, as stored: for walks over its
 * trials, in which nothing else can be read.
 */
#ifndef ENGINE_LIFE_RETRIES_H
#define ENGINE_LIFE_RETRIES_H

#include "engine/store/store.h"

struct retry {
    int64_t number;
    int64_t original; /* whose parameters it has */
};

struct retries {
    struct retry *items; /* by number */
    size_t count, capacity;
};

/* Of the trials from first to last. Clear it, also on failure. */
bool retries_read(struct retries *retries, struct store *store, int64_t job, int64_t first,
                  int64_t last, struct assay_error *err);
void retries_clear(struct retries *retries);

/* Which trial this one is, run again; 0: none. */
int64_t retries_original(const struct retries *retries, int64_t number);
/* Afterwards they are in the order of what they are run again, for retries_newest() alone. */
void retries_sort_by_original(struct retries *retries);
/* As which trial this one was run again last; 0: it was not. */
int64_t retries_newest(const struct retries *retries, int64_t original);

#endif
