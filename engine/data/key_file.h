/*
 * engine/data/key_file.h - a number for each row of a table, on disk: 8 bytes each.
 *
 * The file lies in the folder that is given and has no name. Written once, then read as often as
 * wanted, always from its beginning. One thread.
 */
#ifndef ENGINE_DATA_KEY_FILE_H
#define ENGINE_DATA_KEY_FILE_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_file; /* opaque: key_file.c */

struct key_file *key_file_new(int folder_fd, struct assay_error *err);
void key_file_free(struct key_file *file); /* NULL is fine */

/* Before more is read, is_ending(context) is asked from now on; true ends it with ASSAY_ABORTED.
 * NULL: nobody is asked. */
void key_file_watch(struct key_file *file, bool (*is_ending)(void *context), void *context);

bool key_file_add(struct key_file *file, uint64_t key, struct assay_error *err);

/* Ends the writing; the next key to be read is the first. */
bool key_file_rewind(struct key_file *file, struct assay_error *err);

/* The next keys, borrowed until the next call; *count 0: there are no more. */
bool key_file_read(struct key_file *file, const uint64_t **keys, size_t *count,
                   struct assay_error *err);

/* The next key; ASSAY_ABORTED where there is none: the table has grown since. */
bool key_file_next(struct key_file *file, uint64_t *key, struct assay_error *err);

#endif
