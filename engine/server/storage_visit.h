/*
 * engine/server/storage_visit.h - one request to the storage API, from its first line to its
 * answer: what http_door.c sees of it.
 *
 * One thread at a time.
 */
#ifndef ENGINE_SERVER_STORAGE_VISIT_H
#define ENGINE_SERVER_STORAGE_VISIT_H

#include "engine/server/storage_upload.h"

struct storage_visit;

/* The path in a target as on the request line, which may be absolute. */
const char *storage_visit_path(const char *target);

/* target: one whose path is the storage API's (storage_is_path()), as it was sent. NULL for lack of
 * memory. */
struct storage_visit *storage_visit_new(struct buckets *buckets, const char *target);
void storage_visit_free(struct storage_visit *visit); /* NULL is fine */

/* The headers are there. method and headers' texts are borrowed; host may be NULL. */
void storage_visit_begin(struct storage_visit *visit, const char *method,
                         const struct storage_headers *headers, bool is_tls, const char *host);

/* The body is an object's: it goes to storage_visit_add(), whatever its size and encoding. Else it
 * is JSON, and given to storage_visit_answer(). */
bool storage_visit_takes_bytes(const struct storage_visit *visit);
void storage_visit_add(struct storage_visit *visit, const char *bytes, size_t size);

/* All has come. Fills answer, which was initialized. May wait for the disk. */
void storage_visit_answer(struct storage_visit *visit, const char *body, size_t size,
                          struct storage_answer *answer);

#endif
