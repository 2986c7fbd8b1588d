#include "launcher/container/container_argv.h"
#include "launcher/container/container_words.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char program[] = "python3";
static char script[] = "train.py";
static char lr[] = "--lr=0.1";
static char entry[] = "/entry";
static char flag[] = "-v";
static char shell[] = "/bin/sh";
static char *no_words[] = { NULL };

static const struct container_traits podman = {
    .kind = CONTAINER_PODMAN, .program = "podman", .owner_uid = -1, .owner_gid = -1
};
static const struct container_traits docker = {
    .kind = CONTAINER_DOCKER, .program = "docker", .owner_uid = 1000, .owner_gid = 100
};

static struct container_launch container;
static struct replica_launch replica;
static struct container_image image;
static struct container_run run;

/* A run of podman with a command, which the tests then change. */
static void begin(void)
{
    static char *argv[] = { program, script, lr, NULL };

    container = (struct container_launch){ .image = "img", .has_command = true };
    replica = (struct replica_launch){ .argv = argv, .dir = "/s/a", .container = &container };
    image = (struct container_image){ .name = "img",
                                      .id = "sha256:1",
                                      .user = "",
                                      .work_dir = "/app",
                                      .entry_point = no_words,
                                      .command = no_words };
    run = (struct container_run){ .traits = &podman,
                                  .image = &image,
                                  .replica = &replica,
                                  .name = "n",
                                  .state = "st",
                                  .init_path = "/x/assay-init" };
}

TestSuite(container_argv, .init = begin);

/* The words in one text, each in brackets; the caller frees it. */
static char *build(void)
{
    struct assay_error err = { 0 };
    char **argv = container_argv_build(&run, &err);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    cr_assert(argv != NULL, "%s", err.message);
    cr_assert(out != NULL);
    for (char **word = argv; *word; word++)
        (void)fprintf(out, "[%s]", *word);
    (void)fclose(out);
    container_words_free(argv);
    return text;
}

static void expect(const char *words)
{
    char *text = build();

    cr_assert(strstr(text, words) != NULL, "%s is not in %s", words, text);
    free(text);
}

static void expect_not(const char *words)
{
    char *text = build();

    cr_assert(strstr(text, words) == NULL, "%s is in %s", words, text);
    free(text);
}

Test(container_argv, a_run_of_podman_in_full)
{
    static char seed[] = "SEED=1 2";
    static char *envp[] = { seed, NULL };
    static const char *const mounts[] = { "/b:/gcs", "/src:/src:ro" };
    char *text = NULL;

    replica.envp = envp;
    container.mounts = mounts;
    container.mount_count = 2;
    text = build();
    cr_assert(eq(str, text,
                 "[podman][run][--rm][--pull=never][--log-driver=none][--name=n][--replace]"
                 "[--label=assay.state=st][--label=assay.dir=/s/a][--security-opt=label=disable]"
                 "[--http-proxy=false][--shm-size=8g][--volume=/s/a:/s/a][--volume=/b:/gcs]"
                 "[--volume=/src:/src:ro][--volume=/x/assay-init:/.assay-init:ro]"
                 "[--network=host][--env=SEED=1 2][--entrypoint=/.assay-init][--][sha256:1]"
                 "[run][/s/a/container][python3][train.py][--lr=0.1]"));
    free(text);
}

Test(container_argv, a_run_of_docker_in_full)
{
    char *text = NULL;

    run.traits = &docker;
    text = build();
    cr_assert(eq(str, text,
                 "[docker][run][--rm][--pull=never][--log-driver=none][--name=n]"
                 "[--label=assay.state=st][--label=assay.dir=/s/a][--security-opt=label=disable]"
                 "[--user=1000:100][--shm-size=8g][--volume=/s/a:/s/a]"
                 "[--volume=/x/assay-init:/.assay-init:ro][--network=host]"
                 "[--entrypoint=/.assay-init][--][sha256:1][run][/s/a/container][python3][train.py]"
                 "[--lr=0.1]"));
    free(text);
}

