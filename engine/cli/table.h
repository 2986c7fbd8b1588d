/*
 * engine/cli/table.h - a table on standard output, as wide as its words need: libsmartcols, which
 * knows the terminal's width and that of every character. On a terminal of less than 60 columns
 * each row is a block of lines instead.
 *
 * Cells are written as text into a stream each; they must be safe (engine/cli/text.h).
 */
#ifndef ENGINE_CLI_TABLE_H
#define ENGINE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct table;

/* columns are the headings, copied; on a narrow terminal the last one is cut. NULL for lack of
 * memory. */
struct table *table_new(const char *const *columns, size_t count);
void table_free(struct table *table); /* NULL is fine */

/* A row begins, each table_cell() is the stream of the next cell, the row ends. False when memory
 * ran out on the way; until then all goes on as if there were enough. */
void table_begin_row(struct table *table);
FILE *table_cell(struct table *table);
bool table_end_row(struct table *table);

/* Prints the rows and forgets them; the headings only the first time. */
bool table_print(struct table *table);

#endif
