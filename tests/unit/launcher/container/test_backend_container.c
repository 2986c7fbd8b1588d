#include "launcher/backend_container.h"

#include "launcher/container/container_argv.h"
#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A launcher of containers on the shop's folder, which fake_podman runs. */
static struct workshop shop;
static char fake_word[300];
static char init_word[] = "INIT=" INIT_PATH;
static char path_word[] = "PATH=/usr/bin:/bin";
static char *client_envp[] = { fake_word, init_word, path_word, NULL };

static void ended(void *context, const struct ending *ending)
{
    (void)context;
    (void)pthread_mutex_lock(&shop.mutex);
    cr_assert(lt(sz, shop.ended_count, SUPPORT_ENDINGS));
    shop.endings[shop.ended_count++] = *ending;
    (void)pthread_cond_broadcast(&shop.changed);
    (void)pthread_mutex_unlock(&shop.mutex);
}

static void make_launcher_of(const char *engine)
{
    struct container_options options = { .shim_path = SHIM_PATH,
                                         .state_dir = shop.folder,
                                         .envp = client_envp,
                                         .engine = engine,
                                         .env = assay_env_system(),
                                         .on_ended = ended };
    struct assay_error err = { 0 };

    shop.launcher = launcher_container_new(&options, &err);
    cr_assert(shop.launcher != NULL, "%s", err.message);
}

static void make_launcher(void)
{
    make_launcher_of(FAKE_PATH);
}

static void restart(void)
{
    launcher_free(shop.launcher);
    make_launcher();
}

static void open_shop(void)
{
    workshop_open(&shop);
    (void)snprintf(fake_word, sizeof fake_word, "FAKE=%s", shop.folder);
    restart();
}

static void close_shop(void)
{
    workshop_close(&shop);
}

TestSuite(backend_container, .init = open_shop, .fini = close_shop);

static const struct container_launch any_container = { .image = "any", .has_command = true };

static bool prepare(struct assay_error *err)
{
    return launcher_container_prepare(shop.launcher, 7, &any_container, NULL, NULL, NULL, err);
}

static void in_container(struct launch *launch)
{
    static struct replica_launch replica;

    replica = launch->replicas[0];
    replica.container = &any_container;
    launch->replicas = &replica;
    launch->job = 7;
}

static const struct container_launch reused_container = { .image = "any",
                                                          .has_command = true,
                                                          .is_reused = true };

/* The same in a container that is used again, which takes a folder of the state folder's jobs. */
static void in_reused_container(struct launch *launch)
{
    static struct replica_launch replica;
    static char dir[600];

    (void)snprintf(dir, sizeof dir, "%s/jobs/7/trials/%lld/1", shop.folder,
                   (long long)launch->key.trial);
    replica = launch->replicas[0];
    replica.container = &reused_container;
    replica.dir = dir;
    launch->replicas = &replica;
    launch->job = 7;
}

static void start_as(int64_t trial, char *script, tune_fn tune)
{
    char shell[] = "/bin/sh";
    char flag[] = "-c";
    struct assay_error err = { 0 };

    cr_assert(prepare(&err), "%s", err.message);
    workshop_start_argv(&shop, trial, (char *[]){ shell, flag, script, NULL }, tune);
}

/* Runs the script in a container, of which the image is made ready first. */
static void start(int64_t trial, char *script)
{
    start_as(trial, script, in_container);
}

static void start_reused(int64_t trial, char *script)
{
    start_as(trial, script, in_reused_container);
}

static void put(const char *name, const char *text)
{
    support_write(shop.folder, name, text, 0600);
}

static void take_away(const char *name)
{
    char path[600];

    (void)snprintf(path, sizeof path, "%s/%s", shop.folder, name);
    cr_assert(eq(int, unlink(path), 0));
}

static char *name_of(int64_t trial, char name[CONTAINER_NAME_TEXT])
{
    char dir[512];
    struct attempt_key key = { trial, 1, 0 };

    (void)container_name(key, workshop_dir(&shop, trial, dir), name);
    return name;
}

static void expect_removed(const char *name)
{
    char *removed = support_read(shop.folder, "removed", NULL);

    cr_assert(strstr(removed, name) != NULL, "%s", removed);
    free(removed);
}

