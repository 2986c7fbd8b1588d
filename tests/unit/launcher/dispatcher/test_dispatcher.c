/* With real processes: /bin/sh, under real shims. */

#include "launcher/dispatcher/dispatcher.h"
#include "launcher/shim/claim.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPLICAS_MAX = 4, ENDINGS_MAX = 32 };

static struct {
    char folder[256];
    char dirs[ENDINGS_MAX][REPLICAS_MAX][512];
    struct launcher *launcher;
    struct machine machine;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct ending endings[ENDINGS_MAX];
    size_t count;
} shop = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void ended(void *context, const struct ending *ending)
{
    (void)context;
    (void)pthread_mutex_lock(&shop.mutex);
    shop.endings[shop.count++ % ENDINGS_MAX] = *ending;
    (void)pthread_cond_broadcast(&shop.changed);
    (void)pthread_mutex_unlock(&shop.mutex);
}

static void open_launcher(void)
{
    struct dispatcher_options options = { .shim_path = SHIM_PATH,
                                          .state_dir = shop.folder,
                                          .envp = environ,
                                          .machine = &shop.machine,
                                          .env = assay_env_system(),
                                          .on_ended = ended };
    struct assay_error err = { 0 };

    shop.launcher = dispatcher_new(&options, &err);
    cr_assert(shop.launcher != NULL, "%s", err.message);
}

static void open_shop(void)
{
    support_folder_make(shop.folder);
    shop.machine = (struct machine){ .cpus = 2,
                                     .memory_bytes = INT64_C(1) << 30,
                                     .has_gpus = true,
                                     .gpu_count = 2,
                                     .gpus = { "0", "3" } };
    open_launcher();
}

static void close_shop(void)
{
    launcher_free(shop.launcher);
    support_folder_remove(shop.folder);
}

TestSuite(dispatcher, .init = open_shop, .fini = close_shop);

/* A gang of which each replica runs its shell command; role 0, 1, 2, … but the last is a worker. */
struct wish {
    const char *commands[REPLICAS_MAX];
    enum replica_role roles[REPLICAS_MAX];
    size_t count;
    struct resources resources;
    bool restarts_alone;
};

static void fill(int64_t trial, const struct wish *wish, struct launch *launch,
                 struct replica_launch *replicas)
{
    for (size_t i = 0; i < wish->count; i++) {
        char *dir = shop.dirs[trial][i];

        if (i == 0)
            (void)snprintf(dir, sizeof shop.dirs[trial][i], "%s/%lld", shop.folder,
                           (long long)trial);
        else
            (void)snprintf(dir, sizeof shop.dirs[trial][i], "%s/%lld/replicas/%zu", shop.folder,
                           (long long)trial, i);
        replicas[i].role = wish->roles[i];
        replicas[i].dir = dir;
        replicas[i].resources = wish->resources;
    }
    *launch = (struct launch){ .key = { trial, 1, 0 },
                               .job = 1,
                               .replicas = replicas,
                               .replica_count = wish->count,
                               .grace_us = (int64_t)SUPPORT_DEADLINE_S * 1000000,
                               .restarts_alone = wish->restarts_alone };
}

static bool start(int64_t trial, const struct wish *wish, struct assay_error *err)
{
    static char path[] = "PATH=/usr/bin:/bin";
    static char shell[] = "/bin/sh";
    static char flag[] = "-c";
    struct replica_launch replicas[REPLICAS_MAX] = { 0 };
    char *argv[REPLICAS_MAX][4];
    char tags[REPLICAS_MAX][600];
    char texts[REPLICAS_MAX][600];
    char *envp[REPLICAS_MAX][4];
    struct launch launch;

    fill(trial, wish, &launch, replicas);
    for (size_t i = 0; i < wish->count; i++) {
        (void)snprintf(tags[i], sizeof tags[i], "ASSAY_ATTEMPT=%s#%lld-%zu", shop.folder,
                       (long long)trial, i);
        (void)snprintf(texts[i], sizeof texts[i],
                       "PEER=@ASSAY_HOST_1@:@ASSAY_PORT_1@:@ASSAY_OPEN_PORT_1@");
        memcpy(argv[i], ((char *[]){ shell, flag, (char *)wish->commands[i], NULL }),
               sizeof argv[i]);
        memcpy(envp[i], ((char *[]){ path, tags[i], texts[i], NULL }), sizeof envp[i]);
        replicas[i].argv = argv[i];
        replicas[i].envp = envp[i];
    }
    return launcher_start(shop.launcher, &launch, err);
}

static void must_start(int64_t trial, const struct wish *wish)
{
    struct assay_error err = { 0 };

    cr_assert(start(trial, wish, &err), "%s", err.message);
}

static void adopt(int64_t trial, const struct wish *wish)
{
    struct replica_launch replicas[REPLICAS_MAX] = { 0 };
    struct launch launch;
    struct assay_error err = { 0 };

    fill(trial, wish, &launch, replicas);
    cr_assert(launcher_adopt(shop.launcher, &launch, &err), "%s", err.message);
}

