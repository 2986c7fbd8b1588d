/*
 * bench/plain_rows.h - what SQLite alone does: rows of a finished trial's size inserted in order,
 * 100 a commit, write-ahead log, synchronous=FULL, nothing else.
 */
#ifndef BENCH_PLAIN_ROWS_H
#define BENCH_PLAIN_ROWS_H

#include "assay/error.h"

#include <stdint.h>

enum { PLAIN_ROWS_A_COMMIT = 100 };

/* Rows per second into a new file at path, which is removed afterwards. */
bool plain_rows_run(const char *path, int64_t rows, double *rate, struct assay_error *err);

#endif
