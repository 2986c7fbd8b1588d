/* Times as keys, and what is found in files of keys, beside plain sorts and counts. */
#include "assay/value.h"
#include "engine/data/key_cut.h"
#include "engine/data/row_time.h"
#include "engine/data/value_top.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct assay_error err;

static struct key_file *file_of(const uint64_t *keys, size_t count)
{
    char folder[] = "/tmp/assay-keys.XXXXXX";
    int fd = mkdtemp(folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    struct key_file *file = key_file_new(fd, &err);

    cr_assert(file != NULL, "%s", err.message);
    for (size_t i = 0; i < count; i++)
        cr_assert(key_file_add(file, keys[i], &err));
    (void)close(fd);
    cr_assert(eq(int, rmdir(folder), 0), "the file has a name");
    return file;
}

static bool key_of(const char *text, uint64_t *key)
{
    return row_time_key(text, strlen(text), key);
}

Test(keys, times_sort_to_the_nanosecond)
{
    static const char *const ordered[] = {
        "0001-01-01T00:00:00+23:59",
        "0001-01-01T00:00:00Z",
        "1899-12-31T23:59:59.999999899Z",
        "1899-12-31T23:59:59.9999999Z",
        "1900-01-01T00:00:00Z",
        "2026-01-31T23:59:59.123456788Z",
        "2026-01-31t23:59:59.123456789z",
        "2026-02-01T01:00:00+01:00",
        "2026-02-01T00:00:00.000000001Z",
        "2199-12-31T23:59:59.999999999Z",
        "2200-01-01T00:00:00Z",
        "2200-01-01T00:00:00.0000001Z",
        "9999-12-31T23:59:59.999999999-23:59",
    };
    uint64_t last = 0;

    for (size_t i = 0; i < sizeof ordered / sizeof *ordered; i++) {
        uint64_t key = 0;

        cr_assert(key_of(ordered[i], &key), "%s", ordered[i]);
        cr_assert(lt(u64, last, key), "%s", ordered[i]);
        last = key;
    }
    cr_assert(lt(u64, last, UINT64_MAX));
}

/* A valid time with some bytes changed: both take it or neither does, and order it in the same way.
 */
Test(keys, times_are_taken_as_everywhere_else)
{
    int64_t last_us = 0;
    uint64_t last = 0;
    int taken = 0;

    srandom(4);
    for (int round = 0; round < 40000; round++) {
        static const char bytes[] = "0123456789-:.TZ+ tz";
        char text[40];
        int64_t us = 0;
        uint64_t key = 0;
        bool is_time = false;

        (void)snprintf(text, sizeof text, "%04ld-%02ld-%02ldT%02ld:%02ld:%02ld%s%s",
                       random() % 3000, random() % 13, random() % 32, random() % 25, random() % 61,
                       random() % 61, random() % 2 ? ".125" : "", random() % 2 ? "Z" : "+05:30");
        for (long i = random() % 3; i > 1; i--)
            text[(size_t)random() % strlen(text)] = bytes[(size_t)random() % (sizeof bytes - 1)];
        is_time = assay_time_parse(text, &us);
        cr_assert(eq(int, key_of(text, &key), is_time), "%s", text);
        if (!is_time)
            continue;
        if (taken++ > 0)
            cr_assert(eq(int, (key > last) - (key < last), (us > last_us) - (us < last_us)), "%s",
                      text);
        last = key;
        last_us = us;
    }
    cr_assert(lt(int, 10000, taken));
}

static int compare_keys(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

enum { KEYS = 5000 };

Test(keys, cuts_are_where_a_sort_has_them)
{
    static uint64_t keys[KEYS];

    srandom(5);
    for (int round = 0; round < 20; round++) {
        size_t count = 1 + (size_t)random() % KEYS;
        struct key_cut cuts[KEY_CUTS];
        struct key_file *file = NULL;
        size_t none = 0;

        for (size_t i = 0; i < count; i++) {
            keys[i] = ((uint64_t)random() << 33 ^ (uint64_t)random()) >> (round % 4 * 20);
            none += keys[i] == 0;
        }
        file = file_of(keys, count);
        qsort(keys, count, sizeof *keys, compare_keys);
        for (int i = 0; i < KEY_CUTS; i++)
            cuts[i].rank = i == 2 ? (int64_t)(count - none) : (int64_t)(count - none) * i / 3;
        cr_assert(key_file_rewind(file, &err) && key_cuts_find(file, cuts, &err));
        cr_assert(eq(u64, cuts[2].key, UINT64_MAX));
        for (int i = 0; i < 2 && none < count; i++) {
            size_t at = none + (size_t)cuts[i].rank;
            size_t below = 0;

            while (below < at - none && keys[at - 1 - below] == keys[at])
                below++;
            cr_assert(eq(u64, cuts[i].key, keys[at]));
            cr_assert(eq(i64, cuts[i].equal_below, (int64_t)below));
        }
        key_file_free(file);
    }
}

/* All values fit into 1,024 slots, or need passes over ranges in 64. */
Test(keys, the_top_is_the_same_in_one_pass_and_in_many)
{
    static struct value_count one[VALUE_TOP];
    static struct value_count many[VALUE_TOP];
    static uint64_t keys[KEYS];
    size_t count = 0;
    size_t again = 0;
    struct key_file *file = NULL;

    srandom(6);
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = (uint64_t)(random() % 30 * (random() % 30) + 1) * 0x9e3779b97f4a7c15u;
    file = file_of(keys, KEYS);
    cr_assert(key_file_rewind(file, &err) && value_top_find(file, 1024, one, &count, &err));
    cr_assert(value_top_find(file, 64, many, &again, &err));
    key_file_free(file);
    cr_assert(eq(sz, count, again));
    cr_assert(eq(int, memcmp(one, many, count * sizeof *one), 0));
    for (size_t i = 0; i < count; i++) {
        int64_t rows = 0;

        for (size_t row = 0; row < KEYS; row++)
            rows += keys[row] == one[i].hash;
        cr_assert(eq(i64, one[i].count, rows));
        cr_assert(le(i64, VALUE_ROWS_MIN, rows));
        cr_assert(eq(u64, keys[one[i].first], one[i].hash));
        cr_assert(i == 0 || one[i - 1].count > rows ||
                  (one[i - 1].count == rows && one[i - 1].first < one[i].first));
    }
}

Test(keys, of_more_than_500_values_the_most_frequent_are_kept)
{
    static struct value_count top[VALUE_TOP];
    struct key_file *file = NULL;
    static uint64_t keys[800 * 4];
    size_t rows = 0;
    size_t count = 0;

    for (uint64_t value = 1; value <= 800; value++)
        for (uint64_t i = 0; i < (value % 2 ? 3u : 4u); i++)
            keys[rows++] = value * 0x9e3779b97f4a7c15u;
    file = file_of(keys, rows);
    cr_assert(key_file_rewind(file, &err) && value_top_find(file, 256, top, &count, &err));
    key_file_free(file);
    cr_assert(eq(sz, count, VALUE_TOP));
    cr_assert(eq(i64, top[399].count, 4));
    cr_assert(eq(i64, top[400].count, 3));
    cr_assert(eq(u64, top[400].hash, 0x9e3779b97f4a7c15u));
}
