/*
 * engine/data/csv_scan.h - where the rows of a CSV text end, 64 bytes at a time.
 *
 * The text comes in pieces, each behind the last; the scan remembers where it stands. Rows of the
 * strict RFC 4180: a quote only around a whole field, or doubled inside it; a CR only before an LF.
 * A line with nothing on it is no row. Bytes are otherwise not looked at: a NUL or no UTF-8 is a
 * field's business.
 */
#ifndef ENGINE_DATA_CSV_SCAN_H
#define ENGINE_DATA_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Offsets in the text. */
struct csv_row {
    uint32_t begin;
    uint32_t end; /* without the line end */
    uint32_t key; /* where the key's field begins */
};

enum csv_fault {
    CSV_FINE,
    CSV_FIELDS,     /* a row with another number of fields: found_columns */
    CSV_BARE_QUOTE, /* inside a field that does not begin with one, or behind its end */
    CSV_BARE_CR,    /* outside quotes, without an LF behind it */
};

enum { CSV_SCAN_ROOM = 64 }; /* rows that one step may find */
#define CSV_NO_KEY UINT32_MAX

/* The scan of one text. All offsets are such, as in struct csv_row. */
struct csv_scan {
    uint32_t columns; /* that each row must have; 0: as many as it likes */
    uint32_t key;     /* column, from 0; or CSV_NO_KEY */

    uint32_t at;     /* read up to here */
    uint32_t begin;  /* of the row that is being read */
    uint32_t key_at; /* in it, once found */
    uint32_t commas; /* in it up to here */
    bool is_quoted;  /* inside quotes */
    unsigned was;    /* what the byte before was: bits of csv_scan.c */

    int64_t line;         /* of the text, from 1, that the row begins on */
    int64_t lines_inside; /* line ends within its quotes up to here */

    enum csv_fault fault;
    uint32_t found_columns;
};

/* At the beginning of a text. */
void csv_scan_begin(struct csv_scan *scan, uint32_t columns, uint32_t key);

/*
 * Reads text[scan->at .. size-1] until that is read, or fewer than CSV_SCAN_ROOM of the rows' room
 * (at least that) are left, or there is a fault, in the line scan->line. Returns the rows found.
 * 63 bytes behind the text may be read.
 */
size_t csv_scan_rows(struct csv_scan *scan, const char *text, uint32_t size, struct csv_row *rows,
                     size_t room);

/* The text has moved to the front by so many bytes, at most scan->begin. */
void csv_scan_shift(struct csv_scan *scan, uint32_t bytes);

#endif
