#include "engine/store/store.h"

#include "engine/store/store_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

/*
 * What SQLite is told, and why:
 *
 * journal_mode=WAL       a commit is one sequential write and one sync; readers never wait.
 * synchronous=FULL       a commit survives a power cut: "stored before the deed" means stored.
 * wal_autocheckpoint=0   only the writer moves the log into the file, at a moment when no reader is
 *                        at work (store_checkpoint), which also avoids the reset race that SQLite
 *                        before 3.51.3 has between two connections.
 * cache_size=-8192       8 MiB, so that memory stays flat however large the study.
 * mmap_size=0            an I/O error is an error, not a SIGBUS.
 * foreign_keys stays off: rows are linked by the arithmetic of their ids.
 */
static const char write_pragmas[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA cache_size=-8192; PRAGMA mmap_size=0; PRAGMA journal_size_limit=67108864;";
static const char read_pragmas[] = "PRAGMA query_only=ON; PRAGMA cache_size=-2048;"
                                   "PRAGMA mmap_size=0;";

/* Pages in the log that make a checkpoint worth its syncs: 4 MiB of 4 KiB pages. */
enum { CHECKPOINT_PAGES = 1024, LONG_PAGES = 16 * CHECKPOINT_PAGES, BUSY_TIMEOUT_MS = 5000 };

/* On a disk with less, the room is left to what trials write. */
#define STRETCH_ROOM_BYTES (UINT64_C(64) * 1024 * 1024)

bool store_fail(struct store *store, const char *what, struct assay_error *err)
{
    int code = sqlite3_errcode(store->db);
    enum assay_code ours = ASSAY_UNAVAILABLE;

    if (code == SQLITE_NOMEM)
        return assay_fail_memory(err);
    if (code == SQLITE_FULL)
        ours = ASSAY_EXHAUSTED;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        ours = ASSAY_DATA_LOSS;
    return assay_fail(err, ours, NULL, "cannot %s in the state folder's assay.db: %s", what,
                      sqlite3_errmsg(store->db));
}

sqlite3_stmt *store_statement(struct store *store, enum store_statement which,
                              struct assay_error *err)
{
    sqlite3_stmt **slot = &store->statements[which];

    if (!*slot && sqlite3_prepare_v3(store->db, statement_texts[which], -1,
                                     SQLITE_PREPARE_PERSISTENT, slot, NULL) != SQLITE_OK) {
        (void)store_fail(store, "read or write", err);
        return NULL;
    }
    return *slot;
}

sqlite3_stmt *store_sql(struct store *store, const char *sql, struct assay_error *err)
{
    struct store_literal *literal = store->literals;
    struct store_literal *end = literal + store->literal_count;

    while (literal < end && literal->sql != sql)
        literal++;
    if (literal < end)
        return literal->statement;
    assert(store->literal_count < STORE_LITERALS_MAX);
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &literal->statement,
                           NULL) != SQLITE_OK) {
        (void)store_fail(store, "read or write", err);
        return NULL;
    }
    literal->sql = sql;
    store->literal_count++;
    return literal->statement;
}

bool store_run(struct store *store, sqlite3_stmt *statement, const char *what,
               struct assay_error *err)
{
    bool is_done = sqlite3_step(statement) == SQLITE_DONE;

    if (!is_done)
        (void)store_fail(store, what, err);
    (void)sqlite3_reset(statement);
    return is_done;
}

int store_bind_doubles(sqlite3_stmt *statement, int index, const double *values, size_t count)
{
    if (!values)
        return sqlite3_bind_null(statement, index);
    if (count == 0)
        return sqlite3_bind_zeroblob(statement, index, 0);
    return sqlite3_bind_blob64(statement, index, values, count * sizeof *values, SQLITE_STATIC);
}

bool store_scratch(struct store *store, size_t count)
{
    double *grown = NULL;

    if (count <= store->scratch_count)
        return true;
    grown = realloc(store->scratch, count * 2 * sizeof *grown);
    if (!grown)
        return false;
    store->scratch = grown;
    store->scratch_count = count * 2;
    return true;
}

