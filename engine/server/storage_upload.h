/*
 * engine/server/storage_upload.h - the bytes of an object as a request brings them: at once, behind
 * a resource (multipart), or to a session that may take many requests.
 *
 * Bytes go to the disk as they come. What is wrong is kept until the request's end, so that a
 * client that still sends reads the answer. One thread at a time.
 */
#ifndef ENGINE_SERVER_STORAGE_UPLOAD_H
#define ENGINE_SERVER_STORAGE_UPLOAD_H

#include "engine/server/storage_answer.h"
#include "engine/server/storage_route.h"

struct storage_upload;

/* Of the request's headers, each may be NULL. Borrowed for as long as the upload. */
struct storage_headers {
    const char *content_type, *content_encoding, *content_range;
    const char *upload_content_type; /* X-Upload-Content-Type */
    const char *hash;                /* X-Goog-Hash */
    const char *range;
};

/* All borrowed, as long as the upload. */
struct storage_upload_request {
    struct buckets *buckets;
    const char *method;
    const struct storage_route *route;
    const char *query;
    const struct storage_headers *headers;
    const char *base;
};

/* Does the request's body belong to an object? Else it is JSON. */
bool storage_upload_is_wanted(const struct storage_upload_request *request);

/* NULL for lack of memory only. */
struct storage_upload *storage_upload_new(const struct storage_upload_request *request);
void storage_upload_add(struct storage_upload *upload, const char *bytes, size_t size);
/* All has come. */
void storage_upload_answer(struct storage_upload *upload, struct storage_answer *answer);
/* What has come of a session stays. NULL is fine. */
void storage_upload_free(struct storage_upload *upload);

/* The requests of a session that bring no bytes: it begins, with the resource as its body, it is
 * asked how far it is, or it is given up. */
void storage_session_begin(const struct storage_upload_request *request, const char *body,
                           size_t size, struct storage_answer *answer);
void storage_session_cancel(const struct storage_upload_request *request,
                            struct storage_answer *answer);

#endif
