#include "engine/server/body.h"

#define ZLIB_CONST /* what is inflated is only read */

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { CAPACITY_MIN = 4096, INFLATE_BYTES = 64 * 1024 };

static void fail(struct body *body, enum body_fault fault)
{
    free(body->data);
    body->data = NULL;
    body->size = 0;
    body->capacity = 0;
    body->fault = fault;
}

static bool make_room(struct body *body, size_t size)
{
    size_t capacity = body->capacity ? body->capacity : CAPACITY_MIN;
    char *grown = NULL;

    if (body->size + size < body->capacity)
        return true;
    while (capacity <= body->size + size)
        capacity *= 2;
    grown = realloc(body->data, capacity);
    if (!grown)
        return false;
    body->data = grown;
    body->capacity = capacity;
    return true;
}

static void keep(struct body *body, const char *bytes, size_t size)
{
    if (size > BODY_MAX - body->size) {
        fail(body, BODY_TOO_LARGE);
    } else if (!make_room(body, size)) {
        fail(body, BODY_NO_MEMORY);
    } else {
        memcpy(body->data + body->size, bytes, size);
        body->size += size;
        body->data[body->size] = '\0';
    }
}

void body_expect_compressed(struct body *body)
{
    enum {
        EITHER_HEADER = 32
    }; /* zlib.h: added to the window's bits, gzip and zlib are told apart */

    body->inflater = calloc(1, sizeof *body->inflater);
    if (!body->inflater) {
        fail(body, BODY_NO_MEMORY);
        return;
    }
    if (inflateInit2(body->inflater, MAX_WBITS + EITHER_HEADER) != Z_OK) {
        free(body->inflater);
        body->inflater = NULL;
        fail(body, BODY_NO_MEMORY);
    }
}

/* One step; false when there is nothing more to do with what came. */
static bool inflate_some(struct body *body)
{
    unsigned char out[INFLATE_BYTES];
    z_stream *stream = body->inflater;
    int code = 0;

    stream->next_out = out;
    stream->avail_out = sizeof out;
    code = inflate(stream, Z_NO_FLUSH);
    if (code == Z_MEM_ERROR)
        fail(body, BODY_NO_MEMORY);
    else if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        fail(body, BODY_BROKEN);
    else
        keep(body, (const char *)out, sizeof out - stream->avail_out);
    body->is_ended = code == Z_STREAM_END;
    return body->fault == BODY_OK && !body->is_ended && stream->avail_out == 0;
}

static void add_compressed(struct body *body, const char *bytes, size_t size)
{
    if (body->is_ended) { /* something behind the stream's end */
        fail(body, BODY_BROKEN);
        return;
    }
    body->inflater->next_in = (const Bytef *)bytes;
    body->inflater->avail_in = (uInt)size;
    while (inflate_some(body))
        ;
    if (body->fault == BODY_OK && body->inflater->avail_in > 0)
        fail(body, BODY_BROKEN);
}

void body_add(struct body *body, const char *bytes, size_t size)
{
    if (body->fault != BODY_OK || size == 0)
        return;
    if (size > BODY_MAX)
        fail(body, BODY_TOO_LARGE);
    else if (body->inflater)
        add_compressed(body, bytes, size);
    else
        keep(body, bytes, size);
}

enum body_fault body_end(struct body *body)
{
    if (body->fault == BODY_OK && body->inflater && !body->is_ended)
        fail(body, BODY_BROKEN);
    return body->fault;
}

void body_clear(struct body *body)
{
    if (!body)
        return;
    if (body->inflater)
        (void)inflateEnd(body->inflater);
    free(body->inflater);
    free(body->data);
    *body = (struct body){ 0 };
}
