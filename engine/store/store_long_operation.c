#include "engine/store/long_operation_rows.h"

#include "engine/store/store_rows.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "id, parent, metadata_type, metadata, request, response_type, response, create_us, update_us," \
    " is_done, error_code, error_message"

void long_operation_row_clear(struct long_operation_row *row)
{
    if (!row)
        return;
    free(row->parent);
    free(row->metadata_type);
    free(row->metadata);
    free(row->request);
    free(row->response_type);
    free(row->response);
    free(row->error_message);
    *row = (struct long_operation_row){ 0 };
}

static bool next_id(struct store *store, int64_t *id, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT coalesce(max(id), 0) FROM long_operation", err);

    if (!s)
        return false;
    if (sqlite3_step(s) != SQLITE_ROW) {
        (void)store_fail(store, "number an operation", err);
        (void)sqlite3_reset(s);
        return false;
    }
    *id = sqlite3_column_int64(s, 0) + 1;
    if (*id < LONG_OPERATION_FIRST)
        *id = LONG_OPERATION_FIRST;
    (void)sqlite3_reset(s);
    return true;
}

/* The newest is never among them, or its number would be given again. */
static bool trim(struct store *store, struct assay_error *err)
{
    sqlite3_stmt *s =
        store_sql(store, "DELETE FROM long_operation WHERE is_done = 1 AND id <= ?1", err);
    int64_t last = 0;

    if (!s || !next_id(store, &last, err))
        return false;
    (void)sqlite3_bind_int64(s, 1, last - 1 - LONG_OPERATIONS_KEPT);
    return store_run(store, s, "forget old operations", err);
}

bool store_long_operation_free_time(struct store *store, const char *metadata_type,
                                    int64_t *time_us, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "SELECT create_us / 1000 FROM long_operation"
                                " WHERE metadata_type = ?1 AND create_us / 1000 >= ?2 ORDER BY 1",
                                err);
    int64_t ms = *time_us / 1000;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    store_bind_text(s, 1, metadata_type);
    (void)sqlite3_bind_int64(s, 2, ms);
    while ((code = sqlite3_step(s)) == SQLITE_ROW && sqlite3_column_int64(s, 0) <= ms)
        ms += sqlite3_column_int64(s, 0) == ms;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "look for a time", err);
    (void)sqlite3_reset(s);
    if (ms > *time_us / 1000)
        *time_us = ms * 1000;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_long_operation_put(struct store *store, struct long_operation_row *row,
                              struct assay_error *err)
{
    bool is_new = row->id == 0;
    sqlite3_stmt *s = NULL;

    if (is_new && !next_id(store, &row->id, err))
        return false;
    s = store_sql(store,
                  "INSERT OR REPLACE INTO long_operation"
                  " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
                  err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->id);
    store_bind_text(s, 2, row->parent);
    store_bind_text(s, 3, row->metadata_type);
    store_bind_text(s, 4, row->metadata);
    store_bind_text(s, 5, row->request);
    store_bind_text(s, 6, row->response_type);
    store_bind_text(s, 7, row->response);
    (void)sqlite3_bind_int64(s, 8, row->create_us);
    (void)sqlite3_bind_int64(s, 9, row->update_us);
    (void)sqlite3_bind_int(s, 10, row->is_done);
    (void)sqlite3_bind_int(s, 11, row->error_code);
    store_bind_text(s, 12, row->error_message);
    return store_run(store, s, "store an operation", err) && (!is_new || trim(store, err));
}

static bool take_row(sqlite3_stmt *s, void *context)
{
    struct long_operation_row *row = context;

    *row = (struct long_operation_row){
        .id = sqlite3_column_int64(s, 0),
        .parent = store_copy_text(s, 1),
        .metadata_type = store_copy_text(s, 2),
        .metadata = store_copy_text(s, 3),
        .request = store_copy_text(s, 4),
        .response_type = store_copy_text(s, 5),
        .response = store_copy_text(s, 6),
        .create_us = sqlite3_column_int64(s, 7),
        .update_us = sqlite3_column_int64(s, 8),
        .is_done = sqlite3_column_int(s, 9) != 0,
        .error_code = sqlite3_column_int(s, 10),
        .error_message = store_copy_text(s, 11),
    };
    if (row->parent && row->metadata_type && row->metadata && row->request && row->response_type &&
        row->response && row->error_message)
        return true;
    long_operation_row_clear(row);
    return false;
}

static void clear_row(void *row)
{
    long_operation_row_clear(row);
}

static const struct row_kind operation_kind = { "Operation", take_row, clear_row };

bool store_long_operation_get(struct store *store, int64_t id, struct long_operation_row *row,
                              struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT " COLUMNS " FROM long_operation WHERE id=?1", err);

    *row = (struct long_operation_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    return store_read_one(store, s, &operation_kind, id, row, err);
}

bool store_long_operation_delete(struct store *store, int64_t id, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "DELETE FROM long_operation WHERE id=?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    return store_run(store, s, "forget an operation", err);
}

struct walking {
    long_operation_row_fn fn;
    void *context;
};

static bool show_row(void *context, const void *row)
{
    const struct walking *walking = context;

    return walking->fn(walking->context, row);
}

bool store_long_operation_each(struct store *store, int64_t before, long_operation_row_fn fn,
                               void *context, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " COLUMNS " FROM long_operation WHERE id < ?1 ORDER BY id DESC", err);
    struct walking walking = { .fn = fn, .context = context };
    struct long_operation_row row = { 0 };

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, before);
    return store_walk(store, s, &operation_kind, &row, show_row, &walking, err);
}
