/*
 * engine/api/trial_files/log_search.h - looks for a text in a log, a bounded part of it at a time.
 *
 * A log may be of any size and made of anything: no line need end, and bytes need be no text. So
 * what is shown of a line is bounded, where a line is longer the part around what was found; the
 * search goes on after what was shown. Nothing is kept between calls.
 */
#ifndef ENGINE_API_TRIAL_FILES_LOG_SEARCH_H
#define ENGINE_API_TRIAL_FILES_LOG_SEARCH_H

#include "assay/error.h"

#include <stdint.h>

enum {
    LOG_SEARCH_TEXT_MAX = 256,     /* bytes of what is looked for */
    LOG_SEARCH_LINE_MAX = 2048,    /* bytes of what is shown */
    LOG_SEARCH_BYTES = 64 << 20,   /* looked at by a call */
    LOG_SEARCH_MATCHES_MAX = 1000, /* found by a call */
};

struct log_search {
    int fd;
    const char *text; /* 1 to LOG_SEARCH_TEXT_MAX bytes; ASCII letters in either case */
    int64_t offset;   /* where to begin */
    int64_t limit;    /* of matches; at least 1 */
    int64_t budget;   /* of bytes to look at: LOG_SEARCH_BYTES, or less */
};

/* Where the shown part begins, and its bytes, ended by a zero, without the line's end; zeros among
 * them are U+FFFD. Valid during the call. */
typedef void (*log_match_fn)(void *context, int64_t offset, const char *line);

/*
 * Calls fn for each match. *next is where to go on: -1 when the whole log, as long as it was, has
 * been looked at. False and *err: it cannot be read, no memory.
 */
bool log_search_run(const struct log_search *search, log_match_fn fn, void *context, int64_t *next,
                    struct assay_error *err);

#endif
