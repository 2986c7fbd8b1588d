#include "launcher/python/python_folder.h"

#include "launcher/artifact.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READY_NAME "ready"
#define READY_FORMAT "assay-python 1"

int python_folder_init(struct python_folder *folder, const char *store_dir, const char *hash)
{
    int used = snprintf(folder->lock_path, sizeof folder->lock_path, "%s/%s.lock", store_dir, hash);

    if (used < 0 || (size_t)used >= sizeof folder->lock_path || strlen(hash) >= sizeof folder->hash)
        return ENAMETOOLONG;
    memcpy(folder->hash, hash, strlen(hash) + 1);
    return record_path(folder->path, sizeof folder->path, store_dir, hash);
}

bool python_folder_read(const struct python_folder *folder, struct python_ready *ready)
{
    char text[RECORD_TEXT_MAX];
    char path[PATH_MAX];
    size_t size = strlen(folder->path);
    struct stat info;

    *ready = (struct python_ready){ 0 };
    if (record_file_read(folder->path, READY_NAME, READY_FORMAT, text) != 0 ||
        !record_file_text(text, "env", ready->env, sizeof ready->env) ||
        !record_file_text(text, "interpreter", ready->interpreter, sizeof ready->interpreter) ||
        !record_file_text(text, "version", ready->version, sizeof ready->version) ||
        !record_file_text(text, "packages", ready->packages, sizeof ready->packages) ||
        !record_file_number(text, "built_us", &ready->built_us) ||
        !record_file_number(text, "size_bytes", &ready->size_bytes) ||
        record_path(path, sizeof path, folder->path, READY_NAME) != 0 || stat(path, &info) < 0)
        return false;
    ready->used_us = (int64_t)info.st_mtim.tv_sec * 1000000 + (int64_t)info.st_mtim.tv_nsec / 1000;
    return strncmp(ready->env, folder->path, size) == 0 && ready->env[size] == '/';
}

/* All that was written to the folder's disk so far, whoever wrote it. An errno. */
static int sync_disk(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = 0;

    if (fd < 0)
        return errno;
    if (syncfs(fd) < 0)
        error = errno;
    (void)close(fd);
    return error;
}

int python_folder_write(const struct python_folder *folder, const struct python_ready *ready)
{
    char text[RECORD_TEXT_MAX];
    int error = sync_disk(folder->path);
    int used = snprintf(text, sizeof text,
                        READY_FORMAT "\nenv %s\ninterpreter %s\nversion %s\npackages %s\n"
                                     "built_us %lld\nsize_bytes %lld\nend\n",
                        ready->env, ready->interpreter, ready->version, ready->packages,
                        (long long)ready->built_us, (long long)ready->size_bytes);

    if (used < 0 || (size_t)used >= sizeof text)
        return ENAMETOOLONG;
    return error ? error : record_file_write(folder->path, READY_NAME, text, (size_t)used, true);
}

void python_folder_touch(const struct python_folder *folder)
{
    char path[PATH_MAX];

    /* Of a folder that may only be read, the time stays as it is. */
    if (record_path(path, sizeof path, folder->path, READY_NAME) == 0)
        (void)utimensat(AT_FDCWD, path, NULL, 0);
}

/* The file may have been removed between open() and flock(), and another made in its place. */
static bool is_current(int fd, const char *path)
{
    struct stat own;
    struct stat there;

    return fstat(fd, &own) == 0 && stat(path, &there) == 0 && own.st_ino == there.st_ino &&
           own.st_dev == there.st_dev;
}

int python_folder_lock(const struct python_folder *folder, enum python_lock kind)
{
    const int operation = (kind == PYTHON_LOCK_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB;

    for (;;) {
        int fd = open(folder->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        int error = 0;

        if (fd < 0)
            return -1;
        if (flock(fd, operation) < 0)
            error = errno;
        else if (is_current(fd, folder->lock_path))
            return fd;
        (void)close(fd);
        if (error && error != EINTR) {
            errno = error;
            return -1;
        }
    }
}

bool python_folder_remove(const struct python_folder *folder, bool is_whole,
                          struct assay_error *err)
{
    char path[PATH_MAX];

    if (record_path(path, sizeof path, folder->path, READY_NAME) != 0 ||
        (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR))
        return assay_fail_errno(err, errno, "remove %s/" READY_NAME, folder->path);
    if (!artifact_remove(folder->path, err))
        return false;
    if (is_whole)
        (void)unlink(folder->lock_path);
    return true;
}

int64_t python_folder_size(const char *path)
{
    char root[PATH_MAX];
    char *roots[] = { root, NULL };
    int64_t size = 0;
    FTS *walk = NULL;

    (void)snprintf(root, sizeof root, "%s", path);
    walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!walk)
        return 0;
    for (FTSENT *entry = fts_read(walk); entry; entry = fts_read(walk))
        if (entry->fts_info != FTS_DP && entry->fts_info != FTS_NS)
            size += (int64_t)entry->fts_statp->st_blocks * 512;
    (void)fts_close(walk);
    return size;
}
