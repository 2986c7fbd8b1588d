#include "bench/plain_rows.h"

#include "bench/measure.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

/* The columns of the engine's table of trials, without its index. */
static const char setup[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE trial (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, attempt INTEGER NOT NULL,"
    " failure INTEGER NOT NULL, start_us INTEGER NOT NULL, end_us INTEGER NOT NULL,"
    " end_order INTEGER NOT NULL, step INTEGER NOT NULL, elapsed_us INTEGER NOT NULL,"
    " point BLOB NOT NULL, final BLOB, reason TEXT) STRICT;";
static const char insert_sql[] =
    "INSERT INTO trial VALUES (?1, 4, 1, 0, ?2, ?3, ?6, 1, 1000, ?4, ?5, NULL)";

static const int64_t first_id = INT64_C(123456789000000000);
static const int64_t first_us = INT64_C(1700000000000000);

static bool insert_row(sqlite3_stmt *insert, int64_t i)
{
    double point[5] = { (double)i, 0.25, 50, 64, 1 };
    double final = (double)i / 3;

    (void)sqlite3_bind_int64(insert, 1, first_id + i);
    (void)sqlite3_bind_int64(insert, 2, first_us + i);
    (void)sqlite3_bind_int64(insert, 3, first_us + i + 1500);
    (void)sqlite3_bind_blob(insert, 4, point, sizeof point, SQLITE_STATIC);
    (void)sqlite3_bind_blob(insert, 5, &final, sizeof final, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 6, i + 1);
    return sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK;
}

static bool insert_rows(sqlite3 *db, sqlite3_stmt *insert, int64_t rows)
{
    for (int64_t i = 0; i < rows;) {
        if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
            return false;
        do {
            if (!insert_row(insert, i++))
                return false;
        } while (i < rows && i % PLAIN_ROWS_A_COMMIT != 0);
        if (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            return false;
    }
    return true;
}

bool plain_rows_run(const char *path, int64_t rows, double *rate, struct assay_error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    double start_s = 0;
    bool is_ok = sqlite3_open(path, &db) == SQLITE_OK &&
                 sqlite3_exec(db, setup, NULL, NULL, NULL) == SQLITE_OK &&
                 sqlite3_prepare_v2(db, insert_sql, -1, &insert, NULL) == SQLITE_OK;

    start_s = moment_now().wall_s;
    is_ok = is_ok && insert_rows(db, insert, rows);
    *rate = (double)rows / (moment_now().wall_s - start_s);
    if (!is_ok)
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s: %s", path,
                         db ? sqlite3_errmsg(db) : "out of memory");
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    (void)unlink(path);
    return is_ok;
}
