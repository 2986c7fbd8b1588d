/* launcher/python/package_path.h - where a URI of packageUris lies on this machine. */
#ifndef LAUNCHER_PYTHON_PACKAGE_PATH_H
#define LAUNCHER_PYTHON_PACKAGE_PATH_H

#include "assay/error.h"

/*
 * As storage_path(), whose errors it has, and: ASSAY_NOT_FOUND when there is no file that can be
 * read; ASSAY_INVALID for a folder, or a name that is neither a source distribution's nor a
 * wheel's, which pip would refuse. The caller frees the result.
 */
char *package_path(const char *uri, const char *buckets_dir, const char *source_dir,
                   struct assay_error *err);

#endif
