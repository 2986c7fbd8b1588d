/*
 * launcher/artifact_manifest.h - which files an artifact has, as a text:
 *
 *     {"files":[{"path":"a/b","sizeBytes":3,"sha256":"…","mode":"0644"},…]}
 *
 * sorted by path, so that the same files are the same text, whose hash is the artifact's digest.
 */
#ifndef LAUNCHER_ARTIFACT_MANIFEST_H
#define LAUNCHER_ARTIFACT_MANIFEST_H

#include "launcher/artifact_tree.h"

enum { ARTIFACT_MANIFEST_MAX = 64 * 1024 * 1024 }; /* bytes: some 300 000 files */

/* The tree's regular files; the caller frees the text. NULL and *err: ASSAY_EXHAUSTED. */
char *artifact_manifest_text(const struct artifact_tree *tree, size_t *size,
                             struct assay_error *err);

/*
 * Fills a tree without a folder behind it (fd is -1), to be cleared after failure too.
 * ASSAY_DATA_LOSS for what is no manifest; no path in it leaves the folder that it is unpacked to.
 */
bool artifact_manifest_read(const char *text, size_t size, struct artifact_tree *tree,
                            struct assay_error *err);

#endif
