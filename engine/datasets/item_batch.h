/*
 * engine/datasets/item_batch.h - the items of a dataset with their annotations, some at a time, so
 * that neither memory nor a reading handle of the store is held for long.
 */
#ifndef ENGINE_DATASETS_ITEM_BATCH_H
#define ENGINE_DATASETS_ITEM_BATCH_H

#include "engine/engine.h"
#include "engine/store/dataset_rows.h"

struct batched_item {
    struct data_item_row row;
    struct annotation_row *annotations;
    size_t annotation_count, annotation_capacity;
};

enum { ITEM_BATCH_MAX = 256 };

/* Zero it to start; owns what is in it. */
struct item_batch {
    struct batched_item items[ITEM_BATCH_MAX];
    size_t count;
};

/* The items behind after (0: the first), by id; count is 0 at the end. Clears what was in it. */
bool item_batch_read(struct engine *engine, int64_t dataset, int64_t after,
                     struct item_batch *batch, struct assay_error *err);
void item_batch_clear(struct item_batch *batch);

#endif
