#include "launcher/shim/node_environment.h"
#include "launcher/shim/node_order.h"

#include "launcher/shim/claim.h"
#include "launcher/shim/exit_record.h"
#include "launcher/shim/record_file.h"
#include "launcher/shim/shim_protocol.h"
#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAG "7-1-0123456789abcdef"

static char folder[256];

static void set_up(void)
{
    support_folder_make(folder);
}

static void tear_down(void)
{
    support_folder_remove(folder);
}

/* The folder of a replica, of which there are count, with all that its shim reads. */
static void order(size_t index, size_t count, char *const *argv, char dir[512])
{
    char *const envp[] = { "ASSAY_ATTEMPT=" TAG, "PATH=/bin:/usr/bin", NULL };
    const struct replica_launch replica = { .argv = argv, .envp = envp, .dir = dir };
    const struct launch launch = { .key = { 7, 1, (int32_t)index },
                                   .replicas = &replica,
                                   .replica_count = 1,
                                   .grace_us = 1000 * 1000 };
    struct node_order node = { .tag = TAG, .index = (int64_t)index, .count = (int64_t)count };
    struct assay_error err = { 0 };
    size_t size = 0;
    void *request = NULL;

    (void)snprintf(dir, 512, "%s/%zu", folder, index);
    (void)snprintf(node.gang_dir, sizeof node.gang_dir, "%s/0", folder);
    request = shim_request_encode(&launch, TAG, &size, &err);
    cr_assert(request != NULL, "%s", err.message);
    cr_assert(eq(int, record_make_dirs(dir), 0));
    cr_assert(eq(int, record_file_write(dir, NODE_REQUEST_NAME, request, size, false), 0));
    cr_assert(eq(int, node_order_write(dir, &node), 0));
    free(request);
}

static pid_t start(const char *dir, const char *tag)
{
    char *argv[] = { SHIM_PATH, "--node", (char *)dir, (char *)tag, NULL };
    char *envp[] = { "SLURM_JOB_ID=17", NULL };
    pid_t pid = -1;

    cr_assert(eq(int, posix_spawn(&pid, SHIM_PATH, NULL, NULL, argv, envp), 0));
    return pid;
}

