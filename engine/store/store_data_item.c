/* What was imported into datasets: items, annotations, and the words of annotations. */

#include "engine/store/dataset_rows.h"
#include "engine/store/store_rows.h"

#include <stdlib.h>
#include <string.h>

#define ITEM_COLUMNS "dataset, id, payload, labels, create_us, update_us"
#define ANNOTATION_COLUMNS "dataset, item, id, schema_uri, payload, labels, create_us, update_us"
#define SPEC_COLUMNS "dataset, id, display_name, create_us"

void data_item_row_clear(struct data_item_row *row)
{
    if (!row)
        return;
    free(row->payload);
    free(row->labels);
    *row = (struct data_item_row){ 0 };
}

static void clear_item(void *row)
{
    data_item_row_clear(row);
}

static bool take_item(sqlite3_stmt *s, void *context)
{
    struct data_item_row *row = context;

    *row = (struct data_item_row){
        .dataset = sqlite3_column_int64(s, 0),
        .id = sqlite3_column_int64(s, 1),
        .payload = store_copy_text(s, 2),
        .labels = store_copy_text(s, 3),
        .create_us = sqlite3_column_int64(s, 4),
        .update_us = sqlite3_column_int64(s, 5),
    };
    if (row->payload && row->labels)
        return true;
    data_item_row_clear(row);
    return false;
}

static const struct row_kind item_kind = { "DataItem", take_item, clear_item };

static bool count_item(struct store *store, int64_t dataset, struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "UPDATE dataset SET item_count = item_count + 1 WHERE id = ?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    return store_run(store, s, "count the data item", err);
}

bool store_data_item_put(struct store *store, const struct data_item_row *row, bool *is_new,
                         struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " ITEM_COLUMNS " FROM data_item WHERE dataset = ?1 AND id = ?2", err);
    bool is_known = false;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->dataset);
    (void)sqlite3_bind_int64(s, 2, row->id);
    is_known = sqlite3_step(s) == SQLITE_ROW;
    (void)sqlite3_reset(s);
    s = store_sql(store,
                  "INSERT INTO data_item VALUES (?1,?2,?3,?4,?5,?6) ON CONFLICT DO UPDATE"
                  " SET payload = ?3, labels = ?4, update_us = ?6",
                  err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->dataset);
    (void)sqlite3_bind_int64(s, 2, row->id);
    store_bind_text(s, 3, row->payload);
    store_bind_text(s, 4, row->labels);
    (void)sqlite3_bind_int64(s, 5, row->create_us);
    (void)sqlite3_bind_int64(s, 6, row->update_us);
    if (is_new)
        *is_new = !is_known;
    return store_run(store, s, "store the data item", err) &&
           (is_known || count_item(store, row->dataset, err));
}

