#include "engine/server/exchange.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long allocations_left = -1; /* -1: as many as it likes */

static bool may_allocate(void)
{
    if (allocations_left == 0)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    return true;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    return may_allocate() ? __real_realloc(block, size) : NULL;
}

/* The engine's part: answers with what it was asked. */
bool assay_call(struct assay *assay, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    (void)assay;
    (void)err;
    *response = (struct assay_response){ .status = 200, .content_type = "text/plain" };
    return asprintf(&response->body, "%s %s ? %s : %zu", request->method, request->path,
                    request->query ? request->query : "none", request->body_size) >= 0;
}

static void check(const char *target, int status, const char *word)
{
    struct exchange *exchange = exchange_new(target);
    struct assay_response response = { 0 };

    cr_assert(exchange_answer(exchange, "GET", NULL, &response));
    cr_assert(eq(int, response.status, status), "%s", target);
    cr_assert(not(zero(ptr, strstr(response.body, word))), "%s: %s", target, response.body);
    assay_response_clear(&response);
    exchange_free(exchange);
}

Test(exchange, the_path_is_decoded_and_the_query_is_not)
{
    check("/assay/v1/jobs", 200, "GET /assay/v1/jobs ? none : 0");
    check("/a%20b?x=%20&y=?", 200, "GET /a b ? x=%20&y=? : 0");
    check("/a+b?", 200, "GET /a+b ?  : 0");
}

Test(exchange, what_would_split_a_name_stays_encoded)
{
    check("/a%2fb%3ac%253Ad", 200, "GET /a%2Fb%3Ac%253Ad ? none : 0");
}

Test(exchange, a_target_with_a_host_is_split)
{
    struct exchange *exchange = exchange_new("http://localhost:80/a/b?c=http://x/y");

    cr_assert(eq(str, (char *)exchange_path(exchange), "/a/b"));
    cr_assert(eq(str, (char *)exchange_host(exchange), "localhost:80"));
    cr_assert(eq(str, (char *)exchange_query(exchange), "c=http://x/y"));
    exchange_free(exchange);
    check("HTTPS://[::1]", 200, "GET / ? none : 0");
    check("http://h?x", 200, "GET / ? x : 0");
    check("http://h/../x", 400, "INVALID_ARGUMENT");
    check("ftp://h/x", 400, "INVALID_ARGUMENT");
    check("http:/h/x", 400, "INVALID_ARGUMENT");
}

Test(exchange, a_path_that_is_encoded_wrongly_is_refused)
{
    check("/%", 400, "INVALID_ARGUMENT");
    check("/%4", 400, "INVALID_ARGUMENT");
    check("/%zz", 400, "INVALID_ARGUMENT");
    check("/a%00b", 400, "INVALID_ARGUMENT");
    check("*", 400, "INVALID_ARGUMENT");
    check("", 400, "INVALID_ARGUMENT");
}

Test(exchange, dot_segments_are_refused_however_they_are_written)
{
    check("/a/../b", 400, "INVALID_ARGUMENT");
    check("/a/..", 400, "INVALID_ARGUMENT");
    check("/./a", 400, "INVALID_ARGUMENT");
    check("/a/%2e%2E/b", 400, "INVALID_ARGUMENT");
    check("/a%2f..%2fb", 400, "INVALID_ARGUMENT");
    check("/a/.../.b/c..?x=/../", 200, "GET /a/.../.b/c.. ? x=/../ : 0");
}

Test(exchange, the_first_refusal_is_the_answer_and_nothing_is_kept_of_the_body)
{
    struct exchange *exchange = exchange_new("/p");
    struct assay_response response = { 0 };

    cr_assert(not(exchange_is_refused(exchange)));
    exchange_add(exchange, "some", 4);
    exchange_refuse(exchange, 403, ASSAY_DENIED, "not you");
    exchange_refuse(exchange, 400, ASSAY_INVALID, "not this");
    exchange_add(exchange, "more", 4);
    cr_assert(exchange_is_refused(exchange));
    cr_assert(exchange_answer(exchange, "POST", NULL, &response));
    cr_assert(eq(int, response.status, 403));
    cr_assert(not(zero(ptr, strstr(response.body, "\"PERMISSION_DENIED\""))));
    cr_assert(not(zero(ptr, strstr(response.body, "\"not you\""))));
    assay_response_clear(&response);
    exchange_free(exchange);
}