bool store_read_numbers(struct store *store, sqlite3_stmt *s, int point_column,
                        struct store_numbers *numbers)
{
    size_t point_size = (size_t)sqlite3_column_bytes(s, point_column);
    size_t final_size = (size_t)sqlite3_column_bytes(s, point_column + 1);

    *numbers = (struct store_numbers){ .point_count = point_size / sizeof(double),
                                       .value_count = final_size / sizeof(double) };
    if (!store_scratch(store, numbers->point_count + numbers->value_count + 1)) /* never NULL */
        return false;
    numbers->point = store->scratch;
    if (point_size)
        memcpy(store->scratch, sqlite3_column_blob(s, point_column),
               numbers->point_count * sizeof(double));
    if (final_size) {
        numbers->values = store->scratch + numbers->point_count;
        memcpy(store->scratch + numbers->point_count, sqlite3_column_blob(s, point_column + 1),
               numbers->value_count * sizeof(double));
    }
    return true;
}

/* Locks and a shared-memory file do not work there; the folder would be damaged one day. */
static bool check_file_system(const char *state_dir, struct assay_error *err)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } refused[] = {
        { 0x6969, "NFS" },        { 0x517B, "SMB" },       { 0xFF534D42, "CIFS" },
        { 0xFE534D42, "SMB2" },   { 0x00C36400, "Ceph" },  { 0x0BD00BD0, "Lustre" },
        { 0x47504653, "GPFS" },   { 0x5346414F, "AFS" },   { 0x01021997, "9p" },
        { 0x19830326, "BeeGFS" }, { 0x013111A8, "IBRIX" }, { 0x7461636F, "OCFS2" },
        { 0x01161970, "GFS2" },
    };
    struct statfs info;

    if (statfs(state_dir, &info) != 0)
        return assay_fail_errno(err, errno, "state folder %s", state_dir);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (((unsigned long)info.f_type & 0xFFFFFFFF) == refused[i].magic)
            return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                              "state folder %s lies on a network file system (%s), where SQLite's "
                              "locks cannot be trusted; choose a folder on a local disk with "
                              "--state DIR",
                              state_dir, refused[i].name);
    return true;
}

static bool read_pragma(struct store *store, const char *sql, int64_t *value,
                        struct assay_error *err)
{
    sqlite3_stmt *statement = NULL;
    bool is_read = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_ROW;

    if (is_read)
        *value = sqlite3_column_int64(statement, 0);
    else
        (void)store_fail(store, "read the version", err);
    (void)sqlite3_finalize(statement);
    return is_read;
}

static bool run_all(struct store *store, const char *const *texts)
{
    bool is_ok = true;

    for (; is_ok && *texts; texts++)
        is_ok = sqlite3_exec(store->db, *texts, NULL, NULL, NULL) == SQLITE_OK;
    return is_ok;
}

/* Makes the tables, of a file that had this version those that it lacks, from those of the older
 * ones on that are still missing, and notes the version. */
