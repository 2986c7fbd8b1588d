/*
 * launcher/artifact_copy.h - a file of an artifact, read once: copied and hashed on the way.
 *
 * As in launcher/shim/, answers are an errno, 0 for success.
 */
#ifndef LAUNCHER_ARTIFACT_COPY_H
#define LAUNCHER_ARTIFACT_COPY_H

#include "launcher/artifact_tree.h"

/* ARTIFACT_COPY_BUFFER: larger ones measured no faster, hashing is what takes the time. */
enum { ARTIFACT_COPY_BUFFER = 256 * 1024 };

/*
 * All bytes of from go to to (-1: nowhere); entry gets its size and hash. buffer has
 * ARTIFACT_COPY_BUFFER bytes.
 */
int artifact_copy_bytes(int from, int to, struct artifact_entry *entry, unsigned char *buffer);

int artifact_write_whole(int fd, const void *bytes, size_t size);

#endif
