#include "engine/datasets/item_batch.h"

#include "engine/array.h"

#include <stdlib.h>
#include <string.h>

void item_batch_clear(struct item_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batched_item *item = &batch->items[i];

        for (size_t j = 0; j < item->annotation_count; j++)
            annotation_row_clear(&item->annotations[j]);
        free(item->annotations);
        data_item_row_clear(&item->row);
        *item = (struct batched_item){ 0 };
    }
    batch->count = 0;
}

/* The strings are copied: the walk's row is gone with its call. */
static bool take_item(void *context, const struct data_item_row *row)
{
    struct item_batch *batch = context;
    struct batched_item *item = &batch->items[batch->count];

    *item = (struct batched_item){ .row = *row };
    item->row.payload = strdup(row->payload);
    item->row.labels = strdup(row->labels);
    batch->count++;
    return item->row.payload && item->row.labels && batch->count < ITEM_BATCH_MAX;
}

static bool take_annotation(void *context, const struct annotation_row *row)
{
    struct batched_item *item = context;
    void *items = item->annotations;
    struct annotation_row copy = *row;
    bool has_room = array_make_room(&items, item->annotation_count, &item->annotation_capacity,
                                    sizeof *item->annotations);

    item->annotations = items;
    copy.schema_uri = has_room ? strdup(row->schema_uri) : NULL;
    copy.payload = has_room ? strdup(row->payload) : NULL;
    copy.labels = has_room ? strdup(row->labels) : NULL;
    if (has_room)
        item->annotations[item->annotation_count++] = copy;
    return copy.schema_uri && copy.payload && copy.labels;
}

static bool is_whole(const struct batched_item *item)
{
    const struct annotation_row *last = item->annotations + item->annotation_count;

    return item->row.payload && item->row.labels &&
           (item->annotation_count == 0 ||
            (last[-1].schema_uri && last[-1].payload && last[-1].labels));
}

bool item_batch_read(struct engine *engine, int64_t dataset, int64_t after,
                     struct item_batch *batch, struct assay_error *err)
{
    struct store *store = NULL;
    bool is_ok = false;

    item_batch_clear(batch);
    store = engine_read_begin(engine);
    store_snapshot_begin(store);
    is_ok = store_data_item_each(store, dataset, after, take_item, batch, err);
    for (size_t i = 0; i < batch->count && is_ok; i++) {
        struct batched_item *item = &batch->items[i];

        is_ok = store_annotation_each(store, dataset, item->row.id, 0, take_annotation, item, err);
        if (is_ok && !is_whole(item))
            is_ok = assay_fail_memory(err);
    }
    store_snapshot_end(store);
    engine_read_end(engine);
    return is_ok;
}
