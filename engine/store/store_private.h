/* engine/store/store_private.h - the handle, shared by the files of this folder only. */
#ifndef ENGINE_STORE_STORE_PRIVATE_H
#define ENGINE_STORE_STORE_PRIVATE_H

#include "engine/store/job_stamps.h"
#include "engine/store/store.h"
#include "engine/store/store_schema.h"

#include <sqlite3.h>
#include <stdatomic.h>

enum { STORE_LITERALS_MAX = 256 };

/* A statement, found by its text's address. */
struct store_literal {
    const char *sql;
    sqlite3_stmt *statement;
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[SQL_COUNT];               /* prepared at first use */
    struct store_literal literals[STORE_LITERALS_MAX]; /* the statements of store_sql() */
    size_t literal_count;
    int wal_pages;                     /* as of the last commit; written by the wal hook */
    atomic_uint_fast64_t commit_count; /* of those that wrote; by the hook, too */
    bool is_in_transaction;
    struct job_stamps *stamps; /* the writer's; NULL for a reader */
    int version; /* of the file; an older one than STORE_VERSION only where it is read */
    store_change_fn on_change; /* NULL: nobody follows */
    void *change_context;
    double *scratch; /* the doubles of the row being read: blobs lie at any address */
    size_t scratch_count;
};

/* Turns SQLite's last error into ours; returns false. */
bool store_fail(struct store *store, const char *what, struct assay_error *err);

/* The statement, prepared and reset by whoever ran it before; NULL and *err on failure. */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which,
                              struct assay_error *err);

/*
 * The same for a statement that stands where it is used: sql is a literal, or another text that
 * stays where it is as long as the store is open. Which of them there are is up to the files of
 * this folder, STORE_LITERALS_MAX at most.
 */
sqlite3_stmt *store_sql(struct store *store, const char *sql, struct assay_error *err);

/* Tells who follows the store; for a write that succeeded. */
void store_note(const struct store *store, enum change_kind kind, int64_t job, int64_t trial,
                int64_t value);

/* Runs a statement that returns no rows and resets it. */
bool store_run(struct store *store, sqlite3_stmt *statement, const char *what,
               struct assay_error *err);

/* Binds an array of doubles (NULL: SQL's NULL); borrowed until the statement is reset. */
int store_bind_doubles(sqlite3_stmt *statement, int index, const double *values, size_t count);

/* Room for count doubles in store->scratch; false for lack of memory. */
bool store_scratch(struct store *store, size_t count);

/* A trial's point and its final measurement, in the scratch: valid until the next row. */
struct store_numbers {
    const double *point; /* never NULL */
    size_t point_count;
    const double *values; /* NULL: it has none */
    size_t value_count;
};

/* Of the row's columns point_column and the next one, blobs. False: no memory. */
bool store_read_numbers(struct store *store, sqlite3_stmt *s, int point_column,
                        struct store_numbers *numbers);

/* Walks a statement that selects JOB_COLUMNS; resets it. */
bool store_job_walk(struct store *store, sqlite3_stmt *statement, job_row_fn fn, void *context,
                    struct assay_error *err);

/* Deletes what a study has beside its trials. */
bool store_study_delete(struct store *store, int64_t job, struct assay_error *err);

/* Deletes the job's trials from first to last, and all that stands beside them. */
bool store_trials_delete(struct store *store, int64_t job, int64_t first, int64_t last,
                         struct assay_error *err);

#endif
