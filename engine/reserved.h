/*
 * engine/reserved.h - the places in the structs of assay.h that are kept for later versions.
 */
#ifndef ENGINE_RESERVED_H
#define ENGINE_RESERVED_H

#include "assay/error.h"

/*
 * ASSAY_INVALID where one of the count places is not NULL: the program was made for a later
 * version, or has not zeroed the struct, and what it asks for cannot be left out in silence.
 */
bool reserved_check(void *const *places, size_t count, struct assay_error *err);

#endif
