#include "engine/api/trial_files/log_search.h"

#include "assay/utf8.h"
#include "engine/log_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * CHUNK: read at once. BEFORE: shown at most in front of what was found. PIECE_COST: what a part of
 * a log counts at least, since the cost of reading many small ones is that of the calls. LINE_ROOM:
 * every byte of a line may be a zero, which is shown as three.
 */
enum {
    CHUNK = 256 * 1024,
    BEFORE = 1024,
    PIECE_COST = 4096,
    LINE_ROOM = 3 * LOG_SEARCH_LINE_MAX + 1,
};

struct searching {
    const struct log_search *search;
    unsigned char text[LOG_SEARCH_TEXT_MAX]; /* in lower case */
    size_t size;
    size_t skips[256]; /* Horspool 1980: how far on the next place is, by the last byte there */
    unsigned char lower[256];
    char *chunk;
    int64_t floor;  /* nothing before it is shown (again) */
    int64_t budget; /* left */
    char raw[LOG_SEARCH_LINE_MAX];
    char line[LINE_ROOM];
};

static void prepare(struct searching *s)
{
    s->size = strlen(s->search->text);
    for (int c = 0; c < 256; c++)
        s->lower[c] = (unsigned char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c);
    for (size_t i = 0; i < s->size; i++)
        s->text[i] = s->lower[(unsigned char)s->search->text[i]];
    for (int c = 0; c < 256; c++)
        s->skips[c] = s->size;
    for (size_t i = 0; i + 1 < s->size; i++)
        s->skips[s->text[i]] = s->size - 1 - i;
}

static bool fits(const struct searching *s, const unsigned char *at)
{
    for (size_t i = s->size; i-- > 0;)
        if (s->lower[at[i]] != s->text[i])
            return false;
    return true;
}

/* The first place from begin on; size: there is none. */
static size_t find(const struct searching *s, const char *bytes, size_t begin, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;

    while (begin + s->size <= size) {
        if (fits(s, at + begin))
            return begin;
        begin += s->skips[s->lower[at[begin + s->size - 1]]];
    }
    return size;
}

/* The beginning of the line, or of as much of it as is shown. */
static int64_t find_begin(struct searching *s, int64_t match)
{
    int64_t from = match > BEFORE ? match - BEFORE : 0;
    int64_t gap = 0;
    ssize_t size = 0;

    from = from > s->floor ? from : s->floor;
    gap = log_file_left_out(s->search->fd, from);
    from = gap <= match - from ? from + gap : match;
    size = log_file_read(s->search->fd, from, s->raw, (size_t)(match - from));
    if (size != match - from) /* the middle was given back in this moment */
        return match;
    for (ssize_t i = size; i > 0; i--)
        if (s->raw[i - 1] == '\n')
            return from + i;
    /* No half of a character comes first. */
    for (ssize_t i = 0; i < size && i < 3 && ((unsigned char)s->raw[i] & 0xc0) == 0x80; i++)
        from++;
    return from;
}

/* Cuts what the room cut in the middle: no half of a character comes last. */
static size_t whole_characters(const char *text, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        unsigned char byte = (unsigned char)text[size - back];

        if ((byte & 0xc0) == 0x80)
            continue;
        return byte >= 0xc0 && utf8_size(text + size - back, back) == 0 ? size - back : size;
    }
    return size;
}

/* The bytes as a text: zeros would end it. */
static void make_line(struct searching *s, size_t size)
{
    char *to = s->line;

    for (size_t i = 0; i < size; i++) {
        if (s->raw[i])
            *to++ = s->raw[i];
        else
            to += utf8_put(to, 0xfffd);
    }
    *to = '\0';
}

/* Shows what is around the match; returns where the search goes on. */
static int64_t show(struct searching *s, int64_t match, log_match_fn fn, void *context)
{
    int64_t begin = find_begin(s, match);
    ssize_t got = log_file_read(s->search->fd, begin, s->raw, sizeof s->raw);
    size_t size = got > 0 ? (size_t)got : 0;
    const char *end = memchr(s->raw, '\n', size);
    int64_t next = 0;

    if (end)
        size = (size_t)(end - s->raw);
    else if (size == sizeof s->raw)
        size = whole_characters(s->raw, size);
    next = begin + (int64_t)size + (end != NULL);
    if (size > 0 && s->raw[size - 1] == '\r')
        size--;
    make_line(s, size);
    fn(context, begin, s->line);
    return next > match ? next : match + (int64_t)s->size;
}

/* Past what was left out; -1: nothing comes any more. */
static int64_t skip_gap(struct searching *s, int64_t at)
{
    int64_t left_out = log_file_left_out(s->search->fd, at);

    s->budget -= PIECE_COST;
    return left_out > 0 ? at + left_out : -1;
}

/*
 * Looks at one chunk. Returns where to go on, or -1 at the end; *count matches were shown. A match
 * may begin in the last bytes of a chunk, so these are looked at again.
 */
static int64_t search_chunk(struct searching *s, int64_t at, log_match_fn fn, void *context,
                            int64_t *count, struct assay_error *err)
{
    ssize_t got = log_file_read(s->search->fd, at, s->chunk, CHUNK);
    size_t size = got > 0 ? (size_t)got : 0;
    size_t place = 0;
    size_t again = 0; /* where looking again begins, at the end */

    if (got < 0) {
        (void)assay_fail_errno(err, errno, "read the log");
        return -1;
    }
    s->budget -= got > PIECE_COST ? got : PIECE_COST;
    if (size < s->size)
        return skip_gap(s, at + (int64_t)size);
    while ((place = find(s, s->chunk, place, size)) < size) {
        int64_t next = show(s, at + (int64_t)place, fn, context);

        s->floor = next;
        s->budget -= PIECE_COST;
        ++*count;
        if (*count == s->search->limit || next >= at + (int64_t)size)
            return next;
        place = (size_t)(next - at);
    }
    again = size - (s->size - 1);
    return s->floor > at + (int64_t)again ? s->floor : at + (int64_t)again;
}

bool log_search_run(const struct log_search *search, log_match_fn fn, void *context, int64_t *next,
                    struct assay_error *err)
{
    struct searching *s = calloc(1, sizeof *s);
    int64_t at = search->offset;
    int64_t count = 0;

    if (!s)
        return assay_fail_memory(err);
    s->search = search;
    s->chunk = malloc(CHUNK);
    s->floor = search->offset;
    s->budget = search->budget;
    err->code = s->chunk ? ASSAY_OK : ASSAY_EXHAUSTED;
    if (!s->chunk)
        (void)assay_fail_memory(err);
    else
        prepare(s);
    while (s->chunk && at >= 0 && count < search->limit && s->budget > 0)
        at = search_chunk(s, at, fn, context, &count, err);
    if (at >= 0 && s->chunk && count < search->limit)
        at = find_begin(s, at); /* so that the next call shows a line whole */
    *next = at;
    free(s->chunk);
    free(s);
    return err->code == ASSAY_OK;
}