Test(backend_container, the_status_of_the_program_is_its_own_also_where_an_engine_uses_the_same)
{
    char dir[512];
    struct ending ending = { 0 };

    start(1, "exit 125");
    start(2, "exit 127");
    start(3, "echo out; echo err >&2; exit 0");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 125));
    ending = workshop_wait(&shop, 2);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 127));
    ending = workshop_wait(&shop, 3);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 0));
    {
        char *out = support_read(workshop_dir(&shop, 3, dir), "stdout.log", NULL);

        cr_assert(eq(str, out, "out\n"));
        free(out);
    }
    cr_assert(not(support_exists(shop.folder, "removed")), "a clean end costs no removal");
}

Test(backend_container, a_signal_within_is_told_as_that_signal)
{
    struct ending ending = { 0 };

    start(1, "kill -SEGV $$");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_SIGNALED));
    cr_assert(eq(int, ending.status, SIGSEGV));
}

Test(backend_container, a_program_that_the_image_lacks_is_not_found_and_named)
{
    char program[] = "/no/such/program";
    struct ending ending = { 0 };
    struct assay_error err = { 0 };

    cr_assert(prepare(&err));
    workshop_start_argv(&shop, 1, (char *[]){ program, NULL }, in_container);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(str, ending.detail, "/no/such/program: no such program in the image"));
}

Test(backend_container, an_image_that_went_away_is_not_found_and_looked_for_anew)
{
    struct ending ending = { 0 };
    char name[CONTAINER_NAME_TEXT];
    char *pulls = NULL;

    put("run-error", "Error: any: image not known\n");
    start(1, "exit 0");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(str, ending.detail, "image any is no longer on this machine"));
    expect_removed(name_of(1, name));
    take_away("image");
    take_away("run-error");
    start(2, "exit 0");
    (void)workshop_wait(&shop, 2);
    pulls = support_read(shop.folder, "pulls", NULL);
    cr_assert(eq(str, pulls, "x\nx\n"));
    free(pulls);
}

Test(backend_container, an_engine_that_fails_is_quoted)
{
    struct ending ending = { 0 };

    put("run-error", "Warning: x\nError: OCI runtime error: no space left on device\n");
    start(1, "exit 0");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
    cr_assert(eq(str, ending.detail,
                 "podman could not start it (status 125): OCI runtime error: no space left on "
                 "device"));
}

static void start_unprepared(int64_t trial, char *script)
{
    char shell[] = "/bin/sh";
    char flag[] = "-c";

    workshop_start_argv(&shop, trial, (char *[]){ shell, flag, script, NULL }, in_container);
}

Test(backend_container, a_killed_client_costs_those_nothing_that_were_prepared_and_waited)
{
    struct ending ending = { 0 };

    put("run-dies", "");
    start(1, "exit 0");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    start_unprepared(2, "exit 3");
    ending = workshop_wait(&shop, 2);
    cr_assert(eq(int, ending.kind, ENDING_EXITED), "%s", ending.detail);
    cr_assert(eq(int, ending.status, 3));
}

Test(backend_container, when_the_image_went_away_those_that_waited_are_told_so_too)
{
    struct ending ending = { 0 };

    put("run-error", "Error: any: image not known\n");
    start(1, "exit 0");
    (void)workshop_wait(&shop, 1);
    start_unprepared(2, "exit 0");
    ending = workshop_wait(&shop, 2);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(eq(str, ending.detail, "image any is no longer on this machine"));
}

static void with_limits(struct launch *launch)
{
    static struct replica_launch replica;

    in_container(launch);
    replica = launch->replicas[0];
    replica.resources = (struct resources){ .cpus = 2, .memory_bytes = 5000 };
    launch->replicas = &replica;
}

Test(backend_container, what_the_engine_cannot_limit_here_is_left_out)
{
    char *ran = NULL;

    put("controllers", "false [memory pids]\n");
    start_as(1, "exit 0", with_limits);
    (void)workshop_wait(&shop, 1);
    ran = support_read(shop.folder, "ran", NULL);
    cr_assert(strstr(ran, "--memory=5000 ") != NULL, "%s", ran);
    cr_assert(strstr(ran, "--cpus") == NULL, "%s", ran);
    free(ran);
}

Test(backend_container, what_the_engine_can_limit_is_limited)
{
    char *ran = NULL;

    start_as(1, "exit 0", with_limits);
    (void)workshop_wait(&shop, 1);
    ran = support_read(shop.folder, "ran", NULL);
    cr_assert(strstr(ran, "--memory=5000 ") != NULL, "%s", ran);
    cr_assert(strstr(ran, "--cpus=2 ") != NULL, "%s", ran);
    free(ran);
}

