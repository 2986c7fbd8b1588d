/*
 * engine/cli/override.h - what --seed, --on-host, --set and the options of jobs
 * (launch_options.h) change in a document, in words: a fault of theirs is not the file's.
 */
#ifndef ENGINE_CLI_OVERRIDE_H
#define ENGINE_CLI_OVERRIDE_H

#include "engine/cli/arguments.h"

#include <stdio.h>

/*
 * Writes the option that gave the field at this path (as in a fault) its value, or one of the
 * fields in it: "--set maxTrialCount=x". False where none did, or the field is "".
 */
bool override_write_cause(FILE *out, const struct arguments *arguments, const char *field);

/* Is the field, as in a fault, what this path names, below it, or right above it? */
bool override_is_about(const char *path, const char *field);

/* " --seed 7 --set maxTrialCount=5": all that were given, to be typed again. */
void override_write_all(FILE *out, const struct arguments *arguments);

#endif
