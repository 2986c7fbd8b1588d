/*
 * engine/datasets/data_export.h - a dataset's data, split and written into an empty folder: CSV
 * shards of a table, JSON Lines of items.
 */
#ifndef ENGINE_DATASETS_DATA_EXPORT_H
#define ENGINE_DATASETS_DATA_EXPORT_H

#include "engine/datasets/item_export.h"

struct data_export {
    struct engine *engine;
    const struct data_place *place;
    const struct dataset_row *dataset;
    const struct dataset_kind *kind;
    const struct input_config *config;
    uint64_t seed;
    int folder_fd;
    bool is_whole; /* of items: not split */
    /* Asked now and then; true ends it with ASSAY_ABORTED. NULL: nobody asks. */
    bool (*is_ending)(void *context);
    void *context;
};

/* "csv", "jsonl": what the shards' names end with. */
const char *data_export_format(const struct dataset_kind *kind);

/* As item_export_run(); ASSAY_PRECONDITION where nothing is left for a training. */
bool data_export_fill(const struct data_export *export, struct item_counts *counts,
                      struct assay_error *err);

/* What the folder's name says of the data: "table", "image_classification", "image". */
const char *data_export_type(const struct dataset_kind *kind, const struct input_config *config);

#endif
