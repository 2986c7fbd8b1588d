#include "engine/server/token.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[128];

static void enter(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/assay-test-XXXXXX");
    cr_assert(not(zero(ptr, mkdtemp(folder))));
    (void)snprintf(path, sizeof path, "%s/token", folder);
}

static void leave(void)
{
    (void)unlink(path);
    cr_assert(zero(int, rmdir(folder)), "something is left behind");
}

static void write_token(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");

    cr_assert(not(zero(ptr, file)));
    (void)fputs(text, file);
    (void)fclose(file);
    cr_assert(zero(int, chmod(path, mode)));
}

static void check_refused(const char *text, mode_t mode)
{
    char token[TOKEN_TEXT_MAX];
    struct assay_error err = { 0 };

    write_token(text, mode);
    cr_assert(not(token_load(folder, token, &err)), "%s", text);
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION), "%s", err.message);
}

Test(token, it_is_drawn_once_and_for_the_owner_only, .init = enter, .fini = leave)
{
    char first[TOKEN_TEXT_MAX];
    char second[TOKEN_TEXT_MAX];
    struct assay_error err = { 0 };
    struct stat info;

    cr_assert(token_load(folder, first, &err), "%s", err.message);
    cr_assert(eq(int, (int)strlen(first), 2 * TOKEN_BYTES));
    cr_assert(eq(int, (int)strspn(first, "0123456789abcdef"), 2 * TOKEN_BYTES));
    cr_assert(zero(int, stat(path, &info)));
    cr_assert(eq(int, (int)(info.st_mode & 0777), 0600));
    cr_assert(token_load(folder, second, &err));
    cr_assert(eq(str, first, second));
    (void)unlink(path);
    cr_assert(token_load(folder, second, &err));
    cr_assert(ne(str, first, second));
}

Test(token, a_users_own_one_is_taken, .init = enter, .fini = leave)
{
    char token[TOKEN_TEXT_MAX];
    struct assay_error err = { 0 };

    write_token("my-own-long-secret-word\n", 0600);
    cr_assert(token_load(folder, token, &err), "%s", err.message);
    cr_assert(eq(str, token, "my-own-long-secret-word"));
}

Test(token, what_others_may_read_or_is_no_token_is_refused, .init = enter, .fini = leave)
{
    char large[2 * TOKEN_TEXT_MAX + 1];

    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    check_refused("my-own-long-secret-word\n", 0640);
    check_refused("my-own-long-secret-word\n", 0604);
    check_refused("", 0600);
    check_refused("short\n", 0600);
    check_refused("two words of some length\n", 0600);
    check_refused(large, 0600);
}

Test(token, a_folder_that_is_not_there_is_unavailable)
{
    char token[TOKEN_TEXT_MAX];
    struct assay_error err = { 0 };

    cr_assert(not(token_load("/proc/nowhere", token, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_UNAVAILABLE));
}
