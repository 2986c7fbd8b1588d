#include "engine/buckets/buckets_private.h"

#include "assay/plain_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Another process holds lock and database for one short transaction. One that keeps them, because
 * it was stopped perhaps, must not keep a server's threads. */
enum { BUSY_MS = 1000, LOCK_WAIT_MS = 3000, LOCK_LOOK_MS = 2, SESSION_DAYS = 7 };
enum { VERSION = 1 };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS object(bucket TEXT NOT NULL, name TEXT NOT NULL,"
    " generation INTEGER NOT NULL, metageneration INTEGER NOT NULL, inode INTEGER NOT NULL,"
    " size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " updated_us INTEGER NOT NULL, crc32c INTEGER, md5 BLOB, fields TEXT NOT NULL,"
    " PRIMARY KEY(bucket, name, generation)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS bucket(name TEXT PRIMARY KEY, created_us INTEGER NOT NULL,"
    " metageneration INTEGER NOT NULL, fields TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS upload(id TEXT PRIMARY KEY, bucket TEXT NOT NULL,"
    " name TEXT NOT NULL, fields TEXT NOT NULL, begun_us INTEGER NOT NULL,"
    " done_generation INTEGER NOT NULL, generation_match INTEGER, generation_not_match INTEGER,"
    " metageneration_match INTEGER, metageneration_not_match INTEGER, crc32c INTEGER, md5 BLOB)"
    " WITHOUT ROWID;"
    "PRAGMA user_version=1;";

struct buckets *buckets_new(const char *state_dir, const struct assay_env *env,
                            struct assay_error *err)
{
    struct buckets *buckets = calloc(1, sizeof *buckets);

    if (buckets)
        buckets->state_dir = strdup(state_dir);
    if (!buckets || !buckets->state_dir) {
        free(buckets);
        (void)assay_fail_memory(err);
        return NULL;
    }
    buckets->env = env;
    buckets->lock_fd = -1;
    (void)pthread_mutex_init(&buckets->mutex, NULL);
    (void)pthread_mutex_init(&buckets->change_mutex, NULL);
    return buckets;
}

void buckets_free(struct buckets *buckets)
{
    if (!buckets)
        return;
    (void)sqlite3_close(buckets->db);
    if (buckets->lock_fd >= 0)
        (void)close(buckets->lock_fd);
    (void)pthread_mutex_destroy(&buckets->mutex);
    (void)pthread_mutex_destroy(&buckets->change_mutex);
    free(buckets->state_dir);
    free(buckets);
}

static bool path_in_state(const struct buckets *buckets, const char *name, char path[PATH_MAX],
                          struct assay_error *err)
{
    int size = snprintf(path, PATH_MAX, "%s/%s", buckets->state_dir, name);

    return (size > 0 && size < PATH_MAX) ||
           assay_fail(err, ASSAY_INVALID, NULL, "the state folder's path is too long");
}

static int on_version(void *context, int count, char **values, char **names)
{
    int *version = context;

    (void)names;
    if (count == 1 && values[0])
        *version = (int)strtol(values[0], NULL, 10);
    return 0;
}

static bool prepare_database(struct buckets *buckets, struct assay_error *err)
{
    int version = 0;

    (void)sqlite3_busy_timeout(buckets->db, BUSY_MS);
    if (sqlite3_exec(buckets->db, "PRAGMA user_version", on_version, &version, NULL) == SQLITE_OK &&
        version > VERSION)
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                          "the state folder's buckets.db is of a later version of assay");
    /* As the store has it (engine/store/store.c): a commit survives a power cut. */
    return side_execute(buckets,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;"
                        "PRAGMA cache_size=-2048",
                        err) &&
           (version == VERSION || side_execute(buckets, schema, err));
}

static bool open_database(struct buckets *buckets, struct assay_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    char path[PATH_MAX];

    if (!path_in_state(buckets, "buckets.db", path, err))
        return false;
    if (sqlite3_open_v2(path, &buckets->db, flags, NULL) != SQLITE_OK)
        (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "cannot open %s: %s", path,
                         buckets->db ? sqlite3_errmsg(buckets->db) : "out of memory");
    else if (prepare_database(buckets, err))
        return true;
    (void)sqlite3_close(buckets->db);
    buckets->db = NULL;
    return false;
}

