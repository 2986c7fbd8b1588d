/* A store without anything in it again, and one that may lose what it has: for emulate mode. */

#include "engine/array.h"
#include "engine/store/store_private.h"

#include <stdio.h>
#include <stdlib.h>

void store_relax(struct store *store)
{
    /* Where it cannot be, it stays slow. */
    (void)sqlite3_exec(store->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
}

struct job_ids {
    int64_t *items;
    size_t count, capacity;
};

static int keep_id(void *context, int count, char **values, char **names)
{
    struct job_ids *ids = context;
    void *items = ids->items;
    long long job = 0;
    bool has_room = array_make_room(&items, ids->count, &ids->capacity, sizeof *ids->items);

    (void)count;
    (void)names;
    ids->items = items;
    if (has_room && sscanf(values[0], "%lld", &job) == 1) /* NOLINT(cert-err34-c): SQLite's own */
        ids->items[ids->count++] = job;
    return !has_room;
}

static int empty_table(void *context, int count, char **values, char **names)
{
    struct store *store = context;
    char sql[256];

    (void)count;
    (void)names;
    /* With a condition, each row is told to the hook that counts changes. */
    (void)snprintf(sql, sizeof sql, "DELETE FROM \"%s\" WHERE 1", values[0]);
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK;
}

static bool empty_all(struct store *store, struct job_ids *ids, struct assay_error *err)
{
    if (sqlite3_exec(store->db, "SELECT id FROM job", keep_id, ids, NULL) != SQLITE_OK ||
        sqlite3_exec(store->db,
                     "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE "
                     "'sqlite_%'",
                     empty_table, store, NULL) != SQLITE_OK)
        return store_fail(store, "delete all", err);
    return store_commit(store, err);
}

bool store_empty(struct store *store, struct assay_error *err)
{
    struct job_ids ids = { 0 };
    bool is_empty = false;

    if (!store_begin(store, err))
        return false;
    is_empty = empty_all(store, &ids, err);
    if (!is_empty)
        store_rollback(store);
    /* A note cannot be taken back: only what is gone for good is told. */
    for (size_t i = 0; i < ids.count && is_empty; i++)
        store_note(store, CHANGE_JOB_GONE, ids.items[i], 0, 0);
    free(ids.items);
    return is_empty;
}
