/*
 * launcher/storage.h - where a URI of the document lies on this machine: gs://bucket/x is
 * <buckets>/bucket/x, file:///x (percent-encoded) and plain paths are themselves, relative ones
 * start at the document's folder. What it is found by is pure; what opens it is not: trials write
 * to buckets, and may have put links there that lead anywhere.
 */
#ifndef LAUNCHER_STORAGE_H
#define LAUNCHER_STORAGE_H

#include "assay/error.h"

/*
 * The caller frees the result: an absolute path without trailing slash, "." and ".." resolved.
 * ASSAY_INVALID for other schemes, a bucket that is no bucket name, a gs:// path that would leave
 * its bucket, a relative one without source_dir. ASSAY_PRECONDITION: gs:// without buckets_dir.
 */
char *storage_path(const char *uri, const char *buckets_dir, const char *source_dir,
                   struct assay_error *err);

/* Whoever owns the machine may have made a bucket a link to a larger disk. */
enum storage_links { STORAGE_NO_LINKS, STORAGE_LINKED_BUCKETS };

/*
 * Opens what lies at path, below dir, which may be a link itself; of the parts below it none may
 * be, but for the first one with STORAGE_LINKED_BUCKETS. flags as of open(2). -1 and *err:
 * ASSAY_NOT_FOUND when it is not there, ASSAY_INVALID for a link.
 */
int storage_open(const char *path, const char *dir, enum storage_links links, int flags,
                 struct assay_error *err);

/* Makes the folder at path, with what is missing above it, on the same terms; dir too. */
bool storage_make_dirs(const char *path, const char *dir, enum storage_links links,
                       struct assay_error *err);

/* Of a path without trailing slash: what stands behind "dir/" in it, NULL: it is not below dir. */
const char *storage_below(const char *path, const char *dir);

#endif
