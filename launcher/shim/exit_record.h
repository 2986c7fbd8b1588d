/*
 * launcher/shim/exit_record.h - the file `exit` of an attempt: how it ended, written by its shim as
 * its last deed, and the one truth about it.
 */
#ifndef LAUNCHER_SHIM_EXIT_RECORD_H
#define LAUNCHER_SHIM_EXIT_RECORD_H

#include "launcher/launcher.h"

#define EXIT_RECORD_NAME "exit"

/* "exited", "out_of_memory", …: the kind's name in records. */
const char *ending_kind_name(enum ending_kind kind);

/* An errno; control characters of the detail become blanks. */
int exit_record_write(const char *attempt_dir, const struct ending *ending);

/* Fills all but key. ENOENT: none; EBADMSG: torn, which counts as none. */
int exit_record_read(const char *attempt_dir, struct ending *ending);

#endif
