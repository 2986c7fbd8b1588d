/* Files of older and newer versions, and of others. */

#include "engine/store/long_operation_rows.h"
#include "engine/store/steering_rows.h"
#include "engine/store/store_private.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define JOB INT64_C(1234567890)

enum { PARAMS = 3 };

static void run_sql(const char *folder, const char *sql)
{
    char path[FOLDER_PATH + 16];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "%s/assay.db", folder);
    cr_assert(eq(int, sqlite3_open(path, &db), SQLITE_OK));
    cr_assert(eq(int, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK));
    (void)sqlite3_close(db);
}

Test(store_version, a_newer_version_is_refused_by_writers_and_readers)
{
    struct bench_store bench;

    bench_store_init(&bench);
    store_close(bench.store);
    bench.store = NULL;
    run_sql(bench.folder, "PRAGMA user_version=99");
    check_refused(bench.folder, STORE_WRITE, "newer");
    check_refused(bench.folder, STORE_READ, "newer");
    bench_store_clear(&bench);
}

static int keep_drop(void *context, int count, char **values, char **names)
{
    (void)count;
    (void)names;
    return fprintf(context, "DROP TABLE %s;", values[0]) < 0;
}

/* All that version 4 added, and later ones. */
static void drop_newest_tables(const char *folder)
{
    char path[FOLDER_PATH + 16];
    char drops[4096] = "";
    FILE *out = fmemopen(drops, sizeof drops, "w");
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof path, "%s/assay.db", folder);
    cr_assert(eq(int, sqlite3_open(path, &db), SQLITE_OK));
    cr_assert(eq(int,
                 sqlite3_exec(db,
                              "SELECT name FROM sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite%' AND name NOT IN ('job', 'trial',"
                              " 'measurement', 'mark', 'suggestion', 'early_stop', 'model',"
                              " 'client', 'made', 'deleted', 'operation')",
                              keep_drop, out, NULL),
                 SQLITE_OK));
    (void)sqlite3_close(db);
    cr_assert(eq(int, fclose(out), 0));
    cr_assert(strstr(drops, "long_operation") != NULL);
    run_sql(folder, drops);
}

/* As an older version left it. */
static void make_old(const char *folder, int version)
{
    static const char *const pragmas[] = { NULL, "PRAGMA user_version=1", "PRAGMA user_version=2",
                                           "PRAGMA user_version=3", "PRAGMA user_version=4" };

    if (version < 4)
        drop_newest_tables(folder);
    else
        run_sql(folder, "DROP TABLE retry; DROP TABLE budget");
    if (version < 2)
        run_sql(folder, "DROP TABLE suggestion; DROP TABLE early_stop");
    if (version < 3)
        run_sql(folder, "DROP TABLE model; DROP TABLE client; DROP TABLE made; DROP TABLE deleted; "
                        "DROP TABLE operation; DROP INDEX study_by_name; "
                        "ALTER TABLE job DROP COLUMN parent");
    run_sql(folder, pragmas[version]);
}

static bool count_suggestion(void *context, int64_t number, const double *numbers, size_t count)
{
    cr_assert(eq(i64, number, 2));
    cr_assert(eq(sz, count, PARAMS));
    cr_assert(eq(dbl, numbers[PARAMS - 1], 3));
    ++*(int *)context;
    return true;
}

static bool count_early_stop(void *context, int64_t number, double progress, const char *why)
{
    cr_assert(eq(i64, number, 3));
    cr_assert(eq(dbl, progress, 0.25));
    cr_assert(strcmp(why, "as bad as can be") == 0);
    ++*(int *)context;
    return true;
}

static bool count_model(void *context, int64_t count, const double *numbers, size_t number_count)
{
    cr_assert(eq(i64, count, 40));
    cr_assert(eq(sz, number_count, PARAMS));
    cr_assert(eq(dbl, numbers[PARAMS - 1], 3));
    ++*(int *)context;
    return true;
}

/* Of versions that did not know them there are none. */
static void check_extras(struct store *store, int suggestions, int stops, int models)
{
    struct assay_error err = { 0 };
    int64_t stop_count = -1;
    int found[3] = { 0 };

    cr_assert(store_suggestion_each(store, JOB, 2, 2, count_suggestion, &found[0], &err));
    cr_assert(store_early_stop_each(store, JOB, 3, 9, count_early_stop, &found[1], &err));
    cr_assert(store_early_stop_count(store, JOB, &stop_count, &err));
    cr_assert(store_model_each(store, JOB, count_model, &found[2], &err));
    cr_assert(eq(int, found[0], suggestions));
    cr_assert(eq(int, found[1], stops));
    cr_assert(eq(i64, stop_count, stops));
    cr_assert(eq(int, found[2], models));
}

