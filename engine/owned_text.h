/*
 * engine/owned_text.h - texts on the heap that rows own.
 */
#ifndef ENGINE_OWNED_TEXT_H
#define ENGINE_OWNED_TEXT_H

#include "assay/error.h"

/* *text becomes a copy of value ("" for NULL), what it was is freed. False and *err for lack of
 * memory: nothing is changed. */
bool owned_text_set(char **text, const char *value, struct assay_error *err);

#endif
