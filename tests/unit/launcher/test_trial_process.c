#include "launcher/launcher.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* More than a socket takes at once. */
enum { LARGE_ARG = 100 * 1000, LARGE_ENV_COUNT = 16, LARGE_ENV = 64 * 1024 };

static struct workshop shop;

static void open_shop(void)
{
    workshop_open(&shop);
}

static void close_shop(void)
{
    workshop_close(&shop);
}

TestSuite(trial_process, .init = open_shop, .fini = close_shop, .timeout = 120);

static char *work_dir(int64_t trial, char dir[512])
{
    (void)snprintf(dir, 512, "%s/attempts/%lld/work", shop.folder, (long long)trial);
    return dir;
}

Test(trial_process, a_trial_has_its_own_group_no_blocked_signals_and_no_stray_descriptors)
{
    struct ending ending;

    (void)signal(SIGPIPE, SIG_IGN); /* as an engine has it */
    workshop_restart(&shop);
    workshop_start(&shop, 1, WORDS("check-state"), NULL);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.status, 0));
}

Test(trial_process, arguments_arrive_byte_for_byte)
{
    char odd[] = "--text= \"two\"\n'lines' $HOME \\ \t = \xc3\xa4\xff";
    char empty[] = "";
    char dir[512];
    char *text = NULL;
    size_t size = 0;

    workshop_start(&shop, 1, WORDS("dump", odd, empty, "end"), NULL);
    cr_assert(eq(int, workshop_wait(&shop, 1).status, 0));
    (void)work_dir(1, dir);
    text = support_read(dir, "dump", &size);
    {
        const char *at = text + strlen(text) + 1;

        cr_assert(eq(str, (char *)at, "dump"));
        at += strlen(at) + 1;
        cr_assert(eq(str, (char *)at, odd));
        at += strlen(at) + 1;
        cr_assert(eq(str, (char *)at, ""));
        at += 1;
        cr_assert(eq(str, (char *)at, "end"));
    }
    free(text);
}

static char **large_environment(void)
{
    char **envp = calloc(LARGE_ENV_COUNT + 1, sizeof *envp);

    cr_assert(envp != NULL);
    for (int i = 0; i < LARGE_ENV_COUNT; i++) {
        envp[i] = malloc(LARGE_ENV);
        cr_assert(envp[i] != NULL);
        memset(envp[i], 'a' + i, LARGE_ENV - 1);
        envp[i][LARGE_ENV - 1] = '\0';
        envp[i][1] = '=';
    }
    return envp;
}

Test(trial_process, a_megabyte_of_environment_and_long_arguments_arrive)
{
    char dir[512];
    char helper[] = HELPER_PATH;
    char mode[] = "dump";
    char *large = malloc(LARGE_ARG + 1);
    char **envp = large_environment();
    char *argv[] = { helper, mode, large, NULL };
    char *text = NULL;
    size_t size = 0;
    struct replica_launch replica = { .argv = argv, .envp = envp };
    struct launch launch = { .key = { 1, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };

    cr_assert(large != NULL);
    memset(large, 'x', LARGE_ARG);
    large[LARGE_ARG] = '\0';
    replica.dir = workshop_dir(&shop, 1, dir);
    /* Several in a row, so that the socket is full in the middle of one. */
    for (launch.key.trial = 1; launch.key.trial <= 4; launch.key.trial++) {
        workshop_dir(&shop, launch.key.trial, dir);
        cr_assert(launcher_start(shop.launcher, &launch, &err));
    }
    for (int64_t trial = 1; trial <= 4; trial++)
        cr_assert(eq(int, workshop_wait(&shop, trial).status, 0));
    (void)work_dir(4, dir);
    text = support_read(dir, "dump", &size);
    cr_assert(eq(sz, size,
                 strlen(helper) + 1 + strlen(mode) + 1 + LARGE_ARG + 1 +
                     (size_t)LARGE_ENV_COUNT * LARGE_ENV));
    cr_assert(memcmp(text + size - LARGE_ENV, envp[LARGE_ENV_COUNT - 1], LARGE_ENV) == 0);
    for (int i = 0; i < LARGE_ENV_COUNT; i++)
        free(envp[i]);
    free(envp);
    free(large);
    free(text);
}

Test(trial_process, a_command_line_beyond_the_systems_limit_is_told_not_run)
{
    char helper[] = HELPER_PATH;
    size_t size = 200000; /* one argument may have 128 KiB */
    char *large = malloc(size + 1);
    char *argv[] = { helper, large, NULL };
    struct ending ending;

    cr_assert(large != NULL);
    memset(large, 'x', size);
    large[size] = '\0';
    workshop_start_argv(&shop, 1, argv, NULL);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(int, ending.status, E2BIG));
    free(large);
}

Test(trial_process, a_missing_command_is_named)
{
    char bare[] = "no-such-program-anywhere";
    char relative[] = "./train.py";
    struct ending ending;

    workshop_start_argv(&shop, 1, (char *[]){ bare, NULL }, NULL);
    workshop_start_argv(&shop, 2, (char *[]){ relative, NULL }, NULL);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(int, ending.status, ENOENT));
    cr_assert(eq(i64, ending.start_us, 0));
    cr_assert(strstr(ending.detail, bare) && strstr(ending.detail, "PATH"), "%s", ending.detail);
    ending = workshop_wait(&shop, 2);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(strstr(ending.detail, relative) && strstr(ending.detail, "ASSAY_SOURCE_DIR"), "%s",
              ending.detail);
}

