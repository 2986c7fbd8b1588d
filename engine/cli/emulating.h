/*
 * engine/cli/emulating.h - what --script and --seed say of emulate mode, and what a program needs
 * to be told to find the emulator.
 */
#ifndef ENGINE_CLI_EMULATING_H
#define ENGINE_CLI_EMULATING_H

#include "assay.h"
#include "engine/cli/document_file.h"

struct emulating {
    struct assay_emulation options; /* borrows from script */
    struct document_file script;
};

/* Zero it to start. False and *err for a script that cannot be read (its faults are found when the
 * folder is opened), or a seed that is none. */
bool emulating_read(const struct arguments *arguments, struct emulating *emulating,
                    struct assay_error *err);
void emulating_clear(struct emulating *emulating);

/*
 * This process's environment with the variables that lead clients to url, of those that real ones
 * read; docs/emulator.md lists them. Where the user has set a project or region, they stay. The
 * caller frees it: emulating_free_environment(). NULL for lack of memory.
 */
char **emulating_environment(const char *url);
void emulating_free_environment(char **environment); /* NULL is fine */

#endif
