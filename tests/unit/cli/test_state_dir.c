#include "engine/cli/state_dir.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each test has a process of its own, so it may change folder and environment. */
static void enter_empty_folder(void)
{
    char template[] = "/tmp/assay-test-XXXXXX";

    cr_assert(not(zero(ptr, mkdtemp(template))));
    cr_assert(zero(int, chdir(template)));
    (void)setenv("HOME", "/home/someone", 1);
    (void)unsetenv("XDG_STATE_HOME");
}

static void leave_folder(void)
{
    char path[256];

    (void)rmdir(".assay");
    if (getcwd(path, sizeof path))
        (void)rmdir(path);
}

static void check(const char *option, const char *expected)
{
    struct state_dir dir;
    struct assay_error err = { 0 };

    cr_assert(state_dir_choose(option, &dir, &err), "%s", err.message);
    cr_assert(eq(str, dir.path, (char *)expected));
    state_dir_clear(&dir);
}

Test(state_dir, the_option_comes_first_then_a_folder_here_then_the_home, .init = enter_empty_folder,
     .fini = leave_folder)
{
    check(NULL, "/home/someone/.local/state/assay");
    (void)setenv("XDG_STATE_HOME", "relative", 1);
    check(NULL, "/home/someone/.local/state/assay");
    (void)setenv("XDG_STATE_HOME", "/var/state", 1);
    check(NULL, "/var/state/assay");
    cr_assert(zero(int, mkdir(".assay", 0700)));
    check(NULL, ".assay");
    check("other", "other");
}

Test(state_dir, without_a_home_it_asks_for_the_option, .init = enter_empty_folder,
     .fini = leave_folder)
{
    struct state_dir dir;
    struct assay_error err = { 0 };

    (void)unsetenv("HOME");
    cr_assert(not(state_dir_choose(NULL, &dir, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
    cr_assert(not(zero(ptr, strstr(err.message, "--state"))));
    cr_assert(not(state_dir_choose("", &dir, &err)));
}

Test(state_dir, a_suggested_command_has_the_folder_only_where_it_was_given,
     .init = enter_empty_folder, .fini = leave_folder)
{
    struct state_dir given = { .path = "my state", .is_given = true };
    struct state_dir found = { .path = ".assay" };
    char *command = state_dir_command(&given, "resume", "42");

    cr_assert(eq(str, command, "assay resume 42 --state 'my state'"));
    free(command);
    command = state_dir_command(&found, "resume", "42");
    cr_assert(eq(str, command, "assay resume 42"));
    free(command);
}

Test(state_dir, a_suggested_command_has_the_server_and_what_it_wants_where_that_was_given,
     .init = enter_empty_folder, .fini = leave_folder)
{
    struct state_dir given = { .path = ".assay",
                               .is_remote = true,
                               .endpoint = "https://host:1",
                               .token_file = "my token",
                               .tls_ca = "ca.pem" };
    struct state_dir found = { .path = ".assay", .is_remote = true };
    char *command = state_dir_command(&given, "resume", "42");

    cr_assert(eq(str, command,
                 "assay resume 42 --endpoint https://host:1 --token-file 'my token' "
                 "--tls-ca ca.pem"));
    free(command);
    command = state_dir_command(&found, "resume", "42");
    cr_assert(eq(str, command, "assay resume 42"));
    free(command);
}

Test(state_dir, a_folder_that_does_not_exist_has_an_absolute_path, .init = enter_empty_folder,
     .fini = leave_folder)
{
    struct state_dir dir = { .path = "later/state" };
    char here[256] = "";
    char expected[300];
    char *path = state_dir_absolute(&dir);

    cr_assert(not(zero(ptr, getcwd(here, sizeof here))));
    (void)snprintf(expected, sizeof expected, "%s/later/state", here);
    cr_assert(eq(str, path, expected));
    free(path);
}
