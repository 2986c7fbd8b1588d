/* Datasets themselves, and their saved queries. */

#include "engine/store/dataset_rows.h"
#include "engine/store/store_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DATASET_COLUMNS                                                                            \
    "id, parent, display_name, description, schema_uri, metadata, labels, encryption, item_count," \
    " revision, create_us, update_us"
#define QUERY_COLUMNS "dataset, id, display_name, problem_type, annotation_filter, create_us"

/* What is removed at once, so that nobody waits for long behind it. */
enum { SWEEP_ITEMS = 2000 };

void dataset_row_clear(struct dataset_row *row)
{
    if (!row)
        return;
    free(row->parent);
    free(row->display_name);
    free(row->description);
    free(row->schema_uri);
    free(row->metadata);
    free(row->labels);
    free(row->encryption);
    *row = (struct dataset_row){ 0 };
}

static void clear_dataset(void *row)
{
    dataset_row_clear(row);
}

static bool take_dataset(sqlite3_stmt *s, void *context)
{
    struct dataset_row *row = context;

    *row = (struct dataset_row){
        .id = sqlite3_column_int64(s, 0),
        .parent = store_copy_text(s, 1),
        .display_name = store_copy_text(s, 2),
        .description = store_copy_text(s, 3),
        .schema_uri = store_copy_text(s, 4),
        .metadata = store_copy_text(s, 5),
        .labels = store_copy_text(s, 6),
        .encryption = store_copy_text(s, 7),
        .item_count = sqlite3_column_int64(s, 8),
        .revision = sqlite3_column_int64(s, 9),
        .create_us = sqlite3_column_int64(s, 10),
        .update_us = sqlite3_column_int64(s, 11),
    };
    if (row->parent && row->display_name && row->description && row->schema_uri && row->metadata &&
        row->labels && row->encryption)
        return true;
    dataset_row_clear(row);
    return false;
}

static const struct row_kind dataset_kind = { "Dataset", take_dataset, clear_dataset };

bool store_dataset_put(struct store *store, const struct dataset_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "INSERT OR REPLACE INTO dataset VALUES"
                                " (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
                                err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->id);
    store_bind_text(s, 2, row->parent);
    store_bind_text(s, 3, row->display_name);
    store_bind_text(s, 4, row->description);
    store_bind_text(s, 5, row->schema_uri);
    store_bind_text(s, 6, row->metadata);
    store_bind_text(s, 7, row->labels);
    store_bind_text(s, 8, row->encryption);
    (void)sqlite3_bind_int64(s, 9, row->item_count);
    (void)sqlite3_bind_int64(s, 10, row->revision);
    (void)sqlite3_bind_int64(s, 11, row->create_us);
    (void)sqlite3_bind_int64(s, 12, row->update_us);
    return store_run(store, s, "store the dataset", err);
}

bool store_dataset_get(struct store *store, int64_t id, struct dataset_row *row,
                       struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "SELECT " DATASET_COLUMNS " FROM dataset WHERE id = ?1", err);

    *row = (struct dataset_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    return store_read_one(store, s, &dataset_kind, id, row, err);
}

/* Runs a statement about a dataset, and with two of its parameters about one of its parts. */
static bool run_about(struct store *store, sqlite3_stmt *s, int64_t dataset, int64_t part,
                      struct assay_error *err)
{
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    if (sqlite3_bind_parameter_count(s) > 1)
        (void)sqlite3_bind_int64(s, 2, part);
    return store_run(store, s, "delete from the dataset", err);
}

bool store_dataset_delete(struct store *store, int64_t id, struct assay_error *err)
{
    return run_about(store, store_sql(store, "DELETE FROM dataset WHERE id = ?1", err), id, 0,
                     err) &&
           run_about(store, store_sql(store, "DELETE FROM saved_query WHERE dataset = ?1", err), id,
                     0, err);
}

/* As the walks of store_walk() see it. */
struct dataset_walking {
    dataset_row_fn fn;
    void *context;
};

static bool show_dataset(void *context, const void *row)
{
    const struct dataset_walking *walking = context;

    return walking->fn(walking->context, row);
}

bool store_dataset_each(struct store *store, dataset_row_fn fn, void *context,
                        struct assay_error *err)
{
    struct dataset_walking walking = { .fn = fn, .context = context };
    struct dataset_row row;
    sqlite3_stmt *s = store_sql(store, "SELECT " DATASET_COLUMNS " FROM dataset ORDER BY id", err);

    return s && store_walk(store, s, &dataset_kind, &row, show_dataset, &walking, err);
}

/* The first dataset from next on that the statement finds something of; 0: none. */
static bool find_next(struct store *store, sqlite3_stmt *s, int64_t next, int64_t *found,
                      struct assay_error *err)
{
    int code = SQLITE_DONE;

