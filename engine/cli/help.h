/*
 * engine/cli/help.h - the table of commands as text: help, man page, shell completion.
 *
 * Pure functions of the table; docs/assay.1 is what help_write_man() writes.
 */
#ifndef ENGINE_CLI_HELP_H
#define ENGINE_CLI_HELP_H

#include "engine/cli/command.h"

#include <stdio.h>

void help_write_overview(FILE *out);
void help_write_command(FILE *out, const struct command *command);
void help_write_man(FILE *out);
void help_write_bash_completion(FILE *out);

/* What help and man page say about the default of --state. */
extern const char help_state_folder[];

#endif
