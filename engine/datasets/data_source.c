#include "engine/datasets/data_source.h"

#include "engine/array.h"
#include "launcher/shim/record_file.h"
#include "launcher/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void data_place_init(struct data_place *place, const struct engine *engine, const char *source_dir)
{
    struct launch_place where = engine_place(engine);

    *place = (struct data_place){ .source_dir = source_dir, .is_guarded = where.is_guarded };
    (void)snprintf(place->buckets_dir, sizeof place->buckets_dir, "%s/buckets", where.state_dir);
}

static enum storage_links links_of(const struct data_place *place)
{
    return place->is_guarded ? STORAGE_NO_LINKS : STORAGE_LINKED_BUCKETS;
}

/* Where the URI lies; the caller frees it. NULL and *err, also for what is not for everyone. */
static char *find(const struct data_place *place, const char *uri, struct assay_error *err)
{
    char *path = storage_path(uri, place->buckets_dir, place->source_dir, err);

    if (!path || storage_below(path, place->buckets_dir) || !place->is_guarded)
        return path;
    free(path);
    (void)assay_fail(err, ASSAY_DENIED, NULL,
                     "%.300s: this server reads and writes buckets only; use gs://", uri);
    return NULL;
}

bool data_place_check(const struct data_place *place, const char *uri, struct assay_error *err)
{
    char *path = find(place, uri, err);

    free(path);
    return path != NULL;
}

static int open_found(const struct data_place *place, const char *uri, int flags,
                      struct assay_error *err)
{
    char *path = find(place, uri, err);
    int fd = -1;

    if (!path)
        return -1;
    if (storage_below(path, place->buckets_dir)) {
        fd = storage_open(path, place->buckets_dir, links_of(place), flags, err);
    } else {
        fd = open(path, flags | O_CLOEXEC);
        if (fd < 0)
            (void)assay_fail_errno(err, errno, "%s", path);
        if (fd < 0 && errno == ENOENT)
            (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no %s", path);
    }
    free(path);
    return fd;
}

int data_source_open(const struct data_place *place, const char *uri, struct assay_error *err)
{
    struct stat info;
    int fd = open_found(place, uri, O_RDONLY | O_NONBLOCK, err);

    if (fd >= 0 && (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))) {
        (void)close(fd);
        (void)assay_fail(err, ASSAY_INVALID, NULL, "%.300s is no file", uri);
        return -1;
    }
    return fd;
}

static bool make_folder(const struct data_place *place, const char *uri, struct assay_error *err)
{
    char *path = find(place, uri, err);
    bool is_made = false;

    if (!path)
        return false;
    if (storage_below(path, place->buckets_dir)) {
        is_made = storage_make_dirs(path, place->buckets_dir, links_of(place), err);
    } else {
        int error = record_make_dirs(path);

        is_made = error == 0 || assay_fail_errno(err, error, "make the folder %s", path);
    }
    free(path);
    return is_made;
}

int data_folder_open(const struct data_place *place, const char *uri, bool is_to_be_made,
                     struct assay_error *err)
{
    if (is_to_be_made && !make_folder(place, uri, err))
        return -1;
    return open_found(place, uri, O_RDONLY | O_DIRECTORY, err);
}

/* Takes fd, closing it where it fails. */
static bool add_open(struct data_files *files, char *name, int fd, struct assay_error *err)
{
    void *items = files->items;
    bool is_ok =
        name && array_make_room(&items, files->count, &files->capacity, sizeof *files->items);

    files->items = items;
    if (!is_ok)
        (void)assay_fail_memory(err);
    else if (files->count >= DATA_FILES_MAX)
        is_ok = assay_fail(err, ASSAY_INVALID, NULL, "more than %d files", DATA_FILES_MAX);
    if (is_ok) {
        files->items[files->count++] = (struct table_file){ .name = name, .fd = fd };
        return true;
    }
    free(name);
    (void)close(fd);
    return false;
}

static bool add_file(struct data_files *files, const struct data_place *place, const char *uri,
                     struct assay_error *err)
{
    int fd = data_source_open(place, uri, err);

    return fd >= 0 && add_open(files, strdup(uri), fd, err);
}

/* The last "/" of a URI that has a wildcard behind it; NULL: it has none. */
static const char *find_wildcard(const char *uri)
{
    const char *slash = strrchr(uri, '/');

    return slash && slash > uri && strpbrk(slash, "*?") ? slash : NULL;
}

/* All that match in an open folder. */
static bool add_matching(struct data_files *files, const struct data_place *place, DIR *dir,
                         const char *uri, const char *slash, struct assay_error *err)
{
    const struct dirent *entry = NULL;
    size_t before = files->count;
    bool is_ok = true;

    while (is_ok && (entry = readdir(dir))) {
        char *name = NULL;

        if (fnmatch(slash + 1, entry->d_name, FNM_PERIOD | FNM_NOESCAPE) != 0)
            continue;
        if (asprintf(&name, "%.*s/%s", (int)(slash - uri), uri, entry->d_name) < 0)
            return assay_fail_memory(err);
        is_ok = add_file(files, place, name, err);
        free(name);
    }
    return is_ok && (files->count > before ||
                     assay_fail(err, ASSAY_NOT_FOUND, NULL, "no file matches %.300s", uri));
}

bool data_files_add(struct data_files *files, const struct data_place *place, const char *uri,
                    struct assay_error *err)
{
    const char *slash = find_wildcard(uri);
    char *folder = NULL;
    DIR *dir = NULL;
    int fd = -1;
    bool is_ok = false;

    if (!slash)
        return add_file(files, place, uri, err);
    folder = strndup(uri, (size_t)(slash - uri));
    if (!folder)
        return assay_fail_memory(err);
    fd = data_folder_open(place, folder, false, err);
    free(folder);
    if (fd < 0)
        return false;
    dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return assay_fail_memory(err);
    }
    is_ok = add_matching(files, place, dir, uri, slash, err);
    (void)closedir(dir);
    return is_ok;
}

void data_files_clear(struct data_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        union {
            const char *read;
            char *owned;
        } name = { .read = files->items[i].name };

        free(name.owned);
        (void)close(files->items[i].fd);
    }
    free(files->items);
    *files = (struct data_files){ 0 };
}
