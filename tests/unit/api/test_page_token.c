#include "engine/api/list/page_token.h"

#include "tests/simulation/dice.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct page_request request = {
    .collection = "customJobs",
    .parent = "projects/0/locations/local",
    .filter = "state=\"JOB_STATE_FAILED\"",
};

static bool is_read(const char *token, const struct page_request *by,
                    struct page_position *position)
{
    struct assay_error err = { 0 };
    bool is_ok = page_token_read(token, by, position, &err);

    if (!is_ok) {
        cr_assert(eq(int, err.code, ASSAY_INVALID));
        cr_assert(eq(str, err.field, "page_token"));
        cr_assert(ne(chr, err.message[0], '\0'));
    }
    return is_ok;
}

static void assert_survives(int64_t key, int64_t id)
{
    struct page_position position = { key, id };
    struct page_position back = { 0 };
    char token[PAGE_TOKEN_TEXT];

    cr_assert(is_read(page_token_write(&request, &position, token), &request, &back));
    cr_assert(eq(i64, back.key, key));
    cr_assert(eq(i64, back.id, id));
}

Test(page_token, every_position_comes_back)
{
    struct dice dice = { 1 };

    assert_survives(0, 0);
    assert_survives(INT64_MAX, INT64_MIN);
    assert_survives(-1, 1);
    for (int i = 0; i < 1000; i++)
        assert_survives((int64_t)dice_bits(&dice), (int64_t)dice_bits(&dice));
}

Test(page_token, needs_no_escapes_in_a_url)
{
    static const char fit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct page_position position = { -1, -1 };
    char token[PAGE_TOKEN_TEXT];

    (void)page_token_write(&request, &position, token);
    cr_assert(eq(sz, strspn(token, fit), strlen(token)));
    cr_assert(eq(sz, strlen(token), PAGE_TOKEN_TEXT - 1));
}

Test(page_token, its_bytes_are_those_of_the_first_version)
{
    struct page_position position = { 1706702400000000, 4711 };
    char token[PAGE_TOKEN_TEXT];

    cr_assert(eq(str, page_token_write(&request, &position, token),
                 "AQAGEDyeShAAAAAAAAAAEmcZi8V_sEw1uaUGeXTNfbPX"));
}

Test(page_token, without_one_the_position_stays)
{
    struct page_position position = { 5, 7 };

    cr_assert(is_read(NULL, &request, &position));
    cr_assert(is_read("", &request, &position));
    cr_assert(eq(i64, position.key, 5));
    cr_assert(eq(i64, position.id, 7));
}

Test(page_token, of_another_list_is_refused)
{
    struct page_request others[] = { request, request, request, request, request };
    struct page_position position = { 5, 7 };
    char token[PAGE_TOKEN_TEXT];

    others[0].collection = "studies";
    others[1].parent = "projects/0/locations/there";
    others[2].filter = NULL;
    others[3].order_by = "create_time";
    others[4].filter = "";
    others[4].order_by = request.filter; /* the same words in another place */
    (void)page_token_write(&request, &position, token);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert(not(is_read(token, &others[i], &position)), "%zu", i);
}

Test(page_token, an_absent_filter_is_an_empty_one)
{
    struct page_request absent = { .collection = "studies" };
    struct page_request empty = { "studies", "", "", "" };
    struct page_position position = { 5, 7 };
    char token[PAGE_TOKEN_TEXT];

    cr_assert(is_read(page_token_write(&absent, &position, token), &empty, &position));
}

Test(page_token, each_changed_missing_or_added_character_is_noticed)
{
    struct page_position position = { 5, 7 };
    char token[PAGE_TOKEN_TEXT];
    char changed[PAGE_TOKEN_TEXT + 1];

    (void)page_token_write(&request, &position, token);
    for (size_t i = 0; i < sizeof token - 1; i++) {
        for (int c = 1; c < 256; c++) {
            (void)snprintf(changed, sizeof changed, "%s", token);
            changed[i] = (char)c;
            if (changed[i] != token[i])
                cr_assert(not(is_read(changed, &request, &position)), "%s", changed);
        }
    }
    (void)snprintf(changed, sizeof changed, "%s=", token);
    cr_assert(not(is_read(changed, &request, &position)));
    for (size_t size = 1; size < sizeof token - 1; size++) {
        (void)snprintf(changed, sizeof changed, "%.*s", (int)size, token);
        cr_assert(not(is_read(changed, &request, &position)));
    }
    cr_assert(eq(i64, position.key, 5));
}

static void assert_page(const char *text, int expected)
{
    struct assay_error err = { 0 };
    int size = -1;
    bool is_ok = page_size_read(text, PAGE_SIZE_DEFAULT, &size, &err);

    cr_assert(is_ok == (expected > 0), "%s: %s", text, err.message);
    if (is_ok) {
        cr_assert(eq(int, size, expected));
    } else {
        cr_assert(eq(int, err.code, ASSAY_INVALID));
        cr_assert(eq(str, err.field, "page_size"));
    }
}

Test(page_size, nothing_is_the_default_much_is_lowered_and_less_than_nothing_refused)
{
    assert_page(NULL, 100);
    assert_page("", 100);
    assert_page("0", 100);
    assert_page("1", 1);
    assert_page("1000", 1000);
    assert_page("1001", 1000);
    assert_page("2147483647", 1000);
    assert_page("2147483648", 0);
    assert_page("99999999999999999999", 0);
    assert_page("-1", 0);
    assert_page("ten", 0);
    assert_page("1.5", 0);
    assert_page("10 ", 0);
}

/* A list from which a test takes pages while others change it: newest first, ids break ties. */
struct item {
    int64_t key, id;
    bool is_deleted;
};

static int newest_first(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;

    if (a->key != b->key)
        return a->key < b->key ? 1 : -1;
    return (a->id < b->id) - (a->id > b->id);
}

Test(page_token, pages_show_each_item_that_stays_exactly_once)
{
    struct item items[200];
    int seen[1000] = { 0 };
    size_t count = 100;
    struct page_position after = { INT64_MAX, INT64_MAX };
    char token[PAGE_TOKEN_TEXT] = "";
    bool is_last = false;

    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){ (int64_t)i / 7, (int64_t)i, false };
    while (!is_last) {
        int taken = 0;

        qsort(items, count, sizeof items[0], newest_first);
        cr_assert(is_read(token, &request, &after));
        is_last = true;
        for (size_t i = 0; i < count && is_last; i++) {
            struct item here = items[i];

            if (here.is_deleted ||
                newest_first(&(struct item){ after.key, after.id, false }, &here) >= 0)
                continue;
            seen[here.id]++;
            after = (struct page_position){ here.key, here.id };
            is_last = ++taken < 9;
            items[i].is_deleted = i % 2; /* also the one that the next page begins after */
        }
        (void)page_token_write(&request, &after, token);
        items[count] = (struct item){ 1000, (int64_t)count, false }; /* newer than all */
        count++;
    }
    for (size_t i = 0; i < 100; i++)
        cr_assert(eq(int, seen[i], 1), "%zu", i);
}
