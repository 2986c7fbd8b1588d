/*
 * launcher/storage.h - where a URI of the document lies on this machine: gs://bucket/x is
 * <buckets>/bucket/x, file:///x (percent-encoded) and plain paths are themselves, relative ones
 * start at the document's folder. Pure.
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

#endif
