/* Splits of random tables beside what a sort and a count of the whole table say. */
#include "table_fixture.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 3000 };

struct plain_row {
    int id;
    int value;
    int set; /* that it was found in; -1: none */
};

struct plain_table {
    struct plain_row rows[ROWS];
    int count;
};

static struct plain_table table;

/* A time of that many minutes after another; or a word. */
static void key_text(enum split_kind kind, int value, char text[64])
{
    if (kind == SPLIT_TIMESTAMP)
        (void)snprintf(text, 64, "2026-01-31T%02d:%02d:00Z", value / 60, value % 60);
    else
        (void)snprintf(text, 64, "value, %d", value);
}

/* Rows "id,key"; with quotes around every third key, or all. */
static void split_table(struct table_fixture *fixture)
{
    enum split_kind kind = fixture->split.split.kind;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    (void)fprintf(stream, "id,key\n");
    for (int i = 0; i < table.count; i++) {
        const char *quote = i % 3 && kind == SPLIT_TIMESTAMP ? "" : "\"";
        char key[64];

        key_text(kind, table.rows[i].value, key);
        (void)fprintf(stream, "%d,%s%s%s\n", i, quote, key, quote);
        table.rows[i].id = i;
        table.rows[i].set = -1;
    }
    (void)fclose(stream);
    table_fixture_add(fixture, text, size);
    free(text);
    cr_assert(table_fixture_run(fixture), "%s", fixture->err.message);
}

/* Each row at most once, in order, and as many as was said. */
static void find_sets(struct table_fixture *fixture)
{
    for (int set = 0; set < SPLIT_SETS; set++) {
        char name[64];
        size_t size = 0;
        char *text = NULL;
        char *line = NULL;
        int64_t count = 0;
        int last = -1;

        (void)snprintf(name, sizeof name, "%s-00000-of-00001.csv", split_set_name(set));
        text = table_fixture_shard(fixture, name, &size);
        cr_assert(text != NULL);
        for (line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1, count++) {
            int id = (int)strtol(line, NULL, 10);

            cr_assert(lt(int, last, id));
            cr_assert(eq(int, table.rows[id].set, -1));
            table.rows[id].set = set;
            last = id;
        }
        cr_assert(eq(i64, count, fixture->counts[set]));
        free(text);
    }
}

static void run(enum split_kind kind, const double fractions[SPLIT_SETS])
{
    struct table_fixture fixture;

    table_fixture_init(&fixture);
    fixture.split.split.kind = kind;
    fixture.split.split.key = "key";
    fixture.split.split.seed = (uint64_t)random();
    memcpy(fixture.split.split.fractions, fractions, SPLIT_SETS * sizeof *fractions);
    split_table(&fixture);
    find_sets(&fixture);
    table_fixture_clear(&fixture);
}

static const double shares[][SPLIT_SETS] = {
    { 0.8, 0.1, 0.1 }, { 0.5, 0.25, 0.2 }, { 0, 0.5, 0.5 }, { 1, 0, 0 }, { 0.1, 0.2, 0 }
};

static int younger_first(const void *one, const void *other)
{
    const struct plain_row *a = one;
    const struct plain_row *b = other;

    return a->value != b->value ? b->value - a->value : b->id - a->id;
}

Test(table_twin, times_are_cut_where_a_sorted_table_is)
{
    srandom(1);
    for (int round = 0; round < 30; round++) {
        const double *fractions = shares[round % 5];
        int64_t counts[SPLIT_SETS + 1];
        int at = 0;

        table.count = 1 + (int)random() % (round % 3 ? 40 : ROWS);
        for (int i = 0; i < table.count; i++)
            table.rows[i].value = (int)random() % (round % 2 ? 20 : 1400);
        run(SPLIT_TIMESTAMP, fractions);
        split_share(fractions, table.count, NULL, counts);
        qsort(table.rows, (size_t)table.count, sizeof *table.rows, younger_first);
        for (int set = 0; set <= SPLIT_SETS; set++)
            for (int64_t i = 0; i < counts[set]; i++)
                cr_assert(eq(int, table.rows[at++].set, set < SPLIT_SETS ? set : -1));
    }
}

/* Of each value with at least three rows: shares rounded down or up. Of all: right to two rows. */
Test(table_twin, each_set_mirrors_the_values)
{
    srandom(2);
    for (int round = 0; round < 30; round++) {
        const double *fractions = shares[round % 5];
        int values = 1 + (int)random() % (round % 3 ? 8 : 450);
        int seen[450] = { 0 };
        int in_set[450][SPLIT_SETS] = { { 0 } };
        int all[SPLIT_SETS] = { 0 };

        table.count = 1 + (int)random() % ROWS;
        for (int i = 0; i < table.count; i++)
            table.rows[i].value = (int)(random() % values * (random() % values)) / values;
        run(SPLIT_STRATIFIED, fractions);
        for (int i = 0; i < table.count; i++) {
            seen[table.rows[i].value]++;
            if (table.rows[i].set >= 0) {
                in_set[table.rows[i].value][table.rows[i].set]++;
                all[table.rows[i].set]++;
            }
        }
        for (int set = 0; set < SPLIT_SETS; set++) {
            for (int v = 0; v < values; v++) {
                double share = fractions[set] * seen[v];

                if (seen[v] < 3)
                    continue;
                cr_assert(ge(dbl, in_set[v][set], floor(share + 1e-9)), "round %d", round);
                cr_assert(le(dbl, in_set[v][set], ceil(share - 1e-9)), "round %d", round);
            }
            cr_assert(lt(dbl, fabs(all[set] - fractions[set] * table.count), 2));
        }
    }
}

Test(table_twin, fractions_are_shares_of_all)
{
    srandom(3);
    for (int round = 0; round < 20; round++) {
        const double *fractions = shares[round % 5];
        int all[SPLIT_SETS] = { 0 };

        table.count = 1 + (int)random() % ROWS;
        for (int i = 0; i < table.count; i++)
            table.rows[i].value = 0;
        run(SPLIT_FRACTION, fractions);
        for (int i = 0; i < table.count; i++)
            if (table.rows[i].set >= 0)
                all[table.rows[i].set]++;
        for (int set = 0; set < SPLIT_SETS; set++)
            cr_assert(lt(dbl, fabs(all[set] - fractions[set] * table.count), 1.5));
    }
}
