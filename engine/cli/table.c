#include "engine/cli/table.h"

#include "engine/cli/terminal.h"
#include "engine/cli/text.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { NARROW_COLUMNS = 60, HEADING_WIDTH = 10 };

/*
 * All cells are collected in one stream, which is rewound between them; a zero byte ends each.
 */
struct table {
    struct libscols_table *table;
    struct libscols_line *line;
    FILE *cell;
    char *text;
    size_t size;
    size_t column; /* of the cell that is being written, from 1; 0 before the first */
    bool is_failed;
};

struct table *table_new(const char *const *columns, size_t count)
{
    struct table *table = calloc(1, sizeof *table);
    bool is_ok = table != NULL;

    if (is_ok) {
        table->table = scols_new_table();
        table->cell = open_memstream(&table->text, &table->size);
        is_ok = table->table && table->cell;
    }
    for (size_t i = 0; is_ok && i < count; i++)
        is_ok = scols_table_new_column(table->table, columns[i], 0,
                                       i + 1 == count ? SCOLS_FL_TRUNC : 0) != NULL;
    /* The cells are safe already; encoded again they would be hard to read. */
    if (is_ok && scols_table_enable_noencoding(table->table, 1) == 0)
        return table;
    table_free(table);
    return NULL;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    if (table->cell)
        (void)fclose(table->cell);
    free(table->text);
    scols_unref_table(table->table);
    free(table);
}

/* What stands in the stream becomes the data of the cell. */
static void finish_cell(struct table *table)
{
    if (table->column == 0)
        return;
    table->is_failed = fputc('\0', table->cell) == EOF || table->is_failed;
    table->is_failed = fflush(table->cell) != 0 || table->is_failed;
    if (!table->is_failed && table->line)
        table->is_failed = scols_line_set_data(table->line, table->column - 1, table->text) != 0;
    rewind(table->cell);
}

void table_begin_row(struct table *table)
{
    table->line = scols_table_new_line(table->table, NULL);
    table->is_failed = !table->line;
    table->column = 0;
}

FILE *table_cell(struct table *table)
{
    finish_cell(table);
    table->column++;
    return table->cell;
}

bool table_end_row(struct table *table)
{
    finish_cell(table);
    table->column = 0;
    return !table->is_failed;
}

/* "HEADING  cell" for each cell that has a text. */
static void print_block(const struct table *table, struct libscols_line *line)
{
    size_t count = scols_table_get_ncols(table->table);

    for (size_t i = 0; i < count; i++) {
        struct libscols_column *column = scols_table_get_column(table->table, i);
        const char *text = scols_cell_get_data(scols_line_get_cell(line, i));

        if (!text || !*text)
            continue;
        (void)printf("%-*s ", HEADING_WIDTH, scols_cell_get_data(scols_column_get_header(column)));
        text_write_wrapped(stdout, text, terminal_columns(stdout), HEADING_WIDTH + 1, "  ");
        (void)putchar('\n');
    }
}

/* Side by side the columns of a row would take many lines of the screen: a block for each row. */
static bool print_blocks(const struct table *table)
{
    struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
    struct libscols_line *line = NULL;

    if (!iter)
        return false;
    while (scols_table_next_line(table->table, iter, &line) == 0) {
        print_block(table, line);
        (void)putchar('\n');
    }
    scols_free_iter(iter);
    return true;
}

bool table_print(struct table *table)
{
    bool is_narrow = terminal_is(stdout) && terminal_columns(stdout) < NARROW_COLUMNS;
    bool is_printed = is_narrow ? print_blocks(table) : scols_print_table(table->table) == 0;

    scols_table_remove_lines(table->table);
    (void)scols_table_enable_noheadings(table->table, 1);
    return is_printed;
}
