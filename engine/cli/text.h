/*
 * engine/cli/text.h - other people's text on a terminal, on a command line, in a table.
 *
 * Parameter values, reasons and names come from documents and trials. Nothing here lets a control
 * character of theirs through: it is shown, not obeyed. Pure functions; text is UTF-8, and what is
 * none is shown byte by byte.
 */
#ifndef ENGINE_CLI_TEXT_H
#define ENGINE_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Control characters, marks that turn the direction of writing and bad bytes as \n, \x1b, \u202e.
 */
void text_write_safe(FILE *out, const char *text);

/* The same, but line breaks stay; each line after the first begins with indent. */
void text_write_lines(FILE *out, const char *text, const char *indent);

/* The first line, safe. */
void text_write_first_line(FILE *out, const char *text);

/* One word for a POSIX shell, in quotes where it needs them; bash's $'…' for control characters. */
void text_write_shell(FILE *out, const char *text);

/* One segment of a path, or a value of a query, percent-encoded. */
void text_write_url(FILE *out, const char *text);

/* One field of RFC 4180: in quotes where it holds a comma, a quote or a line break. Exactly the
 * text, control characters and all, unless is_safe: for a terminal. */
void text_write_csv(FILE *out, const char *text, bool is_safe);

/* Columns of a terminal that a safe text takes. */
size_t text_columns(const char *text);

/* At most columns of a safe text, the last of them an ellipsis where it was cut. */
void text_write_fitted(FILE *out, const char *text, size_t columns);

/*
 * Safe text, broken at blanks into lines of at most columns, of which the first has used so many
 * already; indent stands before each other one. A word that is longer stays whole. Line breaks of
 * the text stay.
 */
void text_write_wrapped(FILE *out, const char *text, size_t columns, size_t used,
                        const char *indent);

/* For people: "0.25s", "3.2s", "4m07s", "2h05m", "3d04h". */
void text_write_duration(FILE *out, int64_t duration_us);

/* True when all of it is UTF-8 without a zero byte; else *line is that of the first bad byte. */
bool text_is_utf8(const char *text, size_t size, int *line);

#endif
