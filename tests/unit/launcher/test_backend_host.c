#include "launcher/launcher.h"

#include "launcher/shim/claim.h"
#include "launcher/shim/exit_record.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct workshop shop;

static void open_shop(void)
{
    workshop_open(&shop);
}

static void close_shop(void)
{
    workshop_close(&shop);
}

TestSuite(backend_host, .init = open_shop, .fini = close_shop, .timeout = 120);

static void short_timeout(struct launch *launch)
{
    launch->timeout_us = 1000;
}

static void short_timeout_and_grace(struct launch *launch)
{
    launch->timeout_us = 1000;
    launch->grace_us = 1000;
}

static void short_grace(struct launch *launch)
{
    launch->grace_us = 1000;
}

Test(backend_host, an_exit_status_is_told_with_times_and_output_kept)
{
    char dir[512];
    char *text = NULL;
    struct ending ending;

    workshop_start(&shop, 1, WORDS("exit", "3"), NULL);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 3));
    cr_assert(eq(int, ending.key.attempt, 1));
    cr_assert(ending.start_us > INT64_C(1500000000000000));
    cr_assert(ending.end_us >= ending.start_us);
    cr_assert(ending.cpu_us > 0);
    cr_assert(ending.peak_memory_bytes > 0);
    workshop_dir(&shop, 1, dir);
    text = support_read(dir, "stdout.log", NULL);
    cr_assert(eq(str, text, "to stdout\n"));
    free(text);
    text = support_read(dir, "stderr.log", NULL);
    cr_assert(eq(str, text, "to stderr\n"));
    free(text);
    cr_assert(support_exists(dir, "metrics"));
}

Test(backend_host, a_signal_is_told_by_its_number)
{
    struct ending ending;

    workshop_start(&shop, 1, WORDS("die", "12"), NULL);
    workshop_start(&shop, 2, WORDS("die", "9"), NULL);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_SIGNALED));
    cr_assert(eq(int, ending.status, SIGUSR2));
    ending = workshop_wait(&shop, 2);
    cr_assert(eq(int, ending.kind, ENDING_SIGNALED));
    cr_assert(eq(int, ending.status, SIGKILL));
}

Test(backend_host, a_timeout_ends_what_ends_on_sigterm)
{
    struct ending ending;

    workshop_start(&shop, 1, WORDS("hold"), short_timeout);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_TIMEOUT));
    cr_assert(eq(int, ending.status, 128 + SIGTERM));
}

Test(backend_host, a_timeout_kills_what_ignores_sigterm)
{
    struct ending ending;

    workshop_start(&shop, 1, WORDS("ignore-term"), short_timeout_and_grace);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_TIMEOUT));
}

Test(backend_host, a_gentle_stop_lets_the_trial_end_itself)
{
    struct ending ending;
    pid_t pid = 0;

    workshop_start(&shop, 1, WORDS("exit-on-term"), NULL);
    pid = workshop_ready(&shop);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 7));
    support_wait_gone(pid);
}

Test(backend_host, a_gentle_stop_kills_after_the_grace)
{
    struct ending ending;

    workshop_start(&shop, 1, WORDS("ignore-term"), short_grace);
    (void)workshop_ready(&shop);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 128 + SIGKILL));
}

Test(backend_host, a_stop_now_waits_for_no_grace_even_after_a_gentle_one)
{
    workshop_start(&shop, 1, WORDS("ignore-term"), NULL);
    (void)workshop_ready(&shop);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_NOW);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_STOPPED));
}

Test(backend_host, a_stop_right_after_the_start_is_not_lost)
{
    workshop_start(&shop, 1, WORDS("ignore-term"), NULL);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_NOW);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_STOPPED));
}

Test(backend_host, a_stop_of_the_unknown_is_ignored)
{
    launcher_stop(shop.launcher, (struct attempt_key){ 77, 1, 0 }, STOP_NOW);
    workshop_start(&shop, 1, WORDS("exit", "0"), NULL);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_EXITED));
}

Test(backend_host, what_a_trial_detaches_ends_with_it)
{
    struct ending ending;
    pid_t detached = 0;

    workshop_start(&shop, 1, WORDS("detach"), NULL);
    detached = workshop_ready(&shop);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 4));
    support_wait_gone(detached);
}