/* Waits for other processes, but not for ever. */
static bool lock_file(const struct buckets *buckets, int wait_ms, struct assay_error *err)
{
    const struct timespec pause = { .tv_nsec = LOCK_LOOK_MS * 1000000L };

    for (;; wait_ms -= LOCK_LOOK_MS) {
        if (flock(buckets->lock_fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return assay_fail_errno(err, errno, "lock %s/buckets.lock", buckets->state_dir);
        if (wait_ms <= 0)
            return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                              "another process has locked %s/buckets.lock, and keeps it",
                              buckets->state_dir);
        (void)nanosleep(&pause, NULL);
    }
}

bool side_open(struct buckets *buckets, struct assay_error *err)
{
    char path[PATH_MAX];

    if (buckets->db)
        return true;
    if (!path_in_state(buckets, "buckets.lock", path, err))
        return false;
    if (mkdir(buckets->state_dir, 0777) != 0 && errno != EEXIST)
        return assay_fail_errno(err, errno, "make the state folder %s", buckets->state_dir);
    if (buckets->lock_fd < 0)
        buckets->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (buckets->lock_fd < 0)
        return assay_fail_errno(err, errno, "open %s", path);
    /* Two processes that begin at once would find each other at the change to WAL. */
    if (!lock_file(buckets, BUSY_MS, err))
        return false;
    (void)open_database(buckets, err);
    (void)flock(buckets->lock_fd, LOCK_UN);
    return buckets->db != NULL;
}

bool buckets_lock(struct buckets *buckets, struct assay_error *err)
{
    (void)pthread_mutex_lock(&buckets->mutex);
    if (side_open(buckets, err))
        return true;
    (void)pthread_mutex_unlock(&buckets->mutex);
    return false;
}

/* The file is opened by now. Once it was waited for in vain nobody waits until it has been free. */
static bool lock_out_others(struct buckets *buckets, struct assay_error *err)
{
    buckets->is_stuck = !lock_file(buckets, buckets->is_stuck ? 0 : LOCK_WAIT_MS, err);
    return !buckets->is_stuck;
}

bool buckets_lock_for_change(struct buckets *buckets, struct assay_error *err)
{
    bool is_ok = false;

    (void)pthread_mutex_lock(&buckets->change_mutex);
    if (buckets_lock(buckets, err)) {
        /* Who only reads goes on while the file is waited for. */
        (void)pthread_mutex_unlock(&buckets->mutex);
        is_ok = lock_out_others(buckets, err);
    }
    if (is_ok)
        (void)pthread_mutex_lock(&buckets->mutex);
    else
        (void)pthread_mutex_unlock(&buckets->change_mutex);
    return is_ok;
}

void buckets_unlock(struct buckets *buckets)
{
    (void)pthread_mutex_unlock(&buckets->mutex);
    (void)flock(buckets->lock_fd, LOCK_UN);
    (void)pthread_mutex_unlock(&buckets->change_mutex);
}

/* buckets/ itself may be a link of its owner's, to a larger disk. */
static int open_root(struct buckets *buckets, bool is_made, struct assay_error *err)
{
    char path[PATH_MAX];
    int fd = -1;

    if (!path_in_state(buckets, "buckets", path, err))
        return -1;
    if (is_made && mkdir(path, 0777) != 0 && errno == ENOENT) {
        (void)mkdir(buckets->state_dir, 0777);
        (void)mkdir(path, 0777);
    }
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        (void)assay_fail_errno(err, errno, "open %s", path);
    return fd;
}

static bool fail_missing(const char *bucket, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "The specified bucket does not exist: %s.",
                      bucket);
}

static int open_bucket(struct buckets *buckets, const char *bucket, bool is_made,
                       struct assay_error *err)
{
    int root = -1;
    int fd = -1;
    int error = 0;

    if (!bucket_name_check(bucket, err))
        return -1;
    root = open_root(buckets, is_made, err);
    if (root < 0) {
        if (!is_made)
            (void)fail_missing(bucket, err);
        return -1;
    }
    if (is_made && mkdirat(root, bucket, 0777) != 0 && errno != EEXIST)
        error = errno;
    else
        fd = plain_open_below(root, bucket, O_PATH | O_DIRECTORY, 0);
    if (fd < 0 && error == 0)
        error = errno;
    (void)close(root);
    if (fd < 0 && (error == ENOENT || error == ENOTDIR || error == ELOOP))
        (void)fail_missing(bucket, err);
    else if (fd < 0)
        (void)assay_fail_errno(err, error, "the bucket %s", bucket);
    return fd;
}

