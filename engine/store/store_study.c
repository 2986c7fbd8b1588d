/* What a study of VizierService has beside its trials: clients, names, gaps, operations. */

#include "engine/store/store_private.h"

#include <stdlib.h>
#include <string.h>

bool store_client_put(struct store *store, int64_t trial_id, const char *client,
                      struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_CLIENT_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)sqlite3_bind_text(s, 2, client, -1, SQLITE_STATIC);
    return store_run(store, s, "store the trial's client", err);
}

/* A copy of a text column; NULL for lack of memory. */
static char *column_copy(sqlite3_stmt *s, int index)
{
    const unsigned char *text = sqlite3_column_text(s, index);

    return text ? strdup((const char *)text) : NULL;
}

/* Nobody's; NULL for lack of memory. */
static char *no_client(struct assay_error *err)
{
    char *client = strdup("");

    if (!client)
        (void)assay_fail_memory(err);
    return client;
}

char *store_client_get(struct store *store, int64_t trial_id, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    char *client = NULL;
    int code = SQLITE_DONE;

    if (store->version < 3)
        return no_client(err); /* the table came with version 3 */
    s = store_statement(store, SQL_CLIENT_GET, err);
    if (!s)
        return NULL;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    code = sqlite3_step(s);
    if (code == SQLITE_DONE)
        client = no_client(err);
    else if (code != SQLITE_ROW)
        (void)store_fail(store, "read the trial's client", err);
    else if (!(client = column_copy(s, 0)))
        (void)assay_fail_memory(err);
    (void)sqlite3_reset(s);
    return client;
}

/* Runs a statement over the study's ids from first to last. */
static bool run_range(struct store *store, enum store_statement which, int64_t job, int64_t first,
                      int64_t last, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, which, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, first));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job, last));
    return store_run(store, s, "delete from the study", err);
}

/* The highest number that the statement finds, of an id of the study's or as it is; 0: none. */
static bool read_last(struct store *store, enum store_statement which, int64_t job, int64_t *number,
                      struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    int code = SQLITE_DONE;

    *number = 0;
    if (store->version < 3)
        return true;
    s = store_statement(store, which, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, 0));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job, STORE_TRIALS_MAX - 1));
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX;
    else if (code != SQLITE_DONE)
        (void)store_fail(store, "read the study", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_made_put(struct store *store, int64_t trial_id, int64_t ordinal, const char *fixed,
                    struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_MADE_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)sqlite3_bind_int64(s, 2, ordinal);
    (void)sqlite3_bind_text(s, 3, fixed, -1, SQLITE_STATIC);
    return store_run(store, s, "store how the trial was suggested", err);
}

bool store_made_each(struct store *store, int64_t job, made_fn fn, void *context,
                     struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (store->version < 3)
        return true;
    s = store_statement(store, SQL_MADE_EACH, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, 0));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job, STORE_TRIALS_MAX - 1));
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        const char *fixed = (const char *)sqlite3_column_text(s, 2);

        if (!fixed) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX,
                     sqlite3_column_int64(s, 1), fixed);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read how trials were suggested", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

bool store_made_last(struct store *store, int64_t job, int64_t *ordinal, struct assay_error *err)
{
    int64_t deleted = 0;

    if (!read_last(store, SQL_MADE_LAST, job, ordinal, err) ||
        !read_last(store, SQL_DELETED_LAST_ORDINAL, job, &deleted, err))
        return false;
    if (deleted > *ordinal)
        *ordinal = deleted;
    return true;
}

/* What is to be remembered of it is read from its own rows, which go afterwards. */
bool store_trial_delete(struct store *store, int64_t job, int64_t number, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_DELETED_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, number));
    if (!store_run(store, s, "delete the trial", err) ||
        !store_trials_delete(store, job, number, number, err))
        return false;
    store_note(store, CHANGE_TRIAL_GONE, job, number, 0);
    return true;
}

bool store_deleted_last(struct store *store, int64_t job, int64_t *number, struct assay_error *err)
{
    return read_last(store, SQL_DELETED_LAST, job, number, err);
}

bool store_deleted_count(struct store *store, int64_t job, int64_t *count, struct assay_error *err)
{
    return read_last(store, SQL_DELETED_COUNT, job, count, err);
}