static int status_with_encoding(const char *encoding, const char *bytes, size_t size)
{
    struct exchange *exchange = exchange_new("/p");
    struct assay_response response = { 0 };
    int status = 0;

    exchange_expect_encoding(exchange, encoding);
    exchange_add(exchange, bytes, size);
    cr_assert(exchange_answer(exchange, "POST", NULL, &response));
    status = response.status;
    assay_response_clear(&response);
    exchange_free(exchange);
    return status;
}

Test(exchange, encodings_that_are_known_are_undone_and_others_refused)
{
    /* "hello", by gzip -n. */
    static const char hello[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86"
                                "\xa6\x10\x36\x05\0\0\0";

    cr_assert(eq(int, status_with_encoding("gzip", hello, sizeof hello - 1), 200));
    cr_assert(eq(int, status_with_encoding("GZIP", hello, sizeof hello - 1), 200));
    cr_assert(eq(int, status_with_encoding("identity", "hello", 5), 200));
    cr_assert(eq(int, status_with_encoding("gzip", "hello", 5), 400));
    cr_assert(eq(int, status_with_encoding("br", hello, sizeof hello - 1), 415));
    cr_assert(eq(int, status_with_encoding("gzip, gzip", hello, sizeof hello - 1), 415));
}

Test(exchange, a_body_in_pieces_is_one_body)
{
    struct exchange *exchange = exchange_new("/p");
    struct assay_response response = { 0 };
    char piece[1000];

    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 100; i++)
        exchange_add(exchange, piece, sizeof piece);
    cr_assert(exchange_answer(exchange, "POST", NULL, &response));
    cr_assert(eq(str, response.body, "POST /p ? none : 100000"));
    assay_response_clear(&response);
    exchange_free(exchange);
}

Test(exchange, a_body_beyond_the_limit_is_answered_with_413_whether_announced_or_not)
{
    struct exchange *announced = exchange_new("/p");
    struct exchange *poured = exchange_new("/p");
    struct assay_response response = { 0 };
    size_t half = BODY_MAX / 2 + 1;
    char *much = calloc(1, half);

    exchange_expect(announced, BODY_MAX + 1);
    exchange_add(announced, "x", 1);
    cr_assert(exchange_answer(announced, "POST", NULL, &response));
    cr_assert(eq(int, response.status, 413));
    assay_response_clear(&response);

    exchange_expect(poured, 0);
    exchange_add(poured, much, half);
    exchange_add(poured, much, half);
    exchange_add(poured, "x", 1);
    cr_assert(exchange_answer(poured, "POST", NULL, &response));
    cr_assert(eq(int, response.status, 413));
    assay_response_clear(&response);
    exchange_free(announced);
    exchange_free(poured);
    free(much);
}

Test(exchange, each_failed_allocation_gives_an_error_or_none)
{
    char piece[10000];
    bool is_done = false;

    memset(piece, 'x', sizeof piece);
    for (long budget = 0; !is_done; budget++) {
        struct assay_response response = { 0 };
        struct exchange *exchange = NULL;

        allocations_left = budget;
        exchange = exchange_new("/p");
        for (int i = 0; exchange && i < 10; i++)
            exchange_add(exchange, piece, sizeof piece);
        allocations_left = -1;
        if (exchange) {
            cr_assert(exchange_answer(exchange, "POST", NULL, &response));
            is_done = response.status == 200;
            cr_assert(is_done || response.status == 503, "status %d", response.status);
        }
        cr_assert(lt(long, budget, 100));
        assay_response_clear(&response);
        exchange_free(exchange);
    }
}
