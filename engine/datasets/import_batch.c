#include "engine/datasets/import_batch.h"

#include "engine/datasets/item_filter.h"
#include "engine/datasets/item_identity.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void import_batch_add(struct import_batch *batch, int64_t id, struct import_item *item,
                      size_t bytes)
{
    batch->items[batch->count++] = (struct identified_item){ .id = id, .item = *item };
    batch->bytes += bytes;
    *item = (struct import_item){ 0 };
}

bool import_batch_is_full(const struct import_batch *batch)
{
    return batch->count == IMPORT_BATCH_ITEMS || batch->bytes >= IMPORT_BATCH_BYTES;
}

void import_batch_clear(struct import_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        import_item_clear(&batch->items[i].item);
    batch->count = 0;
    batch->bytes = 0;
}

/* Sets in labels what more has, where it is not there yet or is_stronger. */
static bool merge(cJSON *labels, const cJSON *more, bool is_stronger)
{
    const cJSON *label = NULL;

    cJSON_ArrayForEach(label, more)
    {
        cJSON *copy = NULL;

        if (json_get(labels, label->string) && !is_stronger)
            continue;
        copy = cJSON_Duplicate(label, true);
        cJSON_DeleteItemFromObjectCaseSensitive(labels, label->string);
        if (!copy || !cJSON_AddItemToObject(labels, label->string, copy))
            return false;
    }
    return true;
}

/* What was there, then what all get, then what the line says: as text; NULL for lack of memory. */
static char *merged_labels(const char *before, const cJSON *common, const cJSON *own)
{
    struct assay_error ignored = { 0 };
    cJSON *labels = before ? json_read(before, strlen(before), &ignored) : cJSON_CreateObject();
    char *text = NULL;

    if (labels && merge(labels, common, true) && merge(labels, own, true))
        text = json_text(labels, 0);
    cJSON_Delete(labels);
    return text;
}

/* {"gcsUri", "mimeType"} or {"textContent"}; NULL for lack of memory. */
static char *make_payload(const struct import_item *item)
{
    cJSON *payload = cJSON_CreateObject();
    const char *mime = item->uri ? import_mime_type(item->uri) : "";
    char *text = NULL;
    bool is_ok = payload && cJSON_AddStringToObject(payload, item->uri ? "gcsUri" : "textContent",
                                                    item->uri ? item->uri : item->text);

    if (is_ok && *mime)
        is_ok = cJSON_AddStringToObject(payload, "mimeType", mime) != NULL;
    text = is_ok ? json_text(payload, 0) : NULL;
    cJSON_Delete(payload);
    return text;
}

/* An item that is there keeps the payload that it came with first. */
static bool put_item(const struct import_batch *batch, struct store *store, int64_t now_us,
                     const struct identified_item *item, struct assay_error *err)
{
    struct data_item_row before = { 0 };
    struct data_item_row row = {
        .dataset = batch->dataset, .id = item->id, .create_us = now_us, .update_us = now_us
    };
    bool is_known = store_data_item_get(store, batch->dataset, item->id, &before, err);
    bool is_ok = is_known || err->code == ASSAY_NOT_FOUND;

    if (is_ok) {
        row.payload = is_known ? strdup(before.payload) : make_payload(&item->item);
        row.labels = merged_labels(before.labels, batch->item_labels, item->item.labels);
        is_ok = (row.payload && row.labels) || assay_fail_memory(err);
    }
    if (is_ok && !(is_known && strcmp(row.labels, before.labels) == 0))
        is_ok = store_data_item_put(store, &row, NULL, err);
    data_item_row_clear(&before);
    data_item_row_clear(&row);
    return is_ok;
}

/* The spec of a word, in its dataset; 0 where the annotation has none. */
static bool put_spec(const struct import_batch *batch, struct store *store, int64_t now_us,
                     const cJSON *payload, int64_t *spec, struct assay_error *err)
{
    const cJSON *name = json_get(payload, "displayName");
    struct annotation_spec_row row = { .dataset = batch->dataset, .create_us = now_us };
    const char *identity[] = { cJSON_IsString(name) ? name->valuestring : "" };

    *spec = 0;
    if (!*identity[0])
        return true;
    row.id = identity_of_texts(identity, 1);
    row.display_name = name->valuestring;
    *spec = row.id;
    return store_annotation_spec_put(store, &row, err);
}

