/*
 * engine/data/csv_header.h - the names of a table's columns.
 */
#ifndef ENGINE_DATA_CSV_HEADER_H
#define ENGINE_DATA_CSV_HEADER_H

#include "assay/error.h"
#include "engine/data/csv_reader.h"

#include <stdbool.h>
#include <stddef.h>

enum { CSV_COLUMNS_MAX = 1024 * 1024 };

struct csv_header {
    char **names; /* in their order; one block with their text */
    char **sorted;
    size_t count;
    int64_t offset; /* in its file: of the row as it stands there */
    size_t size;
};

void csv_header_clear(struct csv_header *header); /* a zeroed one is fine */

/* The first row of the file that the reader has just opened. Zero *header before; the caller clears
 * it, also on failure. ASSAY_INVALID: an empty file, a name that is empty, repeated, or has a NUL.
 */
bool csv_header_read(struct csv_header *header, struct csv_reader *reader, const char *file,
                     struct assay_error *err);

/* The column of this name; false: there is none. */
bool csv_header_find(const struct csv_header *header, const char *name, uint32_t *column);

enum csv_first_row {
    CSV_FIRST_IS_HEADER, /* this one again */
    CSV_FIRST_IS_ROW,
    CSV_FIRST_IS_OTHER, /* the same names in another order */
};

/* What the first row of another file is. */
bool csv_header_compare(const struct csv_header *header, const char *text,
                        const struct csv_row *row, enum csv_first_row *first_is,
                        struct assay_error *err);

#endif
