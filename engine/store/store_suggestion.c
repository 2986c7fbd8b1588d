/* Beside a trial's row: how it was suggested, and why it was stopped early. */

#include "engine/store/store_private.h"

#include <math.h>
#include <string.h>

bool store_suggestion_put(struct store *store, int64_t trial_id, const double *numbers,
                          size_t count, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_SUGGESTION_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)store_bind_doubles(s, 2, numbers, count);
    return store_run(store, s, "store the suggestion", err);
}

/* One row for the caller's function; false for lack of memory. */
typedef bool (*row_reader)(struct store *store, sqlite3_stmt *s, void *context, bool *goes_on);

/* All rows of a statement that asks for the job's trials from first to last. */
static bool walk(struct store *store, enum store_statement which, int64_t job, int64_t first,
                 int64_t last, row_reader read, void *context, struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool goes_on = true;
    int code = SQLITE_DONE;

    if (store->version < 2)
        return true; /* the tables came with version 2 */
    s = store_statement(store, which, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, first));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job, last));
    while (goes_on && (code = sqlite3_step(s)) == SQLITE_ROW) {
        if (!read(store, s, context, &goes_on)) {
            (void)sqlite3_reset(s);
            return assay_fail_memory(err);
        }
    }
    if (goes_on && code != SQLITE_DONE)
        (void)store_fail(store, "read the trials", err);
    (void)sqlite3_reset(s);
    return !goes_on || code == SQLITE_DONE;
}

struct suggestion_walk {
    suggestion_fn fn;
    void *context;
};

static bool read_suggestion(struct store *store, sqlite3_stmt *s, void *context, bool *goes_on)
{
    struct suggestion_walk *to = context;
    size_t count = (size_t)sqlite3_column_bytes(s, 1) / sizeof(double);

    if (!store_scratch(store, count + 1))
        return false;
    if (count)
        memcpy(store->scratch, sqlite3_column_blob(s, 1), count * sizeof(double));
    *goes_on =
        to->fn(to->context, sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX, store->scratch, count);
    return true;
}

bool store_suggestion_each(struct store *store, int64_t job, int64_t first, int64_t last,
                           suggestion_fn fn, void *context, struct assay_error *err)
{
    struct suggestion_walk to = { .fn = fn, .context = context };

    return walk(store, SQL_SUGGESTION_EACH, job, first, last, read_suggestion, &to, err);
}

/* In the column 0 says that nobody knows: SQLite has no NaN. */
static int bind_progress(sqlite3_stmt *s, double progress)
{
    return sqlite3_bind_double(s, 2, isnan(progress) ? 0 : progress);
}

bool store_early_stop_put(struct store *store, int64_t trial_id, double progress, const char *why,
                          struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_EARLY_STOP_PUT, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)bind_progress(s, progress);
    (void)sqlite3_bind_text(s, 3, why, -1, SQLITE_STATIC);
    return store_run(store, s, "store why the trial is stopped", err);
}

bool store_early_stop_move(struct store *store, int64_t trial_id, double progress,
                           struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_EARLY_STOP_MOVE, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    (void)bind_progress(s, progress);
    return store_run(store, s, "store how far the trial came", err);
}

struct early_stop_walk {
    early_stop_fn fn;
    void *context;
};

static bool read_early_stop(struct store *store, sqlite3_stmt *s, void *context, bool *goes_on)
{
    struct early_stop_walk *to = context;
    const char *why = (const char *)sqlite3_column_text(s, 2);
    double progress = sqlite3_column_double(s, 1);

    (void)store;
    if (!why)
        return false;
    *goes_on = to->fn(to->context, sqlite3_column_int64(s, 0) % STORE_TRIALS_MAX,
                      progress > 0 ? progress : (double)NAN, why);
    return true;
}

bool store_early_stop_each(struct store *store, int64_t job, int64_t first, int64_t last,
                           early_stop_fn fn, void *context, struct assay_error *err)
{
    struct early_stop_walk to = { .fn = fn, .context = context };

    return walk(store, SQL_EARLY_STOP_EACH, job, first, last, read_early_stop, &to, err);
}

bool store_early_stop_delete(struct store *store, int64_t trial_id, struct assay_error *err)
{
    sqlite3_stmt *s = store_statement(store, SQL_EARLY_STOP_DELETE, err);

    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, trial_id);
    return store_run(store, s, "forget why the trial was stopped", err);
}

bool store_early_stop_count(struct store *store, int64_t job, int64_t *count,
                            struct assay_error *err)
{
    sqlite3_stmt *s = NULL;
    bool is_read = false;

    *count = 0;
    if (store->version < 2)
        return true;
    s = store_statement(store, SQL_EARLY_STOP_COUNT, err);
    if (!s)
        return false;
    (void)sqlite3_bind_int64(s, 1, store_trial_id(job, 0));
    (void)sqlite3_bind_int64(s, 2, store_trial_id(job + 1, 0) - 1);
    is_read = sqlite3_step(s) == SQLITE_ROW;
    if (is_read)
        *count = sqlite3_column_int64(s, 0);
    else
        (void)store_fail(store, "count the trials", err);
    (void)sqlite3_reset(s);
    return is_read;
}
