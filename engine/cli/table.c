#include "engine/cli/table.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

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

bool table_print(struct table *table)
{
    bool is_printed = scols_print_table(table->table) == 0;

    scols_table_remove_lines(table->table);
    (void)scols_table_enable_noheadings(table->table, 1);
    return is_printed;
}
