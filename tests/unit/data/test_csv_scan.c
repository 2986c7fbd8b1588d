/* The scan of 64 bytes at once beside one that reads byte by byte. */
#include "engine/data/csv_scan.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 700, ROWS = 800 };

/* What either says of a text. */
struct finding {
    struct csv_row rows[ROWS];
    size_t count;
    enum csv_fault fault;
    int64_t fault_line;
    uint32_t found_columns;
};

/* Where a byte stands in its field. */
enum place { AT_BEGIN, IN_PLAIN, IN_QUOTES, BEHIND_QUOTES };

struct twin {
    const char *text;
    struct finding *finding;
    uint32_t columns;
    uint32_t key;
    uint32_t begin;
    uint32_t key_at;
    uint32_t commas;
    int64_t line;    /* the row begins on */
    int64_t at_line; /* the byte stands on */
};

static bool twin_fault(struct twin *twin, enum csv_fault fault)
{
    twin->finding->fault = fault;
    twin->finding->fault_line = twin->line;
    return false;
}

static bool twin_end_row(struct twin *twin, uint32_t at)
{
    uint32_t end = at > twin->begin && twin->text[at - 1] == '\r' ? at - 1 : at;

    if (end > twin->begin) {
        if (twin->columns && twin->commas + 1 != twin->columns) {
            twin->finding->found_columns = twin->commas + 1;
            return twin_fault(twin, CSV_FIELDS);
        }
        twin->finding->rows[twin->finding->count++] =
            (struct csv_row){ twin->begin, end, twin->key_at };
    }
    twin->begin = twin->key_at = at + 1;
    twin->commas = 0;
    twin->line = ++twin->at_line;
    return true;
}

static bool twin_byte(struct twin *twin, uint32_t at, enum place *place)
{
    char byte = twin->text[at];

    if (at > 0 && twin->text[at - 1] == '\r' && *place != IN_QUOTES && byte != '\n')
        return twin_fault(twin, CSV_BARE_CR);
    if (*place == IN_QUOTES) {
        twin->at_line += byte == '\n';
        *place = byte == '"' ? BEHIND_QUOTES : IN_QUOTES;
        return true;
    }
    if (byte == '"') {
        if (*place == IN_PLAIN)
            return twin_fault(twin, CSV_BARE_QUOTE);
        *place = IN_QUOTES;
        return true;
    }
    if (byte == ',' || byte == '\n') {
        *place = AT_BEGIN;
        if (byte == '\n')
            return twin_end_row(twin, at);
        if (++twin->commas == twin->key)
            twin->key_at = at + 1;
        return true;
    }
    if (*place == BEHIND_QUOTES && byte != '\r')
        return twin_fault(twin, CSV_BARE_QUOTE);
    *place = byte == '\r' && *place == BEHIND_QUOTES ? BEHIND_QUOTES : IN_PLAIN;
    return true;
}

static void read_as_twin(const char *text, uint32_t size, uint32_t columns, uint32_t key,
                         struct finding *finding)
{
    struct twin twin = {
        .text = text, .finding = finding, .columns = columns, .key = key, .line = 1, .at_line = 1
    };
    enum place place = AT_BEGIN;

    memset(finding, 0, sizeof *finding);
    for (uint32_t at = 0; at < size; at++)
        if (!twin_byte(&twin, at, &place))
            return;
}

/* In pieces of random sizes, as files give them. */
static void read_in_pieces(const char *text, uint32_t size, uint32_t columns, uint32_t key,
                           struct finding *finding)
{
    char padded[TEXT_MAX + 64];
    struct csv_scan scan;
    uint32_t read = 0;

    memset(finding, 0, sizeof *finding);
    memset(padded, '"', sizeof padded); /* what lies behind must not matter */
    memcpy(padded, text, size);
    csv_scan_begin(&scan, columns, key);
    while (scan.fault == CSV_FINE && scan.at < size) {
        if (scan.at == read)
            read += 1 + (uint32_t)random() % (size - read);
        finding->count += csv_scan_rows(&scan, padded, read, finding->rows + finding->count, 100);
    }
    finding->fault = scan.fault;
    if (scan.fault != CSV_FINE)
        finding->fault_line = scan.line;
    finding->found_columns = scan.found_columns;
}

static void compare(const char *text, uint32_t size, uint32_t columns, uint32_t key, int round)
{
    static struct finding ours;
    static struct finding twins;

    read_in_pieces(text, size, columns, key, &ours);
    read_as_twin(text, size, columns, key, &twins);
    cr_assert(eq(int, (int)ours.fault, (int)twins.fault), "round %d", round);
    cr_assert(eq(i64, ours.fault_line, twins.fault_line), "round %d", round);
    cr_assert(eq(u32, ours.found_columns, twins.found_columns), "round %d", round);
    cr_assert(eq(sz, ours.count, twins.count), "round %d", round);
    for (size_t i = 0; i < ours.count; i++) {
        cr_assert(eq(u32, ours.rows[i].begin, twins.rows[i].begin), "round %d row %zu", round, i);
        cr_assert(eq(u32, ours.rows[i].end, twins.rows[i].end), "round %d row %zu", round, i);
        if (columns)
            cr_assert(eq(u32, ours.rows[i].key, twins.rows[i].key), "round %d row %zu", round, i);
    }
}

Test(csv_scan, random_bytes_read_as_the_twin_reads_them)
{
    static const char bytes[] = "abc,,\"\"\n\n\r ";

    srandom(1);
    for (int round = 0; round < 60000; round++) {
        char text[TEXT_MAX];
        uint32_t size = 1 + (uint32_t)random() % (round % 8 ? 20 : 300);

        for (uint32_t i = 0; i < size; i++)
            text[i] = bytes[(size_t)random() % (sizeof bytes - 1)];
        compare(text, size, 0, CSV_NO_KEY, round);
    }
}

static uint32_t put(char *text, uint32_t at, const char *piece)
{
    size_t size = strlen(piece);

    memcpy(text + at, piece, size);
    return at + (uint32_t)size;
}

/* A table of valid fields; now and then one row is a field short, or a byte is another. */
static uint32_t make_table(char *text, uint32_t columns)
{
    static const char *const fields[] = {
        "",       "1",          "\"\"", "\"a,b\"", "\"x\r\ny\"", "\"\"\"q\"\"\"", "a longer one",
        "\"\n\"", "caf\xc3\xa9"
    };
    uint32_t size = 0;

    while (size < TEXT_MAX - 20 * columns && random() % 30 > 0) {
        for (uint32_t i = random() % 60 == 0; i < columns; i++) {
            size = put(text, size, fields[(size_t)random() % (sizeof fields / sizeof *fields)]);
            size = put(text, size, i + 1 < columns ? "," : "");
        }
        size = put(text, size, random() % 2 ? "\n" : "\r\n");
    }
    if (size > 0 && random() % 8 == 0)
        text[(uint32_t)random() % size] = "\",\r\n"[random() % 4];
    return size;
}

Test(csv_scan, tables_read_as_the_twin_reads_them)
{
    srandom(2);
    for (int round = 0; round < 30000; round++) {
        char text[TEXT_MAX];
        uint32_t columns = 1 + (uint32_t)random() % 6;
        uint32_t size = make_table(text, columns);

        if (size > 0)
            compare(text, size, columns, (uint32_t)random() % columns, round);
    }
}
