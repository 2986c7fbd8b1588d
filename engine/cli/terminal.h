/*
 * engine/cli/terminal.h - how wide lines may be where a person reads them.
 */
#ifndef ENGINE_CLI_TERMINAL_H
#define ENGINE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Is it a terminal? Not of a stream in memory. */
bool terminal_is(FILE *out);

/* The terminal's width, at least 20; 80 of what is none, or does not say. */
size_t terminal_columns(FILE *out);

/* Safe text (engine/cli/text.h) as a line with its end: on a terminal wrapped to its width, the
 * further lines behind indent; else as it is, for programs that read lines. */
void terminal_write_line(FILE *out, const char *text, const char *indent);

#endif
