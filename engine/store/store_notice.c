/* Which changes are to be told to whom. */

#include "engine/store/notice_rows.h"
#include "engine/store/store_private.h"

#include <stdlib.h>
#include <string.h>

/* The kind's number, whose row it is, then what its table has. Studies, which clients run, are no
 * jobs of ours. */
#define NOTICE_INSERT                                                                              \
    "INSERT INTO notice (kind, resource, job_kind, state, old_state, time_us, error_code, parent," \
    " display_name, error_message) "
#define JOB_NOTICE(old)                                                                            \
    NOTICE_INSERT                                                                                  \
    "VALUES (1, new.id, new.kind, new.state, " old                                                 \
    ", new.update_us, new.error_code, new.parent, new.display_name, new.error_message);"
#define PIPELINE_NOTICE(old)                                                                       \
    NOTICE_INSERT                                                                                  \
    "VALUES (2, new.id, 0, new.state, " old                                                        \
    ", new.update_us, new.error_code, new.parent, new.display_name, new.error_message);"
#define TRIAL_NOTICE(old)                                                                          \
    NOTICE_INSERT "SELECT 4, new.id, job.kind, new.state, " old                                    \
                  ", max(new.end_us, new.start_us), 0, job.parent, job.display_name, "             \
                  "coalesce(new.reason, '')"                                                       \
                  " FROM job WHERE job.id = new.id / 100000000 AND job.kind <> 2;"

static const struct {
    enum notice_kind kind;
    const char *sql;
} triggers[] = {
    { NOTICE_JOB,
      "CREATE TEMP TRIGGER notice_job AFTER UPDATE OF state ON main.job"
      " WHEN old.state <> new.state AND new.kind <> 2 BEGIN " JOB_NOTICE("old.state") "END" },
    { NOTICE_JOB, "CREATE TEMP TRIGGER notice_new_job AFTER INSERT ON main.job"
                  " WHEN new.kind <> 2 BEGIN " JOB_NOTICE("0") "END" },
    { NOTICE_PIPELINE, "CREATE TEMP TRIGGER notice_pipeline AFTER UPDATE OF state ON main.pipeline"
                       " WHEN old.state <> new.state BEGIN " PIPELINE_NOTICE("old.state") "END" },
    { NOTICE_PIPELINE, "CREATE TEMP TRIGGER notice_new_pipeline AFTER INSERT ON main.pipeline"
                       " BEGIN " PIPELINE_NOTICE("0") "END" },
    { NOTICE_TRIAL, "CREATE TEMP TRIGGER notice_trial AFTER UPDATE OF state ON main.trial"
                    " WHEN old.state <> new.state BEGIN " TRIAL_NOTICE("old.state") "END" },
    { NOTICE_TRIAL, "CREATE TEMP TRIGGER notice_new_trial AFTER INSERT ON main.trial"
                    " BEGIN " TRIAL_NOTICE("0") "END" },
};

void notice_row_clear(struct notice_row *row)
{
    if (!row)
        return;
    free(row->parent);
    free(row->display_name);
    free(row->error_message);
    *row = (struct notice_row){ 0 };
}

bool store_notice_watch(struct store *store, unsigned kinds, struct assay_error *err)
{
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        if ((kinds & triggers[i].kind) &&
            sqlite3_exec(store->db, triggers[i].sql, NULL, NULL, NULL) != SQLITE_OK)
            return store_fail(store, "watch for changes to be told", err);
    }
    return true;
}

static bool run_for_hook(struct store *store, sqlite3_stmt *s, const char *hook,
                         struct assay_error *err)
{
    if (!s)
        return false;
    (void)sqlite3_bind_text(s, 1, hook, -1, SQLITE_STATIC);
    return store_run(store, s, "store how far a hook was told", err);
}

