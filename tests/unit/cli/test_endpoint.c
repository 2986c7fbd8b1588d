#include "engine/cli/endpoint.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each test has a process of its own, so it may change the environment. */
static void clear_environment(void)
{
    (void)unsetenv("ASSAY_ENDPOINT");
    (void)unsetenv("ASSAY_TOKEN");
}

static struct arguments with(enum option_id option, const char *value)
{
    struct arguments arguments = { 0 };

    arguments.is_given[option] = true;
    arguments.values[option] = value;
    return arguments;
}

static void check_url(const char *given, const char *expected)
{
    struct arguments arguments = with(OPTION_ENDPOINT, given);
    struct endpoint endpoint;
    struct assay_error err = { 0 };
    bool is_ok = endpoint_choose(&arguments, &endpoint, &err);

    cr_assert(eq(int, is_ok, expected != NULL), "%s", given);
    if (expected)
        cr_assert(eq(str, endpoint.url, (char *)expected));
    else
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    endpoint_clear(&endpoint);
}

Test(endpoint, a_url_is_a_server_and_nothing_behind_it, .init = clear_environment)
{
    check_url("http://127.0.0.1:8080", "http://127.0.0.1:8080");
    check_url("http://[::1]:8080/", "http://[::1]:8080");
    check_url("HTTPS://host//", "HTTPS://host");
    check_url("", NULL);
    check_url("127.0.0.1:8080", NULL);
    check_url("ftp://host", NULL);
    check_url("http://", NULL);
    check_url("http:///", NULL);
    check_url("http://host/path", NULL);
    check_url("http://host?x", NULL);
    check_url("http://me@host", NULL);
    check_url("http://host name", NULL);
}

Test(endpoint, the_environment_counts_where_no_option_says_where, .init = clear_environment)
{
    struct arguments none = { 0 };
    struct arguments state = with(OPTION_STATE, "dir");
    struct arguments both = with(OPTION_STATE, "dir");
    struct endpoint endpoint;
    struct assay_error err = { 0 };

    cr_assert(endpoint_choose(&none, &endpoint, &err));
    cr_assert(zero(ptr, endpoint.url));
    (void)setenv("ASSAY_ENDPOINT", "http://host:1", 1);
    (void)setenv("ASSAY_TOKEN", "secret", 1);
    cr_assert(endpoint_choose(&none, &endpoint, &err));
    cr_assert(eq(str, endpoint.url, "http://host:1"));
    cr_assert(eq(str, endpoint.token, "secret"));
    cr_assert(not(endpoint.is_given));
    endpoint_clear(&endpoint);
    cr_assert(endpoint_choose(&state, &endpoint, &err));
    cr_assert(zero(ptr, endpoint.url));
    endpoint_clear(&endpoint);
    both.values[OPTION_ENDPOINT] = "http://host:1";
    both.is_given[OPTION_ENDPOINT] = true;
    cr_assert(not(endpoint_choose(&both, &endpoint, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    endpoint_clear(&endpoint);
}

Test(endpoint, a_certificate_that_is_not_there_is_told_at_once, .init = clear_environment)
{
    struct arguments arguments = with(OPTION_ENDPOINT, "https://host");
    struct endpoint endpoint;
    struct assay_error err = { 0 };

    arguments.values[OPTION_TLS_CA] = "/nowhere/ca.pem";
    cr_assert(not(endpoint_choose(&arguments, &endpoint, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    endpoint_clear(&endpoint);
}

static bool read_token(const char *text, struct endpoint *endpoint, struct assay_error *err)
{
    char path[] = "/tmp/assay-test-XXXXXX";
    struct arguments arguments = with(OPTION_ENDPOINT, "http://host");
    FILE *file = fdopen(mkstemp(path), "w");
    bool is_ok = false;

    cr_assert(not(zero(ptr, file)));
    (void)fputs(text, file);
    (void)fclose(file);
    arguments.values[OPTION_TOKEN_FILE] = path;
    is_ok = endpoint_choose(&arguments, endpoint, err);
    (void)unlink(path);
    return is_ok;
}

Test(endpoint, a_token_file_holds_one_word, .init = clear_environment)
{
    static const char *const wrong[] = { "", "\n", "two words\n", "one\ntwo\n", " one\n" };
    struct endpoint endpoint;
    struct assay_error err = { 0 };

    cr_assert(read_token("word\n", &endpoint, &err), "%s", err.message);
    cr_assert(eq(str, endpoint.token, "word"));
    endpoint_clear(&endpoint);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_assert(not(read_token(wrong[i], &endpoint, &err)), "%s", wrong[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
        endpoint_clear(&endpoint);
    }
}