static bool make_tables(struct store *store, int64_t version, const char *const *older,
                        const char *what, struct assay_error *err)
{
    char pragmas[128];
    const char *const ending[] = { pragmas, "COMMIT", NULL };

    (void)snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d;PRAGMA user_version=%d",
                   STORE_APPLICATION_ID, STORE_VERSION);
    if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
        run_all(store, older) && (version >= 4 || run_all(store, store_added_in_4)) &&
        run_all(store, store_added_in_5) && run_all(store, ending))
        return true;
    (void)store_fail(store, what, err);
    (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool make_schema(struct store *store, struct assay_error *err)
{
    static const char *const texts[] = { STORE_SCHEMA, NULL };

    return make_tables(store, 0, texts, "make the tables", err);
}

/* Older versions lack tables and a column, and nothing else. */
static bool bring_up_to_date(struct store *store, int64_t version, struct assay_error *err)
{
    static const char *const texts[] = { STORE_ADDED_IN_2, STORE_ADDED_IN_3, STORE_CHANGED_IN_3,
                                         NULL };

    static_assert(STORE_VERSION == 5, "a newer version needs its own step here");
    return make_tables(store, version,
                       texts + (version < 2   ? 0
                                : version < 3 ? 1
                                              : 3),
                       "bring the tables up to date", err);
}

/*
 * Nothing may be made in the file: the tables that it lacks are there for this handle only, and
 * empty. sql: the statements that would make them.
 */
static bool make_temporary_tables(struct store *store, const char *sql)
{
    static const char begin[] = "CREATE TABLE ";
    bool is_ok = true;

    for (const char *end = strchr(sql, ';'); is_ok && end; sql = end + 1, end = strchr(sql, ';')) {
        char *text = NULL;

        if (strncmp(sql, begin, strlen(begin)) != 0)
            continue; /* an index */
        is_ok = asprintf(&text, "CREATE TEMP TABLE %.*s", (int)(end - sql - (long)strlen(begin)),
                         sql + strlen(begin)) >= 0 &&
                sqlite3_exec(store->db, text, NULL, NULL, NULL) == SQLITE_OK;
        free(text);
    }
    return is_ok;
}

static bool read_as_before(struct store *store, int64_t version, struct assay_error *err)
{
    bool is_ok = sqlite3_exec(store->db, "PRAGMA query_only=0", NULL, NULL, NULL) == SQLITE_OK &&
                 (version >= 3 ||
                  sqlite3_exec(store->db, STORE_JOB_BEFORE_3, NULL, NULL, NULL) == SQLITE_OK);

    for (const char *const *text = store_added_in_4; version < 4 && is_ok && *text; text++)
        is_ok = make_temporary_tables(store, *text);
    for (const char *const *text = store_added_in_5; is_ok && *text; text++)
        is_ok = make_temporary_tables(store, *text);
    return (is_ok &&
            sqlite3_exec(store->db, "PRAGMA query_only=1", NULL, NULL, NULL) == SQLITE_OK) ||
           store_fail(store, "read the tables of an older version", err);
}

static bool check_version(struct store *store, const char *path, enum store_mode mode,
                          struct assay_error *err)
{
    int64_t version = 0;
    int64_t application = 0;
    int64_t tables = 0;

    if (!read_pragma(store, "PRAGMA user_version", &version, err) ||
        !read_pragma(store, "PRAGMA application_id", &application, err) ||
        !read_pragma(store, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    store->version = mode == STORE_READ ? (int)version : STORE_VERSION;
    if (tables == 0 && application == 0 && mode == STORE_WRITE)
        return make_schema(store, err);
    if (application != STORE_APPLICATION_ID)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s is not a file of assay's", path);
    if (version < 1 || version > STORE_VERSION)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "%s has version %lld, this assay reads version %d: it was made by a %s "
                          "assay; use that one, or another folder with --state DIR",
                          path, (long long)version, STORE_VERSION,
                          version > STORE_VERSION ? "newer" : "broken");
    if (version == STORE_VERSION)
        return true;
    return mode == STORE_READ ? read_as_before(store, version, err)
                              : bring_up_to_date(store, version, err);
}

static int note_wal_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;

    (void)db;
    (void)name;
    store->wal_pages = pages;
    (void)atomic_fetch_add(&store->commit_count, 1);
    return SQLITE_OK;
}

/* By the row, not by who writes it: no statement can be forgotten. */
static void note_write(void *context, int operation, const char *name, const char *table,
                       sqlite3_int64 row)
{
    struct store *store = context;

    (void)operation;
    (void)name;
    if (strcmp(table, "trial") == 0)
        job_stamps_touch(store->stamps, JOB_STAMP_TRIALS, row / STORE_TRIALS_MAX);
    else if (strcmp(table, "job") == 0)
        job_stamps_touch(store->stamps, JOB_STAMP_ROW, row);
}

static bool follow_writes(struct store *store, struct assay_error *err)
{
    store->stamps = calloc(1, sizeof *store->stamps);
    if (!store->stamps)
        return assay_fail_memory(err);
    (void)sqlite3_update_hook(store->db, note_write, store);
    return true;
}

static bool open_as(struct store *store, const char *name, int flags, const char *pragmas,
                    struct assay_error *err)
{
    if (sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "cannot open %s: %s", name,
                          store->db ? sqlite3_errmsg(store->db) : "out of memory");
    (void)sqlite3_busy_timeout(store->db, BUSY_TIMEOUT_MS);
    return sqlite3_exec(store->db, pragmas, NULL, NULL, NULL) == SQLITE_OK ||
           store_fail(store, "set up", err);
}

static bool is_writable(const char *path)
{
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

/* file:…?immutable=1 of a path; NULL for lack of memory. The caller frees it. */
static char *immutable_uri(const char *path)
{
    static const char ending[] = "?immutable=1";
    char *uri = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&uri, &size);
    bool is_written = out && fputs(path[0] == '/' ? "file://" : "file:", out) >= 0;

    for (; is_written && *path; path++)
        is_written = strchr("?#%", *path) ? fprintf(out, "%%%02X", (unsigned char)*path) > 0
                                          : fputc(*path, out) != EOF;
    is_written = is_written && fputs(ending, out) >= 0;
    if (out && fclose(out) == 0 && is_written)
        return uri;
    free(uri);
    return NULL;
}

/*
 * SQLite reads a WAL file only with a -shm beside it, which it cannot make here. A clean close has
 * left no log: then the file is all there is, and is read as one that never changes. An owner who
 * goes on working on it meanwhile is not noticed.
 */
static bool open_unwritable(struct store *store, const char *path, struct assay_error *err)
{
    char log[PATH_MAX];
    struct stat info;
    char *uri = NULL;
    bool is_open = false;

    if (snprintf(log, sizeof log, "%s-wal", path) < (int)sizeof log && stat(log, &info) == 0 &&
        info.st_size > 0)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "%s holds what is not in assay.db yet, and SQLite must write to the "
                          "folder to read it: copy the folder to where you can write",
                          log);
    uri = immutable_uri(path);
    if (!uri)
        return assay_fail_memory(err);
    (void)sqlite3_close(store->db);
    store->db = NULL;
    is_open = open_as(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, read_pragmas, err);
    free(uri);
    return is_open;
}

