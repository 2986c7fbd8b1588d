#include "engine/datasets/item_export.h"

#include "engine/datasets/item_batch.h"
#include "engine/datasets/item_filter.h"
#include "engine/datasets/item_line.h"
#include "engine/datasets/shard_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHARD_BYTES_DEFAULT (INT64_C(1) << 30)

/* One export at work. */
struct exporting {
    const struct item_export *export;
    struct item_filter *sets[SPLIT_SETS]; /* of a filter split */
    struct item_filter *annotations;      /* the request's filter */
    struct item_filter *query;            /* the saved query's, or everything */
    bool needs_annotation;                /* items without one that passes are left out */
    bool is_multiple;                     /* some item has several that pass */
    int64_t count;                        /* of items that may be in a set */
    struct split_lots lots;
    struct shard_set shards;
    bool *is_wanted; /* of the annotations of the item at hand */
    size_t wanted_capacity;
    struct item_batch *batch;
    enum split_set assigned[ITEM_BATCH_MAX]; /* of the batch's items */
    struct item_counts *counts;
};

static bool parse_query(struct exporting *e, struct assay_error *err)
{
    const struct item_export *export = e->export;
    const char *word = export->config->saved_query_id;
    struct saved_query_row row = { 0 };
    bool is_ok = true;

    if (word) {
        is_ok = store_saved_query_get(engine_read_begin(export->engine), export->dataset->id,
                                      strtoll(word, NULL, 10), &row, err);
        engine_read_end(export->engine);
    }
    if (is_ok)
        e->query = item_filter_parse(row.annotation_filter, FILTER_OF_ANNOTATIONS, err);
    saved_query_row_clear(&row);
    return e->query != NULL;
}

static bool parse_filters(struct exporting *e, struct assay_error *err)
{
    const struct input_config *config = e->export->config;

    for (int i = 0; i < SPLIT_SETS && config->split == INPUT_FILTER; i++) {
        e->sets[i] = item_filter_parse(config->filters[i], FILTER_OF_ITEMS, err);
        if (!e->sets[i])
            return false;
    }
    e->annotations = item_filter_parse(config->annotations_filter, FILTER_OF_ANNOTATIONS, err);
    e->needs_annotation = config->annotation_schema_uri || config->saved_query_id;
    return e->annotations && parse_query(e, err);
}

/* Which annotations of the item pass, in e->is_wanted, and how many. -1: no memory. */
static int64_t choose_annotations(struct exporting *e, const struct batched_item *item)
{
    const char *schema = e->export->config->annotation_schema_uri;
    int64_t count = 0;

    if (e->wanted_capacity < item->annotation_count + 1) {
        size_t capacity = 2 * (item->annotation_count + 1);
        bool *more = realloc(e->is_wanted, capacity * sizeof *more);

        if (!more)
            return -1;
        e->is_wanted = more;
        e->wanted_capacity = capacity;
    }
    for (size_t i = 0; i < item->annotation_count; i++) {
        const struct annotation_row *row = &item->annotations[i];

        e->is_wanted[i] = (!schema || strcmp(schema, row->schema_uri) == 0) &&
                          item_filter_has_annotation(e->annotations, row) &&
                          item_filter_has_annotation(e->query, row);
        count += e->is_wanted[i];
    }
    return count;
}

/* Calls fn for each batch, with the caller asked in between whether there is time for the next. */
static bool each_batch(struct exporting *e, bool (*fn)(struct exporting *, struct assay_error *),
                       struct assay_error *err)
{
    int64_t after = 0;

    for (;;) {
        if (e->export->is_ending && e->export->is_ending(e->export->context))
            return assay_fail(err, ASSAY_ABORTED, NULL, "the export was ended");
        if (!item_batch_read(e->export->engine, e->export->dataset->id, after, e->batch, err))
            return false;
        if (e->batch->count == 0)
            return true;
        after = e->batch->items[e->batch->count - 1].row.id;
        if (!fn(e, err))
            return false;
    }
}

static bool count_batch(struct exporting *e, struct assay_error *err)
{
    for (size_t i = 0; i < e->batch->count; i++) {
        int64_t passing = choose_annotations(e, &e->batch->items[i]);

        if (passing < 0)
            return assay_fail_memory(err);
        e->is_multiple = e->is_multiple || passing > 1;
        e->count += passing > 0 || !e->needs_annotation;
    }
    return true;
}

/* Of an item that may be in a set. */
static enum split_set assign(struct exporting *e, const struct batched_item *item)
{
    if (e->export->config->split != INPUT_FILTER)
        return split_lots_next(&e->lots);
    for (int i = 0; i < SPLIT_SETS; i++)
        if (item_filter_has_item(e->sets[i], &item->row))
            return (enum split_set)i;
    return SPLIT_IGNORED;
}

