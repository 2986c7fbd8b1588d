/* engine/store/store_rows.h - rows in and out of statements, shared by the files of this folder
 * only. */
#ifndef ENGINE_STORE_STORE_ROWS_H
#define ENGINE_STORE_STORE_ROWS_H

#include "engine/store/store_private.h"

/* NULL is "". Borrowed until the statement is reset. */
void store_bind_text(sqlite3_stmt *s, int index, const char *text);
/* A copy; NULL for lack of memory. */
char *store_copy_text(sqlite3_stmt *s, int column);

/* How a kind of row is read. */
struct row_kind {
    const char *name;                         /* "Dataset", for who looks for one */
    bool (*take)(sqlite3_stmt *s, void *row); /* false for lack of memory; row is then clear() */
    void (*clear)(void *row);
};

/* Runs a bound statement that finds one row at most; resets it. ASSAY_NOT_FOUND. id: for words. */
bool store_read_one(struct store *store, sqlite3_stmt *s, const struct row_kind *kind, int64_t id,
                    void *row, struct assay_error *err);

/* Walks a bound statement; resets it. row is room for one. */
bool store_walk(struct store *store, sqlite3_stmt *s, const struct row_kind *kind, void *row,
                bool (*fn)(void *walking, const void *row), void *walking, struct assay_error *err);

#endif
