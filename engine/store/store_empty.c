/* A store without anything in it again, and one that may lose what it has: for emulate mode. */

#include "engine/store/store_private.h"

#include <stdio.h>

void store_relax(struct store *store)
{
    /* Where it cannot be, it stays slow. */
    (void)sqlite3_exec(store->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
}

static int note_gone(void *context, int count, char **values, char **names)
{
    long long job = 0;

    (void)count;
    (void)names;
    if (sscanf(values[0], "%lld", &job) == 1) /* NOLINT(cert-err34-c): SQLite's own number */
        store_note(context, CHANGE_JOB_GONE, job, 0, 0);
    return 0;
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

bool store_empty(struct store *store, struct assay_error *err)
{
    if (!store_begin(store, err))
        return false;
    if (sqlite3_exec(store->db, "SELECT id FROM job", note_gone, store, NULL) == SQLITE_OK &&
        sqlite3_exec(store->db,
                     "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE "
                     "'sqlite_%'",
                     empty_table, store, NULL) == SQLITE_OK)
        return store_commit(store, err);
    (void)store_fail(store, "delete all", err);
    store_rollback(store);
    return false;
}
