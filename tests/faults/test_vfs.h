/*
 * tests/faults/test_vfs.h - SQLite's own unix VFS with somebody in between, who is told of every
 * call that touches a file and may have it fail.
 */
#ifndef TESTS_FAULTS_TEST_VFS_H
#define TESTS_FAULTS_TEST_VFS_H

#include <stdbool.h>
#include <stdint.h>

enum vfs_kind { VFS_OPEN, VFS_READ, VFS_WRITE, VFS_TRUNCATE, VFS_SYNC, VFS_DELETE };

struct vfs_call {
    enum vfs_kind kind;
    const char *path;
    const void *data; /* WRITE */
    int size;         /* WRITE */
    int64_t offset;   /* WRITE; of TRUNCATE the new size */
    bool is_durable;  /* DELETE: the folder is synced too */
};

/* Asked before the call: 0 lets it happen, anything else is returned instead of it. */
typedef int (*vfs_watch_fn)(void *context, const struct vfs_call *call);

/* From now on all files of this process are opened so. NULL: nobody watches. */
void test_vfs_watch(vfs_watch_fn watch, void *context);

/* Is the file whole, by SQLite's own words? Opened by the plain VFS. */
bool test_vfs_is_intact(const char *path);

#endif
