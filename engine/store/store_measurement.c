#include "engine/store/store_private.h"

#include <string.h>

bool store_measurement_put(struct store *store, const struct measurement_row *row,
                           struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MEASUREMENT_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->trial_id);
    (void)sqlite3_bind_int64(s, 2, row->index);
    (void)sqlite3_bind_int64(s, 3, row->step);
    (void)sqlite3_bind_int64(s, 4, row->elapsed_us);
    (void)store_bind_doubles(s, 5, row->values, row->value_count);
    if (!store_run(store, s, "store a measurement", err))
        return false;
    store_note(store, CHANGE_MEASURED, row->trial_id / STORE_TRIALS_MAX,
               row->trial_id % STORE_TRIALS_MAX, row->index);
    return true;
}

static bool read_measurement(struct store *store, sqlite3_stmt *s, int64_t trial_id,
                             struct measurement_row *row)
{
    size_t size = (size_t)sqlite3_column_bytes(s, 3);

    *row = (struct measurement_row){
        .trial_id = trial_id,
        .index = sqlite3_column_int64(s, 0),
        .step = sqlite3_column_int64(s, 1),
        .elapsed_us = sqlite3_column_int64(s, 2),
        .value_count = size / sizeof(double),
    };
    if (!store_scratch(store, row->value_count + 1))
        return false;
    if (size)
        memcpy(store->scratch, sqlite3_column_blob(s, 3), row->value_count * sizeof(double));
    row->values = store->scratch;
    return true;
}

bool store_measurement_each(struct store *store, int64_t trial_id, measurement_row_fn fn,
                            void *context, struct assay_error *err)
{
    return store_measurement_from(store, trial_id, 0, fn, context, err);
}

bool store_measurement_from(struct store *store, int64_t trial_id, int64_t first,
                            measurement_row_fn fn, void *context, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MEASUREMENT_EACH, err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)sqlite3_bind_int64(s, 2, first);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct measurement_row row;

        if (!read_measurement(store, s, trial_id, &row)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, &row);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the measurements", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

static bool run_for_trial(struct store *store, enum store_statement which, int64_t trial_id,
                          const char *what, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, which, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    return store_run(store, s, what, err);
}

bool store_measurement_clear(struct store *store, int64_t trial_id, struct assay_error *err)
{
    return run_for_trial(store, SQL_MEASUREMENT_CLEAR, trial_id, "clear the measurements", err);
}

bool store_mark_delete(struct store *store, int64_t trial_id, struct assay_error *err)
{
    return run_for_trial(store, SQL_MARK_DELETE, trial_id, "clear the reader's mark", err);
}

bool store_mark_put(struct store *store, int64_t trial_id, int attempt, const void *mark,
                    size_t size, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MARK_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)sqlite3_bind_int(s, 2, attempt);
    (void)sqlite3_bind_blob64(s, 3, mark, size, SQLITE_STATIC);
    return store_run(store, s, "store the reader's mark", err);
}

bool store_mark_get(struct store *store, int64_t trial_id, int attempt, void *mark, size_t size,
                    struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MARK_GET, err);
    bool is_read = false;
    int code = 0;

    err->code = ASSAY_OK;
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)sqlite3_bind_int(s, 2, attempt);
    code = sqlite3_step(s);
    is_read = code == SQLITE_ROW && (size_t)sqlite3_column_bytes(s, 0) == size;
    if (is_read)
        memcpy(mark, sqlite3_column_blob(s, 0), size);
    else if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "read the reader's mark", err);
    (void)sqlite3_reset(s);
    return is_read;
}
