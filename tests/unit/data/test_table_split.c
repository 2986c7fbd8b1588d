/* What of a table comes out where, and which tables are refused with which words. */
#include "table_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONE(set) set "-00000-of-00001.csv"

static struct table_fixture fixture;

static void init(void)
{
    table_fixture_init(&fixture);
}

static void clear(void)
{
    table_fixture_clear(&fixture);
}

TestSuite(table_split, .init = init, .fini = clear);

static void all_to_training(void)
{
    fixture.split.split.fractions[SPLIT_TRAINING] = 1;
    fixture.split.split.fractions[SPLIT_VALIDATION] = 0;
    fixture.split.split.fractions[SPLIT_TEST] = 0;
}

static void expect_shard(const char *name, const char *expected)
{
    size_t size = 0;
    char *text = table_fixture_shard(&fixture, name, &size);

    cr_assert(text != NULL, "no %s", name);
    cr_assert(eq(int, strcmp(text, expected), 0), "%s: %s", name, text);
    free(text);
}

static void expect_refusal(enum assay_code code, const char *words)
{
    cr_assert(not(table_fixture_run(&fixture)));
    cr_assert(eq(int, (int)fixture.err.code, (int)code), "%s", fixture.err.message);
    cr_assert(strstr(fixture.err.message, words) != NULL, "%s", fixture.err.message);
    cr_assert(eq(int, table_fixture_entries(&fixture), 0), "something was left");
}

static void expect_all(const char *table, const char *shard)
{
    all_to_training();
    table_fixture_add_text(&fixture, table);
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("training"), shard);
}

Test(table_split, a_row_is_copied_with_quotes_and_line_ends_within_them)
{
    expect_all("a,b\n\"x\"\"y\",\"1\r\n2\n\"\n,\"\"\n", "a,b\n\"x\"\"y\",\"1\r\n2\n\"\n,\"\"\n");
}

Test(table_split, bom_crlf_blank_lines_and_a_missing_last_line_end_are_understood)
{
    expect_all("\xef\xbb\xbf\r\na,b\r\n\r\n1,2\r\n\n3,4", "a,b\n1,2\n3,4\n");
}

Test(table_split, a_header_alone_gives_three_shards_of_it)
{
    expect_all("a,b", "a,b\n");
    expect_shard(ONE("validation"), "a,b\n");
    expect_shard(ONE("test"), "a,b\n");
    cr_assert(eq(int, table_fixture_entries(&fixture), 3));
}

Test(table_split, nul_and_bytes_that_are_no_utf8_are_copied)
{
    static const char table[] = "a,b\n\0,\xff\xfe\n";
    size_t size = 0;
    char *text = NULL;

    all_to_training();
    table_fixture_add(&fixture, table, sizeof table - 1);
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    text = table_fixture_shard(&fixture, ONE("training"), &size);
    cr_assert(eq(sz, size, sizeof table - 1));
    cr_assert(eq(int, memcmp(text, table, size), 0));
    free(text);
}

Test(table_split, other_files_may_begin_with_the_header_or_not)
{
    all_to_training();
    table_fixture_add_text(&fixture, "a,b\n1,2\n");
    table_fixture_add_text(&fixture, "\xef\xbb\xbf\"a\",b\r\n3,4\r\n");
    table_fixture_add_text(&fixture, "5,6\n");
    table_fixture_add_text(&fixture, "");
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("training"), "a,b\n1,2\n3,4\n5,6\n");
    cr_assert(eq(i64, fixture.counts[SPLIT_TRAINING], 3));
}

Test(table_split, files_are_read_in_the_order_of_their_names)
{
    all_to_training();
    table_fixture_add_text(&fixture, "1,2\n");
    table_fixture_add_text(&fixture, "a,b\n3,4\n");
    fixture.files[0].name = "z.csv";
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("training"), "a,b\n3,4\n1,2\n");
}

Test(table_split, shards_end_behind_the_row_that_passes_their_size)
{
    all_to_training();
    fixture.split.shard_bytes = 12;
    table_fixture_add_text(&fixture, "a,b\n1,2\n3,4\n5,6\n7,8\n9,0\n");
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard("training-00000-of-00003.csv", "a,b\n1,2\n3,4\n");
    expect_shard("training-00001-of-00003.csv", "a,b\n5,6\n7,8\n");
    expect_shard("training-00002-of-00003.csv", "a,b\n9,0\n");
}

