/*
 * engine/datasets/line_reader.h - the lines of a file that is imported, one after the other, with
 * their numbers: without BOM, line ends and blank lines; of CSV, a line goes on where a quote is
 * open.
 */
#ifndef ENGINE_DATASETS_LINE_READER_H
#define ENGINE_DATASETS_LINE_READER_H

#include "assay/error.h"

#include <stdint.h>
#include <stdio.h>

enum { IMPORT_LINE_MAX = 16 * 1024 * 1024 };

/* Zero it to start, with in and is_csv set; both stay the caller's. */
struct line_reader {
    FILE *in;
    bool is_csv;
    char *text; /* the line; owned */
    size_t size;
    int64_t number; /* of its first line, from 1 */
    size_t capacity;
    char *part; /* of a line that goes on; owned */
    size_t part_capacity;
    int64_t read; /* lines of the file */
};

/* False at the end, and with *err set where reading fails or a line is too long. */
bool line_reader_next(struct line_reader *reader, struct assay_error *err);
void line_reader_clear(struct line_reader *reader);

#endif
