/*
 * engine/server/storage_multipart.h - a multipart body (RFC 2046) as it comes in, piece by piece:
 * parts of headers and bytes between lines of a boundary.
 *
 * Bytes of a part are handed on as they come, so that a part of any size needs no memory. Lines may
 * end with a bare line feed, as gcsfs writes them: each boundary's line tells for the part behind
 * it. One thread at a time.
 */
#ifndef ENGINE_SERVER_STORAGE_MULTIPART_H
#define ENGINE_SERVER_STORAGE_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

struct multipart;

struct multipart_reader {
    /* A part begins; headers are its lines, terminated. False ends the reading, as below. */
    bool (*on_part)(void *context, int number, const char *headers);
    bool (*on_bytes)(void *context, int number, const char *bytes, size_t size);
    void *context;
};

/* content_type: "multipart/related; boundary=…", quoted or not. NULL where there is no boundary in
 * it, or no memory. */
struct multipart *multipart_new(const char *content_type, const struct multipart_reader *reader);
void multipart_free(struct multipart *multipart); /* NULL is fine */

/* False once the body is found to be broken, or the reader has ended it. */
bool multipart_add(struct multipart *multipart, const char *bytes, size_t size);

/* The last boundary has come. */
bool multipart_is_whole(const struct multipart *multipart);

/* The value of a header in the lines of a part, up to the line's end; 0 for none. */
size_t multipart_header(const char *headers, const char *name, const char **value);

#endif
