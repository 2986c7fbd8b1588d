/*
 * bench/suite_tables.h - suite S4: real model tuning, as tables made by bench/tables/make.
 *
 * A table holds the cross-validated loss of every cell of a complete grid, so nothing is modelled.
 * What is held out are tables, not seeds: instances 1 to 5 are the tables whose header says
 * "development", 6 and up the others. Beyond that, an instance only orders the parameters and
 * the categories of each.
 */
#ifndef BENCH_SUITE_TABLES_H
#define BENCH_SUITE_TABLES_H

#include "bench/suite_make.h"

/*
 * From every *.table of query->tables, in order of their names; a quarter of them for a quick
 * query. Fails where the folder or one of its tables cannot be read.
 */
suite_append_fn suite_tables_append;

#endif
