#include "engine/data/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUFFER = 32 * 1024 }; /* keys */

struct key_file {
    int fd;
    bool is_written;
    int64_t offset; /* of what is read next, bytes */
    size_t used;    /* keys in the buffer */
    size_t at;      /* of them, what has been read */
    bool (*is_ending)(void *context);
    void *context;
    uint64_t buffer[BUFFER];
};

struct key_file *key_file_new(int folder_fd, struct assay_error *err)
{
    static const char name[] = ".keys";
    struct key_file *file = malloc(sizeof *file);

    if (!file) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    file->is_written = false;
    file->offset = 0;
    file->used = 0;
    file->at = 0;
    file->is_ending = NULL;
    file->fd = openat(folder_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file->fd < 0 || unlinkat(folder_fd, name, 0) != 0) {
        (void)assay_fail_errno(err, errno, "making a file of keys");
        key_file_free(file);
        return NULL;
    }
    return file;
}

void key_file_free(struct key_file *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        (void)close(file->fd); /* nobody reads it any more */
    free(file);
}

void key_file_watch(struct key_file *file, bool (*is_ending)(void *context), void *context)
{
    file->is_ending = is_ending;
    file->context = context;
}

static bool flush(struct key_file *file, struct assay_error *err)
{
    const char *at = (const char *)file->buffer;
    size_t left = file->used * sizeof *file->buffer;

    while (left > 0) {
        ssize_t done = write(file->fd, at, left);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return assay_fail_errno(err, errno, "writing a file of keys");
        at += done;
        left -= (size_t)done;
    }
    file->used = 0;
    return true;
}

bool key_file_add(struct key_file *file, uint64_t key, struct assay_error *err)
{
    file->buffer[file->used++] = key;
    return file->used < BUFFER || flush(file, err);
}

bool key_file_rewind(struct key_file *file, struct assay_error *err)
{
    if (!file->is_written && !flush(file, err))
        return false;
    file->is_written = true;
    file->offset = 0;
    file->used = 0;
    file->at = 0;
    return true;
}

static bool fill(struct key_file *file, struct assay_error *err)
{
    char *buffer = (char *)file->buffer;
    size_t size = 0;
    ssize_t got = 1;

    if (file->is_ending && file->is_ending(file->context))
        return assay_fail(err, ASSAY_ABORTED, NULL, "the split was ended");
    while (size < sizeof file->buffer && got != 0) {
        got = pread(file->fd, buffer + size, sizeof file->buffer - size, file->offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return assay_fail_errno(err, errno, "reading a file of keys");
        file->offset += got;
        size += (size_t)got;
    }
    file->used = size / sizeof *file->buffer;
    file->at = 0;
    return true;
}

bool key_file_read(struct key_file *file, const uint64_t **keys, size_t *count,
                   struct assay_error *err)
{
    if (file->at == file->used && !fill(file, err))
        return false;
    *keys = file->buffer + file->at;
    *count = file->used - file->at;
    file->at = file->used;
    return true;
}

bool key_file_next(struct key_file *file, uint64_t *key, struct assay_error *err)
{
    if (file->at == file->used && !fill(file, err))
        return false;
    if (file->at == file->used)
        return assay_fail(err, ASSAY_ABORTED, NULL, "the data has grown while it was read");
    *key = file->buffer[file->at++];
    return true;
}
