/*
 * launcher/python/package_digests.h - SHA-256 of package files, remembered for as long as a file is
 * the same by its place, size and time: wheels may be large, and each start of a trial asks.
 */
#ifndef LAUNCHER_PYTHON_PACKAGE_DIGESTS_H
#define LAUNCHER_PYTHON_PACKAGE_DIGESTS_H

#include "assay/error.h"

enum { PACKAGE_DIGEST_TEXT = 65 };

struct package_digests; /* opaque; any thread */

struct package_digests *package_digests_new(struct assay_error *err);
void package_digests_free(struct package_digests *digests); /* NULL is fine */

/* ASSAY_NOT_FOUND: there is no such file, it is none, or it may not be read. */
bool package_digests_find(struct package_digests *digests, const char *path,
                          char text[PACKAGE_DIGEST_TEXT], struct assay_error *err);

#endif
