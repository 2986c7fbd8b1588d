/*
 * engine/shim_path.h - where the program assay-shim is, which watches over trials.
 */
#ifndef ENGINE_SHIM_PATH_H
#define ENGINE_SHIM_PATH_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Beside this program, as in a build folder; or where an installed one lies as seen from this
 * program, from libassay, wherever the tree was moved to, or as it was configured. wanted is taken
 * instead, unless it is NULL. ASSAY_NOT_FOUND: it is nowhere.
 */
bool shim_path_find(const char *wanted, char *path, size_t size, struct assay_error *err);

#endif
