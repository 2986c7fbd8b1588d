/*
 * engine/store/dataset_rows.h - managed datasets, and what was imported into them: data items with
 * their annotations, the words those use (annotation specs), and saved queries.
 *
 * Ids of items, annotations, specs and queries are made of their content by whoever puts them
 * (datasets/item_identity.h): to put the same once more changes nothing but labels, so that an
 * import that was cut short is simply done again. Writing is for edits. Strings are never NULL in
 * what is read and owned there; borrowed in what is put, where NULL is "".
 */
#ifndef ENGINE_STORE_DATASET_ROWS_H
#define ENGINE_STORE_DATASET_ROWS_H

#include "engine/store/store.h"

struct dataset_row {
    int64_t id;
    char *parent; /* "projects/…/locations/…" */
    char *display_name;
    char *description;
    char *schema_uri; /* metadataSchemaUri, as it came */
    char *metadata;   /* JSON */
    char *labels;     /* JSON object: the user's */
    char *encryption; /* encryptionSpec as JSON; "" for none */
    int64_t item_count;
    int64_t revision; /* counts changes: the etag */
    int64_t create_us, update_us;
};

struct data_item_row {
    int64_t dataset, id;
    char *payload; /* JSON object: {"gcsUri", "mimeType"} or {"textContent"} */
    char *labels;  /* JSON object */
    int64_t create_us, update_us;
};

struct annotation_row {
    int64_t dataset, item, id;
    char *schema_uri; /* payloadSchemaUri */
    char *payload;    /* JSON object */
    char *labels;     /* JSON object */
    int64_t create_us, update_us;
};

struct annotation_spec_row {
    int64_t dataset, id;
    char *display_name;
    int64_t create_us;
};

struct saved_query_row {
    int64_t dataset, id;
    char *display_name;
    char *problem_type;
    char *annotation_filter;
    int64_t create_us;
};

void dataset_row_clear(struct dataset_row *row);
void data_item_row_clear(struct data_item_row *row);
void annotation_row_clear(struct annotation_row *row);
void annotation_spec_row_clear(struct annotation_spec_row *row);
void saved_query_row_clear(struct saved_query_row *row);

/* A new one, or all of an old one. */
bool store_dataset_put(struct store *store, const struct dataset_row *row, struct assay_error *err);
/* Fills *row (clear it); ASSAY_NOT_FOUND. */
bool store_dataset_get(struct store *store, int64_t id, struct dataset_row *row,
                       struct assay_error *err);
/* Its row and its saved queries; what else it has is store_dataset_sweep()'s. */
bool store_dataset_delete(struct store *store, int64_t id, struct assay_error *err);

/* By id. row is valid during the call; false ends the walk. */
typedef bool (*dataset_row_fn)(void *context, const struct dataset_row *row);
bool store_dataset_each(struct store *store, dataset_row_fn fn, void *context,
                        struct assay_error *err);

/* Removes some of what datasets have left that are gone; *is_clean once there is nothing left. */
bool store_dataset_sweep(struct store *store, bool *is_clean, struct assay_error *err);

/* A new item is counted in its dataset. *is_new may be NULL. */
bool store_data_item_put(struct store *store, const struct data_item_row *row, bool *is_new,
                         struct assay_error *err);
bool store_data_item_get(struct store *store, int64_t dataset, int64_t id,
                         struct data_item_row *row, struct assay_error *err);

/* By id, from the one behind after (0: the first). */
typedef bool (*data_item_row_fn)(void *context, const struct data_item_row *row);
bool store_data_item_each(struct store *store, int64_t dataset, int64_t after, data_item_row_fn fn,
                          void *context, struct assay_error *err);

bool store_annotation_put(struct store *store, const struct annotation_row *row,
                          struct assay_error *err);
bool store_annotation_get(struct store *store, int64_t dataset, int64_t item, int64_t id,
                          struct annotation_row *row, struct assay_error *err);
typedef bool (*annotation_row_fn)(void *context, const struct annotation_row *row);
/* Of one item, by id. May be called during the walk of the items. */
bool store_annotation_each(struct store *store, int64_t dataset, int64_t item, int64_t after,
                           annotation_row_fn fn, void *context, struct assay_error *err);

/* One that is there already stays as it is; so for saved queries. */
bool store_annotation_spec_put(struct store *store, const struct annotation_spec_row *row,
                               struct assay_error *err);
bool store_annotation_spec_get(struct store *store, int64_t dataset, int64_t id,
                               struct annotation_spec_row *row, struct assay_error *err);
bool store_annotation_spec_count(struct store *store, int64_t dataset, int64_t *count,
                                 struct assay_error *err);

bool store_saved_query_put(struct store *store, const struct saved_query_row *row,
                           struct assay_error *err);
bool store_saved_query_get(struct store *store, int64_t dataset, int64_t id,
                           struct saved_query_row *row, struct assay_error *err);
bool store_saved_query_delete(struct store *store, int64_t dataset, int64_t id,
                              struct assay_error *err);
typedef bool (*saved_query_row_fn)(void *context, const struct saved_query_row *row);
bool store_saved_query_each(struct store *store, int64_t dataset, saved_query_row_fn fn,
                            void *context, struct assay_error *err);

#endif