int bucket_open(struct buckets *buckets, const char *bucket, struct assay_error *err)
{
    return open_bucket(buckets, bucket, false, err);
}

int bucket_open_or_make(struct buckets *buckets, const char *bucket, struct assay_error *err)
{
    return open_bucket(buckets, bucket, true, err);
}

static bool fill_bucket(struct buckets *buckets, const char *name, int fd, struct bucket_info *info,
                        struct assay_error *err)
{
    struct stat file;

    *info = (struct bucket_info){ 0 };
    (void)snprintf(info->name, sizeof info->name, "%s", name);
    if (fstat(fd, &file) == 0)
        info->created_us =
            (int64_t)file.st_mtim.tv_sec * 1000000 + (int64_t)file.st_mtim.tv_nsec / 1000;
    return side_read_bucket(buckets, name, info, err);
}

bool bucket_stat(struct buckets *buckets, const char *name, struct bucket_info *info,
                 struct assay_error *err)
{
    int fd = bucket_open(buckets, name, err);
    bool is_ok = false;

    if (fd < 0)
        return false;
    if (buckets_lock(buckets, err)) {
        is_ok = fill_bucket(buckets, name, fd, info, err);
        (void)pthread_mutex_unlock(&buckets->mutex);
    }
    (void)close(fd);
    return is_ok;
}

/* Under the lock: a row of a bucket that is gone would be of another one. */
static bool write_new_bucket(struct buckets *buckets, const char *name, const char *fields,
                             struct assay_error *err)
{
    struct bucket_info info = { .created_us = assay_wall_us(buckets->env), .metageneration = 1 };
    bool is_ok = false;

    info.fields = fields_merge(NULL, fields, err);
    if (!info.fields)
        return false;
    is_ok = side_execute(buckets, "BEGIN IMMEDIATE", err);
    if (is_ok &&
        !(side_forget_bucket(buckets, name, err) && side_write_bucket(buckets, name, &info, err) &&
          side_execute(buckets, "COMMIT", err))) {
        (void)sqlite3_exec(buckets->db, "ROLLBACK", NULL, NULL, NULL);
        is_ok = false;
    }
    free(info.fields);
    return is_ok;
}

bool bucket_make(struct buckets *buckets, const char *name, const char *fields,
                 struct assay_error *err)
{
    struct assay_error ignored = { 0 };
    bool is_ok = false;
    int fd = -1;

    if (!bucket_name_check(name, err) || !buckets_lock_for_change(buckets, err))
        return false;
    fd = bucket_open(buckets, name, &ignored);
    if (fd >= 0) {
        (void)assay_fail(err, ASSAY_EXISTS, NULL, "The bucket %s exists already.", name);
    } else {
        fd = write_new_bucket(buckets, name, fields, err) ? bucket_open_or_make(buckets, name, err)
                                                          : -1;
        is_ok = fd >= 0;
    }
    buckets_unlock(buckets);
    if (fd >= 0)
        (void)close(fd);
    return is_ok;
}

bool bucket_patch(struct buckets *buckets, const char *name, const char *patch,
                  struct bucket_info *info, struct assay_error *err)
{
    int fd = bucket_open(buckets, name, err);
    char *fields = NULL;
    bool is_ok = false;

    if (fd < 0)
        return false;
    if (buckets_lock_for_change(buckets, err)) {
        is_ok = fill_bucket(buckets, name, fd, info, err);
        fields = is_ok ? fields_merge(info->fields, patch, err) : NULL;
        if (fields) {
            free(info->fields);
            info->fields = fields;
            info->metageneration++;
        }
        is_ok = fields && side_write_bucket(buckets, name, info, err);
        buckets_unlock(buckets);
    }
    (void)close(fd);
    return is_ok;
}

