/*
 * launcher/artifact_unpack.h - the files of an artifact out of the blobs: verified, copied, or
 * shown as hard links.
 */
#ifndef LAUNCHER_ARTIFACT_UNPACK_H
#define LAUNCHER_ARTIFACT_UNPACK_H

#include "launcher/artifact_blobs.h"

/*
 * Copies the files to the new folder target, each held against its hash on the way: complete or
 * absent, synced. ASSAY_EXISTS: there is something already, unless it is exactly these files;
 * and where somebody else is filling it; ASSAY_DATA_LOSS with the path of the damaged file. Rubbish
 * ".target.partial" of a crash goes with the next call.
 */
bool artifact_unpack(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                     const char *target, struct assay_error *err);

/* The same as hard links to the blobs, where the file system has them, for people to look at: not
 * verified, not synced; what stands there is replaced. Waits for others that show it. */
bool artifact_show(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                   const char *target, struct assay_error *err);

/* Reads all; calls fn for each file that is damaged, which then is no failure. *count: of them. */
typedef void (*artifact_damage_fn)(void *context, const char *path, const char *why);
bool artifact_verify(const struct artifact_blobs *blobs, const struct artifact_tree *tree,
                     artifact_damage_fn fn, void *context, size_t *count, struct assay_error *err);

#endif
