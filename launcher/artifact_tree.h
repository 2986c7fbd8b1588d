/*
 * launcher/artifact_tree.h - what lies below a folder: listed without recursion, so that no depth
 * is too much, and refused where it cannot be copied faithfully.
 */
#ifndef LAUNCHER_ARTIFACT_TREE_H
#define LAUNCHER_ARTIFACT_TREE_H

#include "launcher/artifact.h"

#include <sys/types.h>

enum artifact_kind { ARTIFACT_FOLDER, ARTIFACT_FILE, ARTIFACT_LINK };

struct artifact_entry {
    char *path; /* below the root, without leading slash */
    enum artifact_kind kind;
    mode_t mode; /* the nine permission bits */
    uint64_t size_bytes;
    char sha256[65]; /* filled by whoever reads the file */
};

/* Owns its entries. */
struct artifact_tree {
    int fd; /* of the root, -1 without one */
    mode_t mode;
    struct artifact_entry *entries; /* sorted by path: a folder comes before what is in it */
    size_t count;
    size_t capacity;
    struct artifact_summary summary; /* of regular files */
};

/* More in one model is a mistake, most likely the wrong folder. */
enum { ARTIFACT_ENTRIES_MAX = 1000 * 1000 };

/*
 * ASSAY_NOT_FOUND: no such folder. ASSAY_INVALID: a socket, device or FIFO in it, or a link that
 * leads outside, named in the message. The tree is to be cleared after failure too.
 */
bool artifact_tree_scan(struct artifact_tree *tree, const char *dir, struct assay_error *err);
void artifact_tree_clear(struct artifact_tree *tree); /* fine on { .fd = -1 } */

#endif
