#include "engine/trial_command.h"

#include "tests/unit/spec/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const struct command_pair inherited[] = { { "PATH", "/usr/bin" }, { "HOME", "/home/x" } };

/* The first trial of a custom job in /s, number 7, whose document lies in /doc. */
static struct trial_command_input input_of(const struct job_spec *spec)
{
    return (struct trial_command_input){
        .state_dir = "/s",
        .source_dir = "/doc",
        .spec = spec,
        .job = 7,
        .number = 1,
        .attempt = 2,
        .inherited = inherited,
        .inherited_count = 2,
        .tag = "tag",
    };
}

static void build(const struct trial_command_input *input, struct trial_launch *launch)
{
    struct assay_error err = { 0 };

    cr_assert(trial_launch_build(input, launch, &err), "%s", err.message);
}

static const char *value_of(const struct replica_launch *replica, const char *name)
{
    size_t size = strlen(name);

    for (char *const *entry = replica->envp; *entry; entry++) {
        if (strncmp(*entry, name, size) == 0 && (*entry)[size] == '=')
            return *entry + size + 1;
    }
    return NULL;
}

static void expect(const struct replica_launch *replica, const char *name, const char *wanted)
{
    const char *value = value_of(replica, name);

    cr_assert(value != NULL, "%s is missing", name);
    cr_expect(eq(str, (char *)value, (char *)wanted));
}

static bool has_mount(const struct container_launch *container, const char *mount)
{
    for (size_t i = 0; i < container->mount_count; i++) {
        if (strcmp(container->mounts[i], mount) == 0)
            return true;
    }
    return false;
}

#define DATA_JOB(uri)                                                                              \
    "jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 'host:', command: [a]}}, "             \
    "{containerSpec: {imageUri: img}}]}\nassay: {data: {format: csv, uri: '" uri "'}}\n"

Test(trial_launch, every_replica_finds_the_data_set_where_it_sees_it)
{
    struct job_spec *spec = job_of(DATA_JOB("gs://bkt/d"));
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    build(&input, &launch);
    expect(&launch.replicas[0], "AIP_DATA_FORMAT", "csv");
    expect(&launch.replicas[0], "AIP_TEST_DATA_URI", "/s/buckets/bkt/d/test-*.csv");
    expect(&launch.replicas[1], "AIP_TEST_DATA_URI", "/gcs/bkt/d/test-*.csv");
    cr_expect(not(has_mount(launch.replicas[1].container, "/s/buckets/bkt/d:/s/buckets/bkt/d:ro")));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, a_data_set_in_no_bucket_is_shown_to_containers_but_not_to_those_of_others)
{
    struct job_spec *spec = job_of(DATA_JOB("data"));
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    build(&input, &launch);
    expect(&launch.replicas[1], "AIP_TRAINING_DATA_URI", "/doc/data/training-*.csv");
    cr_expect(has_mount(launch.replicas[1].container, "/doc/data:/doc/data:ro"));
    trial_launch_clear(&launch);
    input.is_guarded = true;
    build(&input, &launch);
    cr_expect(not(has_mount(launch.replicas[1].container, "/doc/data:/doc/data:ro")));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, a_gang_is_all_replicas_in_the_order_of_pools)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 'host:', "
               "command: [a]}}, {}, {replicaCount: 2, containerSpec: {imageUri: "
               "'host:', command: [b, $(RANK)]}}]}\n");
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    build(&input, &launch);
    cr_assert(eq(sz, launch.launch.replica_count, 3));
    cr_expect(eq(i64, launch.launch.key.trial, store_trial_id(7, 1)));
    cr_expect(eq(int, launch.launch.key.attempt, 2));
    cr_expect(launch.launch.restarts_alone);
    cr_expect(eq(i64, launch.launch.log_max_bytes, LOG_MAX_DEFAULT_BYTES));
    cr_expect(eq(str, (char *)launch.replicas[0].dir, "/s/jobs/7/trials/1/2"));
    cr_expect(
        eq(str, (char *)launch.replicas[2].dir, "/s/jobs/7/trials/1/2/replicas/workerpool2-1"));
    cr_expect(eq(int, launch.replicas[2].role, ROLE_SERVER));
    cr_expect(eq(int, launch.replicas[2].index, 1));
    cr_expect(eq(str, launch.replicas[2].argv[1], "$(RANK)")); /* a server has none */
    expect(&launch.replicas[0], "ASSAY_ATTEMPT", "tag");
    expect(&launch.replicas[2], "ASSAY_ATTEMPT", "tag-2");
    expect(&launch.replicas[2], "CLOUD_ML_HP_METRIC_FILE",
           "/s/jobs/7/trials/1/2/replicas/workerpool2-1/metrics/output.metrics");
    expect(&launch.replicas[1], "HOME", "/home/x");
    cr_expect(eq(dbl, launch.replicas[0].resources.cpus, 0));
    trial_launch_clear(&launch);
    trial_launch_clear(NULL);
    job_spec_free(spec);
}

