#include "launcher/subprocess.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONG_US = 60 * 1000 * 1000 };

static struct subprocess_result result;
static struct assay_error err;

static bool run_with(const char *const *argv, struct subprocess_spec spec)
{
    spec.env = assay_env_system();
    spec.argv = argv;
    if (!spec.timeout_us)
        spec.timeout_us = LONG_US;
    return subprocess_run(&spec, &result, &err);
}

static bool run_shell(const char *script, struct subprocess_spec spec)
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    return run_with(argv, spec);
}

static void tidy(void)
{
    subprocess_result_clear(&result);
}

TestSuite(subprocess, .fini = tidy);

/* Killed; who inherits it may reap it a little later, or not at all. */
static bool is_gone(pid_t pid)
{
    struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
    bool is_ended = ended.fd < 0 || poll(&ended, 1, 30 * 1000) > 0;

    if (ended.fd >= 0)
        (void)close(ended.fd);
    return is_ended;
}

Test(subprocess, its_status_and_both_streams_come_back)
{
    cr_assert(run_shell("echo out; echo err >&2; exit 3", (struct subprocess_spec){ 0 }));
    cr_assert(eq(int, result.status, 3));
    cr_assert(eq(str, result.output, "out\n"));
    cr_assert(eq(str, result.errors, "err\n"));
    cr_assert(not(result.is_cut));
}

Test(subprocess, a_signal_is_a_status_above_128)
{
    cr_assert(run_shell("kill -KILL $$", (struct subprocess_spec){ 0 }));
    cr_assert(eq(int, result.status, 128 + SIGKILL));
    cr_assert(eq(str, result.output, ""));
}

Test(subprocess, a_program_that_is_not_there_is_not_found_and_named)
{
    const char *const argv[] = { "no-such-program-anywhere", NULL };

    cr_assert(not(run_with(argv, (struct subprocess_spec){ 0 })));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    cr_assert(strstr(err.message, "no-such-program-anywhere") != NULL);
}

Test(subprocess, input_environment_and_folder_are_its_own)
{
    const char *const envp[] = { "PATH=/usr/bin:/bin", "COLOUR=red", NULL };

    cr_assert(run_shell("cat; echo $COLOUR; pwd; echo ${HOME-none}",
                        (struct subprocess_spec){ .input = "in\n", .envp = envp, .cwd = "/" }));
    cr_assert(eq(str, result.output, "in\nred\n/\nnone\n"));
}

Test(subprocess, nothing_but_the_three_streams_is_open_in_it)
{
    int leak = dup(1); /* without O_CLOEXEC */

    /* ls has the folder itself open, as 3. */
    cr_assert(run_shell("exec ls /proc/self/fd", (struct subprocess_spec){ 0 }));
    cr_assert(eq(str, result.output, "0\n1\n2\n3\n"));
    (void)close(leak);
}

Test(subprocess, what_outlives_it_with_its_output_open_is_not_waited_for)
{
    long pid = 0;

    cr_assert(run_shell("setsid sleep 1000 & echo $!", (struct subprocess_spec){ 0 }));
    cr_assert(eq(int, sscanf(result.output, "%ld", &pid), 1));
    cr_assert(eq(int, kill((pid_t)pid, SIGKILL), 0));
}

Test(subprocess, its_whole_group_ends_at_the_deadline_and_what_it_said_is_kept)
{
    long pid = 0;

    cr_assert(not(run_shell("sleep 1000 & echo $!; wait",
                            (struct subprocess_spec){ .timeout_us = 200 * 1000 })));
    cr_assert(eq(int, (int)err.code, ASSAY_DEADLINE));
    cr_assert(eq(str, err.message, "sh -c did not end within 0.2 s"));
    cr_assert(eq(int, sscanf(result.output, "%ld", &pid), 1));
    cr_assert(is_gone((pid_t)pid));
}

Test(subprocess, one_that_is_deaf_to_the_first_signal_is_killed)
{
    cr_assert(not(run_shell("trap '' TERM; while :; do sleep 1000; done",
                            (struct subprocess_spec){ .timeout_us = 500 * 1000 })));
    cr_assert(eq(int, (int)err.code, ASSAY_DEADLINE));
    cr_assert(eq(int, result.status, 128 + SIGKILL));
}

static void cancel_at_line(void *context, const char *line)
{
    (void)line;
    subprocess_cancel_set(context);
}

Test(subprocess, it_ends_when_it_is_cancelled)
{
    struct subprocess_cancel cancel = { 0 };

    cr_assert(subprocess_cancel_init(&cancel, &err));
    cr_assert(not(subprocess_cancel_is_set(&cancel)));
    cr_assert(
        not(run_shell("echo ready; sleep 1000", (struct subprocess_spec){ .cancel = &cancel,
                                                                          .on_line = cancel_at_line,
                                                                          .context = &cancel })));
    cr_assert(eq(int, (int)err.code, ASSAY_CANCELLED));
    cr_assert(eq(int, result.status, 128 + SIGTERM));
    cr_assert(eq(str, result.output, "ready\n"));
    subprocess_cancel_clear(&cancel);
}

static void append_line(void *context, const char *line)
{
    char *text = context;

    (void)snprintf(text + strlen(text), 256 - strlen(text), "[%.20s]", line);
}

Test(subprocess, lines_are_told_without_their_ends_and_the_last_one_without_any)
{
    char told[256] = "";

    cr_assert(run_shell("printf 'one\\ntwo\\rthree\\r\\n\\nfour'",
                        (struct subprocess_spec){ .on_line = append_line, .context = told }));
    cr_assert(eq(str, told, "[one][two][three][four]"));
}

Test(subprocess, of_much_output_the_beginning_is_kept_and_the_tool_runs_on)
{
    cr_assert(run_shell("head -c 300000 /dev/zero | tr '\\0' x; exit 7",
                        (struct subprocess_spec){ .output_max = 5000 }));
    cr_assert(eq(int, result.status, 7));
    cr_assert(eq(sz, result.output_size, 5000));
    cr_assert(eq(sz, strlen(result.output), 5000));
    cr_assert(result.is_cut);
}

Test(subprocess, all_of_much_output_is_kept_when_there_is_room)
{
    cr_assert(run_shell("head -c 300000 /dev/zero | tr '\\0' x", (struct subprocess_spec){ 0 }));
    cr_assert(eq(sz, result.output_size, 300000));
    cr_assert(not(result.is_cut));
}

Test(subprocess, the_last_line_that_says_something_is_found)
{
    char line[16];

    cr_assert(eq(str, (char *)subprocess_last_line("a\nwhy \n \n\n", line, sizeof line), "why"));
    cr_assert(eq(str, (char *)subprocess_last_line("only", line, sizeof line), "only"));
    cr_assert(eq(str, (char *)subprocess_last_line("", line, sizeof line), ""));
    cr_assert(eq(str, (char *)subprocess_last_line(NULL, line, sizeof line), ""));
    cr_assert(eq(str, (char *)subprocess_last_line("0123456789abcdefgh", line, sizeof line),
                 "0123456789abcde"));
}
