#include "launcher/artifact_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The caller gives path up. */
static struct artifact_entry *append(struct artifact_tree *tree, char *path,
                                     struct assay_error *err)
{
    if (tree->count == ARTIFACT_ENTRIES_MAX) {
        free(path);
        (void)assay_fail(err, ASSAY_EXHAUSTED, NULL, "more than %d files in one artifact",
                         ARTIFACT_ENTRIES_MAX);
        return NULL;
    }
    if (tree->count == tree->capacity) {
        size_t capacity = tree->capacity ? tree->capacity * 2 : 32;
        struct artifact_entry *entries = realloc(tree->entries, capacity * sizeof *entries);

        if (!entries) {
            free(path);
            (void)assay_fail_memory(err);
            return NULL;
        }
        tree->entries = entries;
        tree->capacity = capacity;
    }
    tree->entries[tree->count] = (struct artifact_entry){ .path = path };
    return &tree->entries[tree->count++];
}

/*
 * The kernel follows the link and tells whether any step of the way leaves the root: looking at the
 * text alone is fooled by links to folders. A link to nothing leads nowhere in the copy either.
 */
static bool check_link(const struct artifact_tree *tree, const char *path, struct assay_error *err)
{
    const struct open_how how = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    int fd = (int)syscall(SYS_openat2, tree->fd, path, &how, sizeof how);

    if (fd >= 0) {
        (void)close(fd);
        return true;
    }
    if (errno == ENOENT || errno == ENOTDIR)
        return true;
    if (errno == EXDEV)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s is a symbolic link that leads outside the folder", path);
    return assay_fail_errno(err, errno, "symbolic link %s", path);
}

static bool classify(struct artifact_tree *tree, struct artifact_entry *entry,
                     struct assay_error *err)
{
    struct stat info;
    int64_t written_us = 0;

    if (fstatat(tree->fd, entry->path, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return assay_fail_errno(err, errno, "%s", entry->path);
    entry->mode = info.st_mode & 0777;
    if (S_ISDIR(info.st_mode)) {
        entry->kind = ARTIFACT_FOLDER;
        return true;
    }
    if (S_ISLNK(info.st_mode)) {
        entry->kind = ARTIFACT_LINK;
        return check_link(tree, entry->path, err);
    }
    if (!S_ISREG(info.st_mode))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s is neither file, folder nor symbolic link and cannot be kept",
                          entry->path);
    entry->kind = ARTIFACT_FILE;
    entry->size_bytes = (uint64_t)info.st_size;
    tree->summary.file_count++;
    tree->summary.size_bytes += entry->size_bytes;
    written_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    if (written_us > tree->summary.newest_us)
        tree->summary.newest_us = written_us;
    return true;
}

/* folder/name, or name in the root. NULL and *err: too long, no memory. */
static char *join(const char *folder, const char *name, struct assay_error *err)
{
    char *path = NULL;

    if (strlen(folder) + strlen(name) + 2 > PATH_MAX) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "a path below %.100s… is too long", folder);
        return NULL;
    }
    if (asprintf(&path, "%s%s%s", folder, folder[0] ? "/" : "", name) >= 0)
        return path;
    (void)assay_fail_memory(err);
    return NULL;
}

/* folder: "" for the root. */
static bool list_folder(struct artifact_tree *tree, const char *folder, struct assay_error *err)
{
    int fd =
        openat(tree->fd, folder[0] ? folder : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item = NULL;
    bool is_listed = true;

    if (!dir) {
        (void)assay_fail_errno(err, errno, "%s", folder[0] ? folder : "folder");
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    errno = 0;
    while (is_listed && (item = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        char *path = NULL;
        struct artifact_entry *entry = NULL;

        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        path = join(folder, item->d_name, err);
        entry = path ? append(tree, path, err) : NULL;
        is_listed = entry && classify(tree, entry, err);
        errno = 0;
    }
    if (is_listed && errno)
        is_listed = assay_fail_errno(err, errno, "%s", folder);
    (void)closedir(dir);
    return is_listed;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct artifact_entry *)a)->path,
                  ((const struct artifact_entry *)b)->path);
}

bool artifact_tree_scan(struct artifact_tree *tree, const char *dir, struct assay_error *err)
{
    struct stat info;

    *tree = (struct artifact_tree){ .fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
    if (tree->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no folder %s", dir);
    if (tree->fd < 0 || fstat(tree->fd, &info) < 0)
        return assay_fail_errno(err, errno, "%s", dir);
    tree->mode = info.st_mode & 0777;
    if (!list_folder(tree, "", err))
        return assay_error_add(err, "%.300s", dir);
    /* The list grows at its end while its folders are opened: breadth first. */
    for (size_t i = 0; i < tree->count; i++) {
        /* An entry's path stays where it is when the array moves. */
        if (tree->entries[i].kind == ARTIFACT_FOLDER &&
            !list_folder(tree, tree->entries[i].path, err))
            return assay_error_add(err, "%.300s", dir);
    }
    if (tree->count)
        qsort(tree->entries, tree->count, sizeof *tree->entries, compare_paths);
    return true;
}

void artifact_tree_clear(struct artifact_tree *tree)
{
    if (!tree)
        return;
    for (size_t i = 0; i < tree->count; i++)
        free(tree->entries[i].path);
    free(tree->entries);
    if (tree->fd >= 0)
        (void)close(tree->fd);
    *tree = (struct artifact_tree){ .fd = -1 };
}
