/*
 * engine/store/dataset_private.h - rows of datasets in and out of statements, shared by
 * store_dataset.c and store_data_item.c.
 */
#ifndef ENGINE_STORE_DATASET_PRIVATE_H
#define ENGINE_STORE_DATASET_PRIVATE_H

#include "engine/store/dataset_rows.h"
#include "engine/store/store_private.h"

/* NULL is "". Borrowed until the statement is reset. */
void dataset_bind_text(sqlite3_stmt *s, int index, const char *text);
/* A copy; NULL for lack of memory. */
char *dataset_text_at(sqlite3_stmt *s, int column);

/* How a kind of row is read. */
struct dataset_row_kind {
    const char *name;                         /* "Dataset", for who looks for one */
    bool (*take)(sqlite3_stmt *s, void *row); /* false for lack of memory; row is then clear() */
    void (*clear)(void *row);
};

/* Runs a bound statement that finds one row at most; resets it. ASSAY_NOT_FOUND. id: for words. */
bool dataset_read_one(struct store *store, sqlite3_stmt *s, const struct dataset_row_kind *kind,
                      int64_t id, void *row, struct assay_error *err);

/* Walks a bound statement; resets it. row is room for one. */
bool dataset_walk(struct store *store, sqlite3_stmt *s, const struct dataset_row_kind *kind,
                  void *row, bool (*fn)(void *walking, const void *row), void *walking,
                  struct assay_error *err);

#endif