/* The ending of the trial, when it has come. */
static struct ending wait_end(int64_t trial)
{
    struct ending found = { 0 };

    (void)pthread_mutex_lock(&shop.mutex);
    while (!found.key.trial) {
        for (size_t i = 0; i < shop.count; i++) {
            if (shop.endings[i].key.trial == trial)
                found = shop.endings[i];
        }
        if (!found.key.trial)
            (void)pthread_cond_wait(&shop.changed, &shop.mutex);
    }
    (void)pthread_mutex_unlock(&shop.mutex);
    return found;
}

static void wait_file(const char *name)
{
    while (!support_exists(shop.folder, name))
        (void)usleep(1000);
}

static char *output(int64_t trial, size_t replica)
{
    return support_read(shop.dirs[trial][replica], "stdout.log", NULL);
}

Test(dispatcher, a_plain_command_runs)
{
    struct wish wish = { .commands = { "exit 7" }, .count = 1 };
    struct ending ending;

    must_start(1, &wish);
    ending = wait_end(1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 7));
    cr_assert(not(support_exists(shop.folder, "1/place")));
}

Test(dispatcher, gpus_are_given_out_and_never_twice)
{
    struct wish wish = {
        .commands = { "echo $CUDA_VISIBLE_DEVICES $HIP_VISIBLE_DEVICES $NVIDIA_VISIBLE_DEVICES;"
                      "while ! test -e ../../go; do sleep 0.01; done" },
        .count = 1,
        .resources = { .gpus = 1 },
    };
    char *first = NULL;
    char *second = NULL;

    for (int64_t trial = 1; trial <= 3; trial++)
        must_start(trial, &wish);
    wait_file("1/stdout.log");
    wait_file("2/stdout.log");
    cr_assert(not(support_exists(shop.folder, "3")));
    support_write(shop.folder, "go", "", 0644);
    for (int64_t trial = 1; trial <= 3; trial++)
        cr_assert(eq(int, wait_end(trial).kind, ENDING_EXITED));
    first = output(1, 0);
    second = output(2, 0);
    cr_assert(eq(str, first, (char *)"0 0 0\n"));
    cr_assert(eq(str, second, (char *)"3 3 3\n"));
    free(first);
    free(second);
}