bool store_data_item_get(struct store *store, int64_t dataset, int64_t id,
                         struct data_item_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " ITEM_COLUMNS " FROM data_item WHERE dataset = ?1 AND id = ?2", err);

    *row = (struct data_item_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    (void)sqlite3_bind_int64(s, 2, id);
    return store_read_one(store, s, &item_kind, id, row, err);
}

struct item_walking {
    data_item_row_fn fn;
    void *context;
};

static bool show_item(void *context, const void *row)
{
    const struct item_walking *walking = context;

    return walking->fn(walking->context, row);
}

bool store_data_item_each(struct store *store, int64_t dataset, int64_t after, data_item_row_fn fn,
                          void *context, struct assay_error *err)
{
    struct item_walking walking = { .fn = fn, .context = context };
    struct data_item_row row;
    sqlite3_stmt *s = store_sql(store,
                                "SELECT " ITEM_COLUMNS " FROM data_item"
                                " WHERE dataset = ?1 AND id > ?2 ORDER BY dataset, id",
                                err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    (void)sqlite3_bind_int64(s, 2, after);
    return store_walk(store, s, &item_kind, &row, show_item, &walking, err);
}

void annotation_row_clear(struct annotation_row *row)
{
    if (!row)
        return;
    free(row->schema_uri);
    free(row->payload);
    free(row->labels);
    *row = (struct annotation_row){ 0 };
}

static void clear_annotation(void *row)
{
    annotation_row_clear(row);
}

static bool take_annotation(sqlite3_stmt *s, void *context)
{
    struct annotation_row *row = context;

    *row = (struct annotation_row){
        .dataset = sqlite3_column_int64(s, 0),
        .item = sqlite3_column_int64(s, 1),
        .id = sqlite3_column_int64(s, 2),
        .schema_uri = store_copy_text(s, 3),
        .payload = store_copy_text(s, 4),
        .labels = store_copy_text(s, 5),
        .create_us = sqlite3_column_int64(s, 6),
        .update_us = sqlite3_column_int64(s, 7),
    };
    if (row->schema_uri && row->payload && row->labels)
        return true;
    annotation_row_clear(row);
    return false;
}

static const struct row_kind annotation_kind = { "Annotation", take_annotation, clear_annotation };

bool store_annotation_put(struct store *store, const struct annotation_row *row,
                          struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "INSERT INTO annotation VALUES (?1,?2,?3,?4,?5,?6,?7,?8)"
                                " ON CONFLICT DO UPDATE SET payload = ?5, labels = ?6,"
                                " update_us = ?8",
                                err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->dataset);
    (void)sqlite3_bind_int64(s, 2, row->item);
    (void)sqlite3_bind_int64(s, 3, row->id);
    store_bind_text(s, 4, row->schema_uri);
    store_bind_text(s, 5, row->payload);
    store_bind_text(s, 6, row->labels);
    (void)sqlite3_bind_int64(s, 7, row->create_us);
    (void)sqlite3_bind_int64(s, 8, row->update_us);
    return store_run(store, s, "store the annotation", err);
}

bool store_annotation_get(struct store *store, int64_t dataset, int64_t item, int64_t id,
                          struct annotation_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "SELECT " ANNOTATION_COLUMNS " FROM annotation"
                                " WHERE dataset = ?1 AND item = ?2 AND id = ?3",
                                err);

    *row = (struct annotation_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    (void)sqlite3_bind_int64(s, 2, item);
    (void)sqlite3_bind_int64(s, 3, id);
    return store_read_one(store, s, &annotation_kind, id, row, err);
}

struct annotation_walking {
    annotation_row_fn fn;
    void *context;
};

static bool show_annotation(void *context, const void *row)
{
    const struct annotation_walking *walking = context;

    return walking->fn(walking->context, row);
}

bool store_annotation_each(struct store *store, int64_t dataset, int64_t item, int64_t after,
                           annotation_row_fn fn, void *context, struct assay_error *err)
{
    struct annotation_walking walking = { .fn = fn, .context = context };
    struct annotation_row row;
    sqlite3_stmt *s = store_sql(store,
                                "SELECT " ANNOTATION_COLUMNS " FROM annotation"
                                " WHERE dataset = ?1 AND item = ?2 AND id > ?3"
                                " ORDER BY dataset, item, id",
                                err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    (void)sqlite3_bind_int64(s, 2, item);
    (void)sqlite3_bind_int64(s, 3, after);
    return store_walk(store, s, &annotation_kind, &row, show_annotation, &walking, err);
}

void annotation_spec_row_clear(struct annotation_spec_row *row)
{
    if (!row)
        return;
    free(row->display_name);
    *row = (struct annotation_spec_row){ 0 };
}

static void clear_spec(void *row)
{
    annotation_spec_row_clear(row);
}

static bool take_spec(sqlite3_stmt *s, void *context)
{
    struct annotation_spec_row *row = context;

    *row = (struct annotation_spec_row){
        .dataset = sqlite3_column_int64(s, 0),
        .id = sqlite3_column_int64(s, 1),
        .display_name = store_copy_text(s, 2),
        .create_us = sqlite3_column_int64(s, 3),
    };
    return row->display_name != NULL;
}

static const struct row_kind spec_kind = { "AnnotationSpec", take_spec, clear_spec };

bool store_annotation_spec_put(struct store *store, const struct annotation_spec_row *row,
                               struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "INSERT OR IGNORE INTO annotation_spec VALUES (?1,?2,?3,?4)", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->dataset);
    (void)sqlite3_bind_int64(s, 2, row->id);
    store_bind_text(s, 3, row->display_name);
    (void)sqlite3_bind_int64(s, 4, row->create_us);
    return store_run(store, s, "store the annotation spec", err);
}

bool store_annotation_spec_get(struct store *store, int64_t dataset, int64_t id,
                               struct annotation_spec_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " SPEC_COLUMNS " FROM annotation_spec WHERE dataset = ?1 AND id = ?2", err);

    *row = (struct annotation_spec_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    (void)sqlite3_bind_int64(s, 2, id);
    return store_read_one(store, s, &spec_kind, id, row, err);
}

bool store_annotation_spec_count(struct store *store, int64_t dataset, int64_t *count,
                                 struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "SELECT count(*) FROM annotation_spec WHERE dataset = ?1", err);
    bool is_read = false;

    *count = 0;
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    is_read = sqlite3_step(s) == SQLITE_ROW;
    if (is_read)
        *count = sqlite3_column_int64(s, 0);
    else
        (void)store_fail(store, "count the annotation specs", err);
    (void)sqlite3_reset(s);
    return is_read;
}
