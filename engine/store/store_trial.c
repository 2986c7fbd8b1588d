#include "engine/store/store_private.h"

#include <string.h>

/* What every statement that writes a trial begins with. */
static void bind_start(sqlite3_stmt *s, const struct trial_row *row)
{
    (void)sqlite3_bind_int64(s, 1, store_trial_id(row->job, row->number));
    (void)sqlite3_bind_int(s, 2, row->state);
    (void)sqlite3_bind_int(s, 3, row->attempt);
    (void)sqlite3_bind_int64(s, 4, row->start_us);
}

bool store_trial_insert(struct store *store, const struct trial_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_TRIAL_INSERT, err);

    if (!s)
        return false;
    bind_start(s, row);
    (void)store_bind_doubles(s, 5, row->point, row->point_count);
    if (!store_run(store, s, "store the trial", err))
        return false;
    store_note(store, CHANGE_TRIAL, row->job, row->number, 0);
    return true;
}

bool store_trial_update(struct store *store, const struct trial_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_TRIAL_UPDATE, err);

    if (!s)
        return false;
    bind_start(s, row);
    if (!store_run(store, s, "store the trial's state", err))
        return false;
    store_note(store, CHANGE_TRIAL, row->job, row->number, 0);
    return true;
}

bool store_trial_stop(struct store *store, int64_t job, int64_t number, struct assay_error *err)
{
    sqlite3_stmt *s = store_sql(store, "UPDATE trial SET state=?2, failure=?3 WHERE id=?1", err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, number));
    (void)sqlite3_bind_int(s, 2, TRIAL_STOPPING);
    (void)sqlite3_bind_int(s, 3, FAILURE_STOPPED);
    if (!store_run(store, s, "store that the trial is to stop", err))
        return false;
    store_note(store, CHANGE_TRIAL, job, number, 0);
    return true;
}

bool store_trial_end(struct store *store, const struct trial_row *row, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_TRIAL_END, err);

    if (!s)
        return false;
    bind_start(s, row);
    (void)sqlite3_bind_int(s, 5, row->failure);
    (void)sqlite3_bind_int64(s, 6, row->end_us);
    (void)sqlite3_bind_int64(s, 7, row->end_order);
    (void)sqlite3_bind_int64(s, 8, row->step);
    (void)sqlite3_bind_int64(s, 9, row->elapsed_us);
    (void)store_bind_doubles(s, 10, row->values, row->value_count);
    (void)sqlite3_bind_text(s, 11, row->reason, -1, SQLITE_STATIC); /* NULL binds NULL */
    if (!store_run(store, s, "store the trial's end", err))
        return false;
    store_note(store, CHANGE_TRIAL_ENDED, row->job, row->number, row->end_order);
    return true;
}

static bool read_trial(struct store *store, sqlite3_stmt *s, struct trial_row *row)
{
    int64_t id = sqlite3_column_int64(s, 0);
    struct store_numbers numbers;

    *row = (struct trial_row){
        .job = id / STORE_TRIALS_MAX,
        .number = id % STORE_TRIALS_MAX,
        .state = sqlite3_column_int(s, 1),
        .attempt = sqlite3_column_int(s, 2),
        .failure = sqlite3_column_int(s, 3),
        .start_us = sqlite3_column_int64(s, 4),
        .end_us = sqlite3_column_int64(s, 5),
        .end_order = sqlite3_column_int64(s, 6),
        .step = sqlite3_column_int64(s, 7),
        .elapsed_us = sqlite3_column_int64(s, 8),
        .reason = (const char *)sqlite3_column_text(s, 11),
    };
    /* A reason that is there but cannot be had: no memory to terminate it. */
    if (!row->reason && sqlite3_column_type(s, 11) != SQLITE_NULL)
        return false;
    if (!store_read_numbers(store, s, 9, &numbers))
        return false;
    row->point = numbers.point;
    row->point_count = numbers.point_count;
    row->values = numbers.values;
    row->value_count = numbers.value_count;
    return true;
}