/* The folder of uploads goes with the bucket; an upload under way then fails. */
static void remove_uploads(int bucket_fd)
{
    int fd = plain_open_below(bucket_fd, BUCKETS_UPLOADS, O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry = NULL;

    while (folder && (entry = readdir(folder)) != NULL)
        (void)unlinkat(fd, entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    else if (fd >= 0)
        (void)close(fd);
    (void)unlinkat(bucket_fd, BUCKETS_UPLOADS, AT_REMOVEDIR);
}

static bool remove_locked(struct buckets *buckets, const char *name, int bucket_fd,
                          struct assay_error *err)
{
    int root = -1;
    bool is_ok = false;

    if (object_tree_has_files(bucket_fd, NULL))
        return assay_fail(err, ASSAY_ABORTED, NULL,
                          "The bucket you tried to delete is not empty: %s.", name);
    root = open_root(buckets, false, err);
    if (root < 0)
        return false;
    remove_uploads(bucket_fd);
    is_ok = object_remove_empty_tree(root, name) ||
            assay_fail(err, ASSAY_ABORTED, NULL, "The bucket you tried to delete is not empty: %s.",
                       name);
    (void)close(root);
    return is_ok && side_forget_bucket(buckets, name, err);
}

bool bucket_remove(struct buckets *buckets, const char *name, struct assay_error *err)
{
    int fd = bucket_open(buckets, name, err);
    bool is_ok = false;

    if (fd < 0)
        return false;
    if (buckets_lock_for_change(buckets, err)) {
        is_ok = remove_locked(buckets, name, fd, err);
        buckets_unlock(buckets);
    }
    (void)close(fd);
    return is_ok;
}

static int is_bucket_entry(const struct dirent *entry)
{
    struct assay_error ignored = { 0 };

    return bucket_name_check(entry->d_name, &ignored);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

bool bucket_each(struct buckets *buckets, bucket_fn on_bucket, void *context,
                 struct assay_error *err)
{
    struct assay_error ignored = { 0 };
    struct dirent **entries = NULL;
    char path[PATH_MAX];
    int count = 0;
    bool is_ok = true;

    if (!path_in_state(buckets, "buckets", path, err))
        return false;
    count = scandir(path, &entries, is_bucket_entry, by_bytes);
    for (int i = 0; i < count; i++) {
        struct bucket_info info = { 0 };

        if (is_ok && bucket_stat(buckets, entries[i]->d_name, &info, &ignored))
            is_ok = on_bucket(context, &info, err);
        free(info.fields);
        free(entries[i]);
    }
    free(entries);
    return is_ok;
}

/* An upload is alive as long as it grows. */
static void sweep_bucket(struct buckets *buckets, const char *bucket, int64_t before_us)
{
    struct assay_error ignored = { 0 };
    int bucket_fd = bucket_open(buckets, bucket, &ignored);
    int fd = bucket_fd < 0
                 ? -1
                 : plain_open_below(bucket_fd, BUCKETS_UPLOADS, O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry = NULL;
    struct stat file;

    while (folder && (entry = readdir(folder)) != NULL)
        if (fstatat(fd, entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
            (int64_t)file.st_mtim.tv_sec * 1000000 < before_us)
            (void)unlinkat(fd, entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    else if (fd >= 0)
        (void)close(fd);
    if (bucket_fd >= 0)
        (void)close(bucket_fd);
}

static bool on_swept(void *context, const struct bucket_info *info, struct assay_error *err)
{
    struct buckets *buckets = context;

    (void)err;
    sweep_bucket(buckets, info->name,
                 assay_wall_us(buckets->env) - SESSION_DAYS * INT64_C(86400000000));
    return true;
}

void buckets_sweep(struct buckets *buckets)
{
    struct assay_error ignored = { 0 };
    char path[PATH_MAX];

    if (!path_in_state(buckets, "buckets.db", path, &ignored) || access(path, F_OK) != 0)
        return; /* nobody has uploaded anything yet */
    (void)bucket_each(buckets, on_swept, buckets, &ignored);
    if (!buckets_lock_for_change(buckets, &ignored))
        return;
    /* Twice as old: the file of a session that still grows may be that young. */
    (void)side_forget_old_sessions(
        buckets, assay_wall_us(buckets->env) - 2 * SESSION_DAYS * INT64_C(86400000000), &ignored);
    buckets_unlock(buckets);
}
