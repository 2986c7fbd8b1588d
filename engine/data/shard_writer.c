#include "engine/data/shard_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFER = 1024 * 1024,    /* written at once */
    AHEAD = 8 * 1024 * 1024, /* the disk begins when so much is written, so the sync is short */
    NAME_SIZE = 64,
};

struct shard_writer {
    const struct shard_plan *plan;
    const char *set;
    int fd; /* of the shard that is being written, or -1 */
    int count;
    int64_t written; /* of it */
    int64_t sent;    /* of that, what the disk has been told to begin with */
    size_t used;
    char buffer[BUFFER];
};

static void hidden_name(const struct shard_writer *writer, int index, char name[NAME_SIZE])
{
    (void)snprintf(name, NAME_SIZE, ".%s-%05d", writer->set, index);
}

static void final_name(const struct shard_writer *writer, int index, char name[NAME_SIZE])
{
    (void)snprintf(name, NAME_SIZE, "%s-%05d-of-%05d.csv", writer->set, index, writer->count);
}

struct shard_writer *shard_writer_new(const struct shard_plan *plan, const char *set,
                                      struct assay_error *err)
{
    struct shard_writer *writer = malloc(sizeof *writer); /* the buffer need not be cleared */

    if (!writer) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    writer->plan = plan;
    writer->set = set;
    writer->fd = -1;
    writer->count = 0;
    writer->written = 0;
    writer->sent = 0;
    writer->used = 0;
    return writer;
}

void shard_writer_free(struct shard_writer *writer)
{
    if (!writer)
        return;
    if (writer->fd >= 0)
        (void)close(writer->fd);
    free(writer);
}

void shard_writer_remove(struct shard_writer *writer)
{
    char name[NAME_SIZE];

    for (int i = 0; i < writer->count; i++) {
        hidden_name(writer, i, name);
        (void)unlinkat(writer->plan->folder, name, 0);
        final_name(writer, i, name);
        (void)unlinkat(writer->plan->folder, name, 0);
    }
}

static bool write_all(struct shard_writer *writer, const char *text, size_t size,
                      struct assay_error *err)
{
    while (size > 0) {
        ssize_t done = write(writer->fd, text, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return assay_fail_errno(err, errno, "writing %s data", writer->set);
        writer->written += done;
        text += done;
        size -= (size_t)done;
    }
    if (writer->written - writer->sent >= AHEAD) {
        (void)sync_file_range(writer->fd, writer->sent, writer->written - writer->sent,
                              SYNC_FILE_RANGE_WRITE); /* a hint; fdatasync() will tell */
        writer->sent = writer->written;
    }
    return true;
}

static bool flush(struct shard_writer *writer, struct assay_error *err)
{
    size_t size = writer->used;

    writer->used = 0;
    return write_all(writer, writer->buffer, size, err);
}

static bool add(struct shard_writer *writer, const char *text, size_t size, struct assay_error *err)
{
    if (size > BUFFER - writer->used && !flush(writer, err))
        return false;
    if (size > BUFFER)
        return write_all(writer, text, size, err);
    memcpy(writer->buffer + writer->used, text, size);
    writer->used += size;
    return true;
}

/* In pieces, since it may be long. */
static bool add_header(struct shard_writer *writer, struct assay_error *err)
{
    const struct shard_plan *plan = writer->plan;
    char piece[16 * 1024];

    for (size_t done = 0; done < plan->header_size;) {
        size_t wanted = plan->header_size - done;
        ssize_t got = pread(plan->header_fd, piece, wanted < sizeof piece ? wanted : sizeof piece,
                            plan->header_offset + (int64_t)done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return assay_fail_errno(err, errno, "reading the header again");
        if (got == 0)
            return assay_fail(err, ASSAY_ABORTED, NULL, "the data has changed while it was read");
        if (!add(writer, piece, (size_t)got, err))
            return false;
        done += (size_t)got;
    }
    return add(writer, "\n", 1, err);
}

static bool begin_shard(struct shard_writer *writer, struct assay_error *err)
{
    char name[NAME_SIZE];

    hidden_name(writer, writer->count, name);
    writer->fd = openat(writer->plan->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (writer->fd < 0)
        return assay_fail_errno(err, errno, "making %s data", writer->set);
    writer->count++;
    writer->written = 0;
    writer->sent = 0;
    return add_header(writer, err);
}

static bool end_shard(struct shard_writer *writer, struct assay_error *err)
{
    int fd = writer->fd;
    int error = 0;

    if (!flush(writer, err))
        return false;
    writer->fd = -1;
    error = fdatasync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    return error == 0 || assay_fail_errno(err, error, "writing %s data", writer->set);
}

bool shard_writer_add(struct shard_writer *writer, const char *row, size_t size,
                      struct assay_error *err)
{
    if (writer->fd < 0 && !begin_shard(writer, err))
        return false;
    if (!add(writer, row, size, err) || !add(writer, "\n", 1, err))
        return false;
    if (writer->written + (int64_t)writer->used >= writer->plan->shard_bytes)
        return end_shard(writer, err);
    return true;
}

bool shard_writer_finish(struct shard_writer *writer, struct assay_error *err)
{
    char hidden[NAME_SIZE];
    char name[NAME_SIZE];

    if (writer->count == 0 && !begin_shard(writer, err))
        return false;
    if (writer->fd >= 0 && !end_shard(writer, err))
        return false;
    for (int i = 0; i < writer->count; i++) {
        hidden_name(writer, i, hidden);
        final_name(writer, i, name);
        if (renameat(writer->plan->folder, hidden, writer->plan->folder, name) != 0)
            return assay_fail_errno(err, errno, "naming %s", name);
    }
    return true;
}
