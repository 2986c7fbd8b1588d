#include "launcher/artifact_unpack.h"

#include "assay/plain_file.h"
#include "launcher/artifact_copy.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the folders above path, below root. */
static int make_folders(int root, const char *path)
{
    char folder[PATH_MAX];

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdirat(root, folder, 0777) < 0 && errno != EEXIST)
            return errno;
    }
    return 0;
}

/* The folders above path get their names on the disk, from the deepest up. */
static int sync_folders(int root, const char *path)
{
    char folder[PATH_MAX];
    char *slash = NULL;
    int error = 0;

    (void)snprintf(folder, sizeof folder, "%s", path);
    while (!error && (slash = strrchr(folder, '/'))) {
        int fd = -1;

        *slash = '\0';
        fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        error = fd < 0 || fsync(fd) < 0 ? errno : 0;
        if (fd >= 0)
            (void)close(fd);
    }
    return error;
}

/* One unpacking into the open folder root. */
struct unpacking {
    const struct artifact_blobs *blobs;
    int root;
    unsigned char *buffer;
};

static bool fail_file(const struct artifact_entry *entry, int error, struct assay_error *err)
{
    return assay_fail_errno(err, error, "%s", entry->path);
}

static bool unpack_file(const struct unpacking *u, const struct artifact_entry *entry,
                        struct assay_error *err)
{
    int error = make_folders(u->root, entry->path);
    int fd = -1;
    bool is_ok = false;

    if (error)
        return fail_file(entry, error, err);
    fd = openat(u->root, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_file(entry, errno, err);
    if (!artifact_blob_copy(u->blobs, entry, fd, u->buffer, err))
        (void)assay_error_add(err, "%s", entry->path);
    else if (fchmod(fd, entry->mode) < 0 || fsync(fd) < 0)
        (void)fail_file(entry, errno, err);
    else
        is_ok = true;
    if (close(fd) < 0 && is_ok)
        is_ok = fail_file(entry, errno, err);
    return is_ok;
}

/* By another name for the blob; a copy where the file system cannot, or has too many. */
static bool link_file(const struct unpacking *u, const struct artifact_entry *entry,
                      struct assay_error *err)
{
    char path[BLOB_PATH];
    int error = make_folders(u->root, entry->path);

    if (error)
        return fail_file(entry, error, err);
    if (linkat(AT_FDCWD, artifact_blob_path(u->blobs, entry->sha256, path), u->root, entry->path,
               0) == 0)
        return true;
    if (errno == ENOENT)
        return assay_fail(err, ASSAY_DATA_LOSS, NULL, "%s is missing", entry->path);
    return unpack_file(u, entry, err);
}

static bool fill(const struct unpacking *u, const struct artifact_tree *tree, bool is_shown,
                 struct assay_error *err)
{
    const struct artifact_blobs *blobs = u->blobs;
    bool is_ok = true;
    int error = 0;

