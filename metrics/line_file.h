/*
 * metrics/line_file.h - pieces of a file that somebody else is writing, and the lines in them.
 *
 * What the two followers (metric_follower.h, log_follower.h) share. One thread at a time.
 */
#ifndef METRICS_LINE_FILE_H
#define METRICS_LINE_FILE_H

#include "assay/error.h"

#include <stdint.h>

enum {
    /* What is read at once: several of the longest lines, yet small beside what a trial uses. */
    LINE_CHUNK = 256 * 1024,
    LINE_ROUNDS_MAX = 32, /* chunks per call, so that one call does not take long */
};

enum line_verdict {
    LINE_TAKEN,
    LINE_LATER, /* no room: offer the line again in the next call */
    LINE_FAILED /* *err is filled; the line will be offered again */
};

/* Who takes the lines. A line has no terminator and may hold any bytes. */
struct line_sink {
    void *context;
    enum line_verdict (*take)(void *context, const char *line, size_t size,
                              struct assay_error *err);
};

struct line_file {
    int fd;           /* -1 when there is no file */
    uint64_t size;    /* when it was opened */
    int64_t mtime_us; /* wall clock */
};

/* A missing file is not an error. What is not a regular file is, and so is one behind a link: its
 * writer may not choose among all the files of the machine. */
bool line_file_open(struct line_file *file, const char *path, struct assay_error *err);
void line_file_close(struct line_file *file);

/* A piece of a file in memory. Zero it to start; owns its bytes. */
struct line_piece {
    char *bytes;
    size_t size;
    uint64_t start; /* offset in the file */
    bool is_end;    /* the file ended with it */
    bool is_torn;   /* the file changed under the reader: of no use */
};

/* Reads at most max bytes at start; a file that ends earlier gives less, or nothing. */
bool line_piece_read(struct line_piece *piece, int fd, uint64_t start, size_t max,
                     struct assay_error *err);

/*
 * The same for a file that is rewritten in place. A read is not atomic: it may splice an old page
 * to a new one, and the seam can even look like a good line. So it is read again until twice the
 * same bytes come (more behind them is fine); is_torn when that did not happen in a few tries.
 */
bool line_piece_read_stable(struct line_piece *piece, int fd, uint64_t start, size_t max,
                            struct assay_error *err);
void line_piece_clear(struct line_piece *piece);

/* Walks over the lines of a text. */
struct line_cursor {
    const char *bytes;
    size_t size;
    size_t at;         /* where the next line starts */
    bool is_cr_end;    /* a carriage return ends a line too */
    bool is_last_line; /* what stands after the last terminator is a line, too */
};

struct line_span {
    size_t start;
    size_t size; /* without its terminator */
    size_t next; /* after the terminator */
};

/* False when no complete line is left; then cursor->at stays at the start of the rest. */
bool line_cursor_next(struct line_cursor *cursor, struct line_span *line);

bool line_is_blank(const char *line, size_t size);

/*
 * Looks for the end of a line that is longer than METRIC_LINE_MAX, from *scan on, in chunks that
 * are not kept. *end is the offset after the terminator, 0 when it is not there yet; *scan moves
 * on.
 */
bool line_skip_long(int fd, bool is_cr_end, uint64_t *scan, uint64_t *end, struct assay_error *err);

#endif
