/*
 * engine/data/shard_writer.h - the CSV shards of one set.
 *
 * Names tell how many there are, which is known only at the end: until then they are hidden files,
 * ".training-00000". Each begins with the header. One thread; another writes, that of the queue.
 *
 *     for each row, or some: shard_writer_add()
 *     shard_writer_end()
 *     write_queue_drain()
 *     shard_writer_name()
 */
#ifndef ENGINE_DATA_SHARD_WRITER_H
#define ENGINE_DATA_SHARD_WRITER_H

#include "assay/error.h"
#include "engine/data/write_queue.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard_writer; /* opaque: shard_writer.c */

struct shard_plan {
    struct write_queue *queue;
    int folder;          /* open; where they are made */
    int64_t shard_bytes; /* a new one is begun behind the row that passes this */
    int header_fd;       /* the header is read there, without a line end, */
    int64_t header_offset;
    size_t header_size;
};

/* Borrows plan and set, the name's first part. */
struct shard_writer *shard_writer_new(const struct shard_plan *plan, const char *set,
                                      struct assay_error *err);

/* Only after the queue. NULL is fine. */
void shard_writer_free(struct shard_writer *writer);

/* Removes the shards, finished or not. */
void shard_writer_remove(struct shard_writer *writer);

/* How much fits into the shard; 0 where one is to be begun. */
int64_t shard_writer_room(const struct shard_writer *writer);

/* Adds a row, and an LF; or several that stand behind each other, of which only the last may pass
 * the room. */
bool shard_writer_add(struct shard_writer *writer, const char *rows, size_t size,
                      struct assay_error *err);

/* Ends the last shard, of at least one. The queue syncs them. */
bool shard_writer_end(struct shard_writer *writer, struct assay_error *err);

/* Gives the shards, which are synced, their names; the folder is the caller's to sync. */
bool shard_writer_name(struct shard_writer *writer, struct assay_error *err);

#endif