static void put_suggestion_and_stop(struct store *store)
{
    static const double point[PARAMS] = { 1, 2, 3 };
    struct assay_error err = { 0 };

    cr_assert(store_suggestion_put(store, store_trial_id(JOB, 2), point, PARAMS, &err));
    cr_assert(store_early_stop_put(store, store_trial_id(JOB, 3), 0.25, "as bad as can be", &err));
}

/* The table is there, if only for this handle. */
static void check_no_operation(struct store *store)
{
    struct long_operation_row row = { 0 };
    struct assay_error err = { 0 };

    cr_assert(not(store_long_operation_get(store, LONG_OPERATION_FIRST, &row, &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
}

static bool count_budget(void *context, const struct budget_row *row)
{
    cr_assert(eq(i64, row->max_trial_count, 7));
    ++*(int *)context;
    return true;
}

static bool count_retry(void *context, int64_t number, int64_t original)
{
    cr_assert(eq(i64, number, 3));
    cr_assert(eq(i64, original, 2));
    ++*(int *)context;
    return true;
}

/* What was changed about the job; of versions that did not know that there is nothing. */
static void check_steering(struct store *store, int wanted)
{
    struct assay_error err = { 0 };
    struct retry_totals totals = { .forgiven = -1 };
    int budgets = 0;
    int retries = 0;

    cr_assert(store_budget_each(store, JOB, count_budget, &budgets, &err));
    cr_assert(store_retry_each(store, JOB, 1, 9, count_retry, &retries, &err));
    cr_assert(store_retry_totals(store, JOB, &totals, &err));
    cr_assert(eq(int, budgets, wanted));
    cr_assert(eq(int, retries, wanted));
    cr_assert(eq(i64, totals.forgiven, 0));
}

static void put_steering(struct store *store)
{
    const struct budget_row budget = { .job = JOB, .max_trial_count = 7 };
    struct assay_error err = { 0 };

    cr_assert(store_budget_put(store, &budget, &err), "%s", err.message);
    cr_assert(store_retry_put(store, JOB, 3, 2, &err), "%s", err.message);
}

static void check_upgrade(int version)
{
    static const double point[PARAMS] = { 1, 2, 3 };
    bool has_extras = version >= 2;
    struct bench_store bench;
    struct store *reader = NULL;
    struct assay_error err = { 0 };

    bench_store_init(&bench);
    insert_job(bench.store, JOB, 1);
    begin(bench.store);
    put_suggestion_and_stop(bench.store);
    commit(bench.store);
    store_close(bench.store);
    make_old(bench.folder, version);
    reader = open_store(bench.folder, STORE_READ);
    check_extras(reader, has_extras, has_extras, 0);
    check_no_operation(reader);
    check_steering(reader, 0);
    store_close(reader);
    bench.store = open_store(bench.folder, STORE_WRITE);
    check_extras(bench.store, has_extras, has_extras, 0);
    check_no_operation(bench.store);
    begin(bench.store);
    if (!has_extras)
        put_suggestion_and_stop(bench.store);
    cr_assert(store_model_put(bench.store, JOB, 40, point, PARAMS, &err));
    put_steering(bench.store);
    commit(bench.store);
    store_close(bench.store);
    bench.store = open_store(bench.folder, STORE_WRITE);
    check_extras(bench.store, 1, 1, 1);
    check_steering(bench.store, 1);
    begin(bench.store);
    cr_assert(store_early_stop_delete(bench.store, store_trial_id(JOB, 3), &err));
    cr_assert(store_job_delete(bench.store, JOB, &err));
    commit(bench.store);
    check_extras(bench.store, 0, 0, 0);
    check_steering(bench.store, 0);
    bench_store_clear(&bench);
}

Test(store_version, an_older_version_is_read_as_it_is_and_brought_up_to_date_by_a_writer)
{
    check_upgrade(1);
    check_upgrade(2);
    check_upgrade(3);
    check_upgrade(4);
}

Test(store_version, a_file_of_another_program_is_refused_and_left_alone)
{
    char folder[FOLDER_PATH];

    (void)folder_make(folder);
    run_sql(folder, "CREATE TABLE mine (a); PRAGMA user_version=1");
    check_refused(folder, STORE_WRITE, "not a file of assay's");
    check_refused(folder, STORE_READ, "not a file of assay's");
    run_sql(folder, "INSERT INTO mine VALUES (1)");
    folder_remove(folder);
}

Test(store_version, a_file_that_is_no_database_is_refused)
{
    char folder[FOLDER_PATH];
    char path[FOLDER_PATH + 16];
    char text[8192];
    struct assay_error err = { 0 };

    memset(text, 'x', sizeof text);
    (void)snprintf(path, sizeof path, "%s/assay.db", folder_make(folder));
    file_write(path, text, sizeof text);
    cr_assert(store_open(folder, STORE_WRITE, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS), "%s", err.message);
    folder_remove(folder);
}
