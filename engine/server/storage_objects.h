/*
 * engine/server/storage_objects.h - the requests to the storage API that bring no object's bytes:
 * buckets, lists, resources, downloads, copies, deletion.
 *
 * Any thread.
 */
#ifndef ENGINE_SERVER_STORAGE_OBJECTS_H
#define ENGINE_SERVER_STORAGE_OBJECTS_H

#include "engine/server/storage_answer.h"
#include "engine/server/storage_route.h"

/* All borrowed. */
struct storage_request {
    struct buckets *buckets;
    const char *method;
    const struct storage_route *route;
    const char *query; /* NULL: none */
    const char *body;  /* JSON, or NULL */
    size_t body_size;
    const char *range; /* the header, or NULL */
    const char *base;  /* the server as the client calls it: "http://127.0.0.1:8080" */
};

/* Fills answer, which was initialized. */
void storage_objects_answer(const struct storage_request *request, struct storage_answer *answer);

/* The same for several requests in one (multipart/mixed), as /batch/storage/v1 takes them. */
void storage_batch_answer(const struct storage_request *request, const char *content_type,
                          struct storage_answer *answer);

#endif