static struct ending run_script(int64_t trial, const char *name, const char *text, mode_t mode)
{
    char path[512];

    support_write(shop.folder, name, text, mode);
    (void)snprintf(path, sizeof path, "%s/%s", shop.folder, name);
    workshop_start_argv(&shop, trial, (char *[]){ path, NULL }, NULL);
    return workshop_wait(&shop, trial);
}

Test(trial_process, a_script_that_cannot_be_run_says_why)
{
    struct ending ending = run_script(1, "missing", "#!/opt/none/python -u\n", 0755);

    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(strstr(ending.detail, "interpreter /opt/none/python does not") != NULL, "%s",
              ending.detail);
    ending = run_script(2, "windows", "#!/bin/sh\r\nexit 0\r\n", 0755);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(strstr(ending.detail, "carriage return") != NULL, "%s", ending.detail);
    ending = run_script(3, "bare", "exit 0\n", 0755);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(int, ending.status, ENOEXEC));
    ending = run_script(4, "locked", "#!/bin/sh\nexit 0\n", 0644);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(int, ending.status, EACCES));
    cr_assert(strstr(ending.detail, "chmod") != NULL, "%s", ending.detail);
    ending = run_script(5, "good", "#!/bin/sh\nexit 6\n", 0755);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 6));
}

Test(trial_process, the_path_of_the_trials_environment_finds_its_program)
{
    char name[] = "a-tool-of-this-test";
    char path[300];
    char dir[512];
    char *envp[] = { path, NULL };
    struct replica_launch replica = { .argv = (char *[]){ name, NULL }, .envp = envp };
    struct launch launch = { .key = { 1, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };

    support_write(shop.folder, name, "#!/bin/sh\nexit 8\n", 0755);
    (void)snprintf(path, sizeof path, "PATH=/nonexistent::%s", shop.folder);
    replica.dir = workshop_dir(&shop, 1, dir);
    cr_assert(launcher_start(shop.launcher, &launch, &err));
    cr_assert(eq(int, workshop_wait(&shop, 1).status, 8));
}

/* IOPRIO_CLASS_IDLE << IOPRIO_CLASS_SHIFT */
enum { IDLE_CLASS = 3 << 13, SMALL_LOG = 1024 * 1024 };

static void as_idle(struct launch *launch)
{
    launch->nice = 3;
    launch->io_class = IDLE_CLASS;
}

Test(trial_process, niceness_and_io_class_are_the_trials_and_not_the_launchers)
{
    char nice_text[16];
    char class_text[16];
    int own = getpriority(PRIO_PROCESS, 0);

    (void)snprintf(nice_text, sizeof nice_text, "%d", own + 3 < 19 ? own + 3 : 19);
    (void)snprintf(class_text, sizeof class_text, "%d", IDLE_CLASS);
    workshop_start(&shop, 1, WORDS("check-priority", nice_text, class_text), as_idle);
    cr_assert(eq(int, workshop_wait(&shop, 1).status, 0));
    cr_assert(eq(int, getpriority(PRIO_PROCESS, 0), own));
}

static void with_small_log(struct launch *launch)
{
    launch->log_max_bytes = SMALL_LOG;
}

Test(trial_process, a_log_beyond_its_share_keeps_its_first_and_its_last_line)
{
    char dir[512];
    char path[600];
    char *text = NULL;
    size_t size = 0;
    struct stat info = { 0 };

    workshop_start(&shop, 1, WORDS("pour", "6"), with_small_log);
    cr_assert(eq(int, workshop_wait(&shop, 1).status, 0));
    workshop_dir(&shop, 1, dir);
    text = support_read(dir, "stdout.log", &size);
    cr_assert(eq(sz, size, 6 * 1024 * 1024 + 21));
    cr_assert(memcmp(text, "first line\n", 11) == 0);
    cr_assert(memcmp(text + size - 10, "last line\n", 10) == 0);
    free(text);
    (void)snprintf(path, sizeof path, "%s/stdout.log", dir);
    cr_assert(eq(int, stat(path, &info), 0));
    cr_assert(le(i64, info.st_blocks * 512, SMALL_LOG));
}

Test(trial_process, a_log_that_is_a_link_or_a_fifo_keeps_the_trial_from_starting)
{
    char dir[512];
    char path[600];
    char target[600];
    char *argv[] = { "/bin/echo", "theirs", NULL };

    support_write(shop.folder, "keys", "mine", 0600);
    (void)snprintf(target, sizeof target, "%s/keys", shop.folder);
    for (int64_t trial = 1; trial <= 2; trial++) {
        (void)snprintf(path, sizeof path, "%s/attempts", shop.folder);
        (void)mkdir(path, 0700);
        (void)mkdir(workshop_dir(&shop, trial, dir), 0700);
        (void)snprintf(path, sizeof path, "%s/stdout.log", dir);
        cr_assert(eq(int, trial == 1 ? symlink(target, path) : mkfifo(path, 0600), 0));
        workshop_start_argv(&shop, trial, argv, NULL);
        cr_expect(eq(int, workshop_wait(&shop, trial).kind, ENDING_NOT_STARTED));
    }
    {
        char *text = support_read(shop.folder, "keys", NULL);

        cr_expect(eq(str, text, "mine"));
        free(text);
    }
}