Test(trial_launch, a_container_inherits_nothing_and_sees_buckets_where_the_service_shows_them)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: img, args: [x]}}], "
               "baseOutputDirectory: {outputUriPrefix: 'gs://bkt/out/'}}\n"
               "assay: {container: {mounts: ['/data:/data:ro'], user: '7', network: none}, nice: "
               "3, ioClass: "
               "'best-effort:6'}\n");
    struct trial_command_input input = input_of(spec);
    const struct container_launch *container = NULL;
    struct trial_launch launch;

    build(&input, &launch);
    container = launch.replicas[0].container;
    cr_assert(container != NULL);
    cr_expect(not(container->has_command));
    cr_expect(eq(str, (char *)container->image, "img"));
    cr_expect(eq(str, (char *)container->user, "7"));
    cr_expect(eq(str, (char *)container->network, "none"));
    cr_expect(eq(str, launch.replicas[0].argv[0], "x"));
    cr_expect(launch.replicas[0].argv[1] == NULL);
    expect(&launch.replicas[0], "AIP_MODEL_DIR", "/gcs/bkt/out/model/");
    expect(&launch.replicas[0], "ASSAY_SOURCE_DIR", "/doc");
    cr_expect(value_of(&launch.replicas[0], "HOME") == NULL);
    cr_expect(eq(str, launch.output_dir, "/s/buckets/bkt/out"));
    cr_expect(has_mount(container, "/s/buckets:/gcs"));
    cr_expect(has_mount(container, "/doc:/doc:ro"));
    cr_expect(has_mount(container, "/data:/data:ro"));
    cr_expect(eq(sz, container->mount_count, 3));
    cr_expect(eq(int, launch.launch.nice, 3));
    cr_expect(eq(int, launch.launch.io_class, 2 << 13 | 6));
    trial_launch_clear(&launch);
    input.is_guarded = true;
    build(&input, &launch);
    cr_expect(not(has_mount(launch.replicas[0].container, "/doc:/doc:ro")));
    cr_expect(value_of(&launch.replicas[0], "ASSAY_SOURCE_DIR") == NULL);
    trial_launch_clear(&launch);
    input.is_guarded = false;
    input.source_dir = "/s"; /* of a document that came over HTTP: the engine's own folder */
    build(&input, &launch);
    cr_expect(not(has_mount(launch.replicas[0].container, "/s:/s:ro")));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, outputs_elsewhere_are_mounted_where_they_are)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: img, command: [x]}}]}\n");
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    build(&input, &launch);
    cr_expect(launch.replicas[0].container->has_command);
    expect(&launch.replicas[0], "AIP_MODEL_DIR", "/s/jobs/7/output/model/");
    cr_expect(has_mount(launch.replicas[0].container, "/s/jobs/7/output:/s/jobs/7/output"));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

#define PACKAGE(executor, more)                                                                    \
    "jobSpec: {workerPoolSpecs: [{pythonPackageSpec: {executorImageUri: " executor                 \
    ", packageUris: [dist/a.tar.gz, 'gs://bkt/b.whl'], pythonModule: t.task, args: [--x=$(Y)], "   \
    "env: "                                                                                        \
    "[{name: Y, value: y}]}}]}\n" more

