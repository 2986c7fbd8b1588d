/*
 * launcher/artifact.h - the folder a trial leaves behind: checked, listed with hashes, copied out.
 *
 * A manifest is manifest.json in the target folder: what the caller tells (an object), and
 * "files": [{"path", "sizeBytes", "sha256"}] sorted by path. A target appears whole or not at all:
 * it is filled under another name, synced, renamed.
 */
#ifndef LAUNCHER_ARTIFACT_H
#define LAUNCHER_ARTIFACT_H

#include "assay/error.h"
#include "assay/json.h"

struct artifact_summary {
    uint64_t file_count;
    uint64_t size_bytes;
    int64_t
        newest_us; /* when the newest file was last written, wall clock; 0 where there is none */
};

/*
 * ASSAY_NOT_FOUND: no such folder; ASSAY_PRECONDITION: no regular file in it; ASSAY_INVALID: what
 * artifact_publish() would refuse.
 */
bool artifact_check(const char *source_dir, struct artifact_summary *summary,
                    struct assay_error *err);

/*
 * Copies the tree at source_dir to target_dir/model/ and writes target_dir/manifest.json with
 * about's members (NULL for none; not "files") and the list of files. A target that exists already
 * is replaced. Symbolic links that stay inside are kept, others refused by name; sockets and
 * devices are refused. Modes are kept, owners and times are not. The source may not lie in the
 * target. Errors as of artifact_check(), and ASSAY_INVALID for what is refused.
 * Hard to interrupt: kill -9 leaves the old target or the new one, and rubbish "….partial" that the
 * next call removes.
 */
bool artifact_publish(const char *source_dir, const char *target_dir, const cJSON *about,
                      struct artifact_summary *summary, struct assay_error *err);

/* Removes a folder and all below it, never following links; a missing one is success. */
bool artifact_remove(const char *dir, struct assay_error *err);

#endif
