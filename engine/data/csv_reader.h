/*
 * engine/data/csv_reader.h - the rows of a CSV file, some thousands at a time.
 *
 * Memory grows to the longest row, at most CSV_ROW_MAX. Line numbers in messages are those an
 * editor shows. A BOM at the beginning is skipped. One thread.
 */
#ifndef ENGINE_DATA_CSV_READER_H
#define ENGINE_DATA_CSV_READER_H

#include "assay/error.h"
#include "engine/data/csv_scan.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CSV_ROW_MAX = 24 * 1024 * 1024, /* bytes; a longer one is refused */
    CSV_ROWS_MAX = 16 * 1024,       /* given at once */
};

struct csv_reader; /* opaque: csv_reader.c */

/* Rows, and the text their offsets are in. Borrowed from the reader until it is asked again. */
struct csv_rows {
    const char *text;
    const struct csv_row *rows;
    size_t count;
};

struct csv_reader *csv_reader_new(struct assay_error *err);
void csv_reader_free(struct csv_reader *reader); /* NULL is fine */

/* Begins with a file, from its first byte, whatever was read before. Borrows name, which is for
 * messages, and fd, which is read at offsets of the reader's own. */
void csv_reader_open(struct csv_reader *reader, const char *name, int fd);

/* The file's first row, whatever its columns, and its place in the file; count 0: there is none.
 * Only right after csv_reader_open(). */
bool csv_reader_first(struct csv_reader *reader, struct csv_rows *rows, int64_t *offset,
                      struct assay_error *err);

/* The rows that are to come have so many columns (0: as many as they like); key as in struct
 * csv_scan. They begin with the file's first, or behind it. */
void csv_reader_expect(struct csv_reader *reader, uint32_t columns, uint32_t key,
                       bool is_first_skipped);

/* The next rows; count 0: the file has ended. ASSAY_INVALID: file, line and what is wrong there. */
bool csv_reader_next(struct csv_reader *reader, struct csv_rows *rows, struct assay_error *err);

#endif
