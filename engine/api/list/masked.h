/*
 * engine/api/list/masked.h - an item of an answer, of which only some fields are wanted.
 */
#ifndef ENGINE_API_LIST_MASKED_H
#define ENGINE_API_LIST_MASKED_H

#include "assay/json.h"
#include "engine/api/list/field_mask.h"

/* Writes the whole item. */
typedef bool (*masked_write_fn)(struct json_writer *writer, const void *item,
                                struct assay_error *err);

/* Writes of it what the mask names; all without one (NULL). */
bool masked_write(struct json_writer *writer, const struct field_mask *mask, masked_write_fn write,
                  const void *item, struct assay_error *err);

#endif
