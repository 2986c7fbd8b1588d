#include "engine/datasets/export_folder.h"

#include "assay/plain_file.h"
#include "assay/value.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *export_stamp(int64_t time_us, char text[EXPORT_STAMP])
{
    char whole[ASSAY_TIME_TEXT];
    int64_t ms = time_us / 1000;

    (void)assay_time_text(ms / 1000 * 1000000, whole);
    (void)snprintf(text, EXPORT_STAMP, "%.*s.%03dZ", (int)strcspn(whole, "Z"), whole,
                   (int)(ms % 1000));
    return text;
}

/* A folder of ours has files only. */
static int remove_folder(int parent, const char *name)
{
    const struct dirent *entry = NULL;
    int fd = plain_open_below(parent, name, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int error = fd < 0 || !dir ? errno : 0;

    while (dir && !error && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(fd, entry->d_name, 0) < 0)
            error = errno;
    if (dir)
        (void)closedir(dir);
    else if (fd >= 0)
        (void)close(fd);
    if (!error && unlinkat(parent, name, AT_REMOVEDIR) < 0)
        error = errno;
    return error == ENOENT ? 0 : error;
}

static bool make_partial(struct export_folder *folder, struct assay_error *err)
{
    int error = remove_folder(folder->parent_fd, folder->partial);

    if (!error && mkdirat(folder->parent_fd, folder->partial, 0777) < 0)
        error = errno;
    if (!error) {
        folder->fd =
            plain_open_below(folder->parent_fd, folder->partial, O_RDONLY | O_DIRECTORY, 0);
        error = folder->fd < 0 ? errno : 0;
    }
    return !error || assay_fail_errno(err, error, "make the folder %s", folder->partial);
}

bool export_folder_begin(struct export_folder *folder, const struct data_place *place,
                         const char *prefix, const char *name, struct assay_error *err)
{
    int there = -1;

    *folder = (struct export_folder){ .parent_fd = -1, .fd = -1 };
    if (strlen(name) + sizeof "..partial" > sizeof folder->partial)
        return assay_fail(err, ASSAY_INVALID, NULL, "the folder's name %.60s… is too long", name);
    (void)snprintf(folder->name, sizeof folder->name, "%s", name);
    (void)snprintf(folder->partial, sizeof folder->partial, ".%s.partial", name);
    folder->parent_fd = data_folder_open(place, prefix, true, err);
    if (folder->parent_fd < 0)
        return false;
    there = plain_open_below(folder->parent_fd, name, O_RDONLY | O_DIRECTORY, 0);
    if (there < 0 && errno != ENOENT)
        return assay_fail_errno(err, errno, "%s/%s", prefix, name);
    folder->is_there = there >= 0;
    if (folder->is_there)
        (void)close(there);
    return make_partial(folder, err);
}

/* What an earlier run has put there gives way. */
static int put_in_place(const struct export_folder *folder)
{
    int error = fsync(folder->fd) < 0 ? errno : 0;

    if (!error && folder->is_there)
        error = remove_folder(folder->parent_fd, folder->name);
    if (!error &&
        (renameat(folder->parent_fd, folder->partial, folder->parent_fd, folder->name) < 0 ||
         fsync(folder->parent_fd) < 0))
        error = errno;
    return error;
}

bool export_folder_finish(struct export_folder *folder, struct assay_error *err)
{
    int error = put_in_place(folder);

    folder->is_finished = error == 0;
    return !error || assay_fail_errno(err, error, "finish the folder %s", folder->name);
}

void export_folder_clear(struct export_folder *folder)
{
    if (folder->fd >= 0)
        (void)close(folder->fd);
    if (folder->fd >= 0 && !folder->is_finished)
        (void)remove_folder(folder->parent_fd, folder->partial);
    if (folder->parent_fd >= 0)
        (void)close(folder->parent_fd);
    *folder = (struct export_folder){ .parent_fd = -1, .fd = -1 };
}
