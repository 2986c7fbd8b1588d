/*
 * bench/isolate.h - a measurement in a process of its own: its memory and CPU time are nobody
 * else's, and it ends like a process that was killed, nothing closed that fn has not closed itself.
 */
#ifndef BENCH_ISOLATE_H
#define BENCH_ISOLATE_H

#include "assay/error.h"

typedef bool (*isolate_fn)(const void *context, void *result, struct assay_error *err);

/* Fills the size bytes of result, which hold no pointers. The caller must have no threads. */
bool isolate_run(isolate_fn fn, const void *context, void *result, size_t size,
                 struct assay_error *err);

#endif
