#include "engine/data/csv_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 1024 * 1024,     /* read at once: stays in the processor's cache until it is copied */
    AHEAD = 8 * 1024 * 1024, /* asked of the disk before it is needed */
    SLACK = 64,              /* behind the text: csv_scan_rows() looks there; an LF may be added */
};

struct csv_reader {
    const char *name;
    int fd;
    int64_t offset;      /* in the file: of what is read next */
    int64_t text_offset; /* and of the text's first byte */

    char *text;
    uint32_t capacity; /* without the slack */
    uint32_t size;
    uint32_t start; /* of the first row, behind a BOM */
    bool is_begun;  /* the first piece has been read */
    bool is_ended;  /* the last has */
    bool skips_next;

    struct csv_scan scan;
    struct csv_row *rows;
};

struct csv_reader *csv_reader_new(struct assay_error *err)
{
    struct csv_reader *reader = calloc(1, sizeof *reader);

    if (reader) {
        reader->capacity = PIECE;
        reader->text = malloc(PIECE + SLACK);
        reader->rows = malloc(CSV_ROWS_MAX * sizeof *reader->rows);
    }
    if (reader && reader->text && reader->rows)
        return reader;
    csv_reader_free(reader);
    (void)assay_fail_memory(err);
    return NULL;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return;
    free(reader->text);
    free(reader->rows);
    free(reader);
}

void csv_reader_open(struct csv_reader *reader, const char *name, int fd)
{
    reader->name = name;
    reader->fd = fd;
    reader->offset = 0;
    reader->text_offset = 0;
    reader->size = 0;
    reader->start = 0;
    reader->is_begun = false;
    reader->is_ended = false;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice; reading does without */
    csv_reader_expect(reader, 0, CSV_NO_KEY, false);
}

void csv_reader_expect(struct csv_reader *reader, uint32_t columns, uint32_t key,
                       bool is_first_skipped)
{
    csv_scan_begin(&reader->scan, columns, key);
    reader->scan.at = reader->scan.begin = reader->scan.key_at = reader->start;
    reader->skips_next = is_first_skipped;
}

/* What the first bytes tell. */
static bool begin_text(struct csv_reader *reader, struct assay_error *err)
{
    reader->is_begun = true;
    if (reader->size >= 2 &&
        (memcmp(reader->text, "\xff\xfe", 2) == 0 || memcmp(reader->text, "\xfe\xff", 2) == 0))
        return assay_fail(err, ASSAY_INVALID, NULL, "%s is UTF-16; it should be UTF-8",
                          reader->name);
    if (reader->size >= 2 && memcmp(reader->text, "\x1f\x8b", 2) == 0)
        return assay_fail(err, ASSAY_INVALID, NULL, "%s is compressed; it should be plain CSV",
                          reader->name);
    if (reader->size >= 3 && memcmp(reader->text, "\xef\xbb\xbf", 3) == 0)
        reader->start = 3;
    reader->scan.at = reader->scan.begin = reader->scan.key_at = reader->start;
    return true;
}

/* Room for a piece behind the row that is being read, which moves to the front. */
static bool make_room(struct csv_reader *reader, struct assay_error *err)
{
    uint32_t begin = reader->scan.begin;
    uint32_t capacity = reader->capacity * 2 < CSV_ROW_MAX ? reader->capacity * 2 : CSV_ROW_MAX;
    char *text = NULL;

    memmove(reader->text, reader->text + begin, reader->size - begin);
    reader->size -= begin;
    reader->text_offset += begin;
    csv_scan_shift(&reader->scan, begin);
    if (reader->size < reader->capacity)
        return true;
    if (reader->capacity == CSV_ROW_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s, line %" PRId64 ": a row of more than %d MiB%s", reader->name,
                          reader->scan.line, CSV_ROW_MAX / 1024 / 1024,
                          reader->scan.is_quoted ? "; is a quote missing?" : "");
    text = realloc(reader->text, (size_t)capacity + SLACK);
    if (!text)
        return assay_fail_memory(err);
    reader->text = text;
    reader->capacity = capacity;
    return true;
}

/* The last row may lack its line end. */
static bool end_text(struct csv_reader *reader, struct assay_error *err)
{
    reader->is_ended = true;
    if (reader->scan.is_quoted)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s, line %" PRId64 ": a quote of this row is not closed", reader->name,
                          reader->scan.line);
    if (reader->size > reader->scan.begin)
        reader->text[reader->size++] = '\n';
    return true;
}

/* One more piece. Only when all that is there has been scanned. */
static bool read_piece(struct csv_reader *reader, struct assay_error *err)
{
    ssize_t got = 0;

    if (!make_room(reader, err))
        return false;
    do
        got = pread(reader->fd, reader->text + reader->size, reader->capacity - reader->size,
                    reader->offset);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return assay_fail_errno(err, errno, "%s", reader->name);
    reader->offset += got;
    reader->size += (uint32_t)got;
    (void)posix_fadvise(reader->fd, reader->offset, AHEAD, POSIX_FADV_WILLNEED);
    if (!reader->is_begun && !begin_text(reader, err))
        return false;
    return got > 0 || end_text(reader, err);
}

static bool fail_scan(const struct csv_reader *reader, struct assay_error *err)
{
    const struct csv_scan *scan = &reader->scan;

    switch (scan->fault) {
    case CSV_FIELDS:
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s, line %" PRId64 ": %" PRIu32 " fields, where the header has %" PRIu32,
                          reader->name, scan->line, scan->found_columns, scan->columns);
    case CSV_BARE_QUOTE:
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s, line %" PRId64 ": in this row a quote stands inside a field; such a "
                          "field is quoted, and its quotes are doubled",
                          reader->name, scan->line);
    case CSV_BARE_CR:
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s, line %" PRId64 ": in this row a CR without an LF stands outside "
                          "quotes; lines end with LF or CRLF",
                          reader->name, scan->line);
    case CSV_FINE:
        break;
    }
    return true;
}

bool csv_reader_first(struct csv_reader *reader, struct csv_rows *rows, int64_t *offset,
                      struct assay_error *err)
{
    if (!csv_reader_next(reader, rows, err))
        return false;
    rows->count = rows->count > 0;
    *offset = reader->text_offset + (rows->count > 0 ? rows->rows->begin : 0);
    return true;
}

bool csv_reader_next(struct csv_reader *reader, struct csv_rows *rows, struct assay_error *err)
{
    *rows = (struct csv_rows){ 0 };
    while (rows->count == 0) {
        if (reader->scan.at < reader->size) {
            size_t count = csv_scan_rows(&reader->scan, reader->text, reader->size, reader->rows,
                                         CSV_ROWS_MAX);
            size_t skipped = reader->skips_next && count > 0;

            if (!fail_scan(reader, err))
                return false;
            reader->skips_next = reader->skips_next && count == 0;
            *rows = (struct csv_rows){ reader->text, reader->rows + skipped, count - skipped };
        } else if (reader->is_ended) {
            return true;
        } else if (!read_piece(reader, err)) {
            return false;
        }
    }
    return true;
}
