/* engine/cli/state_dir.h - which state folder a command means. */
#ifndef ENGINE_CLI_STATE_DIR_H
#define ENGINE_CLI_STATE_DIR_H

#include "assay/error.h"

#include <stdio.h>

struct state_dir {
    char *path;
    bool is_given;  /* by --state: then it belongs into the commands that we suggest */
    bool is_remote; /* a server is asked in place of the folder */
    char *endpoint; /* by --endpoint; NULL where not given */
    const char *token_file, *tls_ca; /* of a server, where given; borrowed from the arguments */
};

/*
 * What --state says (NULL where it was not given); else ./.assay if that is a folder; else
 * $XDG_STATE_HOME/assay, else ~/.local/state/assay. It need not exist. ASSAY_INVALID for an empty
 * --state, and where there is no home either.
 */
bool state_dir_choose(const char *option, struct state_dir *dir, struct assay_error *err);
void state_dir_clear(struct state_dir *dir);

/* The path from the root, also of a folder that does not exist yet; the caller frees it. NULL for
 * lack of memory. */
char *state_dir_absolute(const struct state_dir *dir);

/* " --state DIR", " --endpoint URL": what a command needs to get there again; nothing where it
 * finds it by itself. */
void state_dir_write_place(FILE *out, const struct state_dir *dir);

/* "assay resume 123 --state DIR", ready to be typed in the same folder; the caller frees it. NULL
 * for lack of memory. */
char *state_dir_command(const struct state_dir *dir, const char *verb, const char *id);

#endif