Test(trial_launch, a_package_is_a_module_for_an_interpreter_that_has_it)
{
    struct job_spec *spec =
        job_of(PACKAGE("us-docker.pkg.dev/vertex-ai/training/tf-cpu.2-12.py310", ""));
    struct trial_command_input input = input_of(spec);
    const struct python_launch *python = NULL;
    struct trial_launch launch;

    build(&input, &launch);
    python = launch.replicas[0].python;
    cr_assert(python != NULL);
    cr_expect(launch.replicas[0].container == NULL);
    cr_expect(eq(str, (char *)python->interpreter, "python3"));
    cr_assert(eq(sz, python->package_count, 2));
    cr_expect(eq(str, (char *)python->packages[0], "/doc/dist/a.tar.gz"));
    cr_expect(eq(str, (char *)python->packages[1], "/s/buckets/bkt/b.whl"));
    cr_expect(eq(str, launch.replicas[0].argv[1], "-m"));
    cr_expect(eq(str, launch.replicas[0].argv[2], "t.task"));
    cr_expect(eq(str, launch.replicas[0].argv[3], "--x=y"));
    cr_expect(launch.replicas[0].argv[4] == NULL);
    cr_expect(strstr(value_of(&launch.replicas[0], "CLUSTER_SPEC"), "t.task") != NULL);
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, an_executor_may_be_an_image_that_installs_the_package_itself)
{
    struct job_spec *spec = job_of(PACKAGE("gcr.io/me/python", ""));
    struct executor executor = { .image = "gcr.io/me/*", .target = "image:localhost/mine" };
    struct launcher_config config = { .executors = &executor, .executor_count = 1 };
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;
    char *const *argv = NULL;

    input.config = &config;
    build(&input, &launch);
    cr_assert(launch.replicas[0].container != NULL);
    cr_expect(launch.replicas[0].python == NULL);
    cr_expect(launch.replicas[0].container->has_command);
    cr_expect(eq(str, (char *)launch.replicas[0].container->image, "localhost/mine"));
    cr_expect(
        has_mount(launch.replicas[0].container, "/s/buckets/bkt/b.whl:/s/buckets/bkt/b.whl:ro"));
    argv = launch.replicas[0].argv;
    cr_expect(eq(str, argv[0], "/bin/sh"));
    cr_expect(strstr(argv[2], "pip install --user") != NULL);
    cr_expect(eq(str, argv[4], "/doc/dist/a.tar.gz"));
    cr_expect(eq(str, argv[6], "-m"));
    cr_expect(eq(str, argv[8], "--x=y"));
    trial_launch_clear(&launch);
    executor.target = "python3.11";
    build(&input, &launch);
    cr_expect(eq(str, (char *)launch.replicas[0].python->interpreter, "python3.11"));
    trial_launch_clear(&launch);
    job_spec_free(spec);
    spec = job_of(PACKAGE("gcr.io/me/python", "assay: {onHost: true}\n"));
    input = input_of(spec);
    build(&input, &launch);
    cr_expect(eq(str, (char *)launch.replicas[0].python->interpreter, "python3"));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, a_machine_spec_is_what_each_replica_asks_for)
{
    struct job_spec *spec = job_of(
        "jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 'host:', command: [a]}, "
        "machineSpec: "
        "{machineType: n1-standard-8, acceleratorType: NVIDIA_TESLA_T4, acceleratorCount: 2}}, "
        "{containerSpec: {imageUri: 'host:', command: [a]}}]}\nassay: {gpuShare: 0.5}\n");
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    build(&input, &launch);
    cr_expect(eq(dbl, launch.replicas[0].resources.cpus, 8));
    cr_expect(eq(i64, launch.replicas[0].resources.memory_bytes, INT64_C(30) << 30));
    cr_expect(eq(int, launch.replicas[0].resources.gpus, 2));
    cr_expect(eq(dbl, launch.replicas[0].resources.gpu_share, 0.5));
    cr_expect(eq(int, launch.replicas[1].resources.gpus, 0));
    cr_expect(eq(dbl, launch.replicas[1].resources.gpu_share, 0));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, a_share_alone_is_one_of_a_single_gpu)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 'host:', "
               "command: [a]}}]}\nassay: {gpuShare: 0.25}\n");
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    build(&input, &launch);
    cr_expect(eq(int, launch.replicas[0].resources.gpus, 1));
    cr_expect(eq(dbl, launch.replicas[0].resources.gpu_share, 0.25));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, an_outline_is_all_but_the_commands)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: img}}, "
               "{containerSpec: {imageUri: 'host:', command: [a]}}], scheduling: "
               "{restartJobOnWorkerRestart: true}}\n");
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;
    struct assay_error err = { 0 };

    input.tag = NULL;
    input.inherited = NULL;
    input.inherited_count = 0;
    cr_assert(trial_launch_outline(&input, &launch, &err));
    cr_assert(eq(sz, launch.launch.replica_count, 2));
    cr_expect(launch.replicas[0].argv == NULL);
    cr_expect(launch.replicas[0].envp == NULL);
    cr_expect(launch.replicas[0].container != NULL);
    cr_expect(launch.replicas[1].container == NULL);
    cr_expect(eq(int, launch.replicas[1].role, ROLE_WORKER));
    cr_expect(not(launch.launch.restarts_alone));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, slurm_has_as_many_wait_as_may_run_and_only_where_there_is_a_queue)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 'host:', "
               "command: [a]}}]}\nassay: {slurm: {ahead: 4}}\n");
    struct launcher_config config = { .launcher = LAUNCHER_SLURM };
    struct trial_command_input input = input_of(spec);
    struct trial_launch launch;

    spec->parallel_trial_count = 3;
    cr_expect(eq(i64, trial_ahead(spec, NULL), 0));
    cr_expect(eq(i64, trial_ahead(spec, &config), 3));
    input.config = &config;
    build(&input, &launch);
    cr_expect(eq(i64, launch.launch.max_running, 3));
    cr_expect(eq(i64, launch.launch.ahead, 3));
    trial_launch_clear(&launch);
    config.slurm_nodes = 1;
    cr_expect(eq(i64, trial_ahead(spec, &config), 0));
    config = (struct launcher_config){ .launcher = LAUNCHER_HOST };
    build(&input, &launch);
    cr_expect(eq(i64, launch.launch.max_running, 0));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, others_share_nothing_of_this_machine_with_their_containers)
{
    struct job_spec *spec =
        job_of(PACKAGE("gcr.io/me/python", "assay: {container: {reuse: true}}\n"));
    struct trial_command_input input = input_of(spec);
    const struct container_launch *container = NULL;
    struct trial_launch launch;

    input.is_guarded = true;
    build(&input, &launch);
    container = launch.replicas[0].container;
    cr_assert(container != NULL);
    cr_expect(not(container->is_reused));
    cr_expect(eq(str, (char *)container->network, "private"));
    cr_expect(not(has_mount(container, "/s/buckets/bkt/b.whl:/s/buckets/bkt/b.whl:ro")));
    cr_expect(eq(str, launch.replicas[0].argv[5], "/gcs/bkt/b.whl"));
    trial_launch_clear(&launch);
    input.is_guarded = false;
    build(&input, &launch);
    container = launch.replicas[0].container;
    cr_expect(container->is_reused);
    cr_expect(container->network == NULL);
    cr_expect(has_mount(container, "/s/buckets/bkt/b.whl:/s/buckets/bkt/b.whl:ro"));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}

Test(trial_launch, a_primary_cannot_exchange_the_folders_of_the_other_replicas)
{
    struct job_spec *spec =
        job_of("jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: a}}, {replicaCount: 1, "
               "containerSpec: {imageUri: a}}]}\n");
    struct trial_command_input input = input_of(spec);
    static const char mount[] = "/s/jobs/7/trials/1/2/replicas:/s/jobs/7/trials/1/2/replicas:ro";
    struct trial_launch launch;

    build(&input, &launch);
    cr_expect(has_mount(launch.replicas[0].container, mount));
    cr_expect(not(has_mount(launch.replicas[1].container, mount)));
    trial_launch_clear(&launch);
    job_spec_free(spec);
}
