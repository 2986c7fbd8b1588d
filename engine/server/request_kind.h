/*
 * engine/server/request_kind.h - which thread answers a request: the one that read it, none while
 * it waits, or another.
 *
 * Plain functions.
 */
#ifndef ENGINE_SERVER_REQUEST_KIND_H
#define ENGINE_SERVER_REQUEST_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* One resource that is read, by its number, and the page's files: less work than to hand it over.
 */
bool request_is_quick(const char *method, const char *path);

/* What only asks the controller and waits: no thread need wait with it. */
bool request_is_question(const char *method, const char *path, size_t body_size);

#endif
