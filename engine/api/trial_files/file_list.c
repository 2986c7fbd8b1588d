#include "engine/api/trial_files/file_list.h"

#include "engine/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* TEXT_MAX: bytes of all paths together, which may be 4 KiB each. */
enum { TEXT_MAX = 4 << 20 };

struct walk {
    struct file_list *list;
    char path[PATH_MAX]; /* of the folder being read, with a slash at its end; "" is the root */
    bool has_memory;
};

static bool is_full(const struct file_list *list)
{
    return list->looked_at >= FILE_LIST_LOOKED_AT || list->text_bytes >= TEXT_MAX;
}

static void add_file(struct walk *walk, const char *name, const struct stat *info)
{
    struct file_list *list = walk->list;
    struct file_entry *entry = NULL;
    char *path = NULL;

    if (asprintf(&path, "%s%s", walk->path, name) < 0)
        path = NULL;
    walk->has_memory = path && array_make_room((void **)&list->items, list->count, &list->capacity,
                                               sizeof *list->items);
    if (!walk->has_memory) {
        free(path);
        return;
    }
    entry = &list->items[list->count++];
    *entry = (struct file_entry){ .path = path,
                                  .size_bytes = info->st_size,
                                  .modify_us = (int64_t)info->st_mtim.tv_sec * 1000000 +
                                               info->st_mtim.tv_nsec / 1000 };
    list->text_bytes += strlen(path) + 1;
}

static void walk_folder(struct walk *walk, int fd, int depth);

/* Goes into the folder; what has gone meanwhile, or became a link, is no folder any more. */
static void enter(struct walk *walk, int parent, const char *name, int depth)
{
    size_t size = strlen(walk->path);
    size_t added = strlen(name) + 1;
    int fd = -1;

    if (depth == FILE_LIST_DEPTH || size + added + NAME_MAX + 1 > sizeof walk->path) {
        walk->list->is_cut = true;
        return;
    }
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)snprintf(walk->path + size, sizeof walk->path - size, "%s/", name);
    walk_folder(walk, fd, depth + 1);
    walk->path[size] = '\0';
}

/* Takes fd. */
static void walk_folder(struct walk *walk, int fd, int depth)
{
    DIR *folder = fdopendir(fd);
    const struct dirent *found = NULL;

    if (!folder) {
        (void)close(fd);
        walk->list->is_cut = true;
        return;
    }
    while (walk->has_memory && !is_full(walk->list) && (found = readdir(folder))) {
        struct stat info;

        if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
            continue;
        walk->list->looked_at++;
        if (fstatat(dirfd(folder), found->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISREG(info.st_mode))
            add_file(walk, found->d_name, &info);
        else if (S_ISDIR(info.st_mode))
            enter(walk, dirfd(folder), found->d_name, depth);
    }
    (void)closedir(folder);
}

static int compare_paths(const void *a, const void *b)
{
    const struct file_entry *first = a;
    const struct file_entry *second = b;

    return strcmp(first->path, second->path);
}

bool file_list_read(struct file_list *list, int root, struct assay_error *err)
{
    struct walk walk = { .list = list, .has_memory = true };
    int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    *list = (struct file_list){ 0 };
    if (fd < 0)
        return assay_fail_errno(err, errno, "read the folder");
    walk_folder(&walk, fd, 0);
    if (!walk.has_memory)
        return assay_fail_memory(err);
    list->is_cut = list->is_cut || is_full(list) || list->count > FILE_LIST_MAX;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, compare_paths);
    while (list->count > FILE_LIST_MAX)
        free(list->items[--list->count].path);
    return true;
}

void file_list_clear(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i].path);
    free(list->items);
    *list = (struct file_list){ 0 };
}
