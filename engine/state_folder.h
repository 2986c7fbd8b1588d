/*
 * engine/state_folder.h - the folder that an engine works in: made, found, and locked while it
 * does.
 */
#ifndef ENGINE_STATE_FOLDER_H
#define ENGINE_STATE_FOLDER_H

#include "assay/error.h"

#include <stdbool.h>

/*
 * Its real path, which the caller frees. Made, with mode 0700, unless it is only to be read:
 * then ASSAY_NOT_FOUND. ASSAY_UNAVAILABLE for one that cannot be used.
 */
char *state_folder_open(const char *path, bool is_reader, struct assay_error *err);

/*
 * A descriptor that holds the lock until it is closed; -1 and *err: ASSAY_UNAVAILABLE when another
 * process works there, with its pid and command line.
 */
int state_folder_lock(const char *state_dir, struct assay_error *err);

#endif