Test(backend_host, a_chain_of_sessions_is_killed_to_its_end)
{
    pid_t last = 0;

    workshop_start(&shop, 1, WORDS("chain", "12"), short_grace);
    last = workshop_ready(&shop);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_NOW);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_STOPPED));
    support_wait_gone(last);
}

Test(backend_host, what_outlives_the_main_process_for_a_moment_may_finish_its_output)
{
    char dir[512];
    char *text = NULL;

    workshop_start(&shop, 1, WORDS("late-output"), NULL);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_EXITED));
    text = support_read(workshop_dir(&shop, 1, dir), "stdout.log", NULL);
    cr_assert(eq(str, text, "last line\n"));
    free(text);
}

Test(backend_host, a_trial_that_removes_its_folder_still_has_its_ending)
{
    struct ending ending;
    char dir[512];

    workshop_start(&shop, 1, WORDS("remove-folder"), NULL);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 5));
    cr_assert(support_exists(workshop_dir(&shop, 1, dir), EXIT_RECORD_NAME));
}

static void small_memory(struct launch *launch)
{
    launch->memory_bytes = 64 << 20;
}

Test(backend_host, memory_beyond_the_limit_ends_the_trial)
{
    struct ending ending;

    workshop_start(&shop, 1, WORDS("eat", "8"), small_memory);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED), "%s", ending.detail);
    cr_assert(eq(int, ending.status, 0));
    workshop_start(&shop, 2, WORDS("eat", "256"), small_memory);
    ending = workshop_wait(&shop, 2);
    if (ending.kind == ENDING_EXITED) { /* limited by its address space, for want of a cgroup */
        cr_assert(eq(int, ending.status, 9));
        cr_assert(strstr(ending.detail, "address space") != NULL, "%s", ending.detail);
        return;
    }
    cr_assert(eq(int, ending.kind, ENDING_OUT_OF_MEMORY));
    cr_assert(eq(int, ending.status, 128 + SIGKILL));
}

Test(backend_host, many_quick_attempts_are_each_told_once)
{
    enum { COUNT = 500, PARALLEL = 8 };
    char program[] = "/bin/true"; /* quicker than a helper with sanitizers */

    for (int64_t i = 1; i <= COUNT; i++) {
        if (i > PARALLEL)
            cr_assert(eq(int, workshop_wait(&shop, i - PARALLEL).kind, ENDING_EXITED));
        workshop_start_argv(&shop, i, WORDS(program), NULL);
    }
    for (int64_t i = 1; i <= COUNT; i++)
        cr_assert(eq(int, workshop_wait(&shop, i).status, 0));
}

Test(backend_host, a_killed_nursery_is_replaced_and_what_runs_is_still_watched)
{
    pid_t nursery = support_child("assay-nursery");
    pid_t held = 0;

    workshop_start(&shop, 1, WORDS("exit-on-term"), NULL);
    held = workshop_ready(&shop);
    cr_assert(nursery > 0);
    cr_assert(kill(nursery, SIGKILL) == 0);
    workshop_start(&shop, 2, WORDS("exit", "2"), NULL);
    cr_assert(eq(int, workshop_wait(&shop, 2).status, 2));
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_STOPPED));
    support_wait_gone(held);
}

Test(backend_host, requests_in_flight_survive_the_death_of_the_nursery)
{
    enum { COUNT = 64 };

    for (int64_t i = 1; i <= COUNT; i++) {
        workshop_start(&shop, i, WORDS("exit", "0"), NULL);
        if (i == COUNT / 2)
            (void)kill(support_child("assay-nursery"), SIGKILL);
    }
    /* One death: whatever had been sent is sent again, and the claim keeps it from running twice.
     */
    for (int64_t i = 1; i <= COUNT; i++) {
        struct ending ending = workshop_wait(&shop, i);

        cr_assert(eq(int, ending.kind, ENDING_EXITED), "%s", ending.detail);
    }
}

Test(backend_host, a_nursery_that_stops_answering_delays_but_loses_nothing)
{
    pid_t nursery = support_child("assay-nursery");

    cr_assert(kill(nursery, SIGSTOP) == 0);
    workshop_start(&shop, 1, WORDS("exit", "1"), NULL);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_NOW);
    cr_assert(kill(nursery, SIGCONT) == 0);
    (void)workshop_wait(&shop, 1);
}

