/*
 * engine/buckets/buckets_private.h - what the files of this folder share.
 *
 * The order of a change: the new file is whole on the disk under a name of its own; then, under the
 * lock, its row is committed, then it is renamed. A crash between the two leaves the old file with
 * the old row, which a row of another inode does not disturb.
 */
#ifndef ENGINE_BUCKETS_BUCKETS_PRIVATE_H
#define ENGINE_BUCKETS_BUCKETS_PRIVATE_H

#include "assay/buckets.h"

#include <nettle/md5.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/stat.h>

/* In each bucket: the files that are being uploaded, so that they need only be renamed. */
#define BUCKETS_UPLOADS ".assay-uploads"

/* How far the sums over an upload's bytes have come. */
struct running_hash {
    int64_t offset;
    uint32_t crc32c;
    struct md5_ctx md5;
};

enum { KEPT_HASHES = 32 };

/* Of a session that nobody writes to at the moment. */
struct kept_hash {
    char id[UPLOAD_ID_TEXT];
    uint64_t used; /* when, counted; 0: the place is free */
    struct running_hash hash;
};

struct buckets {
    char *state_dir;
    const struct assay_env *env;
    /* Of the one who changes something, from before it waits for other processes. Taken before
     * mutex; it guards is_stuck. */
    pthread_mutex_t change_mutex;
    bool is_stuck;         /* another process has kept the lock for too long */
    pthread_mutex_t mutex; /* guards all below, and the database */
    sqlite3 *db;           /* NULL: not opened yet */
    int lock_fd;           /* of buckets.lock; -1 like it */
    struct kept_hash kept[KEPT_HASHES];
    uint64_t clock; /* of kept[].used */
};

/* What a row is of: a file as it was. A folder counts by its inode alone. */
struct file_mark {
    int64_t size, mtime_ns, inode;
};
struct file_mark file_mark(const struct stat *file);

/* buckets.c */

/* Opens database and lock file where that has not been done. With the mutex held, as all below
 * whose name begins with side_. */
bool side_open(struct buckets *buckets, struct assay_error *err);
bool buckets_lock(struct buckets *buckets, struct assay_error *err);
/* The mutex, and the lock that other processes respect, too: waited for some seconds, then
 * ASSAY_UNAVAILABLE. */
bool buckets_lock_for_change(struct buckets *buckets, struct assay_error *err);
void buckets_unlock(struct buckets *buckets);
/* The bucket's folder, O_PATH; -1 and *err (ASSAY_NOT_FOUND). */
int bucket_open(struct buckets *buckets, const char *bucket, struct assay_error *err);
int bucket_open_or_make(struct buckets *buckets, const char *bucket, struct assay_error *err);

/* object_name.c: "a/" */
bool object_is_folder(const char *name);

/* side_store.c */
bool side_execute(struct buckets *buckets, const char *sql, struct assay_error *err);
/* Fills all of *info but its name, for the object whose file is this one: from its row, or as a
 * file that nobody has told of. Of a folder without a row *is_known is false. */
bool side_read(struct buckets *buckets, const char *bucket, const char *name,
               const struct stat *file, struct object_info *info, bool *is_known,
               struct assay_error *err);
/* A row of the file in place of the one with its generation; rows of generations other than this
 * and kept_generation go. */
bool side_write(struct buckets *buckets, const char *bucket, const char *name,
                const struct file_mark *mark, const struct object_info *info,
                int64_t kept_generation, struct assay_error *err);
/* The row beside all others: for a file whose sums are known now. */
bool side_add(struct buckets *buckets, const char *bucket, const char *name,
              const struct file_mark *mark, const struct object_info *info,
              struct assay_error *err);
/* The names of folders that were made objects, from prefix on, until on_name says false. */
bool side_each_folder(struct buckets *buckets, const char *bucket, const char *prefix,
                      bool (*on_name)(void *context, const char *name), void *context,
                      struct assay_error *err);
bool side_forget(struct buckets *buckets, const char *bucket, const char *name,
                 struct assay_error *err);
bool side_forget_bucket(struct buckets *buckets, const char *bucket, struct assay_error *err);
/* metageneration 1 and "{}" where nobody has set anything. */
bool side_read_bucket(struct buckets *buckets, const char *bucket, struct bucket_info *info,
                      struct assay_error *err);
bool side_write_bucket(struct buckets *buckets, const char *bucket, const struct bucket_info *info,
                       struct assay_error *err);

/* A session, as it was begun. Owns its texts: session_row_clear(). */
struct session_row {
    char *bucket, *name, *fields;
    struct upload_options options; /* their texts are those three */
    int64_t done_generation;       /* 0: not yet */
};
void session_row_clear(struct session_row *row);
bool side_add_session(struct buckets *buckets, const char *id, const struct upload_options *options,
                      struct assay_error *err);
/* ASSAY_NOT_FOUND. */
bool side_read_session(struct buckets *buckets, const char *id, struct session_row *row,
                       struct assay_error *err);
bool side_end_session(struct buckets *buckets, const char *id, int64_t generation,
                      struct assay_error *err);
bool side_remove_session(struct buckets *buckets, const char *id, struct assay_error *err);
bool side_forget_old_sessions(struct buckets *buckets, int64_t before_us, struct assay_error *err);

/* object_file.c */

/*
 * Opens the file or folder of an object with flags of open(2), and looks at it. -1 and *err:
 * ASSAY_NOT_FOUND also where a link or a special file stands.
 */
int object_file_open(int bucket_fd, const char *name, int flags, struct stat *file,
                     struct assay_error *err);
/* Opens the folder that the object's file is to be in, making what is missing, and sets *last to
 * the name in it. -1 and *err: ASSAY_EXISTS where an object stands in the way. */
int object_parent_make(int bucket_fd, const char *name, char last[256], struct assay_error *err);
/* Removes folders that have nothing in them, and are no objects, from the object's own upwards,
 * below the bucket's. With the lock. */
void object_prune_parents(struct buckets *buckets, int bucket_fd, const char *bucket,
                          const char *name);
/* Is the folder an object, too? path is without the slash at its end. With the mutex held. */
bool object_is_marked(struct buckets *buckets, int bucket_fd, const char *bucket, const char *path);
/* Removes a folder in which there are only folders. False: there is something. */
bool object_remove_empty_tree(int parent_fd, const char *name);
/* Is there an object somewhere below? */
bool object_tree_has_files(int parent_fd, const char *name);
/* Sums over all of the file; false and *err. */
bool object_hash_file(int fd, struct running_hash *hash, struct assay_error *err);
void running_hash_init(struct running_hash *hash);
void running_hash_add(struct running_hash *hash, const void *bytes, size_t size);
/* Ends it. */
void running_hash_finish(struct running_hash *hash, struct object_info *info);

/* object_read.c: the object as it is now; *is_there is false where there is none. With the mutex
 * held. */
bool object_look(struct buckets *buckets, int bucket_fd, const char *bucket, const char *name,
                 struct object_info *info, bool *is_there, struct assay_error *err);
/* info->name; false for lack of memory. */
bool object_info_name(struct object_info *info, const char *name, struct assay_error *err);

/* object_fields.c: patch merged into base, each a JSON object or NULL; the caller frees it. */
char *fields_merge(const char *base, const char *patch, struct assay_error *err);

#endif