Test(table_split, no_files_and_empty_ones_are_refused)
{
    expect_refusal(ASSAY_INVALID, "no files");
    table_fixture_add_text(&fixture, "");
    expect_refusal(ASSAY_INVALID, "a.csv is empty");
}

struct refusal {
    const char *table;
    const char *words;
};

Test(table_split, bad_tables_are_refused_with_file_and_line)
{
    static const struct refusal refusals[] = {
        { "a,b\n1,2\n3\n", "a.csv, line 3: 1 fields, where the header has 2" },
        { "a,b\n\"\n\n\",2\n3,4,5\n", "a.csv, line 5: 3 fields, where the header has 2" },
        { "a,b\n1,x\"y\n", "a.csv, line 2: in this row a quote stands inside a field" },
        { "a,b\n1,\"x\"y\n", "a.csv, line 2: in this row a quote stands inside a field" },
        { "a,b\n1,2\n1,\"x\n3,4\n", "a.csv, line 3: a quote of this row is not closed" },
        { "a,b\r1,2\r", "a.csv, line 1: in this row a CR without an LF" },
        { "a,b,a\n1,2,3\n", "a.csv: the header names two columns \"a\"" },
        { "a,,b\n1,2,3\n", "a.csv: the header's column 2 has no name" },
        { "\xff\xfe"
          "a",
          "UTF-16" },
        { "\x1f\x8b\x08", "compressed" },
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        clear();
        init();
        table_fixture_add_text(&fixture, refusals[i].table);
        expect_refusal(ASSAY_INVALID, refusals[i].words);
    }
}

Test(table_split, a_header_in_another_order_is_refused)
{
    table_fixture_add_text(&fixture, "a,\"b \"\"x\"\"\",c\n1,2,3\n");
    table_fixture_add_text(&fixture, "\"b \"\"x\"\"\",a,c\n1,2,3\n");
    expect_refusal(ASSAY_INVALID, "b.csv begins with the header of a.csv in another order");
}

Test(table_split, a_first_row_that_has_names_of_columns_among_its_values_is_a_row)
{
    all_to_training();
    table_fixture_add_text(&fixture, "a,b,c\n1,2,3\n");
    table_fixture_add_text(&fixture, "b,a,a\n4,5,6\n");
    table_fixture_add_text(&fixture, "a,b,x\n");
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("training"), "a,b,c\n1,2,3\nb,a,a\n4,5,6\na,b,x\n");
}

Test(table_split, a_key_that_is_no_column_is_refused)
{
    fixture.split.split.kind = SPLIT_PREDEFINED;
    fixture.split.split.key = "ml_use";
    table_fixture_add_text(&fixture, "a,b\n1,2\n");
    expect_refusal(ASSAY_INVALID, "a.csv has no column \"ml_use\"");
}

static bool ends(void *context)
{
    (void)context;
    return true;
}

Test(table_split, whoever_ends_it_finds_nothing_left)
{
    fixture.split.is_ending = ends;
    table_fixture_add_text(&fixture, "a\n1\n");
    expect_refusal(ASSAY_ABORTED, "");
}

/* As often as a split of this table asks while it reads the rows and no more. */
static bool ends_later(void *context)
{
    int *asked = context;

    return ++*asked > 2;
}

Test(table_split, it_is_ended_between_the_passes_over_the_keys_too)
{
    static const enum split_kind kinds[] = { SPLIT_TIMESTAMP, SPLIT_STRATIFIED };

    table_fixture_add_text(&fixture, "a\n1\n");
    fixture.split.is_ending = ends_later;
    fixture.split.split.key = "a";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int asked = 0;

        fixture.split.split.kind = kinds[i];
        fixture.split.context = &asked;
        expect_refusal(ASSAY_ABORTED, "the split was ended");
        cr_assert(eq(int, asked, 3));
    }
}