Test(backend_host, a_killed_shim_takes_its_trial_along_and_the_attempt_is_lost)
{
    struct ending ending;
    pid_t held = 0;

    workshop_start(&shop, 1, WORDS("ignore-term"), NULL);
    held = workshop_ready(&shop);
    cr_assert(kill(support_parent(held), SIGKILL) == 0);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    cr_assert(ending.start_us > 0 && ending.end_us >= ending.start_us);
    support_wait_gone(held);
}

Test(backend_host, what_a_killed_shim_leaves_behind_is_killed_by_its_mark)
{
    pid_t last = 0;
    pid_t shim = 0;
    struct claim claim;
    char dir[512];

    workshop_start(&shop, 1, WORDS("chain", "6"), NULL);
    last = workshop_ready(&shop);
    cr_assert(claim_read(workshop_dir(&shop, 1, dir), &claim) == 0);
    shim = claim.pid;
    cr_assert(kill(shim, SIGKILL) == 0);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_LOST));
    support_wait_gone(last);
}

Test(backend_host, an_attempt_that_is_claimed_already_is_not_started)
{
    struct claim never = { 0 };
    char dir[512];

    workshop_dir(&shop, 1, dir);
    *strrchr(dir, '/') = '\0';
    cr_assert(mkdir(dir, 0777) == 0);
    cr_assert(mkdir(workshop_dir(&shop, 1, dir), 0777) == 0);
    cr_assert(claim_make(dir, &never) == 0);
    workshop_start(&shop, 1, WORDS("exit", "0"), NULL);
    cr_assert(eq(int, workshop_wait(&shop, 1).kind, ENDING_NOT_STARTED));
    cr_assert(not(support_exists(dir, "stdout.log")));
}

Test(backend_host, two_launchers_that_start_one_attempt_run_it_once)
{
    static struct workshop other;
    pid_t held = 0;

    workshop_open(&other);
    workshop_start(&shop, 1, WORDS("exit-on-term"), NULL);
    held = workshop_ready(&shop);
    /* The same folder, asked for by another launcher. */
    {
        struct launcher *own = shop.launcher;

        shop.launcher = other.launcher;
        workshop_start(&shop, 1, WORDS("exit", "0"), NULL);
        shop.launcher = own;
    }
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    cr_assert(eq(int, workshop_wait(&shop, 1).status, 7));
    cr_assert(eq(int, workshop_wait(&other, 1).status, 7));
    support_wait_gone(held);
    workshop_close(&other);
}

Test(backend_host, a_folder_that_cannot_be_made_means_never_started)
{
    char path[300];
    char helper[] = HELPER_PATH;
    char *envp[] = { NULL };
    struct replica_launch replica = { .argv = (char *[]){ helper, NULL }, .envp = envp };
    struct launch launch = { .key = { 1, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };
    struct ending ending;

    support_write(shop.folder, "file", "", 0644);
    (void)snprintf(path, sizeof path, "%s/file/attempt", shop.folder);
    replica.dir = path;
    cr_assert(launcher_start(shop.launcher, &launch, &err));
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
    cr_assert(ending.detail[0] != '\0');
}

Test(backend_host, a_request_that_cannot_work_is_refused_at_once)
{
    char helper[] = HELPER_PATH;
    char tag[] = "ASSAY_ATTEMPT=two\nlines";
    struct replica_launch replica = {
        .argv = (char *[]){ helper, NULL },
        .envp = (char *[]){ NULL },
        .dir = "relative/folder",
    };
    struct launch launch = { .key = { 1, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };

    cr_assert(not(launcher_start(shop.launcher, &launch, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    replica.dir = shop.folder;
    replica.envp = (char *[]){ tag, NULL };
    cr_assert(not(launcher_start(shop.launcher, &launch, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    replica.argv = (char *[]){ NULL };
    cr_assert(not(launcher_start(shop.launcher, &launch, &err)));
}

Test(backend_host, a_program_that_is_no_shim_is_refused_by_name)
{
    struct host_options options = { "/bin/true", assay_env_system(), NULL, NULL };
    struct assay_error err = { 0 };

    cr_assert(launcher_host_new(&options, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_PRECONDITION));
    cr_assert(strstr(err.message, "/bin/true") != NULL);
    options.shim_path = "/nonexistent/assay-shim";
    cr_assert(launcher_host_new(&options, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
}

Test(backend_host, freeing_nothing_is_fine)
{
    launcher_free(NULL);
}
