/*
 * engine/data/table_split.h - CSV files in, three sets of CSV shards out, in memory that does not
 * grow with the rows.
 *
 * RFC 4180: quotes, newlines in quotes, doubled quotes; a BOM and CRLF are understood. The first
 * line of the lexicographically first file is the header; other files may begin with the same
 * names, which are then none of their rows; the same names in another order are refused. Every row
 * has as many fields as the header; a line with nothing on it is no row. A row is copied byte for
 * byte, whatever its encoding, but for its line end, which becomes LF; every shard begins with the
 * header. Rows keep their order. A thread of the split's own writes; it ends before the split does.
 *
 * Refused are rows above CSV_ROW_MAX (24 MiB) and more than CSV_COLUMNS_MAX (1,048,576) columns.
 * What splits look up lies on disk, without a name, in the target folder: 8 bytes a row.
 */
#ifndef ENGINE_DATA_TABLE_SPLIT_H
#define ENGINE_DATA_TABLE_SPLIT_H

#include "assay/error.h"
#include "engine/data/split.h"

#include <stdbool.h>
#include <stddef.h>

/* A file to be read: opened by the caller, since who may be read is his business. */
struct table_file {
    const char *name; /* for messages, and for their order */
    int fd;           /* read from its beginning; stays the caller's */
};

struct table_split {
    const struct table_file *files; /* in any order */
    size_t file_count;
    struct split split;
    int target_fd;       /* an empty folder, where shards are made */
    int64_t shard_bytes; /* a new one is begun behind the row that passes this; 0: 1 GiB */
    /* Asked now and then; true ends it with ASSAY_ABORTED. NULL: nobody asks. */
    bool (*is_ending)(void *context);
    void *context;
};

/*
 * Shards are training-00000-of-00002.csv, …; a set without rows has one with the header only. They
 * are synced. counts: rows of each set. ASSAY_INVALID for what is wrong with the data: file, line
 * and what was expected; ASSAY_EXHAUSTED for a full disk. Then nothing is left of what was made.
 */
bool table_split_run(const struct table_split *split, int64_t counts[SPLIT_SETS],
                     struct assay_error *err);

/* The names of the columns, as one block: free() the array. A header with an empty or repeated name
 * is ASSAY_INVALID. */
char **table_columns(const struct table_file *files, size_t file_count, size_t *column_count,
                     struct assay_error *err);

#endif