    *found = 0;
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, next);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *found = sqlite3_column_int64(s, 0);
    else if (code != SQLITE_DONE)
        (void)store_fail(store, "read the datasets", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* A dataset that is gone and of which the statement, which jumps from dataset to dataset, still
 * finds something; 0: there is none. */
static bool find_orphan(struct store *store, const char *sql, int64_t *orphan,
                        struct assay_error *err)
{
    int64_t found = -1;
    int64_t known = 0;

    for (;;) {
        if (!find_next(store, store_sql(store, sql, err), found + 1, &found, err) ||
            (found &&
             !find_next(store, store_sql(store, "SELECT id FROM dataset WHERE id = ?1", err), found,
                        &known, err)))
            return false;
        if (!found || !known)
            break;
    }
    *orphan = found;
    return true;
}

bool store_dataset_sweep(struct store *store, bool *is_clean, struct assay_error *err)
{
    int64_t with_items = 0;
    int64_t with_annotations = 0;
    int64_t with_specs = 0;
    bool is_ok = find_orphan(store, "SELECT min(dataset) FROM data_item WHERE dataset >= ?1",
                             &with_items, err) &&
                 find_orphan(store, "SELECT min(dataset) FROM annotation WHERE dataset >= ?1",
                             &with_annotations, err) &&
                 find_orphan(store, "SELECT min(dataset) FROM annotation_spec WHERE dataset >= ?1",
                             &with_specs, err);

    *is_clean = is_ok && !with_items && !with_annotations && !with_specs;
    if (is_ok && with_annotations)
        is_ok = run_about(store,
                          store_sql(store,
                                    "DELETE FROM annotation WHERE (dataset, item, id) IN"
                                    " (SELECT dataset, item, id FROM annotation"
                                    " WHERE dataset = ?1 LIMIT ?2)",
                                    err),
                          with_annotations, SWEEP_ITEMS, err);
    if (is_ok && with_items)
        is_ok = run_about(store,
                          store_sql(store,
                                    "DELETE FROM data_item WHERE (dataset, id) IN"
                                    " (SELECT dataset, id FROM data_item WHERE dataset = ?1"
                                    " LIMIT ?2)",
                                    err),
                          with_items, SWEEP_ITEMS, err);
    if (is_ok && with_specs)
        is_ok = run_about(store,
                          store_sql(store, "DELETE FROM annotation_spec WHERE dataset = ?1", err),
                          with_specs, 0, err);
    return is_ok;
}

void saved_query_row_clear(struct saved_query_row *row)
{
    if (!row)
        return;
    free(row->display_name);
    free(row->problem_type);
    free(row->annotation_filter);
    *row = (struct saved_query_row){ 0 };
}

static void clear_query(void *row)
{
    saved_query_row_clear(row);
}

static bool take_query(sqlite3_stmt *s, void *context)
{
    struct saved_query_row *row = context;

    *row = (struct saved_query_row){
        .dataset = sqlite3_column_int64(s, 0),
        .id = sqlite3_column_int64(s, 1),
        .display_name = store_copy_text(s, 2),
        .problem_type = store_copy_text(s, 3),
        .annotation_filter = store_copy_text(s, 4),
        .create_us = sqlite3_column_int64(s, 5),
    };
    if (row->display_name && row->problem_type && row->annotation_filter)
        return true;
    saved_query_row_clear(row);
    return false;
}

static const struct row_kind query_kind = { "SavedQuery", take_query, clear_query };

bool store_saved_query_put(struct store *store, const struct saved_query_row *row,
                           struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "INSERT OR IGNORE INTO saved_query VALUES (?1,?2,?3,?4,?5,?6)", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->dataset);
    (void)sqlite3_bind_int64(s, 2, row->id);
    store_bind_text(s, 3, row->display_name);
    store_bind_text(s, 4, row->problem_type);
    store_bind_text(s, 5, row->annotation_filter);
    (void)sqlite3_bind_int64(s, 6, row->create_us);
    return store_run(store, s, "store the saved query", err);
}

bool store_saved_query_get(struct store *store, int64_t dataset, int64_t id,
                           struct saved_query_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " QUERY_COLUMNS " FROM saved_query WHERE dataset = ?1 AND id = ?2", err);

    *row = (struct saved_query_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    (void)sqlite3_bind_int64(s, 2, id);
    return store_read_one(store, s, &query_kind, id, row, err);
}

bool store_saved_query_delete(struct store *store, int64_t dataset, int64_t id,
                              struct assay_error *err)
{
    return run_about(
        store, store_sql(store, "DELETE FROM saved_query WHERE dataset = ?1 AND id = ?2", err),
        dataset, id, err);
}

struct query_walking {
    saved_query_row_fn fn;
    void *context;
};

static bool show_query(void *context, const void *row)
{
    const struct query_walking *walking = context;

    return walking->fn(walking->context, row);
}

bool store_saved_query_each(struct store *store, int64_t dataset, saved_query_row_fn fn,
                            void *context, struct assay_error *err)
{
    struct query_walking walking = { .fn = fn, .context = context };
    struct saved_query_row row;
    sqlite3_stmt *s = store_sql(
        store, "SELECT " QUERY_COLUMNS " FROM saved_query WHERE dataset = ?1 ORDER BY id", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, dataset);
    return store_walk(store, s, &query_kind, &row, show_query, &walking, err);
}
