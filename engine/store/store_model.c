/* What a job's sampler has learnt. */

#include "engine/store/store_private.h"

#include <string.h>

bool store_model_put(struct store *store, int64_t job, int64_t count, const double *numbers,
                     size_t number_count, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MODEL_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    (void)sqlite3_bind_int64(s, 2, count);
    (void)store_bind_doubles(s, 3, numbers, number_count);
    return store_run(store, s, "store the model", err);
}

bool store_model_each(struct store *store, int64_t job, model_fn fn, void *context,
                      struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (store->version < 3)
        return true; /* the table came with version 3 */
    s = store_statement(store, SQL_MODEL_EACH, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        size_t count = (size_t)sqlite3_column_bytes(s, 1) / sizeof(double);
        const void *numbers = sqlite3_column_blob(s, 1);

        if (!store_scratch(store, count + 1) || (count && !numbers)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        if (count)
            memcpy(store->scratch, numbers, count * sizeof(double));
        goes_on = fn(context, sqlite3_column_int64(s, 0), store->scratch, count);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the models", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

bool store_model_trim(struct store *store, int64_t job, int64_t count, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MODEL_TRIM, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    (void)sqlite3_bind_int64(s, 2, count);
    return store_run(store, s, "delete older models", err);
}
