#include "engine/store/long_operation_rows.h"

#include "engine/store/store_private.h"

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

static void bind_text(sqlite3_stmt *s, int index, const char *text)
{
    (void)sqlite3_bind_text(s, index, text ? text : "", -1, SQLITE_STATIC);
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
    bind_text(s, 1, metadata_type);
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
    bind_text(s, 2, row->parent);
    bind_text(s, 3, row->metadata_type);
    bind_text(s, 4, row->metadata);
    bind_text(s, 5, row->request);
    bind_text(s, 6, row->response_type);
    bind_text(s, 7, row->response);
    (void)sqlite3_bind_int64(s, 8, row->create_us);
    (void)sqlite3_bind_int64(s, 9, row->update_us);
    (void)sqlite3_bind_int(s, 10, row->is_done);
    (void)sqlite3_bind_int(s, 11, row->error_code);
    bind_text(s, 12, row->error_message);
    return store_run(store, s, "store an operation", err) && (!is_new || trim(store, err));
}

static char *text_at(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    return strdup(text ? text : "");
}

/* False for lack of memory; *row is to be cleared all the same. */
static bool take_row(sqlite3_stmt *s, struct long_operation_row *row)
{
    *row = (struct long_operation_row){
        .id = sqlite3_column_int64(s, 0),
        .parent = text_at(s, 1),
        .metadata_type = text_at(s, 2),
        .metadata = text_at(s, 3),
        .request = text_at(s, 4),
        .response_type = text_at(s, 5),
        .response = text_at(s, 6),
        .create_us = sqlite3_column_int64(s, 7),
        .update_us = sqlite3_column_int64(s, 8),
        .is_done = sqlite3_column_int(s, 9) != 0,
        .error_code = sqlite3_column_int(s, 10),
        .error_message = text_at(s, 11),
    };
    return row->parent && row->metadata_type && row->metadata && row->request &&
           row->response_type && row->response && row->error_message;
}

bool store_long_operation_get(struct store *store, int64_t id, struct long_operation_row *row,
                              struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT " COLUMNS " FROM long_operation WHERE id=?1", err);
    bool is_ok = false;
    int code = 0;

    *row = (struct long_operation_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        is_ok = take_row(s, row) || assay_fail_memory(err);
    else if (code == SQLITE_DONE)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the Operation %lld does not exist",
                         (long long)id);
    else
        (void)store_fail(store, "read an operation", err);
    (void)sqlite3_reset(s);
    return is_ok;
}

bool store_long_operation_delete(struct store *store, int64_t id, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "DELETE FROM long_operation WHERE id=?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, id);
    return store_run(store, s, "forget an operation", err);
}

bool store_long_operation_each(struct store *store, int64_t before, long_operation_row_fn fn,
                               void *context, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(
        store, "SELECT " COLUMNS " FROM long_operation WHERE id < ?1 ORDER BY id DESC", err);
    bool goes_on = true;
    bool is_ok = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, before);
    while (goes_on && is_ok && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct long_operation_row row;

        is_ok = take_row(s, &row) || assay_fail_memory(err);
        goes_on = is_ok && fn(context, &row);
        long_operation_row_clear(&row);
    }
    if (is_ok && goes_on && code != SQLITE_DONE)
        is_ok = store_fail(store, "read the operations", err);
    (void)sqlite3_reset(s);
    return is_ok;
}