Test(backend_container, in_an_ordinary_users_podman_an_images_named_user_is_mapped_by_numbers)
{
    char *ran = NULL;

    put("controllers", "true [cpu memory pids]\n");
    put("image", "abc|747269616c||2f62696e2f7368,|\n"); /* USER trial */
    put("user", "1001:100\n");
    start(1, "exit 0");
    (void)workshop_wait(&shop, 1);
    ran = support_read(shop.folder, "ran", NULL);
    cr_assert(strstr(ran, "--userns=keep-id:uid=1001,gid=100 ") != NULL, "%s", ran);
    cr_assert(strstr(ran, ":U ") == NULL, "%s", ran);
    free(ran);
}

Test(backend_container, a_complaint_is_not_read_through_a_link)
{
    char script[700];
    struct ending ending = { 0 };

    put("secret", "TOP SECRET\n");
    (void)snprintf(script, sizeof script,
                   "ln -sf %s/secret $ASSAY_ATTEMPT_DIR/stderr.log; exit 125", shop.folder);
    put("run-script", script);
    start(1, "exit 0");
    ending = workshop_wait(&shop, 1);
    cr_assert(strstr(ending.detail, "SECRET") == NULL, "%s", ending.detail);
    cr_assert(eq(int, ending.kind, ENDING_NOT_STARTED));
}

Test(backend_container, what_is_stopped_is_removed_before_it_is_told)
{
    struct attempt_key key = { 1, 1, 0 };
    char name[CONTAINER_NAME_TEXT];
    struct ending ending = { 0 };

    start(1, "echo $$ >$READY; exec sleep 1000");
    (void)workshop_ready(&shop);
    launcher_stop(shop.launcher, key, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 128 + SIGTERM));
    expect_removed(name_of(1, name));
}

Test(backend_container, a_container_outlives_its_launcher_and_is_adopted)
{
    struct attempt_key key = { 1, 1, 0 };
    struct ending ending = { 0 };

    start(1, "trap 'exit 3' TERM; echo $$ >$READY; while :; do sleep 1000 & wait; done");
    (void)workshop_ready(&shop);
    restart();
    workshop_adopt(&shop, 1);
    launcher_stop(shop.launcher, key, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 3));
}

Test(backend_container, one_that_ended_with_nobody_to_see_it_is_told_as_it_ended)
{
    struct ending ending = { 0 };
    pid_t pid = 0;

    start(1, "echo $$ >$READY; exit 9");
    pid = workshop_ready(&shop);
    launcher_free(shop.launcher);
    support_wait_gone(pid);
    make_launcher();
    workshop_adopt(&shop, 1);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 9));
}

Test(backend_container, when_its_shim_is_killed_the_container_is_removed_and_it_is_lost)
{
    char name[CONTAINER_NAME_TEXT];
    struct ending ending = { 0 };
    pid_t program = 0;

    start(1, "echo $$ >$READY; exec sleep 1000");
    program = workshop_ready(&shop);
    /* The program's parent is the container's first process, whose parent is the shim. */
    cr_assert(eq(int, kill(support_parent(support_parent(program)), SIGKILL), 0));
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    expect_removed(name_of(1, name));
    support_wait_gone(program);
}

Test(backend_container, when_the_client_is_killed_it_is_lost)
{
    struct ending ending = { 0 };
    char name[CONTAINER_NAME_TEXT];

    start(1, "echo $$ >$READY; exec sleep 1000");
    cr_assert(eq(int, kill(support_parent(workshop_ready(&shop)), SIGKILL), 0));
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    cr_assert(eq(str, ending.detail, "its podman client was killed by signal 9"));
    expect_removed(name_of(1, name));
}

static void count_line(void *context, const char *line)
{
    int *count = context;

    *count += strstr(line, "blob") != NULL;
}

Test(backend_container, an_image_is_pulled_once_for_all_trials_and_its_progress_told)
{
    struct assay_error err = { 0 };
    int lines = 0;
    char *pulls = NULL;

    for (int i = 0; i < 3; i++)
        cr_assert(launcher_container_prepare(shop.launcher, 7, &any_container, count_line, &lines,
                                             NULL, &err));
    cr_assert(eq(int, lines, 1));
    pulls = support_read(shop.folder, "pulls", NULL);
    cr_assert(eq(str, pulls, "x\n"));
    free(pulls);
}

