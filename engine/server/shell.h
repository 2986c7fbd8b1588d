/*
 * engine/server/shell.h - a command on a terminal of its own, whose screen is read from afar.
 *
 * What it prints is kept, the newest SHELL_KEPT_BYTES of it, so that who lost the connection goes
 * on where it was. It ends by itself when nobody has read for a minute. Any thread may call.
 */
#ifndef ENGINE_SERVER_SHELL_H
#define ENGINE_SERVER_SHELL_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHELL_KEPT_BYTES = 256 * 1024, SHELL_READ_MAX = 64 * 1024 };

/* For shell_write(): after all that was typed. */
enum { SHELL_NOW = -1 };

struct shell;

struct shell_size {
    unsigned short rows, columns;
};

/* What was printed from one place on. */
struct shell_output {
    char bytes[SHELL_READ_MAX];
    size_t size;
    uint64_t offset; /* of the first of them, from the shell's beginning; more than what was asked
                        for where that is not kept any more */
    bool is_over;    /* nothing comes after these */
    int status;      /* then: as of waitpid() */
};

/* Starts words[0] by the PATH, NULL-terminated. NULL and *err: ASSAY_NOT_FOUND for a program that
 * is not there, ASSAY_EXHAUSTED. */
struct shell *shell_start(char *const *words, struct shell_size size, struct assay_error *err);

/* As when a terminal is closed: it ends soon, and who waits for output is answered then. */
void shell_hang_up(struct shell *shell);

/* Hangs up and waits for the end. Nobody may be in a call with it. NULL is fine. */
void shell_free(struct shell *shell);

/* Waits until there is something from after on, or the end; at most timeout_ms. */
void shell_read(struct shell *shell, uint64_t after, int timeout_ms, struct shell_output *output);

/*
 * What was typed, from byte number offset of all that is typed on (or SHELL_NOW): bytes
 * that it has already are passed over, so that a request may be sent again. ASSAY_INVALID where
 * some before are missing; ASSAY_PRECONDITION once it has ended; ASSAY_UNAVAILABLE while it does
 * not read what was typed, of which it then has a part.
 */
bool shell_write(struct shell *shell, int64_t offset, const char *bytes, size_t size,
                 struct assay_error *err);

void shell_resize(struct shell *shell, struct shell_size size);

/* It has ended, and all was read or nobody came to read. */
bool shell_is_done(struct shell *shell);

#endif
