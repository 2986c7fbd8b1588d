#include "engine/server/storage_multipart.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A boundary has at most 70 characters (RFC 2046); headers of a part are a few lines. */
enum { BOUNDARY_MAX = 70, HEADERS_MAX = 8192, ROOM = 64 * 1024 };

enum multipart_state {
    MULTIPART_PREAMBLE,
    MULTIPART_LINE_END, /* behind a boundary: a new part, or the end */
    MULTIPART_HEADERS,
    MULTIPART_BYTES,
    MULTIPART_END,
    MULTIPART_BROKEN,
};

struct multipart {
    struct multipart_reader reader;
    enum multipart_state state;
    int number;                  /* of the part, from 0 */
    char mark[BOUNDARY_MAX + 5]; /* "\r\n--boundary" */
    const char *line_end;        /* "\r\n", or "\n" as some clients write it */
    size_t size;                 /* bytes that wait in room */
    char room[ROOM];
};

/* Copies the boundary behind "\r\n--"; false: there is none. */
static bool find_boundary(const char *content_type, char mark[BOUNDARY_MAX + 5])
{
    const char *found = strcasestr(content_type, "boundary=");
    size_t size = 0;

    if (!found)
        return false;
    found += strlen("boundary=");
    if (*found == '"')
        size = strcspn(++found, "\"");
    else
        size = strcspn(found, "; \t");
    if (size == 0 || size > BOUNDARY_MAX)
        return false;
    memcpy(mark, "\r\n--", 4);
    memcpy(mark + 4, found, size);
    mark[4 + size] = '\0';
    return true;
}

struct multipart *multipart_new(const char *content_type, const struct multipart_reader *reader)
{
    struct multipart *multipart = calloc(1, sizeof *multipart);

    if (!multipart)
        return NULL;
    if (!find_boundary(content_type, multipart->mark)) {
        free(multipart);
        return NULL;
    }
    multipart->reader = *reader;
    multipart->number = -1;
    /* The first boundary needs no line break before it, and what its own is has yet to come. */
    multipart->line_end = "\n";
    multipart->room[0] = '\n';
    multipart->size = 1;
    return multipart;
}

void multipart_free(struct multipart *multipart)
{
    free(multipart);
}

bool multipart_is_whole(const struct multipart *multipart)
{
    return multipart->state == MULTIPART_END;
}

static void drop(struct multipart *multipart, size_t count)
{
    multipart->size -= count;
    memmove(multipart->room, multipart->room + count, multipart->size);
}

static bool emit(struct multipart *multipart, size_t count)
{
    const struct multipart_reader *reader = &multipart->reader;

    return count == 0 || multipart->state != MULTIPART_BYTES ||
           reader->on_bytes(reader->context, multipart->number, multipart->room, count);
}

/* Bytes up to the next boundary, or all that cannot be the beginning of one. */
static bool read_bytes(struct multipart *multipart, bool *goes_on)
{
    const char *mark = multipart->mark + 2 - strlen(multipart->line_end);
    size_t mark_size = strlen(mark);
    const char *found = memmem(multipart->room, multipart->size, mark, mark_size);
    size_t count = 0;

    if (found)
        count = (size_t)(found - multipart->room);
    else if (multipart->size >= mark_size)
        count = multipart->size - (mark_size - 1);
    if (!emit(multipart, count))
        return false;
    drop(multipart, count + (found ? mark_size : 0));
    if (found)
        multipart->state = MULTIPART_LINE_END;
    *goes_on = found != NULL;
    return true;
}

static bool read_line_end(struct multipart *multipart, bool *goes_on)
{
    const char *end = NULL;

    *goes_on = multipart->size >= 2;
    if (!*goes_on)
        return true;
    if (memcmp(multipart->room, "--", 2) == 0) {
        multipart->state = MULTIPART_END;
        return true;
    }
    end = memchr(multipart->room, '\n', multipart->size);
    *goes_on = end != NULL;
    if (!end)
        return multipart->size < BOUNDARY_MAX; /* only blanks may stand there */
    multipart->line_end = end > multipart->room && end[-1] == '\r' ? "\r\n" : "\n";
    end -= strlen(multipart->line_end) - 1;
    if (strspn(multipart->room, " \t") != (size_t)(end - multipart->room))
        return false;
    drop(multipart, (size_t)(end - multipart->room)); /* its line break may be the headers' end */
    multipart->state = MULTIPART_HEADERS;
    multipart->number++;
    return true;
}

static bool read_headers(struct multipart *multipart, bool *goes_on)
{
    const struct multipart_reader *reader = &multipart->reader;
    const char *blank = multipart->line_end[0] == '\r' ? "\r\n\r\n" : "\n\n";
    const char *end = memmem(multipart->room, multipart->size, blank, strlen(blank));
    char headers[HEADERS_MAX + 1];
    size_t size = end ? (size_t)(end - multipart->room) : multipart->size;

    *goes_on = end != NULL;
    if (size > HEADERS_MAX)
        return false;
    if (!end)
        return true;
    memcpy(headers, multipart->room, size);
    headers[size] = '\0';
    drop(multipart, size + strlen(blank));
    multipart->state = MULTIPART_BYTES;
    return strlen(headers) == size && reader->on_part(reader->context, multipart->number, headers);
}

static bool step(struct multipart *multipart, bool *goes_on)
{
    switch (multipart->state) {
    case MULTIPART_PREAMBLE:
    case MULTIPART_BYTES:
        return read_bytes(multipart, goes_on);
    case MULTIPART_LINE_END:
        return read_line_end(multipart, goes_on);
    case MULTIPART_HEADERS:
        return read_headers(multipart, goes_on);
    case MULTIPART_END:
        multipart->size = 0; /* what stands behind the end is nobody's */
        *goes_on = false;
        return true;
    case MULTIPART_BROKEN:
        break;
    }
    return false;
}

bool multipart_add(struct multipart *multipart, const char *bytes, size_t size)
{
    while (size > 0 && multipart->state != MULTIPART_BROKEN) {
        size_t piece = ROOM - multipart->size;
        bool goes_on = true;

        if (piece > size)
            piece = size;
        memcpy(multipart->room + multipart->size, bytes, piece);
        multipart->size += piece;
        bytes += piece;
        size -= piece;
        while (goes_on)
            if (!step(multipart, &goes_on)) {
                multipart->state = MULTIPART_BROKEN;
                break;
            }
    }
    return multipart->state != MULTIPART_BROKEN;
}

size_t multipart_header(const char *headers, const char *name, const char **value)
{
    size_t size = strlen(name);

    while (*headers) {
        size_t length = strcspn(headers, "\r\n");

        if (length > size && strncasecmp(headers, name, size) == 0 && headers[size] == ':') {
            *value = headers + size + 1;
            *value += strspn(*value, " \t");
            return (size_t)(headers + length - *value);
        }
        headers += length;
        headers += strspn(headers, "\r\n");
    }
    return 0;
}
