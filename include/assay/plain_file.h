/*
 * assay/plain_file.h - opens what lies in folders that somebody else writes to, such as a trial.
 *
 * Whoever can write to a folder can put a symbolic link there that leads to any file of the
 * machine, or a FIFO that holds whoever opens it. So no link is followed on the way, not even one
 * of a folder that has been exchanged in this moment, and only a regular file is opened as a file.
 *
 * All return a descriptor, O_CLOEXEC, or -1 with errno; ELOOP: a link is in the way, or what stands
 * there is no regular file. Any thread.
 */
#ifndef ASSAY_PLAIN_FILE_H
#define ASSAY_PLAIN_FILE_H

#include <sys/types.h>

/* path is relative to the folder that root is open at, and below it: no part of it is "..". flags
 * and mode as of open(2), but not O_PATH alone, which opens a link itself. */
int plain_open_below(int root, const char *path, int flags, mode_t mode);

/* The same for a regular file. */
int plain_file_open_below(int root, const char *path, int flags, mode_t mode);

/* A regular file at a path of which only the last two parts, a folder and the file in it, may have
 * been put there by others. */
int plain_file_open(const char *path, int flags, mode_t mode);

#endif
