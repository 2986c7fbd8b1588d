/*
 * engine/datasets/import_batch.h - items that were read from files on their way into the store.
 */
#ifndef ENGINE_DATASETS_IMPORT_BATCH_H
#define ENGINE_DATASETS_IMPORT_BATCH_H

#include "engine/datasets/import_line.h"
#include "engine/engine.h"

/* What is handed to the store at once: one or the other, whichever is reached first. */
enum { IMPORT_BATCH_ITEMS = 500, IMPORT_BATCH_BYTES = 1024 * 1024 };

struct identified_item {
    int64_t id;
    struct import_item item; /* owned */
};

/* Zero it to start, with the rest below filled in, which is borrowed. */
struct import_batch {
    struct identified_item items[IMPORT_BATCH_ITEMS];
    size_t count;
    size_t bytes;

    int64_t dataset;
    const struct import_schema *schema;
    const cJSON *item_labels;       /* of all items whose lines do not say otherwise; or NULL */
    const cJSON *annotation_labels; /* the same of annotations */
};

/* Takes the item. */
void import_batch_add(struct import_batch *batch, int64_t id, struct import_item *item,
                      size_t bytes);
bool import_batch_is_full(const struct import_batch *batch);

/* Stores what is in it, in one edit, and forgets it. ASSAY_NOT_FOUND: the dataset is gone. */
bool import_batch_store(struct import_batch *batch, struct engine *engine, struct assay_error *err);
void import_batch_clear(struct import_batch *batch);

#endif