bool store_study_delete(struct store *store, int64_t job, struct assay_error *err)
{
    return run_range(store, SQL_DELETED_DELETE_JOB, job, 0, STORE_TRIALS_MAX - 1, err) &&
           run_range(store, SQL_OPERATION_DELETE, job, 0, STORE_TRIALS_MAX - 1, err);
}

bool store_study_each(struct store *store, const char *display_name, job_row_fn fn, void *context,
                      struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_STUDY_BY_NAME, err);

    if (!s)
        return false;
    (void)sqlite3_bind_text(s, 1, display_name, -1, SQLITE_STATIC);
    return store_job_walk(store, s, fn, context, err);
}

void operation_row_clear(struct operation_row *row)
{
    if (!row)
        return;
    free(row->client);
    free(row->trials);
    *row = (struct operation_row){ 0 };
}

static bool trim_deletions(struct store *store, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_DELETION_TRIM, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int(s, 1, OPERATIONS_KEPT);
    return store_run(store, s, "forget old deletions", err);
}

bool store_operation_put(struct store *store, const struct operation_row *row, const char *client,
                         const char *trials, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_OPERATION_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(row->job, row->number));
    (void)sqlite3_bind_int(s, 2, row->kind);
    (void)sqlite3_bind_int(s, 3, row->state);
    (void)sqlite3_bind_int64(s, 4, row->start_us);
    (void)sqlite3_bind_int64(s, 5, row->end_us);
    (void)sqlite3_bind_text(s, 6, client, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(s, 7, trials, -1, SQLITE_STATIC);
    if (!store_run(store, s, "store the operation", err))
        return false;
    if (row->kind == OPERATION_DELETION)
        return trim_deletions(store, err);
    return row->number <= OPERATIONS_KEPT ||
           store_operation_delete(store, row->job, row->number - OPERATIONS_KEPT, err);
}

/* The operation that the statement stands at. False for lack of memory. */
static bool read_operation(sqlite3_stmt *s, struct operation_row *row)
{
    row->kind = sqlite3_column_int(s, 0);
    row->state = sqlite3_column_int(s, 1);
    row->start_us = sqlite3_column_int64(s, 2);
    row->end_us = sqlite3_column_int64(s, 3);
    row->client = column_copy(s, 4);
    row->trials = column_copy(s, 5);
    if (row->client && row->trials)
        return true;
    operation_row_clear(row);
    return false;
}

static bool fail_no_operation(struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL,
                      "the operation does not exist; the newest %d of a study are kept",
                      OPERATIONS_KEPT);
}

bool store_operation_get(struct store *store, int64_t job, int64_t number,
                         struct operation_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool is_read = false;
    int code = SQLITE_DONE;

    if (store->version < 3)
        return fail_no_operation(err);
    s = store_statement(store, SQL_OPERATION_GET, err);
    if (!s)
        return false;
    *row = (struct operation_row){ .job = job, .number = number };
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, number));
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        is_read = read_operation(s, row) || assay_fail_memory(err);
    else if (code == SQLITE_DONE)
        (void)fail_no_operation(err);
    else
        (void)store_fail(store, "read the operation", err);
    (void)sqlite3_reset(s);
    return is_read;
}

bool store_operation_last(struct store *store, int64_t job, int64_t *number,
                          struct assay_error *err)
{
    return read_last(store, SQL_OPERATION_LAST, job, number, err);
}

bool store_operation_delete(struct store *store, int64_t job, int64_t number,
                            struct assay_error *err)
{
    return run_range(store, SQL_OPERATION_DELETE, job, number, number, err);
}

bool store_deletion_each(struct store *store, int64_t before_us, int64_t before_job,
                         operation_row_fn fn, void *context, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (store->version < 3)
        return true;
    s = store_statement(store, SQL_DELETION_EACH, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, before_us);
    (void)sqlite3_bind_int64(
        s, 2,
        before_job < INT64_MAX / STORE_TRIALS_MAX ? store_trial_id(before_job, 0) : INT64_MAX);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct operation_row row = { .job = sqlite3_column_int64(s, 0),
                                     .kind = OPERATION_DELETION,
                                     .start_us = sqlite3_column_int64(s, 1),
                                     .end_us = sqlite3_column_int64(s, 2) };

        row.client = column_copy(s, 3);
        row.trials = strdup("");
        if (!row.client || !row.trials) {
            operation_row_clear(&row);
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, &row);
        operation_row_clear(&row);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "list the deletions", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}
