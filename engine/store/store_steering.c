#include "engine/store/steering_rows.h"

#include "engine/store/store_private.h"

#include <string.h>

enum { STEERING_VERSION = 5 }; /* of the store: older ones have none */

bool store_budget_put(struct store *store, const struct budget_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "INSERT INTO budget VALUES (?1, ?2, ?3, ?4, ?5, ?6)", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(row->job, row->number));
    (void)sqlite3_bind_int64(s, 2, row->time_us);
    (void)sqlite3_bind_int64(s, 3, row->created);
    (void)sqlite3_bind_int64(s, 4, row->max_trial_count);
    (void)sqlite3_bind_int64(s, 5, row->parallel_trial_count);
    (void)sqlite3_bind_int64(s, 6, row->max_failed_trial_count);
    return store_run(store, s, "store the job's budget", err);
}

/* Binds all of a job's rows, or those of its trials from first to last. */
static void bind_range(sqlite3_stmt *s, int64_t job, int64_t first, int64_t last)
{
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, first));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job, last));
}

/* Ends a walk: code is the last step's. */
static bool end_walk(struct store *store, sqlite3_stmt *s, bool goes_on, int code, const char *what,
                     struct assay_error *err)
{
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, what, err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

bool store_budget_each(struct store *store, int64_t job, budget_row_fn fn, void *context,
                       struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (store->version < STEERING_VERSION)
        return true;
    s = store_sql(store,
                  "SELECT id, time_us, created, max_trial_count, parallel_trial_count,"
                  " max_failed_trial_count FROM budget WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                  err);
    if (!s)
        return false;
    bind_range(s, job, 0, STORE_TRIALS_MAX - 1);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct budget_row row = { .job = job,
                                  .number = sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX,
                                  .time_us = sqlite3_column_int64(s, 1),
                                  .created = sqlite3_column_int64(s, 2),
                                  .max_trial_count = sqlite3_column_int64(s, 3),
                                  .parallel_trial_count = sqlite3_column_int64(s, 4),
                                  .max_failed_trial_count = sqlite3_column_int64(s, 5) };

        goes_on = fn(context, &row);
    }
    return end_walk(store, s, goes_on, code, "read the job's budgets", err);
}

bool store_budget_delete(struct store *store, int64_t job, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "DELETE FROM budget WHERE id BETWEEN ?1 AND ?2", err);

    if (!s)
        return false;
    bind_range(s, job, 0, STORE_TRIALS_MAX - 1);
    return store_run(store, s, "delete the job's budgets", err);
}

bool store_job_set_document(struct store *store, int64_t job, const char *document,
                            struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "UPDATE job SET document=?2 WHERE id=?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    (void)sqlite3_bind_text(s, 2, document, -1, SQLITE_STATIC);
    return store_run(store, s, "store the job's document", err);
}

bool store_retry_put(struct store *store, int64_t job, int64_t number, int64_t original,
                     struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "INSERT INTO retry VALUES (?1, ?2)", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, number));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job, original));
    return store_run(store, s, "store which trial is run again", err);
}

bool store_retry_each(struct store *store, int64_t job, int64_t first, int64_t last, retry_fn fn,
                      void *context, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (store->version < STEERING_VERSION)
        return true;
    s = store_sql(store,
                  "SELECT trial, original FROM retry WHERE trial BETWEEN ?1 AND ?2"
                  " ORDER BY trial",
                  err);
    if (!s)
        return false;
    bind_range(s, job, first, last);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW)
        goes_on = fn(context, sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX,
                     sqlite3_column_int64(s, 1) % STORE_TRIALS_MAX);
    return end_walk(store, s, goes_on, code, "read which trials were run again", err);
}

bool store_retry_totals(struct store *store, int64_t job, struct retry_totals *totals,
                        struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool is_read = false;

    *totals = (struct retry_totals){ 0 };
    if (store->version < STEERING_VERSION)
        return true;
    s = store_sql(store,
                  "SELECT count(*), max(end_order = 1) FROM trial"
                  " WHERE id IN (SELECT original FROM retry WHERE trial BETWEEN ?1 AND ?2)"
                  " AND failure BETWEEN 1 AND 5",
                  err);
    if (!s)
        return false;
    bind_range(s, job, 0, STORE_TRIALS_MAX - 1);
    is_read = sqlite3_step(s) == SQLITE_ROW;
    if (is_read)
        *totals = (struct retry_totals){ .forgiven = sqlite3_column_int64(s, 0),
                                         .is_first_forgiven = sqlite3_column_int(s, 1) != 0 };
    else
        (void)store_fail(store, "count the trials that were run again", err);
    (void)sqlite3_reset(s);
    return is_read;
}

bool store_made_ordinal(struct store *store, int64_t job, int64_t number, int64_t *ordinal,
                        struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    int code = SQLITE_DONE;

    *ordinal = number;
    if (store->version < 3)
        return true;
    s = store_sql(store, "SELECT ordinal FROM made WHERE trial = ?1", err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, number));
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *ordinal = sqlite3_column_int64(s, 0);
    else if (code != SQLITE_DONE)
        (void)store_fail(store, "read how the trial was made", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_model_of_job(struct store *store, const char *name, char **model,
                        struct assay_error *err)
{
    /* An empty lineage is no JSON, of which nothing can be extracted. */
    sqlite3_stmt *s =
        store_sql(store,
                  "SELECT registered_model.id FROM model_version JOIN registered_model"
                  " ON registered_model.number = model_version.model"
                  " WHERE CASE WHEN json_valid(lineage) THEN json_extract(lineage, '$.job') END"
                  " = ?1 LIMIT 1",
                  err);
    int code = SQLITE_DONE;

    *model = NULL;
    if (!s)
        return false;
    (void)sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        const char *id = (const char *)sqlite3_column_text(s, 0);

        *model = id ? strdup(id) : NULL;
        if (!*model)
            (void)assay_fail_memory(err);
    } else if (code != SQLITE_DONE) {
        (void)store_fail(store, "look for models of the job", err);
    }
    (void)sqlite3_reset(s);
    return code == SQLITE_DONE || *model;
}
