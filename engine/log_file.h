/*
 * engine/log_file.h - reading a log of an attempt, of which the middle may have been given back
 * (launcher/shim/log_cap.h): what is left keeps its place, and where something is missing the
 * reader is told how much.
 */
#ifndef ENGINE_LOG_FILE_H
#define ENGINE_LOG_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LOG_GAP_TEXT = 64 };

/*
 * Opens the log "stdout" or "stderr" in the folder of a replica, for reading. -1 with errno;
 * ENOENT: there is none (yet); ELOOP: what the trial has put in its place, a link, say, is no log.
 */
int log_file_open(const char *dir, const char *stream);

/*
 * At most room bytes from the offset on, none of them from where something was left out. 0: nothing
 * is there (yet), or it was left out. -1 with errno.
 */
ssize_t log_file_read(int fd, int64_t offset, char *buffer, size_t room);

/* How many bytes from the offset on were left out; 0: what is there is there. */
int64_t log_file_left_out(int fd, int64_t offset);

/* What stands in their place for a person: a line of its own. Returns text. */
char *log_file_gap_text(int64_t left_out, char text[LOG_GAP_TEXT]);

#endif
