/*
 * engine/server/body.h - a request's body as it comes in, piece by piece, plain or compressed.
 *
 * What is kept has a limit, also after it was inflated: a small body may grow a thousandfold. One
 * thread at a time.
 */
#ifndef ENGINE_SERVER_BODY_H
#define ENGINE_SERVER_BODY_H

#include <stdbool.h>
#include <stddef.h>

/* The largest document, as a JSON string in an object: quotes and line breaks are escaped. */
#define BODY_MAX ((size_t)64 * 1024 * 1024 + (size_t)1024 * 1024)

enum body_fault { BODY_OK, BODY_TOO_LARGE, BODY_NO_MEMORY, BODY_BROKEN };

/* Zero it to start. data is terminated beyond size; NULL while empty, and after a fault. */
struct body {
    char *data;
    size_t size;
    size_t capacity;
    enum body_fault fault;       /* the first one; then nothing more is kept */
    struct z_stream_s *inflater; /* NULL for a plain body */
    bool is_ended;               /* the compressed stream has come to its end */
};

/* What comes is compressed, by gzip or zlib. Before the first piece. */
void body_expect_compressed(struct body *body);

void body_add(struct body *body, const char *bytes, size_t size);

/* Nothing comes any more. Returns the fault: BODY_BROKEN for a compressed body that was cut off. */
enum body_fault body_end(struct body *body);

void body_clear(struct body *body);

#endif
