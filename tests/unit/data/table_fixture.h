/*
 * tests/unit/data/table_fixture.h - tables as texts, split into a folder of their own.
 *
 * What cannot happen to a test that is well ends it.
 */
#ifndef TESTS_UNIT_DATA_TABLE_FIXTURE_H
#define TESTS_UNIT_DATA_TABLE_FIXTURE_H

#include "engine/data/table_split.h"

enum { FIXTURE_FILES = 4 };

struct table_fixture {
    struct table_file files[FIXTURE_FILES];
    struct table_split split; /* a fraction split of .8, .1, .1 until it is changed */
    int64_t counts[SPLIT_SETS];
    struct assay_error err;
    char folder[64];
};

void table_fixture_init(struct table_fixture *fixture);
void table_fixture_clear(struct table_fixture *fixture); /* with the folder */

/* One more file, named a.csv, b.csv, … */
void table_fixture_add(struct table_fixture *fixture, const char *text, size_t size);
void table_fixture_add_text(struct table_fixture *fixture, const char *text);

bool table_fixture_run(struct table_fixture *fixture);

/* The whole of a shard of the target folder; the caller frees it. NULL: there is none. */
char *table_fixture_shard(const struct table_fixture *fixture, const char *name, size_t *size);

/* Files in the folder. */
int table_fixture_entries(const struct table_fixture *fixture);

#endif
