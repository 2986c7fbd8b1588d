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

/* Beside the shards, which no pattern of theirs matches. */
#define NOTE_NAME ".assay-export.json"

enum { NOTE_MAX = 64 * 1024 };

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
    *folder = (struct export_folder){ .parent_fd = -1, .fd = -1 };
    if (strlen(name) + sizeof "..partial" > sizeof folder->partial)
        return assay_fail(err, ASSAY_INVALID, NULL, "the folder's name %.60s… is too long", name);
    (void)snprintf(folder->name, sizeof folder->name, "%s", name);
    (void)snprintf(folder->partial, sizeof folder->partial, ".%s.partial", name);
    folder->parent_fd = data_folder_open(place, prefix, true, err);
    if (folder->parent_fd < 0)
        return false;
    folder->fd = plain_open_below(folder->parent_fd, name, O_RDONLY | O_DIRECTORY, 0);
    folder->is_there = folder->fd >= 0;
    if (!folder->is_there && errno != ENOENT)
        return assay_fail_errno(err, errno, "%s/%s", prefix, name);
    return folder->is_there || make_partial(folder, err);
}

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, text, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        size -= (size_t)written;
    }
    return true;
}

bool export_folder_note(struct export_folder *folder, const cJSON *note, struct assay_error *err)
{
    char *text = json_text(note, 0);
    int fd = -1;
    bool is_ok = false;

    if (!text)
        return assay_fail_memory(err);
    fd = plain_file_open_below(folder->fd, NOTE_NAME, O_WRONLY | O_CREAT | O_EXCL, 0666);
    is_ok = fd >= 0 && write_all(fd, text, strlen(text)) && fsync(fd) == 0;
    if (!is_ok)
        (void)assay_fail_errno(err, errno, "write %s", NOTE_NAME);
    if (fd >= 0)
        (void)close(fd);
    free(text);
    return is_ok;
}

cJSON *export_folder_read_note(const struct export_folder *folder, struct assay_error *err)
{
    char *text = malloc(NOTE_MAX);
    int fd = plain_file_open_below(folder->fd, NOTE_NAME, O_RDONLY, 0);
    ssize_t size = text && fd >= 0 ? read(fd, text, NOTE_MAX) : -1;
    cJSON *note = NULL;

    if (size >= 0)
        note = json_read(text, (size_t)size, err);
    else
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "%s is there, and not what an export has left: remove it", folder->name);
    if (fd >= 0)
        (void)close(fd);
    free(text);
    return note;
}

bool export_folder_finish(struct export_folder *folder, struct assay_error *err)
{
    if (fsync(folder->fd) < 0 ||
        renameat(folder->parent_fd, folder->partial, folder->parent_fd, folder->name) < 0 ||
        fsync(folder->parent_fd) < 0)
        return assay_fail_errno(err, errno, "finish the folder %s", folder->name);
    folder->is_there = true;
    return true;
}

void export_folder_clear(struct export_folder *folder)
{
    if (folder->fd >= 0)
        (void)close(folder->fd);
    if (folder->fd >= 0 && !folder->is_there)
        (void)remove_folder(folder->parent_fd, folder->partial);
    if (folder->parent_fd >= 0)
        (void)close(folder->parent_fd);
    *folder = (struct export_folder){ .parent_fd = -1, .fd = -1 };
}