static void bind_trial_query(sqlite3_stmt *s, const struct trial_query *query)
{
    int64_t limit = query->limit > 0 ? query->limit : -1;
    bool has_end = query->until > 0 && query->until < STORE_TRIALS_MAX;
    int64_t last = has_end ? query->until : STORE_TRIALS_MAX - 1;

    if (query->order == TRIALS_BY_END) {
        (void)sqlite3_bind_int64(s, 1, query->job);
        (void)sqlite3_bind_int64(s, 2, query->after);
        (void)sqlite3_bind_int64(s, 3, limit);
        return;
    }
    (void)sqlite3_bind_int64(s, 1, store_trial_id(query->job, query->after));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(query->job, last));
    (void)sqlite3_bind_int(s, 3, query->state);
    (void)sqlite3_bind_int(s, 4, query->only_unended);
    (void)sqlite3_bind_int64(s, 5, limit);
}

bool store_trial_each(struct store *store, const struct trial_query *query, trial_row_fn fn,
                      void *context, struct assay_error *err)
{
    enum store_statement which =
        query->order == TRIALS_BY_END ? SQL_TRIAL_BY_END : SQL_TRIAL_BY_NUMBER;
    sqlite3_stmt *s = store_statement(store, which, err);
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (!s)
        return false;
    bind_trial_query(s, query);
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        struct trial_row row;

        if (!read_trial(store, s, &row)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
        goes_on = fn(context, &row);
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the trials", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

/* What stays valid when the walk goes on. */
static bool copy_fixed_part(void *context, const struct trial_row *row)
{
    struct trial_row *copy = context;

    *copy = *row;
    copy->point = copy->values = NULL;
    copy->reason = NULL;
    return false;
}

bool store_trial_first(struct store *store, const struct trial_query *query, struct trial_row *row,
                       struct assay_error *err)
{
    *row = (struct trial_row){ 0 };
    return store_trial_each(store, query, copy_fixed_part, row, err);
}

/* The statement's one number; 0 where it finds none. */
static bool read_number(struct store *store, sqlite3_stmt *s, int64_t *number,
                        struct assay_error *err)
{
    int code = sqlite3_step(s);

    *number = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)store_fail(store, "look for the last trial", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool store_last_end_order(struct store *store, int64_t job, int64_t *end_order,
                          struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_TRIAL_LAST_END, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, job);
    return read_number(store, s, end_order, err);
}

bool store_last_number(struct store *store, int64_t job, int64_t *number, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_TRIAL_LAST, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, 0));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job + 1, 0) - 1);
    if (!read_number(store, s, number, err))
        return false;
    *number %= STORE_TRIALS_MAX;
    return true;
}

/* Sums in SQL take three times as long, and there may be a million trials. */
static void add_to_totals(struct trial_totals *totals, sqlite3_stmt *s)
{
    int state = sqlite3_column_int(s, 1);
    int64_t end_order = sqlite3_column_int64(s, 3);
    bool is_failed = failure_class_counts(sqlite3_column_int(s, 2));

    totals->created++;
    totals->ended += trial_state_is_terminal(state);
    totals->succeeded += state == TRIAL_SUCCEEDED;
    totals->failed += is_failed;
    totals->last_number = sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX; /* by number */
    if (end_order > totals->last_end_order)
        totals->last_end_order = end_order;
    if (end_order == 1)
        totals->has_first_ended_failed = is_failed;
}

bool store_trial_totals(struct store *store, int64_t job, struct trial_totals *totals,
                        struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_TRIAL_TOTALS, err);
    int code = SQLITE_DONE;

    if (!s)
        return false;
    *totals = (struct trial_totals){ 0 };
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, 0));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job + 1, 0) - 1);
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        add_to_totals(totals, s);
    if (code != SQLITE_DONE)
        (void)store_fail(store, "count the trials", err);
    (void)sqlite3_reset(s);
    return code == SQLITE_DONE;
}
