/*
 * engine/api/trial_files/file_list.h - the regular files below a folder that somebody else writes
 * to, while they write.
 *
 * No link is followed, and what is no file is passed over. How much is looked at is bounded, in
 * files, in depth and in bytes of names. Any thread.
 */
#ifndef ENGINE_API_TRIAL_FILES_FILE_LIST_H
#define ENGINE_API_TRIAL_FILES_FILE_LIST_H

#include "assay/error.h"

#include <stdint.h>

enum {
    FILE_LIST_MAX = 1000,        /* listed */
    FILE_LIST_LOOKED_AT = 20000, /* folders' entries */
    FILE_LIST_DEPTH = 32,        /* of folders */
};

struct file_entry {
    char *path; /* below the folder */
    int64_t size_bytes;
    int64_t modify_us; /* since 1970 */
};

struct file_list {
    struct file_entry *items; /* by path, byte by byte */
    size_t count;
    bool is_cut; /* there are, or may be, more */

    size_t capacity, looked_at, text_bytes;
};

/* root: a descriptor of the folder. Clear it, also on failure. */
bool file_list_read(struct file_list *list, int root, struct assay_error *err);
void file_list_clear(struct file_list *list);

#endif