    for (size_t i = 0; i < tree->count && is_ok; i++) {
        if (blobs->is_ending && blobs->is_ending(blobs->context))
            return assay_fail(err, ASSAY_ABORTED, NULL, "the engine ends");
        is_ok = is_shown ? link_file(u, &tree->entries[i], err)
                         : unpack_file(u, &tree->entries[i], err);
    }
    if (!is_ok || is_shown)
        return is_ok;
    for (size_t i = 0; i < tree->count && !error; i++)
        error = sync_folders(u->root, tree->entries[i].path);
    if (!error && fsync(u->root) < 0)
        error = errno;
    return error == 0 || assay_fail_errno(err, error, "copy");
}

/* Where it is made, and the folder it is in. */
struct place {
    char partial[PATH_MAX];
    char parent[PATH_MAX];
};

static bool name_place(const char *target, struct place *place, struct assay_error *err)
{
    const char *slash = strrchr(target, '/');

    if (!slash || strlen(target) > PATH_MAX - 16)
        return assay_fail(err, ASSAY_INVALID, NULL, "%.100s is no path to unpack to", target);
    (void)snprintf(place->parent, sizeof place->parent, "%.*s", (int)(slash - target), target);
    (void)snprintf(place->partial, sizeof place->partial, "%.*s/.%s.partial", (int)(slash - target),
                   target, slash + 1);
    return true;
}

/* Opens the folder at path and takes the lock that keeps others off it, which goes with the
 * descriptor. -1 and *error; EWOULDBLOCK: somebody has it. ESTALE: it is another one by now. */
static int open_locked(const char *path, bool is_patient, int *error)
{
    struct stat opened;
    struct stat there;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    *error = fd < 0 ? errno : 0;
    if (fd < 0)
        return -1;
    /* Some file systems know no locks; there two callers are on their own. */
    if (flock(fd, is_patient ? LOCK_EX : LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        *error = EWOULDBLOCK;
    else if (fstat(fd, &opened) < 0 || lstat(path, &there) < 0 || opened.st_ino != there.st_ino ||
             opened.st_dev != there.st_dev)
        *error = ESTALE;
    if (!*error)
        return fd;
    (void)close(fd);
    return -1;
}

/* Each try that is not the last was lost to somebody else's. */
enum { TRIES_MAX = 1000 };

/*
 * A new folder at path, open and locked; what a crash has left there is removed. -1 and *err:
 * ASSAY_EXISTS where somebody is at it, unless the caller is patient.
 */
static int make_locked(const char *path, bool is_patient, struct assay_error *err)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        bool is_new = mkdir(path, 0777) == 0;
        int error = is_new || errno == EEXIST ? 0 : errno;
        int fd = error ? -1 : open_locked(path, is_patient, &error);

        if (error == EWOULDBLOCK)
            (void)assay_fail(err, ASSAY_EXISTS, NULL, "%s: somebody is filling it", path);
        else if (error && error != ESTALE && error != ENOENT)
            (void)assay_fail_errno(err, error, "%s", path);
        else if (fd >= 0 && is_new)
            return fd;
        else
            error = fd < 0 || artifact_remove(path, err) ? 0 : EIO;
        if (fd >= 0)
            (void)close(fd);
        if (error)
            return -1;
    }
    (void)assay_fail(err, ASSAY_UNAVAILABLE, NULL, "%s: others make and remove it", path);
    return -1;
}

/* Fills a new folder at place->partial. It is open and locked afterwards, also after false: -1
 * where there is none. */
static int fill_new(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                    const struct place *place, bool is_shown, bool *is_ok, struct assay_error *err)
{
    struct unpacking u = { .blobs = blobs, .root = -1, .buffer = malloc(ARTIFACT_COPY_BUFFER) };
    int error = u.buffer ? record_make_dirs(place->parent) : 0;

    *is_ok = u.buffer != NULL || assay_fail_memory(err);
    if (error)
        *is_ok = assay_fail_errno(err, error, "%s", place->parent);
    if (*is_ok) {
        u.root = make_locked(place->partial, is_shown, err);
        *is_ok = u.root >= 0 && fill(&u, tree, is_shown, err);
    }
    free(u.buffer);
    return u.root;
}

/* At the end, with the folder where it belongs or of no use. */
static void leave(int fd, const struct place *place, bool is_ok)
{
    struct assay_error ignored = { 0 };

    if (fd < 0)
        return;
    if (!is_ok)
        (void)artifact_remove(place->partial, &ignored); /* else the next call removes it */
    (void)close(fd);
}

static bool sync_parent(const char *parent, struct assay_error *err)
{
    int fd = open(parent[0] ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_ok = (fd >= 0 && fsync(fd) == 0) || assay_fail_errno(err, errno, "%s", parent);

    if (fd >= 0)
        (void)close(fd);
    return is_ok;
}

/* The folder has exactly these files: so it was unpacked before a crash. */
static bool is_same(const char *target, const struct artifact_tree *tree)
{
    struct artifact_tree found = { .fd = -1 };
    struct assay_error ignored = { 0 };
    unsigned char *buffer = malloc(ARTIFACT_COPY_BUFFER);
    size_t next = 0;
    bool is_ok = buffer && artifact_tree_scan(&found, target, &ignored);

    for (size_t i = 0; i < found.count && is_ok; i++) {
        struct artifact_entry *entry = &found.entries[i];
        int fd = -1;

        if (entry->kind == ARTIFACT_FOLDER)
            continue;
        is_ok = next < tree->count && strcmp(entry->path, tree->entries[next].path) == 0;
        fd = is_ok ? plain_file_open_below(found.fd, entry->path, O_RDONLY, 0) : -1;
        is_ok = fd >= 0 && artifact_copy_bytes(fd, -1, entry, buffer) == 0 &&
                strcmp(entry->sha256, tree->entries[next++].sha256) == 0;
        if (fd >= 0)
            (void)close(fd);
    }
    artifact_tree_clear(&found);
    free(buffer);
    return is_ok && next == tree->count;
}

bool artifact_unpack(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                     const char *target, struct assay_error *err)
{
    struct place place;
    struct stat info;
    bool is_ok = name_place(target, &place, err);
    int fd = -1;

    if (is_ok && lstat(target, &info) == 0)
        return is_same(target, tree) ||
               assay_fail(err, ASSAY_EXISTS, NULL, "there is a %s already", target);
    if (is_ok)
        fd = fill_new(blobs, tree, &place, false, &is_ok, err);
    if (is_ok && renameat2(AT_FDCWD, place.partial, AT_FDCWD, target, RENAME_NOREPLACE) < 0 &&
        ((errno != EINVAL && errno != ENOSYS) || rename(place.partial, target) < 0))
        is_ok = assay_fail_errno(err, errno, "%s", target); /* some file systems know no flags */
    leave(fd, &place, is_ok);
    return is_ok && sync_parent(place.parent, err);
}

bool artifact_show(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                   const char *target, struct assay_error *err)
{
    struct place place;
    bool is_ok = name_place(target, &place, err);
    int fd = is_ok ? fill_new(blobs, tree, &place, true, &is_ok, err) : -1;

    is_ok = is_ok && artifact_remove(target, err);
    if (is_ok && rename(place.partial, target) < 0)
        is_ok = assay_fail_errno(err, errno, "%s", target);
    leave(fd, &place, is_ok);
    return is_ok;
}

bool artifact_verify(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                     artifact_damage_fn fn, void *context, size_t *count, struct assay_error *err)
{
    unsigned char *buffer = malloc(ARTIFACT_COPY_BUFFER);

    *count = 0;
    if (!buffer)
        return assay_fail_memory(err);
    for (size_t i = 0; i < tree->count; i++) {
        struct assay_error why = { 0 };

        if (artifact_blob_copy(blobs, &tree->entries[i], -1, buffer, &why))
            continue;
        ++*count;
        fn(context, tree->entries[i].path, why.message);
    }
    free(buffer);
    return true;
}
