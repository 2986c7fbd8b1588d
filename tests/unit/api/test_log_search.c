/* Searches in random logs beside a naive twin, and in logs that are made to hurt. */

#include "engine/api/trial_files/log_search.h"
#include "tests/simulation/dice.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FOUND_MAX = 60000 };

struct found {
    int64_t offset;
    char line[64]; /* its beginning */
    size_t size;
};

struct results {
    struct found items[FOUND_MAX];
    size_t count;
    int64_t calls;
};

static void note(void *context, int64_t offset, const char *line)
{
    struct results *results = context;
    struct found *found = &results->items[results->count++];

    cr_assert(lt(sz, results->count, FOUND_MAX));
    found->offset = offset;
    found->size = strlen(line);
    (void)snprintf(found->line, sizeof found->line, "%s", line);
}

/* A log of these bytes. */
static int make_log(const void *bytes, size_t size)
{
    int fd = memfd_create("log", MFD_CLOEXEC);

    cr_assert(ge(int, fd, 0));
    for (size_t at = 0; at < size;) {
        ssize_t written = write(fd, (const char *)bytes + at, size - at);

        cr_assert(written > 0);
        at += (size_t)written;
    }
    return fd;
}

/* All of it, call after call. */
static struct results *search_all(int fd, const char *text, int64_t limit, int64_t budget)
{
    struct results *results = calloc(1, sizeof *results);
    struct log_search search = { .fd = fd, .text = text, .limit = limit, .budget = budget };
    struct assay_error err = { 0 };
    int64_t next = 0;

    cr_assert(results != NULL);
    while (next >= 0) {
        size_t before = results->count;

        search.offset = next;
        cr_assert(log_search_run(&search, note, results, &next, &err), "%s", err.message);
        cr_assert(next < 0 || next > search.offset);
        cr_assert(results->count - before <= (size_t)limit);
        results->calls++;
    }
    return results;
}

/* Each line with the text in it, once. */
static void check_lines(const char *bytes, size_t size, const char *text,
                        const struct results *results)
{
    size_t found = 0;

    for (size_t at = 0; at < size;) {
        const char *end = memchr(bytes + at, '\n', size - at);
        size_t line = end ? (size_t)(end - bytes) - at : size - at;
        char *copy = strndup(bytes + at, line);

        if (strcasestr(copy, text)) {
            cr_assert(lt(sz, found, results->count), "%s", text);
            cr_assert(eq(i64, results->items[found].offset, (int64_t)at), "%s", text);
            cr_assert(eq(sz, results->items[found].size, line));
            cr_assert(zero(int, strncmp(copy, results->items[found].line, 63)));
            found++;
        }
        free(copy);
        at += line + 1;
    }
    cr_assert(eq(sz, found, results->count), "%s", text);
}

static char *make_text(struct dice *dice, size_t size)
{
    static const char letters[] = "aAbB c\n\n";
    char *bytes = malloc(size + 1);

    cr_assert(bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = letters[dice_below(dice, (int)sizeof letters - 1)];
    bytes[size] = '\0';
    return bytes;
}

Test(log_search, finds_each_line_once_wherever_the_parts_that_are_read_begin)
{
    static const char *const texts[] = { "ab", "abba", "bcb", "c c c a", "aaaaaaa", "b" };
    struct dice dice = { 5 };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t size = i == 5 ? 40000 : 600000 + (size_t)dice_below(&dice, 1000);
        char *bytes = make_text(&dice, size);
        int fd = make_log(bytes, size);
        struct results *results =
            search_all(fd, texts[i], 1 + dice_below(&dice, 400), 1 + dice_below(&dice, 600000));

        check_lines(bytes, size, texts[i], results);
        cr_assert(lt(i64, 1, results->calls));
        free(results);
        (void)close(fd);
        free(bytes);
    }
}

Test(log_search, of_a_line_without_end_the_part_around_each_match_is_shown)
{
    enum { SIZE = 8 << 20 };
    char *bytes = malloc(SIZE);
    struct results *results = NULL;
    int fd = -1;

    cr_assert(bytes != NULL);
    memset(bytes, 'x', SIZE);
    memcpy(bytes + 10, "NEEDLE", 6);
    memcpy(bytes + 5000000, "needle", 6);
    memcpy(bytes + 5000100, "needle", 6);
    memcpy(bytes + (256 << 10) - 3, "Needle", 6);
    memcpy(bytes + SIZE - 6, "needle", 6);
    fd = make_log(bytes, SIZE);
    results = search_all(fd, "needle", 100, 64 << 20);
    cr_assert(eq(sz, results->count, 4)); /* two are shown together */
    cr_assert(eq(i64, results->items[0].offset, 0));
    cr_assert(eq(i64, results->items[2].offset, 5000000 - 1024));
    cr_assert(eq(i64, results->items[3].offset, SIZE - 6 - 1024));
    for (size_t i = 0; i < results->count; i++)
        cr_assert(le(sz, results->items[i].size, LOG_SEARCH_LINE_MAX));
    free(results);
    (void)close(fd);
    free(bytes);
}

