/*
 * engine/offload.h - a thread for work that the controller must not wait for: it gets copies, and
 * answers with an event.
 */
#ifndef ENGINE_OFFLOAD_H
#define ENGINE_OFFLOAD_H

#include "assay/error.h"

struct offload;

struct offload *offload_new(struct assay_error *err);

/* Runs what is under way to its end, drops what waits (by fn with is_dropped). NULL is fine. */
void offload_free(struct offload *offload);

/* context belongs to fn, which frees it. is_dropped: do nothing but that. */
typedef void (*offload_fn)(void *context, bool is_dropped);

/* False for lack of memory; then context stays the caller's. In order, one at a time. */
bool offload_submit(struct offload *offload, offload_fn fn, void *context);

#endif