Test(container_argv, arguments_go_to_the_entry_point_and_replace_the_images_own)
{
    static char *entry_point[] = { entry, NULL };
    static char *command[] = { shell, NULL };
    static char *args[] = { lr, NULL };

    container.has_command = false;
    image.entry_point = entry_point;
    image.command = command;
    replica.argv = args;
    expect("[/s/a/container][/entry][--lr=0.1]");
    replica.argv = no_words;
    expect("[/s/a/container][/entry][/bin/sh]");
}

Test(container_argv, where_there_is_no_entry_point_flags_go_to_the_images_command)
{
    static char *command[] = { shell, flag, NULL };
    static char *args[] = { lr, NULL };
    static char *words[] = { program, lr, NULL };

    container.has_command = false;
    image.command = command;
    replica.argv = args;
    expect("[/s/a/container][/bin/sh][-v][--lr=0.1]");
    replica.argv = words;
    expect("[run][/s/a/container][python3][--lr=0.1]");
    replica.argv = no_words;
    expect("[/s/a/container][/bin/sh][-v]");
}

Test(container_argv, an_image_without_any_program_is_refused)
{
    struct assay_error err = { 0 };

    container.has_command = false;
    replica.argv = no_words;
    cr_assert(container_argv_build(&run, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_NOT_FOUND));
}

Test(container_argv, without_an_init_of_ours_the_program_is_the_entry_point)
{
    run.init_path = NULL;
    expect("[--init]");
    expect("[--entrypoint=python3][--][sha256:1][train.py][--lr=0.1]");
}

Test(container_argv, of_an_image_that_nobody_looked_at_the_name_is_enough)
{
    static char *args[] = { lr, NULL };

    run.image = NULL;
    run.init_path = NULL;
    container.has_command = false;
    replica.argv = args;
    expect("[--][img][--lr=0.1]");
    expect_not("--entrypoint");
}

Test(container_argv, an_image_without_a_work_folder_gets_the_attempts)
{
    expect_not("--workdir");
    image.work_dir = "/";
    expect("[--workdir=/s/a/work]");
    image.work_dir = "";
    expect("[--workdir=/s/a/work]");
}

Test(container_argv, a_user_who_is_not_root_gets_the_folder)
{
    container.user = "1000:1000";
    expect("[--user=1000:1000]");
    expect("[--volume=/s/a:/s/a:U]");
    container.user = "0:0";
    expect("[--volume=/s/a:/s/a]");
    container.user = NULL;
    image.user = "trial";
    expect("[--volume=/s/a:/s/a:U]");
    expect_not("--user");
    image.user = "root";
    expect("[--volume=/s/a:/s/a]");
}

Test(container_argv, in_an_ordinary_users_podman_another_user_is_mapped_to_that_one)
{
    struct container_traits rootless = podman;

    rootless.is_rootless = true;
    run.traits = &rootless;
    container.user = "1000:100";
    expect("[--user=1000:100][--userns=keep-id:uid=1000,gid=100]");
    expect("[--volume=/s/a:/s/a]");
    container.user = "1000";
    expect("[--userns=keep-id:uid=1000,gid=0]");
    container.user = "trial";
    expect_not("--userns");
    container.user = NULL;
    expect_not("--userns");
}

Test(container_argv, a_user_who_is_not_root_gets_the_trials_output_and_nothing_else)
{
    static const char *const mounts[] = { "/s/out:/s/out", "/s/buckets:/gcs", "/src:/src:ro",
                                          "/data:/data" };

    container.mounts = mounts;
    container.mount_count = sizeof mounts / sizeof mounts[0];
    container.user = "1000";
    run.state_dir = "/s";
    expect("[--volume=/s/out:/s/out:U][--volume=/s/buckets:/gcs][--volume=/src:/src:ro]"
           "[--volume=/data:/data]");
}

Test(container_argv, of_two_mounts_of_one_target_the_later_counts)
{
    static const char *const mounts[] = { "/src:/src:ro", "/other:/src2", "/src:/src" };

    container.mounts = mounts;
    container.mount_count = sizeof mounts / sizeof mounts[0];
    expect("[--volume=/s/a:/s/a][--volume=/other:/src2][--volume=/src:/src]");
    expect_not(":ro][--volume=/other");
}

Test(container_argv, of_two_memory_limits_the_lesser_counts)
{
    replica.resources.memory_bytes = 2000;
    expect("[--memory=2000][--memory-swap=2000][--shm-size=2000]");
    run.memory_bytes = 1000;
    expect("[--memory=1000][--memory-swap=1000][--shm-size=1000]");
    replica.resources.memory_bytes = 0;
    expect("[--memory=1000]");
}

