/*
 * launcher/python/python_prune.h - what environments there are, and the end of those that nobody
 * needs. Works on the folder alone, beside any number of engines.
 */
#ifndef LAUNCHER_PYTHON_PYTHON_PRUNE_H
#define LAUNCHER_PYTHON_PYTHON_PRUNE_H

#include "launcher/python/python_folder.h"

#include <stddef.h>

struct python_env_info {
    struct python_folder folder;
    struct python_ready ready; /* zeroed unless is_ready */
    bool is_ready;             /* else it is being made, or was left half-made */
    int64_t size_bytes;        /* on the disk: as it was made; of a half-made one, as it is */
    bool is_in_use;            /* by a trial or an engine */
    bool is_removed;           /* or would be */
};

/* Owns its items: python_env_list_clear(). */
struct python_env_list {
    struct python_env_info *items; /* the longest unused first; half-made ones before all */
    size_t count;
};

/* No such folder is an empty list. ASSAY_UNAVAILABLE: it cannot be read. */
bool python_env_list_read(struct python_env_list *list, const char *store_dir,
                          struct assay_error *err);
void python_env_list_clear(struct python_env_list *list);

struct python_prune {
    bool has_max_bytes;
    int64_t max_bytes; /* what may stay altogether */
    bool has_used_before;
    int64_t used_before_us; /* those used last before then go */
    bool is_all;
    bool is_dry; /* only says what it would do */
};

/*
 * Removes what was left half-made, and what the options say, the longest unused first; never what
 * is in use, though it counts for max_bytes. Removed ones are marked in the list. False when one
 * could not be removed, after all others were tried.
 */
bool python_env_prune(struct python_env_list *list, const struct python_prune *prune,
                      struct assay_error *err);

#endif