Test(backend_container, an_image_that_no_registry_has_is_not_found_and_asked_for_once)
{
    struct assay_error err = { 0 };
    char *pulls = NULL;

    put("pull-error", "Trying to pull\nError: reading manifest: manifest unknown\n");
    cr_assert(not(prepare(&err)));
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
    cr_assert(
        eq(str, err.message, "image any cannot be pulled: reading manifest: manifest unknown"));
    pulls = support_read(shop.folder, "pulls", NULL);
    cr_assert(eq(str, pulls, "x\n"));
    free(pulls);
}

Test(backend_container, an_engine_that_does_not_answer_is_none_and_is_asked_again_later)
{
    struct assay_error err = { 0 };

    put("is-down", "");
    cr_assert(not(launcher_container_has_engine(shop.launcher, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_PRECONDITION));
    cr_assert(strstr(err.message, "--on-host") != NULL);
    take_away("is-down");
    cr_assert(launcher_container_has_engine(shop.launcher, &err));
}

Test(backend_container, what_was_not_prepared_is_refused)
{
    char *argv[] = { client_envp[0], NULL };
    char *envp[] = { NULL };
    struct replica_launch replica = {
        .argv = argv, .envp = envp, .dir = "/nowhere", .container = &any_container
    };
    struct launch launch = { .key = { 1, 1, 0 }, .replicas = &replica, .replica_count = 1 };
    struct assay_error err = { 0 };

    cr_assert(not(launcher_start(shop.launcher, &launch, &err)));
    cr_assert(eq(str, err.message, "image any was not prepared"));
}

Test(backend_container, what_a_dead_machine_left_behind_is_removed_at_the_first_need)
{
    char inspected[1200];
    char dir[512];

    (void)workshop_dir(&shop, 1, dir);
    put("ps", "id-of-none\n");
    (void)snprintf(inspected, sizeof inspected, "id-of-none\t%s\n", dir);
    put("inspect", inspected);
    start(2, "exit 0");
    (void)workshop_wait(&shop, 2);
    /* One is removed after the other, so that an end with a removal comes after the sweep. */
    start(3, "kill -KILL $PPID");
    (void)workshop_wait(&shop, 3);
    expect_removed("id-of-none");
}

Test(backend_container, what_another_engine_started_is_removed_by_that_one)
{
    char dir[512];
    char text[1200];
    char other[600];
    char name[CONTAINER_NAME_TEXT];

    start(1, "echo $$ >$READY; exec sleep 1000");
    (void)workshop_ready(&shop);
    put("ps", "id-1\n");
    (void)snprintf(text, sizeof text, "id-1\t%s\n", workshop_dir(&shop, 1, dir));
    put("inspect", text);
    launcher_free(shop.launcher);
    (void)snprintf(other, sizeof other, "%s/other", shop.folder);
    cr_assert(eq(int, symlink(FAKE_PATH, other), 0));
    make_launcher_of(other);
    workshop_adopt(&shop, 1);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    (void)workshop_wait(&shop, 1);
    (void)name_of(1, name);
    (void)snprintf(text, sizeof text, "other rm --force --time=0 --ignore -- %s\n", name);
    expect_removed(text);
    (void)snprintf(text, sizeof text, "fake_podman rm --force --time=0 --ignore -- %s\n", name);
    expect_removed(text);
}

static void make_fifo(const char *name)
{
    char path[600];

    (void)snprintf(path, sizeof path, "%s/%s", shop.folder, name);
    cr_assert(eq(int, mkfifo(path, 0600), 0));
}

Test(backend_container, a_container_that_is_just_starting_is_not_left_behind)
{
    struct ending ending = { 0 };
    char *removed = NULL;

    make_fifo("ps");
    make_fifo("removed");
    start_reused(1, "exit 3");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED), "%s", ending.detail);
    cr_assert(eq(int, ending.status, 3));
    removed = support_read(shop.folder, "was-removed", NULL);
    cr_assert(strstr(removed, "id-of-none") != NULL);
    cr_assert(strstr(removed, "id-own") == NULL, "%s", removed);
    free(removed);
}

Test(backend_container, a_stop_does_not_wait_for_a_start_that_hangs)
{
    struct ending ending = { 0 };

    make_fifo("hang");
    start_reused(1, "exit 0");
    start_reused(2, "exit 0");
    for (int64_t trial = 2; trial > 0; trial--) {
        launcher_stop(shop.launcher, (struct attempt_key){ trial, 1, 0 }, STOP_GENTLY);
        ending = workshop_wait(&shop, trial);
        cr_assert(eq(int, ending.kind, ENDING_STOPPED), "%s", ending.detail);
        cr_assert(eq(int, (int)ending.start_us, 0));
    }
    take_away("hang");
    start_reused(3, "exit 3");
    ending = workshop_wait(&shop, 3);
    cr_assert(eq(int, ending.kind, ENDING_EXITED), "%s", ending.detail);
}

