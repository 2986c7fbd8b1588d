/*
 * engine/api/query.h - the query of a request: "pageSize=10&filter=state%3D…".
 *
 * Names are found in lowerCamelCase and lower_snake_case, both percent-encoded or plain; the first
 * one counts. Half an escape stays as it is, and so does %00. Pure.
 */
#ifndef ENGINE_API_QUERY_H
#define ENGINE_API_QUERY_H

#include <stdbool.h>
#include <stddef.h>

/* The decoded value into value, cut at size; false where it is absent. query may be NULL. */
bool query_find(const char *query, const char *name, char *value, size_t size);

#endif