static bool open_database(struct store *store, const char *state_dir, const char *path,
                          enum store_mode mode, struct assay_error *err)
{
    if (mode == STORE_WRITE)
        return open_as(store, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, write_pragmas, err);
    if (access(path, F_OK) != 0)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "no jobs in %s yet", state_dir);
    /* For writing: a reader of a WAL file needs -shm. Where that is there, it may be read-only. */
    if (open_as(store, path, SQLITE_OPEN_READWRITE, read_pragmas, err))
        return true;
    return (!is_writable(state_dir) || !is_writable(path)) && open_unwritable(store, path, err);
}

struct store *store_open(const char *state_dir, enum store_mode mode, struct assay_error *err)
{
    struct store *store = NULL;
    char *path = NULL;
    bool is_open = false;

    if (!check_file_system(state_dir, err))
        return NULL;
    store = calloc(1, sizeof *store);
    if (!store || asprintf(&path, "%s/assay.db", state_dir) < 0) {
        path = NULL;
        (void)assay_fail_memory(err);
        goto out;
    }
    if (!open_database(store, state_dir, path, mode, err))
        goto out;
    /* After the pragmas: to set wal_autocheckpoint takes any hook away. */
    (void)sqlite3_wal_hook(store->db, note_wal_pages, store);
    /* Closing must not race other handles' reads: the log is moved at store_checkpoint() only. */
    (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, mode == STORE_READ, NULL);
    is_open =
        check_version(store, path, mode, err) && (mode == STORE_READ || follow_writes(store, err));
out:
    free(path);
    if (is_open)
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(store->statements[i]);
    for (size_t i = 0; i < store->literal_count; i++)
        (void)sqlite3_finalize(store->literals[i].statement);
    (void)sqlite3_close(store->db);
    free(store->stamps);
    free(store->scratch);
    free(store);
}

void store_on_change(struct store *store, store_change_fn fn, void *context)
{
    store->on_change = fn;
    store->change_context = context;
}

