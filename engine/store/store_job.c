#include "engine/store/steering_rows.h"
#include "engine/store/store_rows.h"

#include <stdlib.h>
#include <string.h>

void job_row_clear(struct job_row *row)
{
    if (!row)
        return;
    free(row->display_name);
    free(row->source);
    free(row->document);
    free(row->source_dir);
    free(row->error_message);
    free(row->model_dir);
    free(row->note);
    free(row->parent);
    *row = (struct job_row){ 0 };
}

bool store_job_insert(struct store *store, const struct job_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_JOB_INSERT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->id);
    (void)sqlite3_bind_int(s, 2, row->kind);
    (void)sqlite3_bind_int(s, 3, row->state);
    (void)sqlite3_bind_int64(s, 4, (int64_t)row->seed);
    (void)sqlite3_bind_int64(s, 5, row->create_us);
    (void)sqlite3_bind_int64(s, 6, row->start_us);
    (void)sqlite3_bind_int64(s, 7, row->end_us);
    (void)sqlite3_bind_int64(s, 8, row->update_us);
    (void)sqlite3_bind_int64(s, 9, row->best_trial);
    (void)sqlite3_bind_int(s, 10, row->error_code);
    store_bind_text(s, 11, row->error_message);
    store_bind_text(s, 12, row->display_name);
    store_bind_text(s, 13, row->source);
    store_bind_text(s, 14, row->document);
    store_bind_text(s, 15, row->source_dir);
    store_bind_text(s, 16, row->model_dir);
    store_bind_text(s, 17, row->note);
    (void)sqlite3_bind_int(s, 18, row->closing);
    store_bind_text(s, 19, row->parent ? row->parent : STORE_PARENT_LOCAL);
    if (!store_run(store, s, "store the job", err))
        return false;
    store_note(store, CHANGE_JOB, row->id, 0, row->state);
    return true;
}

bool store_job_update(struct store *store, const struct job_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_JOB_UPDATE, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, row->id);
    (void)sqlite3_bind_int(s, 2, row->state);
    (void)sqlite3_bind_int64(s, 3, row->start_us);
    (void)sqlite3_bind_int64(s, 4, row->end_us);
    (void)sqlite3_bind_int64(s, 5, row->update_us);
    (void)sqlite3_bind_int64(s, 6, row->best_trial);
    (void)sqlite3_bind_int(s, 7, row->error_code);
    store_bind_text(s, 8, row->error_message);
    store_bind_text(s, 9, row->model_dir);
    store_bind_text(s, 10, row->note);
    (void)sqlite3_bind_int(s, 11, row->closing);
    if (!store_run(store, s, "store the job's state", err))
        return false;
    store_note(store, CHANGE_JOB, row->id, 0, row->state);
    return true;
}

bool store_trials_delete(struct store *store, int64_t job, int64_t first, int64_t last,
                         struct assay_error *err)
{
    static const enum store_statement by_trial[] = {
        SQL_TRIAL_DELETE,          SQL_MEASUREMENT_DELETE,    SQL_MARK_DELETE_JOB,
        SQL_SUGGESTION_DELETE_JOB, SQL_EARLY_STOP_DELETE_JOB, SQL_CLIENT_DELETE_JOB,
        SQL_MADE_DELETE_JOB,       SQL_RETRY_DELETE_JOB,
    };

    for (size_t i = 0; i < sizeof by_trial / sizeof by_trial[0]; i++) {
        sqlite3_stmt *s = store_statement(store, by_trial[i], err);

        if (!s)
            return false;
        (void)sqlite3_bind_int64(s, 1, store_trial_id(job, first));
        (void)sqlite3_bind_int64(s, 2, store_trial_id(job, last));
        if (!store_run(store, s, "delete the job's trials", err))
            return false;
    }
    return true;
}

bool store_job_delete(struct store *store, int64_t job, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;

    if (!store_trials_delete(store, job, 0, STORE_TRIALS_MAX - 1, err) ||
        !store_study_delete(store, job, err) || !store_model_trim(store, job, INT64_MAX, err) ||
        !store_budget_delete(store, job, err))
        return false;
    s = store_statement(store, SQL_JOB_DELETE, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    if (!store_run(store, s, "delete the job", err))
        return false;
    store_note(store, CHANGE_JOB_GONE, job, 0, 0);
    return true;
}

/* NULL for lack of memory; no column of a job is ever NULL. */
static char *column_copy(sqlite3_stmt *s, int index)
{
    const unsigned char *text = sqlite3_column_text(s, index);

    return text ? strdup((const char *)text) : NULL;
}

/* Columns in the order of JOB_COLUMNS, then source and document where asked for. */
static bool read_job(sqlite3_stmt *s, bool has_documents, struct job_row *row)
{
    *row = (struct job_row){
        .id = sqlite3_column_int64(s, 0),
        .kind = sqlite3_column_int(s, 1),
        .state = sqlite3_column_int(s, 2),
        .seed = (uint64_t)sqlite3_column_int64(s, 3),
        .create_us = sqlite3_column_int64(s, 4),
        .start_us = sqlite3_column_int64(s, 5),
        .end_us = sqlite3_column_int64(s, 6),
        .update_us = sqlite3_column_int64(s, 7),
        .best_trial = sqlite3_column_int64(s, 8),
        .error_code = sqlite3_column_int(s, 9),
        .error_message = column_copy(s, 10),
        .display_name = column_copy(s, 11),
        .source_dir = column_copy(s, 12),
        .model_dir = column_copy(s, 13),
        .note = column_copy(s, 14),
        .closing = sqlite3_column_int(s, 15),
        .parent = column_copy(s, 16),
        .source = has_documents ? column_copy(s, 17) : strdup(""),
        .document = has_documents ? column_copy(s, 18) : strdup(""),
    };
    if (row->error_message && row->display_name && row->source_dir && row->model_dir && row->note &&
        row->parent && row->source && row->document)
        return true;
    job_row_clear(row);
    return false;
}

bool store_job_get(struct store *store, int64_t job, struct job_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_JOB_GET, err);
    bool is_read = false;
    int code = 0;

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        is_read = read_job(s, true, row) || assay_fail_memory(err);
    else if (code == SQLITE_DONE)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                         "there is no job %lld; `assay list` shows those that exist",
                         (long long)job);
    else
        (void)store_fail(store, "read the job", err);
    (void)sqlite3_reset(s);
    return is_read;
}

bool store_job_walk(struct store *store, sqlite3_stmt *s, job_row_fn fn, void *context,
                    struct assay_error *err)
{
    bool goes_on = true;
    int code = SQLITE_DONE;

    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct job_row row;

        if (!read_job(s, false, &row)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, &row);
        job_row_clear(&row);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "list the jobs", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

bool store_job_each(struct store *store, int64_t before_us, int64_t before_id, job_row_fn fn,
                    void *context, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_JOB_EACH, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, before_us);
    (void)sqlite3_bind_int64(s, 2, before_id);
    return store_job_walk(store, s, fn, context, err);
}

bool store_job_each_state(struct store *store, job_state_fn fn, void *context,
                          struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_JOB_STATES, err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW)
        goes_on = fn(context, sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1),
                     sqlite3_column_int(s, 2));
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "count the jobs", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

bool store_job_find(struct store *store, const char *prefix, int64_t *job, int64_t *count,
                    struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_JOB_FIND, err);
    int code = 0;

    if (!s)
        return false;
    store_bind_text(s, 1, prefix);
    code = sqlite3_step(s);
    *job = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    *count = code == SQLITE_ROW ? sqlite3_column_int64(s, 1) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "look for the job", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}