/* The payload with its spec's id, as text; NULL for lack of memory. */
static char *annotation_payload(const cJSON *payload, int64_t spec)
{
    cJSON *copy = cJSON_Duplicate(payload, true);
    char id[32];
    char *text = NULL;

    (void)snprintf(id, sizeof id, "%" PRId64, spec);
    if (copy && (!spec || cJSON_AddStringToObject(copy, "annotationSpecId", id)))
        text = json_text(copy, 0);
    cJSON_Delete(copy);
    return text;
}

/* An annotation set is a query that is saved under its name. */
static bool put_query(const struct import_batch *batch, struct store *store, int64_t now_us,
                      const char *labels_text, struct assay_error *err)
{
    struct assay_error ignored = { 0 };
    cJSON *labels = json_read(labels_text, strlen(labels_text), &ignored);
    const cJSON *set = json_get(labels, LABEL_ANNOTATION_SET);
    struct saved_query_row row = { .dataset = batch->dataset, .create_us = now_us };
    char *problem = strdup(batch->schema->problem_type);
    char *filter = NULL;
    bool is_ok = problem != NULL;

    if (is_ok && cJSON_IsString(set) && *set->valuestring && !strpbrk(set->valuestring, "\"\\")) {
        const char *const identity[] = { set->valuestring, problem };

        is_ok =
            asprintf(&filter, "labels.\"" LABEL_ANNOTATION_SET "\"=\"%s\"", set->valuestring) >= 0;
        if (is_ok) {
            row.id = identity_of_texts(identity, 2);
            row.display_name = set->valuestring;
            row.problem_type = problem;
            row.annotation_filter = filter;
            is_ok = store_saved_query_put(store, &row, err);
            free(filter);
        } else {
            (void)assay_fail_memory(err);
        }
    }
    free(problem);
    cJSON_Delete(labels);
    return is_ok;
}

static bool put_annotation(const struct import_batch *batch, struct store *store, int64_t now_us,
                           int64_t item, const struct import_annotation *annotation,
                           struct assay_error *err)
{
    char uri[SCHEMA_URI_SIZE];
    struct annotation_row row = { .dataset = batch->dataset,
                                  .item = item,
                                  .schema_uri =
                                      annotation_schema_uri(batch->schema->annotation, uri),
                                  .create_us = now_us,
                                  .update_us = now_us };
    int64_t spec = 0;
    bool is_ok = put_spec(batch, store, now_us, annotation->payload, &spec, err);

    row.payload = is_ok ? annotation_payload(annotation->payload, spec) : NULL;
    row.labels = is_ok ? merged_labels(NULL, batch->annotation_labels, annotation->labels) : NULL;
    if (is_ok && (!row.payload || !row.labels))
        is_ok = assay_fail_memory(err);
    if (is_ok) {
        const char *const identity[] = { row.schema_uri, row.payload, row.labels };

        row.id = identity_of_texts(identity, 3);
        is_ok = store_annotation_put(store, &row, err) &&
                put_query(batch, store, now_us, row.labels, err);
    }
    free(row.payload);
    free(row.labels);
    return is_ok;
}

static bool apply(void *context, struct store *store, int64_t now_us, int64_t job,
                  struct assay_error *err)
{
    const struct import_batch *batch = context;
    struct dataset_row row = { 0 };
    bool is_ok = store_dataset_get(store, batch->dataset, &row, err);

    (void)job;
    dataset_row_clear(&row);
    for (size_t i = 0; i < batch->count && is_ok; i++) {
        const struct identified_item *item = &batch->items[i];

        is_ok = put_item(batch, store, now_us, item, err);
        for (size_t j = 0; j < item->item.annotation_count && is_ok; j++)
            is_ok = put_annotation(batch, store, now_us, item->id, &item->item.annotations[j], err);
    }
    return is_ok;
}

bool import_batch_store(struct import_batch *batch, struct engine *engine, struct assay_error *err)
{
    const struct edit edit = { .apply = apply, .context = batch };
    bool is_ok = batch->count == 0 || engine_edit(engine, &edit, err);

    import_batch_clear(batch);
    return is_ok;
}
