#include "engine/data/shard_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 64 };

struct shard_writer {
    const struct shard_plan *plan;
    const char *set;
    int fd; /* of the shard that is being written, or -1 */
    int count;
    int64_t size; /* of it */
    char *block;  /* the queue's, or NULL */
    size_t used;  /* of the block */
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
    struct shard_writer *writer = calloc(1, sizeof *writer);

    if (!writer) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    writer->plan = plan;
    writer->set = set;
    writer->fd = -1;
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

static void put_block(struct shard_writer *writer, bool is_last)
{
    write_queue_put(writer->plan->queue, writer->fd, writer->set, writer->block, writer->used,
                    is_last);
    writer->block = NULL;
    writer->used = 0;
}

/* One that has room. */
static bool need_block(struct shard_writer *writer, struct assay_error *err)
{
    if (writer->block && writer->used == WRITE_BLOCK)
        put_block(writer, false);
    if (!writer->block)
        writer->block = write_queue_block(writer->plan->queue, err);
    return writer->block != NULL;
}

static bool add(struct shard_writer *writer, const char *text, size_t size, struct assay_error *err)
{
    while (size > 0) {
        size_t part = 0;

        if (!need_block(writer, err))
            return false;
        part = size < WRITE_BLOCK - writer->used ? size : WRITE_BLOCK - writer->used;
        memcpy(writer->block + writer->used, text, part);
        writer->used += part;
        writer->size += (int64_t)part;
        text += part;
        size -= part;
    }
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
    writer->size = 0;
    return add_header(writer, err);
}

/* The queue closes it. */
static bool end_shard(struct shard_writer *writer, struct assay_error *err)
{
    if (!need_block(writer, err))
        return false;
    put_block(writer, true);
    writer->fd = -1;
    return true;
}

int64_t shard_writer_room(const struct shard_writer *writer)
{
    return writer->fd < 0 ? 0 : writer->plan->shard_bytes - writer->size;
}

bool shard_writer_add(struct shard_writer *writer, const char *rows, size_t size,
                      struct assay_error *err)
{
    if (writer->fd < 0 && !begin_shard(writer, err))
        return false;
    if (!add(writer, rows, size, err) || !add(writer, "\n", 1, err))
        return false;
    return writer->size < writer->plan->shard_bytes || end_shard(writer, err);
}

bool shard_writer_end(struct shard_writer *writer, struct assay_error *err)
{
    if (writer->count == 0 && !begin_shard(writer, err))
        return false;
    return writer->fd < 0 || end_shard(writer, err);
}

bool shard_writer_name(struct shard_writer *writer, struct assay_error *err)
{
    char hidden[NAME_SIZE];
    char name[NAME_SIZE];

    for (int i = 0; i < writer->count; i++) {
        hidden_name(writer, i, hidden);
        final_name(writer, i, name);
        if (renameat(writer->plan->folder, hidden, writer->plan->folder, name) != 0)
            return assay_fail_errno(err, errno, "naming %s", name);
    }
    return true;
}