static int await(pid_t pid)
{
    int status = -1;

    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct ending record_of(const char *dir)
{
    struct ending ending = { 0 };

    cr_assert(eq(int, exit_record_read(dir, &ending), 0));
    return ending;
}

TestSuite(node, .init = set_up, .fini = tear_down, .timeout = SUPPORT_DEADLINE_S);

Test(node, a_trial_runs_and_leaves_its_record)
{
    char dir[512];
    char *log = NULL;

    order(0, 1, WORDS("sh", "-c", "echo $SLURM_JOB_ID; exit 3"), dir);
    cr_assert(eq(int, await(start(dir, TAG)), 1));
    cr_assert(eq(int, record_of(dir).kind, ENDING_EXITED));
    cr_assert(eq(int, record_of(dir).status, 3));
    log = support_read(dir, "stdout.log", NULL);
    cr_assert(eq(str, log, "17\n"));
    free(log);
}

Test(node, what_was_forbidden_never_starts)
{
    const struct claim never = { .pid = 0 };
    char dir[512];

    order(0, 1, WORDS("touch", "ran"), dir);
    cr_assert(eq(int, claim_make(dir, &never), 0));
    cr_assert(eq(int, await(start(dir, TAG)), 1));
    cr_assert(not(support_exists(dir, "work")));
}

Test(node, a_second_run_of_the_same_job_starts_nothing)
{
    char dir[512];
    char *log = NULL;

    order(0, 1, WORDS("echo", "once"), dir);
    cr_assert(eq(int, await(start(dir, TAG)), 0));
    (void)await(start(dir, TAG));
    log = support_read(dir, "stdout.log", NULL);
    cr_assert(eq(str, log, "once\n"));
    free(log);
}

Test(node, a_job_with_another_tag_starts_nothing)
{
    char dir[512];

    order(0, 1, WORDS("touch", "ran"), dir);
    cr_assert(eq(int, await(start(dir, "7-1-ffffffffffffffff")), 1));
    cr_assert(not(support_exists(dir, "work")));
}

Test(node, replicas_learn_each_others_addresses)
{
    char *const words[] = { "echo", "@ASSAY_HOST_0@ @ASSAY_PORT_0@ @ASSAY_OPEN_PORT_1@", NULL };
    char first[512];
    char second[512];
    char *logs[2] = { NULL, NULL };
    pid_t pids[2] = { 0 };

    order(0, 2, words, first);
    order(1, 2, words, second);
    pids[0] = start(first, TAG);
    pids[1] = start(second, TAG);
    cr_assert(eq(int, await(pids[0]), 0));
    cr_assert(eq(int, await(pids[1]), 0));
    logs[0] = support_read(first, "stdout.log", NULL);
    logs[1] = support_read(second, "stdout.log", NULL);
    cr_assert(eq(str, logs[0], logs[1]));
    cr_assert(eq(int, strncmp(logs[0], "127.0.0.1 ", 10), 0), "%s", logs[0]);
    free(logs[0]);
    free(logs[1]);
}

Test(node, what_an_earlier_job_of_the_attempt_has_left_is_no_address)
{
    static const char stale[] =
        "assay-address 1\ntag " TAG "\nrun 16-\nhost gone\nport 1\nopen_port 2\nend\n";
    char *const words[] = { "echo", "@ASSAY_PORT_1@", NULL };
    char first[512];
    char second[512];
    char addresses[600];
    char *log = NULL;
    pid_t pids[2] = { 0 };

    order(0, 2, words, first);
    order(1, 2, words, second);
    (void)snprintf(addresses, sizeof addresses, "%s/" NODE_ADDRESSES_NAME, first);
    cr_assert(eq(int, record_make_dirs(addresses), 0));
    cr_assert(eq(int, record_file_write(addresses, "1", stale, sizeof stale - 1, false), 0));
    pids[0] = start(first, TAG);
    pids[1] = start(second, TAG);
    cr_assert(eq(int, await(pids[0]), 0));
    cr_assert(eq(int, await(pids[1]), 0));
    log = support_read(first, "stdout.log", NULL);
    cr_assert(strcmp(log, "1\n") != 0);
    free(log);
}

Test(node, a_word_in_the_folder_stops_the_trial)
{
    char dir[512];
    pid_t pid = -1;

    order(0, 1, WORDS("sleep", "1000"), dir);
    support_write(dir, NODE_STOP_GENTLY_NAME, "", 0644);
    pid = start(dir, TAG);
    cr_assert(eq(int, await(pid), 1));
    cr_assert(eq(int, record_of(dir).kind, ENDING_STOPPED));
    cr_assert(support_exists(dir, NODE_HEARTBEAT_NAME));
}

Test(node, an_order_comes_back_as_it_was_written)
{
    const struct node_order written = { .tag = TAG,
                                        .index = 2,
                                        .count = 3,
                                        .gang_dir = "/a b",
                                        .lease_path = "/s/lease",
                                        .lease_us = 5 };
    struct node_order read = { 0 };

    cr_assert(eq(int, node_order_read(folder, &read), ENOENT));
    cr_assert(eq(int, node_order_write(folder, &written), 0));
    cr_assert(eq(int, node_order_read(folder, &read), 0));
    cr_assert(eq(str, read.tag, TAG));
    cr_assert(eq(str, read.gang_dir, "/a b"));
    cr_assert(eq(str, read.lease_path, "/s/lease"));
    cr_assert(eq(i64, read.index, 2));
    cr_assert(eq(i64, read.lease_us, 5));
}

Test(node, an_order_for_a_replica_that_is_none_is_refused)
{
    const struct node_order written = { .tag = TAG, .index = 3, .count = 3 };
    struct node_order read = { 0 };

    cr_assert(eq(int, node_order_write(folder, &written), 0));
    cr_assert(eq(int, node_order_read(folder, &read), EBADMSG));
}

Test(node_environment, what_the_node_knows_of_its_job_takes_the_place_of_what_came_along)
{
    char *wanted[] = { "A=1", "SLURM_JOB_ID=old", "CUDA_VISIBLE_DEVICES=5", NULL };
    char *own[] = { "SLURM_JOB_ID=17", "CUDA_VISIBLE_DEVICES=0", "A=2", NULL };
    char **merged = node_environment(wanted, own);

    cr_assert(eq(str, merged[0], "A=1"));
    cr_assert(eq(str, merged[1], "SLURM_JOB_ID=17"));
    cr_assert(eq(str, merged[2], "CUDA_VISIBLE_DEVICES=0"));
    cr_assert(merged[3] == NULL);
    free(merged);
}

Test(node_environment, devices_that_slurm_does_not_speak_of_stay_as_they_are)
{
    char *wanted[] = { "CUDA_VISIBLE_DEVICES=5", NULL };
    char *own[] = { "HOME=/root", NULL };
    char **merged = node_environment(wanted, own);

    cr_assert(eq(str, merged[0], "CUDA_VISIBLE_DEVICES=5"));
    cr_assert(merged[1] == NULL);
    free(merged);
}
