#include "engine/server/web_pages.h"

#include "engine/web/web_assets.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

enum { NOW = 1790000000 };

/* The test's own page. */
static const struct web_asset assets[] = {
    { .path = "index.html",
      .content_type = "text/html",
      .etag = "W/\"1111\"",
      .bytes = "<p>",
      .size = 3 },
    { .path = "app.js",
      .content_type = "text/javascript",
      .etag = "W/\"2222\"",
      .bytes = "let a;",
      .size = 6,
      .gzip = "gz",
      .gzip_size = 2 },
    { .path = "part-ABCD1234.js",
      .content_type = "text/javascript",
      .etag = "W/\"3333\"",
      .is_immutable = true,
      .bytes = "b",
      .size = 1 },
};

const struct web_asset *web_asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof assets / sizeof assets[0]; i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}

static const struct access_rules rules = { .token = "0123456789abcdef", .host = "192.0.2.7" };
static struct guesses guesses;
static struct web_door door = { .access = &rules, .guesses = &guesses };

static void start(void)
{
    guesses_init(&guesses);
}

static void stop(void)
{
    guesses_clear(&guesses);
}

/* The status that a door sends. */
static int ask(const struct web_question *question, struct web_answer *answer)
{
    struct assay_error err = { 0 };

    *answer = (struct web_answer){ 0 };
    if (web_pages_answer(&door, question, answer, &err))
        return answer->status;
    cr_assert(zero(int, answer->status));
    return assay_code_info(err.code)->http_status;
}

static const char *header_of(const struct web_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    return "";
}

static int get(const char *path, struct web_answer *answer)
{
    struct web_question question = { .method = "GET", .path = path };

    return ask(&question, answer);
}

Test(web_pages, files_are_themselves_and_every_other_path_is_the_page)
{
    struct web_answer answer;

    cr_assert(eq(int, get("/web/app.js", &answer), 200));
    cr_assert(eq(str, (char *)header_of(&answer, "Cache-Control"), "no-cache"));
    cr_assert(eq(int, get("/web/", &answer), 200));
    cr_assert(eq(ptr, (void *)answer.bytes, (void *)assets[0].bytes));
    cr_assert(eq(int, get("/web/jobs/7/trials/a.js", &answer), 200));
    cr_assert(eq(ptr, (void *)answer.bytes, (void *)assets[0].bytes));
    cr_assert(eq(int, get("/web/models/my.model", &answer), 200));
    cr_assert(eq(int, get("/web/part-OLDOLD12.js", &answer), 404));
    cr_assert(eq(int, get("/web/part-ABCD1234.js", &answer), 200));
    cr_assert(not(zero(ptr, strstr(header_of(&answer, "Cache-Control"), "immutable"))));
    cr_assert(eq(int, get("/", &answer), 302));
    cr_assert(eq(str, (char *)header_of(&answer, "Location"), "/web/"));
    cr_assert(eq(int, get("/web", &answer), 302));
}

Test(web_pages, nothing_of_others_runs_in_the_page)
{
    static const char *const paths[] = { "/", "/web/", "/web/app.js", "/web/session" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct web_answer answer;
        const char *policy = NULL;

        (void)get(paths[i], &answer);
        policy = header_of(&answer, "Content-Security-Policy");
        cr_assert(zero(int, strncmp(policy, "default-src 'none'; ", 20)), "%s", policy);
        cr_assert(zero(ptr, strstr(policy, "unsafe")), "%s", paths[i]);
        cr_assert(eq(str, (char *)header_of(&answer, "X-Frame-Options"), "DENY"));
    }
}

