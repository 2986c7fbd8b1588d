/*
 * engine/data/key_cut.h - where a table sorted by its keys would be cut, without sorting it.
 */
#ifndef ENGINE_DATA_KEY_CUT_H
#define ENGINE_DATA_KEY_CUT_H

#include "assay/error.h"
#include "engine/data/key_file.h"

#include <stdbool.h>
#include <stdint.h>

enum { KEY_CUTS = 3 };

/* Rows are sorted by key, and those of equal keys by their order; those of key 0 are not there. */
struct key_cut {
    int64_t rank;        /* how many rows are below it */
    uint64_t key;        /* of the first row above it; UINT64_MAX: there is none */
    int64_t equal_below; /* rows of this key that are below */
};

/* Fills in the KEY_CUTS cuts whose ranks are given. Four passes over the file; 1.5 MiB. */
bool key_cuts_find(struct key_file *file, struct key_cut *cuts, struct assay_error *err);

#endif
