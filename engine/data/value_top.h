/*
 * engine/data/value_top.h - the values that a column has most often, however many it has.
 */
#ifndef ENGINE_DATA_VALUE_TOP_H
#define ENGINE_DATA_VALUE_TOP_H

#include "assay/error.h"
#include "engine/data/key_file.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    VALUE_TOP = 500,       /* values that a stratified split keeps apart */
    VALUE_ROWS_MIN = 3,    /* of fewer rows not each set could have one */
    VALUE_SLOTS = 1 << 20, /* of the table that counts: 24 MiB; a power of 2 */
};

/* A value is known by its hash: that two of a table meet is less likely than a disk's error. */
struct value_count {
    uint64_t hash;
    int64_t first; /* row, from 0 */
    int64_t count; /* rows */
};

/*
 * Fills in the values of at least VALUE_ROWS_MIN rows, most rows first and then first row first, at
 * most VALUE_TOP. keys are the rows' hashes. Exact. Values that do not fit in slots (a power of 2:
 * VALUE_SLOTS, fewer in tests) at once are counted in several passes, each over a range of hashes.
 */
bool value_top_find(struct key_file *keys, size_t slots, struct value_count top[VALUE_TOP],
                    size_t *count, struct assay_error *err);

#endif