void store_note(const struct store *store, enum change_kind kind, int64_t job, int64_t trial,
                int64_t value)
{
    const struct change change = { .kind = kind, .job = job, .trial = trial, .value = value };

    if (store->on_change)
        store->on_change(store->change_context, &change);
}

static bool run_simple(struct store *store, enum store_statement which, const char *what,
                       struct assay_error *err)
{
    sqlite3_stmt *statement = store_statement(store, which, err);

    return statement && store_run(store, statement, what, err);
}

static bool run_literal(struct store *store, const char *sql, struct assay_error *err)
{
    sqlite3_stmt *statement = store_sql(store, sql, err);

    return statement && store_run(store, statement, "write", err);
}

bool store_savepoint_begin(struct store *store, struct assay_error *err)
{
    return run_literal(store, "SAVEPOINT edit", err);
}

bool store_savepoint_end(struct store *store, bool is_kept, struct assay_error *err)
{
    return (is_kept || run_literal(store, "ROLLBACK TO edit", err)) &&
           run_literal(store, "RELEASE edit", err);
}

bool store_begin(struct store *store, struct assay_error *err)
{
    store->is_in_transaction = run_simple(store, SQL_BEGIN, "begin", err);
    return store->is_in_transaction;
}

bool store_commit(struct store *store, struct assay_error *err)
{
    bool is_committed = false;

    job_stamps_begin(store->stamps);
    is_committed = run_simple(store, SQL_COMMIT, "commit", err);
    job_stamps_end(store->stamps);
    if (!is_committed)
        return false;
    store->is_in_transaction = false;
    return true;
}

void store_rollback(struct store *store)
{
    struct assay_error err = { 0 };

    job_stamps_begin(store->stamps);
    job_stamps_end(store->stamps);
    if (store_is_in_transaction(store))
        (void)run_simple(store, SQL_ROLLBACK, "roll back", &err);
    store->is_in_transaction = false;
}

void store_snapshot_begin(struct store *store)
{
    struct assay_error err = { 0 };

    (void)run_simple(store, SQL_BEGIN_READ, "begin", &err);
}

void store_snapshot_end(struct store *store)
{
    struct assay_error err = { 0 };

    if (!sqlite3_get_autocommit(store->db))
        (void)run_simple(store, SQL_COMMIT, "end", &err);
}

uint64_t store_commit_count(const struct store *store)
{
    return atomic_load(&store->commit_count);
}

const struct job_stamps *store_job_stamps(const struct store *store)
{
    return store->stamps;
}

bool store_is_in_transaction(const struct store *store)
{
    return store->is_in_transaction && !sqlite3_get_autocommit(store->db);
}

void store_stretch_log(struct store *store)
{
    /* One page of log for each page of the blob, and as many free pages for the trials to come. */
    static const char stretch[] = "DROP TABLE IF EXISTS log_room;"
                                  "BEGIN IMMEDIATE; CREATE TABLE log_room (filler BLOB);"
                                  "INSERT INTO log_room VALUES (zeroblob(4190208)); COMMIT;"
                                  "DROP TABLE log_room";
    const char *path = sqlite3_db_filename(store->db, "main");
    struct statvfs disk;

    if (!path || statvfs(path, &disk) != 0 ||
        (uint64_t)disk.f_bavail * disk.f_frsize < STRETCH_ROOM_BYTES)
        return;
    /* Failing costs nothing but the time saved. */
    if (sqlite3_exec(store->db, stretch, NULL, NULL, NULL) != SQLITE_OK)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store_checkpoint(store);
}

bool store_needs_checkpoint(const struct store *store)
{
    return store->wal_pages >= CHECKPOINT_PAGES;
}

bool store_log_is_long(const struct store *store)
{
    return store->wal_pages >= LONG_PAGES;
}

void store_checkpoint(struct store *store)
{
    /* TRUNCATE would add a sync; RESTART lets the next commit begin the log anew. Failing (a full
     * disk) loses nothing: the log holds all, and the next commit tries again. */
    if (sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL) ==
        SQLITE_OK)
        store->wal_pages = 0;
}