bool store_notice_begin_hook(struct store *store, const char *hook, struct assay_error *err)
{
    return run_for_hook(store,
                        store_sql(store,
                                  "INSERT OR IGNORE INTO notice_hook"
                                  " VALUES (?1, (SELECT coalesce(max(id), 0) FROM notice))",
                                  err),
                        hook, err);
}

/* The first column of the only row; fallback where there is none. Resets s. */
static bool read_number(struct store *store, sqlite3_stmt *s, int64_t fallback, int64_t *number,
                        struct assay_error *err)
{
    int code = sqlite3_step(s);

    *number = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : fallback;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "read what is to be told", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_notice_hook(struct store *store, const char *hook, int64_t *done,
                       struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT done FROM notice_hook WHERE hook = ?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_text(s, 1, hook, -1, SQLITE_STATIC);
    return read_number(store, s, 0, done, err);
}

bool store_notice_last(struct store *store, int64_t *id, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "SELECT coalesce(max(id), 0) FROM notice", err);

    return s && read_number(store, s, 0, id, err);
}

static bool trim(struct store *store, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "DELETE FROM notice WHERE id < (SELECT max(id) FROM notice)"
                                " AND id <= (SELECT coalesce(min(done), 9223372036854775807)"
                                " FROM notice_hook)",
                                err);

    return s && store_run(store, s, "delete what was told", err);
}

bool store_notice_put_hook(struct store *store, const char *hook, int64_t done,
                           struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "INSERT OR REPLACE INTO notice_hook VALUES (?1, ?2)", err);

    if (s)
        (void)sqlite3_bind_int64(s, 2, done);
    return run_for_hook(store, s, hook, err) && trim(store, err);
}

bool store_notice_keep_hooks(struct store *store, const char *const *hooks, size_t count,
                             struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "UPDATE notice_hook SET done = -1 - done", err);
    bool is_ok = s && store_run(store, s, "look through the hooks", err);

    /* Those that are not wanted any more are left below zero. */
    for (size_t i = 0; is_ok && i < count; i++)
        is_ok = run_for_hook(
            store,
            store_sql(store, "UPDATE notice_hook SET done = -1 - done WHERE hook = ?1 AND done < 0",
                      err),
            hooks[i], err);
    s = is_ok ? store_sql(store, "DELETE FROM notice_hook WHERE done < 0", err) : NULL;
    return s && store_run(store, s, "forget a hook", err) && trim(store, err);
}

static char *column_copy(sqlite3_stmt *s, int index)
{
    const unsigned char *text = sqlite3_column_text(s, index);

    return text ? strdup((const char *)text) : NULL;
}

static bool read_row(sqlite3_stmt *s, struct notice_row *row)
{
    *row = (struct notice_row){
        .id = sqlite3_column_int64(s, 0),
        .kind = (enum notice_kind)sqlite3_column_int(s, 1),
        .resource = sqlite3_column_int64(s, 2),
        .job_kind = sqlite3_column_int(s, 3),
        .state = sqlite3_column_int(s, 4),
        .old_state = sqlite3_column_int(s, 5),
        .time_us = sqlite3_column_int64(s, 6),
        .error_code = sqlite3_column_int(s, 7),
        .parent = column_copy(s, 8),
        .display_name = column_copy(s, 9),
        .error_message = column_copy(s, 10),
    };
    if (row->parent && row->display_name && row->error_message)
        return true;
    notice_row_clear(row);
    return false;
}

bool store_notice_next(struct store *store, int64_t after, struct notice_row *row,
                       struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store,
                                "SELECT id, kind, resource, job_kind, state, old_state, time_us,"
                                " error_code, parent, display_name, error_message FROM notice"
                                " WHERE id > ?1 ORDER BY id LIMIT 1",
                                err);
    bool is_read = true;
    int code = 0;

    *row = (struct notice_row){ 0 };
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, after);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        is_read = read_row(s, row) || assay_fail_memory(err);
    else if (code != SQLITE_DONE)
        is_read = store_fail(store, "read what is to be told", err);
    (void)sqlite3_reset(s);
    return is_read;
}
