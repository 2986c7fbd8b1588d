/*
 * engine/data/write_queue.h - a thread that writes blocks to files, in the order in which they are
 * put, while others are being filled.
 *
 * One thread fills. What could not be written is told when the next block is asked for, or by
 * write_queue_drain(); nothing is written after that.
 */
#ifndef ENGINE_DATA_WRITE_QUEUE_H
#define ENGINE_DATA_WRITE_QUEUE_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    WRITE_BLOCK = 1024 * 1024, /* bytes of a block */
    WRITE_BLOCKS = 12,         /* being filled or waiting */
};

struct write_queue; /* opaque: write_queue.c */

/* NULL and *err. */
struct write_queue *write_queue_new(struct assay_error *err);

/* Ends the thread. What has not been written is forgotten, and blocks are not to be used any more;
 * files that were to be closed are. NULL is fine. */
void write_queue_free(struct write_queue *queue);

/* A block to be filled; waits until there is one. The queue's: put it. At most WRITE_BLOCKS - 1 at
 * a time. NULL and *err: something could not be written. */
char *write_queue_block(struct write_queue *queue, struct assay_error *err);

/* Writes the first size bytes of the block. is_last: the file, which it takes then, is synced and
 * closed. file is borrowed until then, name (for messages) until the queue is freed. */
void write_queue_put(struct write_queue *queue, int file, const char *name, char *block,
                     size_t size, bool is_last);

/* Waits until all is written. */
bool write_queue_drain(struct write_queue *queue, struct assay_error *err);

#endif