/* Labels as JSON with ml_use set; the caller frees it. NULL for lack of memory. */
static char *with_use(const char *labels_text, const char *use)
{
    struct assay_error ignored = { 0 };
    cJSON *labels = json_read(labels_text, strlen(labels_text), &ignored);
    char *text = NULL;

    if (labels) {
        cJSON_DeleteItemFromObjectCaseSensitive(labels, LABEL_ML_USE);
        if (cJSON_AddStringToObject(labels, LABEL_ML_USE, use))
            text = json_text(labels, 0);
    }
    cJSON_Delete(labels);
    return text;
}

/* Within an edit: what is stored now may be newer than the batch. */
static bool persist_item(struct store *store, const struct batched_item *item, enum split_set set,
                         int64_t now_us, struct assay_error *err)
{
    struct data_item_row row = { 0 };
    char *labels = NULL;
    bool is_ok = store_data_item_get(store, item->row.dataset, item->row.id, &row, err);

    if (!is_ok)
        return err->code == ASSAY_NOT_FOUND;
    labels = with_use(row.labels, split_set_name(set));
    is_ok = labels || assay_fail_memory(err);
    if (is_ok && strcmp(labels, row.labels) != 0) {
        free(row.labels);
        row.labels = labels;
        labels = NULL;
        row.update_us = now_us;
        is_ok = store_data_item_put(store, &row, NULL, err);
    }
    free(labels);
    data_item_row_clear(&row);
    return is_ok;
}

static bool apply_persisting(void *context, struct store *store, int64_t now_us, int64_t job,
                             struct assay_error *err)
{
    const struct exporting *e = context;

    (void)job;
    for (size_t i = 0; i < e->batch->count; i++)
        if (e->assigned[i] != SPLIT_IGNORED &&
            !persist_item(store, &e->batch->items[i], e->assigned[i], now_us, err))
            return false;
    return true;
}

static bool write_batch(struct exporting *e, struct assay_error *err)
{
    const struct edit edit = { .apply = apply_persisting, .context = e };

    for (size_t i = 0; i < e->batch->count; i++) {
        const struct batched_item *item = &e->batch->items[i];
        int64_t passing = choose_annotations(e, item);
        enum split_set set = SPLIT_IGNORED;
        FILE *out = NULL;

        if (passing < 0)
            return assay_fail_memory(err);
        if (passing > 0 || !e->needs_annotation)
            set = assign(e, item);
        e->assigned[i] = set;
        if (set == SPLIT_IGNORED)
            continue;
        out = shard_set_out(&e->shards, set, err);
        if (!out || !item_line_write(out, e->export->kind, item, e->is_wanted, e->is_multiple, err))
            return false;
        e->counts->items[set]++;
        e->counts->annotations[set] += passing;
    }
    return !e->export->config->persists_use || engine_edit(e->export->engine, &edit, err);
}

static void begin_lots(struct exporting *e)
{
    double fractions[SPLIT_SETS];

    memcpy(fractions, e->export->config->fractions, sizeof fractions);
    if (e->export->is_whole)
        fractions[SPLIT_TRAINING] = 1;
    split_fill_fractions(fractions);
    split_lots_begin(&e->lots, fractions, e->export->seed, e->count);
}

static void clear(struct exporting *e)
{
    shard_set_clear(&e->shards);
    for (int i = 0; i < SPLIT_SETS; i++)
        item_filter_free(e->sets[i]);
    item_filter_free(e->annotations);
    item_filter_free(e->query);
    if (e->batch)
        item_batch_clear(e->batch);
    free(e->batch);
    free(e->is_wanted);
}

bool item_export_run(const struct item_export *export, struct item_counts *counts,
                     struct assay_error *err)
{
    struct exporting e = { .export = export,
                           .counts = counts,
                           .batch = calloc(1, sizeof *e.batch) };
    int64_t shard_bytes = export->shard_bytes > 0 ? export->shard_bytes : SHARD_BYTES_DEFAULT;
    bool is_ok = e.batch != NULL;

    *counts = (struct item_counts){ 0 };
    if (!is_ok)
        return assay_fail_memory(err);
    is_ok = parse_filters(&e, err) && each_batch(&e, count_batch, err);
    if (is_ok)
        begin_lots(&e);
    is_ok = is_ok &&
            shard_set_begin(&e.shards, export->folder_fd, export->is_whole, shard_bytes, err) &&
            each_batch(&e, write_batch, err) && shard_set_finish(&e.shards, err);
    clear(&e);
    return is_ok;
}
