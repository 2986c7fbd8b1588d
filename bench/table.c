#include "bench/table.h"

#include "assay/value.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    size_t line;
    struct table *table;
    bool has_split;
    size_t filled; /* cells */
    struct assay_error *err;
};

static bool fail(const struct reader *reader, const char *message)
{
    return assay_fail(reader->err, ASSAY_INVALID, NULL, "%s:%zu: %s", reader->path, reader->line,
                      message);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->param_count; i++)
        param_spec_clear(&table->params[i]);
    free(table->cells);
    free(table);
}

size_t table_value_count(const struct param_spec *param)
{
    return param->type == PARAM_INTEGER ? (size_t)(param->max - param->min) + 1
                                        : param->value_count;
}

static bool read_name(struct reader *reader, char *rest)
{
    if (*rest == '\0' || strlen(rest) + 1 > sizeof reader->table->name)
        return fail(reader, "a table's name has 1 to 31 bytes");
    (void)snprintf(reader->table->name, sizeof reader->table->name, "%s", rest);
    return true;
}

static bool read_split(struct reader *reader, char *rest)
{
    reader->has_split = true;
    reader->table->is_held_out = strcmp(rest, "held-out") == 0;
    if (!reader->table->is_held_out && strcmp(rest, "development") != 0)
        return fail(reader, "a split is \"development\" or \"held-out\"");
    return true;
}

static bool read_loss(struct reader *reader, char *rest)
{
    (void)reader; /* what the loss is serves people only */
    (void)rest;
    return true;
}

/* The place of word among names, which NULL ends; -1 where it is none of them. */
static int place_of(const char *word, const char *const *names)
{
    for (int i = 0; word && names[i]; i++)
        if (strcmp(word, names[i]) == 0)
            return i;
    return -1;
}

static bool read_type(struct reader *reader, const char *type, const char *scale,
                      struct param_spec *param)
{
    static const char *const types[] = { "INTEGER", "CATEGORICAL", "DISCRETE", NULL };
    static const enum param_type type_values[] = { PARAM_INTEGER, PARAM_CATEGORICAL,
                                                   PARAM_DISCRETE };
    static const char *const scales[] = { "-", "linear", "log", "reverse-log", NULL };
    static const enum param_scale scale_values[] = { SCALE_NONE, SCALE_LINEAR, SCALE_LOG,
                                                     SCALE_REVERSE_LOG };
    int type_place = place_of(type, types);
    int scale_place = place_of(scale, scales);

    if (type_place < 0 || scale_place < 0)
        return fail(reader, "a parameter has a name, INTEGER, CATEGORICAL or DISCRETE, then -, "
                            "linear, log or reverse-log");
    param->type = type_values[type_place];
    param->scale = scale_values[scale_place];
    return true;
}

static bool add_category(struct reader *reader, struct param_spec *param, const char *word)
{
    char **categories = realloc(param->categories, (param->value_count + 1) * sizeof(char *));

    if (!categories)
        return assay_fail_memory(reader->err);
    param->categories = categories;
    categories[param->value_count] = strdup(word);
    if (!categories[param->value_count])
        return assay_fail_memory(reader->err);
    param->value_count++;
    return true;
}

static bool add_number(struct reader *reader, struct param_spec *param, const char *word)
{
    double *numbers = NULL;
    double number = 0;

    if (!assay_number_parse(word, &number))
        return fail(reader, "a value of the parameter is no number");
    numbers = realloc(param->numbers, (param->value_count + 1) * sizeof *numbers);
    if (!numbers)
        return assay_fail_memory(reader->err);
    param->numbers = numbers;
    numbers[param->value_count++] = number;
    return true;
}

/* An INTEGER's two numbers are the ends of its range. */
static bool set_range(struct reader *reader, struct param_spec *param)
{
    if (param->value_count != 2 || !(param->numbers[0] <= param->numbers[1]) ||
        !(param->numbers[1] - param->numbers[0] < TABLE_CELLS_MAX))
        return fail(reader, "an INTEGER has its least and its greatest value");
    param->min = param->numbers[0];
    param->max = param->numbers[1];
    free(param->numbers);
    param->numbers = NULL;
    param->value_count = 0;
    return true;
}