static void expect_runs(const char *marks)
{
    char *runs = support_read(shop.folder, "runs", NULL);

    cr_assert(eq(str, runs, (char *)marks));
    free(runs);
}

Test(backend_container, one_container_runs_trial_after_trial)
{
    struct ending ending = { 0 };

    for (int64_t trial = 1; trial <= 5; trial++) {
        start_reused(trial, trial == 3 ? "exit 125" : trial == 4 ? "kill -SEGV $$" : "exit 0");
        ending = workshop_wait(&shop, trial);
        cr_assert(eq(int, ending.kind, trial == 4 ? ENDING_SIGNALED : ENDING_EXITED), "%s",
                  ending.detail);
        cr_assert(eq(int, ending.status, trial == 3 ? 125 : trial == 4 ? SIGSEGV : 0));
    }
    expect_runs("x\n");
}

Test(backend_container, trials_at_once_have_a_container_each)
{
    start_reused(1, "echo $$ >$READY; read line <$SHOP/go");
    (void)workshop_ready(&shop);
    start_reused(2, "exit 0");
    (void)workshop_wait(&shop, 2);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    (void)workshop_wait(&shop, 1);
    expect_runs("x\nx\n");
}

Test(backend_container, a_stop_reaches_a_trial_in_a_reused_container_which_goes_on)
{
    struct ending ending = { 0 };

    start_reused(1, "trap 'exit 4' TERM; echo $$ >$READY; while :; do sleep 0.01; done");
    (void)workshop_ready(&shop);
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 4));
    start_reused(2, "exit 0");
    (void)workshop_wait(&shop, 2);
    expect_runs("x\n");
}

Test(backend_container, a_stop_while_its_container_starts_is_not_lost)
{
    struct ending ending = { 0 };

    start_reused(1, "exec sleep 1000");
    launcher_stop(shop.launcher, (struct attempt_key){ 1, 1, 0 }, STOP_NOW);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
}

Test(backend_container, a_reused_container_that_was_killed_is_replaced)
{
    struct ending ending = { 0 };
    pid_t program = 0;
    pid_t keeper = 0;

    start_reused(1, "echo $$ >$READY; exec sleep 1000");
    program = workshop_ready(&shop);
    keeper = support_parent(program);
    /* With the container's first process all would go. */
    cr_assert(eq(int, kill(support_parent(keeper), SIGKILL), 0));
    cr_assert(eq(int, kill(keeper, SIGKILL), 0));
    cr_assert(eq(int, kill(program, SIGKILL), 0));
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_LOST));
    start_reused(2, "exit 0");
    ending = workshop_wait(&shop, 2);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    expect_runs("x\nx\n");
    expect_removed("assay-place-");
}

Test(backend_container, a_reused_container_that_cannot_start_is_told_as_any_other)
{
    struct ending ending = { 0 };

    put("run-error", "Error: statfs /no/where: no such file or directory\n");
    start_reused(1, "exit 0");
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_NOT_FOUND));
    cr_assert(strstr(ending.detail, "/no/where") != NULL);
}

Test(backend_container, a_reused_container_ends_its_trial_after_its_launcher_and_then_itself)
{
    struct ending ending = { 0 };
    char dir[600];
    struct replica_launch replica = { .dir = dir, .container = &reused_container };
    struct launch launch = {
        .key = { 1, 1, 0 }, .job = 7, .replicas = &replica, .replica_count = 1
    };
    struct assay_error err = { 0 };
    pid_t server = 0;

    (void)snprintf(dir, sizeof dir, "%s/jobs/7/trials/1/1", shop.folder);
    start_reused(1, "trap 'exit 4' TERM; echo $$ >$READY; while :; do sleep 0.01; done");
    server = support_parent(support_parent(workshop_ready(&shop)));
    restart();
    cr_assert(launcher_adopt(shop.launcher, &launch, &err), "%s", err.message);
    launcher_stop(shop.launcher, launch.key, STOP_GENTLY);
    ending = workshop_wait(&shop, 1);
    cr_assert(eq(int, ending.kind, ENDING_STOPPED));
    cr_assert(eq(int, ending.status, 4));
    support_wait_gone(server);
}