Test(log_search, looks_at_no_more_than_its_budget_and_says_where_to_go_on)
{
    enum { SIZE = 4 << 20 };
    char *bytes = malloc(SIZE);
    struct results *results = calloc(1, sizeof *results);
    struct log_search search = { .text = "end", .limit = 10, .budget = 1 << 20 };
    struct assay_error err = { 0 };
    int64_t next = 0;

    cr_assert(bytes && results);
    memset(bytes, 'x', SIZE);
    memcpy(bytes + SIZE - 4, "end\n", 4);
    search.fd = make_log(bytes, SIZE);
    cr_assert(log_search_run(&search, note, results, &next, &err));
    cr_assert(eq(sz, results->count, 0));
    cr_assert(next > 1000000 && next < (1 << 20) + (256 << 10));
    (void)close(search.fd);
    free(results);
    free(bytes);
}

Test(log_search, bytes_that_are_no_text_are_searched_and_shown)
{
    static const char bytes[] = "a\0b\xff hit\r\n\0\0\0hit\0\nHI\xc3\xa9T\n\xe2\x82hit";
    struct results *results = NULL;
    int fd = make_log(bytes, sizeof bytes - 1);

    results = search_all(fd, "HIT", 100, 64 << 20);
    cr_assert(eq(sz, results->count, 3));
    cr_assert(eq(str, results->items[0].line,
                 "a\xef\xbf\xbd"
                 "b\xff hit"));
    cr_assert(
        eq(str, results->items[1].line, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdhit\xef\xbf\xbd"));
    cr_assert(eq(str, results->items[2].line, "\xe2\x82hit"));
    free(results);
    results = search_all(fd, "\xc3\xa9t", 100, 64 << 20);
    cr_assert(eq(sz, results->count, 1));
    free(results);
    (void)close(fd);
}

Test(log_search, no_character_is_cut_in_the_middle_where_a_line_is)
{
    enum { SIZE = 30000 };
    char bytes[SIZE + 1];
    struct results *results = NULL;
    int fd = -1;

    for (size_t i = 0; i < SIZE; i += 3)
        memcpy(bytes + i, "\xea\xb0\x80", 3); /* 가 */
    memcpy(bytes + 12000, "hit", 3);
    fd = make_log(bytes, SIZE);
    results = search_all(fd, "hit", 100, 64 << 20);
    cr_assert(eq(sz, results->count, 1));
    cr_assert(eq(i64, results->items[0].offset % 3, 0));
    cr_assert(eq(sz, results->items[0].size % 3, 0));
    free(results);
    (void)close(fd);
}

Test(log_search, what_was_left_out_in_the_middle_is_passed_over)
{
    static const off_t places[] = { 0, 1 << 20, INT64_C(1) << 40 };
    struct results *results = NULL;
    int fd = memfd_create("log", MFD_CLOEXEC);

    for (size_t i = 0; i < 3; i++)
        cr_assert(pwrite(fd, "some hit\n", 9, places[i]) == 9);
    cr_assert(zero(int, ftruncate(fd, INT64_C(1) << 42)));
    results = search_all(fd, "hit", 100, 64 << 20);
    cr_assert(eq(sz, results->count, 3));
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(i64, results->items[i].offset, places[i]));
    free(results);
    (void)close(fd);
}

Test(log_search, an_empty_log_and_a_place_behind_the_end_have_nothing)
{
    struct results *results = calloc(1, sizeof *results);
    struct log_search search = { .text = "a", .limit = 1, .budget = 1 << 20 };
    struct assay_error err = { 0 };
    int64_t next = 0;

    search.fd = make_log("aaa", 3);
    search.offset = INT64_C(1) << 50;
    cr_assert(log_search_run(&search, note, results, &next, &err), "%s", err.message);
    cr_assert(eq(i64, next, -1));
    search.offset = 3;
    cr_assert(log_search_run(&search, note, results, &next, &err), "%s", err.message);
    cr_assert(eq(i64, next, -1));
    cr_assert(eq(sz, results->count, 0));
    (void)close(search.fd);
    free(results);
}