Test(dispatcher, what_can_never_fit_is_refused)
{
    struct wish wish = { .commands = { "exit 0" }, .count = 1, .resources = { .gpus = 3 } };
    struct assay_error err = { 0 };

    cr_assert(not(start(1, &wish, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
}

Test(dispatcher, one_that_waits_is_stopped_without_having_run)
{
    struct wish wish = { .commands = { "while ! test -e ../../go; do sleep 0.01; done" },
                         .count = 1,
                         .resources = { .gpus = 2 } };

    must_start(1, &wish);
    must_start(2, &wish);
    launcher_stop(shop.launcher, (struct attempt_key){ 2, 1, 0 }, STOP_GENTLY);
    cr_assert(eq(int, wait_end(2).kind, ENDING_STOPPED));
    cr_assert(eq(i64, wait_end(2).start_us, 0));
    cr_assert(not(support_exists(shop.folder, "2")));
    support_write(shop.folder, "go", "", 0644);
    cr_assert(eq(int, wait_end(1).kind, ENDING_EXITED));
}

Test(dispatcher, an_adopted_attempt_holds_its_gpus)
{
    struct wish wish = { .commands = { "while ! test -e ../../go; do sleep 0.01; done" },
                         .count = 1,
                         .resources = { .gpus = 1 } };
    struct wish after = { .commands = { "echo $CUDA_VISIBLE_DEVICES" },
                          .count = 1,
                          .resources = { .gpus = 1 } };
    char *text = NULL;

    must_start(1, &wish);
    wait_file("1/stdout.log");
    launcher_free(shop.launcher);
    open_launcher();
    adopt(1, &wish);
    must_start(2, &after);
    cr_assert(eq(int, wait_end(2).kind, ENDING_EXITED));
    text = output(2, 0);
    cr_assert(eq(str, text, (char *)"3\n"));
    free(text);
    support_write(shop.folder, "go", "", 0644);
    cr_assert(eq(int, wait_end(1).kind, ENDING_EXITED));
}

Test(dispatcher, a_gang_knows_its_peers_and_ends_with_its_workers)
{
    struct wish wish = { .commands = { "echo $PEER", "echo $PEER", "sleep 1000" },
                         .roles = { ROLE_PRIMARY, ROLE_WORKER, ROLE_SERVER },
                         .count = 3 };
    struct ending ending;
    char *first = NULL;
    char *second = NULL;
    int port = 0;
    int open_port = 0;

    must_start(1, &wish);
    ending = wait_end(1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 0));
    first = output(1, 0);
    second = output(1, 1);
    cr_assert(eq(str, first, second));
    cr_assert(eq(int, sscanf(first, "127.0.0.1:%d:%d", &port, &open_port), 2));
    cr_assert(ne(int, port, open_port));
    free(first);
    free(second);
}

Test(dispatcher, a_replica_that_fails_fails_its_gang_and_is_named)
{
    struct wish wish = { .commands = { "sleep 1000", "exit 3" },
                         .roles = { ROLE_PRIMARY, ROLE_WORKER },
                         .count = 2 };
    struct ending ending;

    must_start(1, &wish);
    ending = wait_end(1);
    cr_assert(eq(int, ending.kind, ENDING_EXITED));
    cr_assert(eq(int, ending.status, 3));
    cr_assert(eq(int, ending.role, ROLE_WORKER));
}

static void kill_shim(int64_t trial, size_t replica)
{
    struct claim claim;

    cr_assert(eq(int, claim_read(shop.dirs[trial][replica], &claim), 0));
    cr_assert(eq(int, kill(claim.pid, SIGKILL), 0));
}

Test(dispatcher, a_lost_worker_alone_is_started_anew)
{
    struct wish wish = {
        .commands = { "while ! test -e ../../go; do sleep 0.01; done",
                      "if test -e ../../../../again; then exit 0; fi; touch ../../../../began;"
                      "sleep 1000" },
        .roles = { ROLE_PRIMARY, ROLE_WORKER },
        .count = 2,
        .restarts_alone = true,
    };

    must_start(1, &wish);
    wait_file("began");
    support_write(shop.folder, "again", "", 0644);
    kill_shim(1, 1);
    wait_file("1/replicas/1.lost1/claim");
    support_write(shop.folder, "go", "", 0644);
    cr_assert(eq(int, wait_end(1).kind, ENDING_EXITED));
    cr_assert(eq(int, wait_end(1).status, 0));
}

Test(dispatcher, a_lost_worker_is_the_gangs_loss_else)
{
    struct wish wish = { .commands = { "sleep 1000", "touch ../../../../began; sleep 1000" },
                         .roles = { ROLE_PRIMARY, ROLE_WORKER },
                         .count = 2 };

    must_start(1, &wish);
    wait_file("began");
    kill_shim(1, 1);
    cr_assert(eq(int, wait_end(1).kind, ENDING_LOST));
    cr_assert(eq(int, wait_end(1).role, ROLE_WORKER));
}

Test(dispatcher, a_gang_is_adopted_as_a_whole)
{
    struct wish wish = { .commands = { "while ! test -e ../../go; do sleep 0.01; done",
                                       "touch ../../../../began;"
                                       "while ! test -e ../../../../go; do sleep 0.01; done" },
                         .roles = { ROLE_PRIMARY, ROLE_WORKER },
                         .count = 2 };

    must_start(1, &wish);
    wait_file("began");
    wait_file("1/claim");
    launcher_free(shop.launcher);
    open_launcher();
    adopt(1, &wish);
    support_write(shop.folder, "go", "", 0644);
    cr_assert(eq(int, wait_end(1).kind, ENDING_EXITED));
    cr_assert(eq(int, wait_end(1).status, 0));
}

Test(dispatcher, a_gang_that_was_begun_in_part_is_lost_and_leaves_nothing_running)
{
    struct wish part = { .commands = { "touch ../../began; sleep 1000" }, .count = 1 };
    struct wish whole = { .commands = { "sleep 1000", "sleep 1000" },
                          .roles = { ROLE_PRIMARY, ROLE_WORKER },
                          .count = 2 };
    struct claim claim;

    must_start(1, &part);
    wait_file("began");
    launcher_free(shop.launcher);
    open_launcher();
    adopt(1, &whole);
    cr_assert(eq(int, wait_end(1).kind, ENDING_LOST));
    cr_assert(eq(int, claim_read(shop.dirs[1][0], &claim), 0));
    cr_assert(not(claim_is_alive(&claim)));
}

static void count_stages(void *context, const struct launch_report *report)
{
    size_t *counts = context;

    counts[report->stage]++;
    if (report->stage == LAUNCH_WAITING)
        cr_assert(report->why[0] != '\0');
    else
        cr_assert(eq(str, (char *)report->gpus, (char *)"0,3"));
}

Test(dispatcher, a_report_tells_who_holds_and_who_waits)
{
    struct wish wish = { .commands = { "while ! test -e ../../go; do sleep 0.01; done" },
                         .count = 1,
                         .resources = { .gpus = 2 } };
    size_t counts[LAUNCH_RUNNING + 1] = { 0 };

    must_start(1, &wish);
    must_start(2, &wish);
    launcher_report(shop.launcher, count_stages, counts);
    cr_assert(eq(sz, counts[LAUNCH_RUNNING], 1));
    cr_assert(eq(sz, counts[LAUNCH_WAITING], 1));
    support_write(shop.folder, "go", "", 0644);
    (void)wait_end(1);
    (void)wait_end(2);
}
