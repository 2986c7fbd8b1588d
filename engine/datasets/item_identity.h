/*
 * engine/datasets/item_identity.h - ids made of content: the same content has the same one, in this
 * import or the next, here or on another machine.
 */
#ifndef ENGINE_DATASETS_ITEM_IDENTITY_H
#define ENGINE_DATASETS_ITEM_IDENTITY_H

#include "assay/error.h"

#include <stdint.h>

/* Of parts of text, which are told apart: ("ab", "c") is not ("a", "bc"). From 1 up to 2^63 - 1. */
int64_t identity_of_texts(const char *const *texts, size_t count);

/* Of what a file holds, read to its end; ASSAY_INVALID past max_bytes. */
bool identity_of_file(int fd, int64_t max_bytes, int64_t *id, struct assay_error *err);

#endif
