/*
 * engine/keep/tree_use.h - how much of a disk the files below a folder take.
 */
#ifndef ENGINE_KEEP_TREE_USE_H
#define ENGINE_KEEP_TREE_USE_H

#include <stdbool.h>
#include <stdint.h>

struct tree_use {
    int64_t bytes;     /* on the disk, folders too */
    int64_t newest_us; /* when the newest regular file was last written, wall clock; 0: none */
};

/*
 * Adds what is at path (a file, or all below a folder; nothing where there is neither) to *use.
 * Links are not followed, nor other file systems entered. What cannot be read counts as nothing: a
 * trial that still runs may remove it at this moment.
 */
void tree_use_add(struct tree_use *use, const char *path);

#endif
