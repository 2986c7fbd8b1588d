/*
 * launcher/artifact_blobs.h - files kept under their SHA-256: <blobs>/ab/<all 64 digits>.
 *
 * A blob is read-only, was synced before it got its name, and never changes; the same bytes are one
 * blob. An artifact is a blob, too: its manifest (artifact_manifest.h), whose hash is the
 * artifact's digest. Adding may be done by several threads at once, sweeping by one that keeps the
 * others out.
 */
#ifndef LAUNCHER_ARTIFACT_BLOBS_H
#define LAUNCHER_ARTIFACT_BLOBS_H

#include "launcher/artifact_tree.h"
#include "launcher/sha256_text.h"

#include <limits.h>

enum { BLOB_PATH = PATH_MAX };

/* Borrowed by all functions. */
struct artifact_blobs {
    const char *dir; /* absolute; made when it is missing */
    /* Between two files: true ends what is under way with ASSAY_ABORTED. NULL: never. */
    bool (*is_ending)(const void *context);
    const void *context;
};

struct artifact_stored {
    char digest[SHA256_TEXT];
    struct artifact_summary summary;
};

/*
 * Adds the tree at source_dir. A link to a file inside it is that file; with is_guarded any link is
 * refused, also one that is put there meanwhile. Errors as of artifact_check(), and ASSAY_INVALID
 * for what is refused. Doing it again finds what is there already.
 */
bool artifact_blobs_add(const struct artifact_blobs *blobs, const char *source_dir, bool is_guarded,
                        struct artifact_stored *stored, struct assay_error *err);

/* The files of an artifact, without a folder behind them; clear it after failure too. The manifest
 * is held against its digest: ASSAY_DATA_LOSS. */
bool artifact_blobs_read(const struct artifact_blobs *blobs, const char *digest,
                         struct artifact_tree *tree, struct assay_error *err);

/* Where a blob lies. */
char *artifact_blob_path(const struct artifact_blobs *blobs, const char *sha256,
                         char path[BLOB_PATH]);

/* Reads the blob that is the entry's file: into to (-1: nowhere). ASSAY_DATA_LOSS: it is missing or
 * has other bytes than it had. buffer as of artifact_copy_bytes(). */
bool artifact_blob_copy(const struct artifact_blobs *blobs, const struct artifact_entry *entry,
                        int to, unsigned char *buffer, struct assay_error *err);

/*
 * Removes all blobs that is_needed() does not name, and what an addition left half-made. Nobody
 * adds meanwhile. *freed_bytes counts up.
 */
typedef bool (*artifact_needed_fn)(void *context, const char *sha256);
bool artifact_blobs_sweep(const struct artifact_blobs *blobs, artifact_needed_fn is_needed,
                          void *context, uint64_t *freed_bytes, struct assay_error *err);

#endif