Test(table_split, a_row_above_the_limit_is_refused_and_a_quote_is_suspected)
{
    size_t size = 25u * 1024 * 1024;
    char *table = malloc(size);

    memset(table, 'x', size);
    memcpy(table, "a\n\"", 3);
    table_fixture_add(&fixture, table, size);
    expect_refusal(ASSAY_INVALID, "a.csv, line 2: a row of more than 24 MiB; is a quote missing?");
    free(table);
}

Test(table_split, a_million_columns_are_split)
{
    enum { COLUMNS = 1000000 };
    char *table = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&table, &size);

    for (int i = 0; i < COLUMNS; i++)
        (void)fprintf(stream, "%sc%d", i ? "," : "", i);
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < COLUMNS; i++)
            (void)fprintf(stream, "%s%d", i ? "," : "\n", row);
    (void)fclose(stream);
    fixture.split.split.kind = SPLIT_TIMESTAMP;
    fixture.split.split.key = "c999999";
    table_fixture_add(&fixture, table, size);
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    cr_assert(eq(i64, fixture.counts[SPLIT_TRAINING], 0));
    free(table);
}

Test(table_split, a_predefined_set_is_the_columns_word_to_the_letter)
{
    fixture.split.split.kind = SPLIT_PREDEFINED;
    fixture.split.split.key = "use";
    table_fixture_add_text(&fixture,
                           "id,use\n1,training\n2,test\n3,\"validation\"\n4,Training\n5,\n"
                           "6,training \n7,test\n8,\"tr\"\"g\"\n");
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("training"), "id,use\n1,training\n");
    expect_shard(ONE("validation"), "id,use\n3,\"validation\"\n");
    expect_shard(ONE("test"), "id,use\n2,test\n7,test\n");
}

Test(table_split, the_youngest_are_for_training_and_rows_without_a_time_for_nothing)
{
    fixture.split.split.kind = SPLIT_TIMESTAMP;
    fixture.split.split.key = "t";
    fixture.split.split.fractions[SPLIT_TRAINING] = 0.5;
    fixture.split.split.fractions[SPLIT_VALIDATION] = 0.25;
    fixture.split.split.fractions[SPLIT_TEST] = 0.25;
    table_fixture_add_text(&fixture, "t,id\n2026-01-01T00:00:00Z,1\n2026-01-04T00:00:00Z,2\n,3\n"
                                     "2026-01-03T01:00:00+02:00,4\n\"2026-01-02T23:30:00Z\",5\n"
                                     "yesterday,6\n");
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("training"), "t,id\n2026-01-04T00:00:00Z,2\n\"2026-01-02T23:30:00Z\",5\n");
    expect_shard(ONE("validation"), "t,id\n2026-01-03T01:00:00+02:00,4\n");
    expect_shard(ONE("test"), "t,id\n2026-01-01T00:00:00Z,1\n");
}

/* Part of what a seed means: these never change. */
Test(table_split, golden_splits)
{
    char table[4096];
    int used = snprintf(table, sizeof table, "id,word\n");

    for (int i = 0; i < 20; i++)
        used += snprintf(table + used, sizeof table - (size_t)used, "%d,%c\n", i, "ab"[i % 3 == 0]);
    fixture.split.split.seed = 5;
    table_fixture_add_text(&fixture, table);
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("validation"), "id,word\n12,b\n15,b\n");
    expect_shard(ONE("test"), "id,word\n6,b\n14,a\n");
    fixture.split.split.kind = SPLIT_STRATIFIED;
    fixture.split.split.key = "word";
    cr_assert(table_fixture_run(&fixture), "%s", fixture.err.message);
    expect_shard(ONE("validation"), "id,word\n3,b\n17,a\n");
    expect_shard(ONE("test"), "id,word\n0,b\n13,a\n");
}

Test(table_split, columns_are_named_without_their_quotes)
{
    size_t count = 0;
    char **names = NULL;

    table_fixture_add_text(&fixture, "\"a\",\"b \"\"x\"\"\",c\n1,2\n");
    names = table_columns(fixture.files, 1, &count, &fixture.err);
    cr_assert(eq(sz, count, 3));
    cr_assert(eq(int, strcmp(names[0], "a"), 0));
    cr_assert(eq(int, strcmp(names[1], "b \"x\""), 0));
    cr_assert(eq(int, strcmp(names[2], "c"), 0));
    free(names);
}
