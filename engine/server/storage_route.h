/*
 * engine/server/storage_route.h - what a request to the JSON storage API asks for, and the texts in
 * it: path, query, ranges, checksums.
 *
 * An object's name is one segment of the path with its slashes as %2F, so the path is taken apart
 * as it was sent and decoded once, afterwards: a name may hold %2F itself. Node's client leaves
 * /storage/v1 out where it talks to an emulator. Pure functions; any thread.
 */
#ifndef ENGINE_SERVER_STORAGE_ROUTE_H
#define ENGINE_SERVER_STORAGE_ROUTE_H

#include "assay/buckets.h"

#include <stdbool.h>
#include <stdint.h>

enum storage_target {
    STORAGE_BUCKETS, /* /b */
    STORAGE_BUCKET,  /* /b/BUCKET */
    STORAGE_OBJECTS, /* /b/BUCKET/o */
    STORAGE_OBJECT,  /* /b/BUCKET/o/NAME */
    STORAGE_COPY,    /* /b/BUCKET/o/NAME/copyTo/b/BUCKET/o/NAME */
    STORAGE_REWRITE, /* the same with rewriteTo */
    STORAGE_COMPOSE, /* /b/BUCKET/o/NAME/compose */
    STORAGE_BATCH,   /* /batch/storage/v1 */
    STORAGE_OTHER,   /* below /b, and none of these */
};

/* Owns its texts: storage_route_clear(). */
struct storage_route {
    enum storage_target target;
    bool is_upload;   /* /upload/… */
    bool is_download; /* /download/… */
    char *bucket, *name;
    char *to_bucket, *to_name; /* of a copy */
};

/* Is it a path of ours? As sent, with or without a query behind it. */
bool storage_is_path(const char *path);

/* path: as sent, without the query. method tells a compose from an object of that name. False and
 * *err: ASSAY_INVALID for half an escape or a zero byte, ASSAY_EXHAUSTED. */
bool storage_route_read(const char *path, const char *method, struct storage_route *route,
                        struct assay_error *err);
void storage_route_clear(struct storage_route *route);

/* Can every value in it be read? NULL is fine. */
bool storage_query_check(const char *query, struct assay_error *err);
/* The first value of that name, decoded; the caller frees it. NULL: there is none (or no memory).
 */
char *storage_query_text(const char *query, const char *name);
bool storage_query_is_true(const char *query, const char *name);
/* ifGenerationMatch and its kin; prefix is "" or "ifSource". ASSAY_INVALID for what is no number.
 */
bool storage_query_conditions(const char *query, const char *prefix,
                              struct object_conditions *conditions, struct assay_error *err);
/* A number, or unset where there is none. */
bool storage_query_number(const char *query, const char *name, struct object_condition *number,
                          struct assay_error *err);

/* Of a Range header and a size, what to send: count bytes from first on. */
enum storage_range { STORAGE_RANGE_ALL, STORAGE_RANGE_PART, STORAGE_RANGE_NONE };
enum storage_range storage_range_read(const char *header, int64_t size, int64_t *first,
                                      int64_t *count);

/* "bytes 0-9/10"; each of the three numbers may be a star, and so may be all that stands before the
 * slash. -1 for what is not told. */
struct storage_content_range {
    int64_t first, last, total;
    bool is_query; /* no bytes come: how many are there? */
};
bool storage_content_range_read(const char *header, struct storage_content_range *range);

enum { STORAGE_BASE64_TEXT = 25 };
/* Of up to 16 bytes. Returns text. */
char *storage_base64_text(const uint8_t *bytes, size_t size, char text[STORAGE_BASE64_TEXT]);
/* Exactly size bytes, up to 16. */
bool storage_base64_read(const char *text, uint8_t *bytes, size_t size);

#endif
