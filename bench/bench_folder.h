/*
 * bench/bench_folder.h - where a bench works, and the programs beside it.
 */
#ifndef BENCH_BENCH_FOLDER_H
#define BENCH_BENCH_FOLDER_H

#include "assay/error.h"

#include <limits.h>

/* Makes parent/name-XXXXXX; path is absolute, "" after false. */
bool bench_folder_make(const char *parent, const char *name, char path[PATH_MAX],
                       struct assay_error *err);

/* A program of the same build as this one; it must be there. */
bool bench_program(const char *name, char path[PATH_MAX], struct assay_error *err);

#endif
