/*
 * bench/bare_syncs.h - what the disk alone does: a loop of pwrite() and fdatasync().
 */
#ifndef BENCH_BARE_SYNCS_H
#define BENCH_BARE_SYNCS_H

#include "assay/error.h"

#include <stddef.h>

/* SYNCS_APPEND: the file grows with each write. SYNCS_OVERWRITE: it has its length, as the store's
 * log has between two checkpoints, and is written round and round. */
enum bare_syncs_kind { SYNCS_APPEND, SYNCS_OVERWRITE };

/* Syncs a second, of size bytes each, for so many seconds, into a new file at path, which is
 * removed afterwards. */
bool bare_syncs_run(const char *path, enum bare_syncs_kind kind, size_t size, double seconds,
                    double *rate, struct assay_error *err);

#endif
