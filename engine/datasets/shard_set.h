/*
 * engine/datasets/shard_set.h - the three sets of an export of items, each in numbered files that
 * are renamed to training-00000-of-00002.jsonl once their number is known; or, of what is not
 * split, one set: data-00000-of-00002.jsonl.
 */
#ifndef ENGINE_DATASETS_SHARD_SET_H
#define ENGINE_DATASETS_SHARD_SET_H

#include "assay/error.h"
#include "engine/data/split.h"

#include <stdio.h>

enum { SHARDS_MAX = 99999 };

struct shard_set {
    int folder_fd; /* borrowed */
    bool is_whole;
    int64_t shard_bytes;
    FILE *out[SPLIT_SETS]; /* of the shard being written */
    int counts[SPLIT_SETS];
};

/* Begins the first shard of each set, so that an empty set has one, too. Clear it in any case. */
bool shard_set_begin(struct shard_set *set, int folder_fd, bool is_whole, int64_t shard_bytes,
                     struct assay_error *err);
/* Where the next line of a set goes; NULL and *err. */
FILE *shard_set_out(struct shard_set *set, enum split_set which, struct assay_error *err);
/* Syncs and names them. */
bool shard_set_finish(struct shard_set *set, struct assay_error *err);
void shard_set_clear(struct shard_set *set);

#endif
