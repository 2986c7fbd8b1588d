/*
 * bench/table.h - the loss of every cell of a complete grid, read from a file.
 *
 * The format is described in bench/tables/make.py. Immutable once read; any thread may look.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "assay/error.h"
#include "search/param_spec.h"

enum { TABLE_PARAMS_MAX = 16, TABLE_CELLS_MAX = 100000 };

struct table {
    char name[32];
    bool is_held_out;
    size_t param_count;
    struct param_spec params[TABLE_PARAMS_MAX]; /* without parents; their rules are not checked */
    size_t cell_count;                          /* the product of the parameters' value counts */
    double *cells;                              /* the last parameter runs fastest; NaN: failed */
};

/* The caller owns it: table_free(). NULL and *err: the message names path and line. */
struct table *table_read(const char *path, struct assay_error *err);
void table_free(struct table *table); /* NULL is fine */

/* How many values an INTEGER, DISCRETE or CATEGORICAL parameter of a table has. */
size_t table_value_count(const struct param_spec *param);

#endif