Test(container_argv, cpus_are_a_decimal_number)
{
    replica.resources.cpus = 1.5;
    expect("[--cpus=1.5]");
    replica.resources.cpus = 96;
    expect("[--cpus=96]");
    replica.resources.cpus = 0;
    expect_not("--cpus");
}

Test(container_argv, a_limit_that_would_be_refused_is_left_out)
{
    struct container_traits narrow = podman;

    run.traits = &narrow;
    replica.resources = (struct resources){ .cpus = 2, .memory_bytes = 1000 };
    narrow.lacks_cpu_limit = true;
    expect("[--memory=1000]");
    expect_not("--cpus");
    narrow.lacks_cpu_limit = false;
    narrow.lacks_memory_limit = true;
    expect("[--shm-size=1000][--cpus=2]");
    expect_not("--memory");
}

Test(container_argv, gpus_are_named_as_each_engine_wants_it)
{
    replica.gpus = "0,GPU-3";
    expect("[--device=nvidia.com/gpu=0][--device=nvidia.com/gpu=GPU-3]");
    run.traits = &docker;
    expect("[--gpus=\"device=0,GPU-3\"]");
    replica.gpus = "";
    expect_not("gpus");
}

Test(container_argv, a_read_only_root_has_folders_for_temporary_files)
{
    container.is_read_only = true;
    expect("[--read-only]");
    expect_not("--tmpfs");
    run.traits = &docker;
    expect("[--read-only][--tmpfs=/tmp][--tmpfs=/run][--tmpfs=/var/tmp]");
}

Test(container_argv, limits_are_set_where_the_engines_own_would_be_refused)
{
    struct container_traits narrow = podman;

    narrow.has_limits = true;
    narrow.files_soft = 1024;
    narrow.files_hard = 20000;
    narrow.processes = 32768;
    run.traits = &narrow;
    expect("[--ulimit=nofile=1024:20000][--ulimit=nproc=32768:32768]");
}

Test(container_argv, another_network_takes_the_place_of_the_hosts)
{
    container.network = "none";
    expect("[--network=none]");
    expect_not("host");
}

Test(container_argv, a_folder_that_cannot_be_mounted_is_refused)
{
    struct assay_error err = { 0 };

    replica.dir = "/a:b";
    cr_assert(container_argv_build(&run, &err) == NULL);
    cr_assert(eq(int, (int)err.code, ASSAY_INVALID));
}

Test(container_argv, a_name_tells_attempts_replicas_and_folders_apart)
{
    static const struct attempt_key keys[] = {
        { 1, 1, 0 }, { 1, 1, 1 }, { 1, 2, 0 }, { 11, 1, 0 }
    };
    enum { KEYS = sizeof keys / sizeof keys[0] };
    char names[KEYS][CONTAINER_NAME_TEXT];
    char other[CONTAINER_NAME_TEXT];

    for (size_t i = 0; i < KEYS; i++) {
        (void)container_name(keys[i], "/a", names[i]);
        for (size_t j = 0; j < i; j++)
            cr_assert(ne(str, names[i], names[j]));
    }
    (void)container_name(keys[0], "/b", other);
    cr_assert(ne(str, names[0], other));
    (void)container_name(keys[0], "/a", other);
    cr_assert(eq(str, names[0], other));
}

Test(container_argv, the_state_folder_is_hidden_where_the_documents_folder_holds_it)
{
    static const char *const inside[] = { "/src:/src:ro" };
    static const char *const beside[] = { "/sr:/sr", "/src/state:/elsewhere", "/src:/srcs" };

    run.state_dir = "/src/state";
    container.mounts = inside;
    container.mount_count = 1;
    expect("[--volume=/s/a/hiding:/src/state]");
    container.mounts = beside;
    container.mount_count = 3;
    expect_not("hiding");
}

Test(container_argv, a_private_network_has_another_name_with_docker)
{
    container.network = "private";
    expect("[--network=private]");
    run.traits = &docker;
    expect("[--network=bridge]");
    container.network = NULL;
    expect("[--network=host]");
}
