/*
 * launcher/python/python_folder.h - one environment's place in the store: its lock, and the record
 * that says that it is whole. python_env.h shows the layout.
 */
#ifndef LAUNCHER_PYTHON_PYTHON_FOLDER_H
#define LAUNCHER_PYTHON_PYTHON_FOLDER_H

#include "assay/error.h"

#include <limits.h>
#include <stdint.h>

enum { PYTHON_HASH_TEXT = 33, PYTHON_PACKAGES_TEXT = 2048 };

#define PYTHON_LOG_NAME "pip.log"

struct python_folder {
    char hash[PYTHON_HASH_TEXT];
    char path[PATH_MAX];
    char lock_path[PATH_MAX];
};

/* The record "ready". */
struct python_ready {
    char env[PATH_MAX];                  /* the environment's folder, absolute */
    char interpreter[PATH_MAX];          /* that it was made from */
    char version[32];                    /* "3.11.2" */
    char packages[PYTHON_PACKAGES_TEXT]; /* file names with blanks between them; perhaps cut */
    int64_t built_us;                    /* wall clock */
    int64_t used_us;                     /* when it was last asked for: the record's own time */
    int64_t size_bytes;                  /* on the disk, when it was made */
};

/* ENAMETOOLONG, or 0. */
int python_folder_init(struct python_folder *folder, const char *store_dir, const char *hash);

/* False: there is none, or it was moved since, which environments do not survive. */
bool python_folder_read(const struct python_folder *folder, struct python_ready *ready);

/* It is on the disk, after all that it speaks of, before this returns. An errno. */
int python_folder_write(const struct python_folder *folder, const struct python_ready *ready);

/* It was used now. */
void python_folder_touch(const struct python_folder *folder);

enum python_lock { PYTHON_LOCK_SHARED, PYTHON_LOCK_EXCLUSIVE };

/*
 * The descriptor, which holds the lock until it is closed; or -1 and errno: EWOULDBLOCK when others
 * have it. Threads count as others, too.
 */
int python_folder_lock(const struct python_folder *folder, enum python_lock kind);

/*
 * Removes the environment, for whoever has it locked exclusively; the record goes first. The lock's
 * file goes last, if is_whole.
 */
bool python_folder_remove(const struct python_folder *folder, bool is_whole,
                          struct assay_error *err);

/* What lies below a path takes on the disk. */
int64_t python_folder_size(const char *path);

#endif