Test(web_pages, what_the_browser_has_is_not_sent_again)
{
    static const struct {
        const char *tags;
        int status;
    } cases[] = {
        { NULL, 200 },
        { "\"2222\"", 304 },
        { "W/\"2222\"", 304 },
        { "*", 304 },
        { "\"1\", W/\"2222\"", 304 },
        { "\"222\"", 200 },
        { "2222", 200 },
        { "", 200 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct web_question question = { .method = "GET",
                                         .path = "/web/app.js",
                                         .if_none_match = cases[i].tags };
        struct web_answer answer;

        cr_assert(eq(int, ask(&question, &answer), cases[i].status), "case %zu", i);
        cr_assert(eq(sz, answer.size, cases[i].status == 304 ? 0 : 6));
        cr_assert(eq(str, (char *)header_of(&answer, "ETag"), "W/\"2222\""));
    }
}

Test(web_pages, it_is_compressed_for_who_can_read_that)
{
    static const struct {
        const char *accept;
        size_t size;
    } cases[] = {
        { "gzip", 2 },         { "br, gzip;q=0.5", 2 },
        { "GZIP", 2 },         { "deflate,gzip", 2 },
        { "gzip;q=0", 6 },     { "gzip;q=0.000", 6 },
        { "br", 6 },           { "", 6 },
        { "notgzip", 6 },      { NULL, 6 },
        { "gzip;q=0, br", 6 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct web_question question = { .method = "GET",
                                         .path = "/web/app.js",
                                         .accept_encoding = cases[i].accept };
        struct web_answer answer;

        (void)ask(&question, &answer);
        cr_assert(eq(sz, answer.size, cases[i].size), "case %zu", i);
        cr_assert(eq(str, (char *)header_of(&answer, "Content-Encoding"),
                     cases[i].size == 2 ? "gzip" : ""));
    }
}

static struct web_question login(const char *body)
{
    return (
        struct web_question){ .method = "POST",
                              .path = "/web/login",
                              .body = body,
                              .body_size = strlen(body),
                              .claim = { .host = "a:1", .origin = "http://a:1", .now_s = NOW } };
}

Test(web_pages, who_shows_the_token_gets_a_cookie_that_opens_the_api, .init = start, .fini = stop)
{
    struct web_question question = login("{\"token\": \"0123456789abcdef\"}");
    struct access_claim claim = { .host = "a:1", .now_s = NOW };
    struct web_answer first;
    struct web_answer answer;
    struct assay_error err = { 0 };

    cr_assert(eq(int, ask(&question, &first), 200));
    claim.cookie = header_of(&first, "Set-Cookie");
    cr_assert(access_check(&rules, &claim, &err));
    question.path = "/web/session";
    question.method = "GET";
    question.claim.cookie = claim.cookie;
    cr_assert(eq(int, ask(&question, &answer), 200));
    cr_assert(not(zero(ptr, strstr(answer.bytes, "\"needsToken\":true,\"isSignedIn\":true"))));
}

Test(web_pages, a_wrong_token_gets_none_and_too_many_are_not_looked_at, .init = start, .fini = stop)
{
    struct web_question right = login("{\"token\": \"0123456789abcdef\"}");
    struct web_question wrong = login("{\"token\": \"0123456789abcdeF\"}");
    struct web_answer answer;

    for (int i = 0; i < GUESSES_AT_ONCE; i++)
        cr_assert(eq(int, ask(&wrong, &answer), 403));
    cr_assert(eq(int, ask(&wrong, &answer), 429));
    cr_assert(eq(int, ask(&right, &answer), 429));
    right.who = 1; /* somebody else */
    cr_assert(eq(int, ask(&right, &answer), 200));
}

Test(web_pages, only_the_servers_own_page_signs_in_and_out, .init = start, .fini = stop)
{
    struct web_question question = login("{\"token\": \"0123456789abcdef\"}");
    struct web_answer answer;

    question.claim.origin = "http://localhost:3000";
    cr_assert(eq(int, ask(&question, &answer), 403));
    question.path = "/web/logout";
    cr_assert(eq(int, ask(&question, &answer), 403));
    question.claim.origin = NULL;
    question.claim.fetch_site = "same-site";
    cr_assert(eq(int, ask(&question, &answer), 403));
    question.claim.fetch_site = "same-origin";
    cr_assert(eq(int, ask(&question, &answer), 200));
    cr_assert(not(zero(ptr, strstr(header_of(&answer, "Set-Cookie"), "Max-Age=0"))));
}

Test(web_pages, what_is_no_login_is_refused, .init = start, .fini = stop)
{
    static const char *const bodies[] = { "", "[]", "{}", "{\"token\": 7}", "{\"token\"" };
    struct web_question question = login("{}");
    struct web_answer answer;

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        question = login(bodies[i]);
        cr_assert(eq(int, ask(&question, &answer), 400), "%s", bodies[i]);
    }
    question.path = "/web/";
    cr_assert(eq(int, ask(&question, &answer), 501));
    question.method = "DELETE";
    cr_assert(eq(int, ask(&question, &answer), 501));
}

Test(web_pages, where_no_token_is_asked_for_there_is_nothing_to_sign_in_to)
{
    struct web_question question = login("{\"token\": \"any\"}");
    struct web_door open = { .guesses = &guesses, .is_emulating = true };
    struct web_answer answer = { 0 };
    struct assay_error err = { 0 };

    cr_assert(web_pages_answer(&open, &question, &answer, &err));
    cr_assert(eq(str, (char *)header_of(&answer, "Set-Cookie"), ""));
    question.method = "GET";
    question.path = "/web/session";
    answer = (struct web_answer){ 0 };
    cr_assert(web_pages_answer(&open, &question, &answer, &err));
    cr_assert(not(zero(ptr, strstr(answer.bytes, "\"needsToken\":false"))));
    cr_assert(not(zero(ptr, strstr(answer.bytes, "\"emulates\":true"))));
}
