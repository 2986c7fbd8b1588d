#include "engine/store/store_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void store_bind_text(sqlite3_stmt *s, int index, const char *text)
{
    (void)sqlite3_bind_text(s, index, text ? text : "", -1, SQLITE_STATIC);
}

char *store_copy_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    return text ? strdup(text) : NULL;
}

static bool fail_to_read(struct store *store, const struct row_kind *kind, struct assay_error *err)
{
    char what[64];

    (void)snprintf(what, sizeof what, "read the %s", kind->name);
    return store_fail(store, what, err);
}

bool store_read_one(struct store *store, sqlite3_stmt *s, const struct row_kind *kind, int64_t id,
                    void *row, struct assay_error *err)
{
    int code = sqlite3_step(s);
    bool is_read = false;

    if (code == SQLITE_ROW)
        is_read = kind->take(s, row) || assay_fail_memory(err);
    else if (code == SQLITE_DONE)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "the %s %" PRId64 " does not exist",
                         kind->name, id);
    else
        (void)fail_to_read(store, kind, err);
    (void)sqlite3_reset(s);
    return is_read;
}

bool store_walk(struct store *store, sqlite3_stmt *s, const struct row_kind *kind, void *row,
                bool (*fn)(void *walking, const void *row), void *walking, struct assay_error *err)
{
    bool goes_on = true;
    int code = SQLITE_DONE;

    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        if (!kind->take(s, row)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(walking, row);
        kind->clear(row);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)fail_to_read(store, kind, err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}
