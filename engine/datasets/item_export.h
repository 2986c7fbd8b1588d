/*
 * engine/datasets/item_export.h - the items of a dataset, split and written as JSON Lines.
 *
 * They are read twice, in the order of their ids, which their content makes: the split depends on
 * the content, the seed and the fractions, not on the order in which it was imported. What is
 * imported meanwhile may be in it or not.
 */
#ifndef ENGINE_DATASETS_ITEM_EXPORT_H
#define ENGINE_DATASETS_ITEM_EXPORT_H

#include "engine/datasets/dataset.h"
#include "engine/datasets/input_config.h"

struct item_export {
    struct engine *engine;
    const struct dataset_row *dataset;
    const struct dataset_kind *kind;
    const struct input_config *config;
    uint64_t seed;
    int folder_fd;       /* empty */
    int64_t shard_bytes; /* 0: 1 GiB */
    bool is_whole;       /* no split: all items are of one set, the first */
    /* Asked now and then; true ends it with ASSAY_ABORTED. NULL: nobody asks. */
    bool (*is_ending)(void *context);
    void *context;
};

struct item_counts {
    int64_t items[SPLIT_SETS];
    int64_t annotations[SPLIT_SETS];
};

/* Blocks, may take long. Where the config says so, the items have got their ml_use label before
 * this returns. */
bool item_export_run(const struct item_export *export, struct item_counts *counts,
                     struct assay_error *err);

#endif