static bool read_values(struct reader *reader, char **rest, struct param_spec *param)
{
    const char *word = NULL;

    while ((word = strtok_r(NULL, " ", rest)))
        if (param->type == PARAM_CATEGORICAL ? !add_category(reader, param, word)
                                             : !add_number(reader, param, word))
            return false;
    if (param->type == PARAM_INTEGER)
        return set_range(reader, param);
    return param->value_count > 0 || fail(reader, "the parameter has no values");
}

static bool read_parameter(struct reader *reader, char *line)
{
    struct table *table = reader->table;
    struct param_spec *param = &table->params[table->param_count];
    char *rest = NULL;
    const char *id = strtok_r(line, " ", &rest);
    const char *type = strtok_r(NULL, " ", &rest);
    const char *scale = strtok_r(NULL, " ", &rest);

    if (table->param_count == TABLE_PARAMS_MAX)
        return fail(reader, "too many parameters");
    table->param_count++;
    param->parent = PARAM_NO_PARENT;
    if (!read_type(reader, type, scale, param))
        return false;
    param->id = strdup(id);
    param->field = strdup(id);
    if (!param->id || !param->field)
        return assay_fail_memory(reader->err);
    return read_values(reader, &rest, param);
}

static bool read_cell_count(struct reader *reader, char *rest)
{
    struct table *table = reader->table;
    int64_t said = 0;
    size_t count = 1;

    for (size_t i = 0; i < table->param_count && count <= TABLE_CELLS_MAX; i++)
        count *= table_value_count(&table->params[i]);
    if (count > TABLE_CELLS_MAX)
        return fail(reader, "the grid is too large");
    if (!assay_integer_parse(rest, &said) || said != (int64_t)count)
        return fail(reader, "the number of cells is not the product of the numbers of values");
    table->cells = calloc(count, sizeof *table->cells);
    if (!table->cells)
        return assay_fail_memory(reader->err);
    table->cell_count = count;
    return true;
}

static bool read_cell(struct reader *reader, const char *text)
{
    double value = (double)NAN;

    if (reader->filled == reader->table->cell_count)
        return fail(reader, "there are more lines than cells");
    if (strcmp(text, "infeasible") != 0 && !assay_number_parse(text, &value))
        return fail(reader, "a cell is a number or \"infeasible\"");
    reader->table->cells[reader->filled++] = value;
    return true;
}

static bool read_line(struct reader *reader, char *line)
{
    static const struct {
        const char *word;
        bool (*read)(struct reader *reader, char *rest);
    } keywords[] = {
        { "table", read_name },          { "split", read_split },      { "loss", read_loss },
        { "parameter", read_parameter }, { "cells", read_cell_count },
    };
    char *space = strchr(line, ' ');

    if (reader->table->cells)
        return read_cell(reader, line);
    if (!space)
        return fail(reader, "a line of the header is a keyword and what it says");
    *space = '\0';
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (strcmp(line, keywords[i].word) == 0)
            return keywords[i].read(reader, space + 1);
    return fail(reader, "the keyword is none of table, split, loss, parameter and cells");
}

static bool read_lines(struct reader *reader, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    bool is_ok = true;

    while (is_ok && (length = getline(&line, &size, file)) >= 0) {
        reader->line++;
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        is_ok = read_line(reader, line);
    }
    free(line);
    if (is_ok && ferror(file))
        return assay_fail_errno(reader->err, errno, "%s", reader->path);
    return is_ok;
}

static bool check_whole(const struct reader *reader)
{
    const struct table *table = reader->table;

    if (!table->cells || reader->filled < table->cell_count)
        return fail(reader, "the table ends before its last cell");
    if (table->name[0] == '\0' || !reader->has_split || table->param_count == 0)
        return fail(reader, "a table needs a name, a split and parameters");
    return true;
}

struct table *table_read(const char *path, struct assay_error *err)
{
    struct reader reader = { .path = path, .err = err };
    FILE *file = fopen(path, "re");
    bool is_ok = false;

    if (!file) {
        (void)assay_fail_errno(err, errno, "%s", path);
        return NULL;
    }
    reader.table = calloc(1, sizeof *reader.table);
    if (reader.table)
        is_ok = read_lines(&reader, file) && check_whole(&reader);
    else
        (void)assay_fail_memory(err);
    (void)fclose(file);
    if (is_ok)
        return reader.table;
    table_free(reader.table);
    return NULL;
}
