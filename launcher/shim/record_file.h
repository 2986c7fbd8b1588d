/*
 * launcher/shim/record_file.h - small text files that tell a later process what happened, such as
 * an attempt's exit record.
 *
 *     assay-exit 1
 *     kind exited
 *     status 3
 *     end
 *
 * The first line is the format's name, then one "key value" per line, then "end": a file that lacks
 * it was torn by a crash or a full disk and counts as missing.
 *
 * The shim links nothing but the C library and has nobody to talk to, so that this folder's
 * functions answer with an errno (0 for success) where the rooms above would fill an assay_error.
 */
#ifndef LAUNCHER_SHIM_RECORD_FILE_H
#define LAUNCHER_SHIM_RECORD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORD_TEXT_MAX = 8192 };

/* Fills text with the whole file, terminated. ENOENT: no such file; EBADMSG: torn or foreign. */
int record_file_read(const char *dir, const char *name, const char *format,
                     char text[RECORD_TEXT_MAX]);

/* The value of a key; false when it is missing or does not fit. */
bool record_file_text(const char *text, const char *key, char *value, size_t size);

/* The value of a key as a decimal number; false when it is missing or none. */
bool record_file_number(const char *text, const char *key, int64_t *number);

/*
 * Appears whole or not at all, in place of what was there. is_synced: it is on the disk before this
 * returns. The text must end in "end\n".
 */
int record_file_write(const char *dir, const char *name, const char *text, size_t size,
                      bool is_synced);

/* <dir>/<name> in path; ENAMETOOLONG. */
int record_path(char *path, size_t size, const char *dir, const char *name);

/* mkdir with all parents; 0 when it is there already. */
int record_make_dirs(const char *dir);

#endif
