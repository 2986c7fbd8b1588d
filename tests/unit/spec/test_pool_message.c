#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#define AT "trial_job_spec.worker_pool_specs[0]"
#define IMAGE "containerSpec: {imageUri: img}"

Test(pool_message, a_container_is_kept_whole)
{
    struct job_spec *spec = job_of(POOL(
        "{containerSpec: {imageUri: img, command: [python, -m, x], args: [--a, ''], env: [{name: "
        "A, "
        "value: b}, {name: _B2}]}, replicaCount: 0, machineSpec: {machineType: n1, "
        "acceleratorType: "
        "NVIDIA_L4, acceleratorCount: 1, gpuPartitionSize: 1g, tpuTopology: x, "
        "reservationAffinity: "
        "{reservationAffinityType: 1, key: k, values: [v]}}, nfsMounts: [{server: s, path: /p, "
        "mountPoint: m}], lustreMounts: [{instanceIp: i, volumeHandle: v, filesystem: f, "
        "mountPoint: "
        "m}], diskSpec: {bootDiskType: pd-ssd, bootDiskSizeGb: 100}}, {}"));
    const struct worker_pool_spec *pool = &spec->run.pools[0];
    const struct container_spec *container = &pool->container;

    cr_assert(pool->has_container);
    cr_assert(not(pool->is_empty));
    cr_assert(not(pool->has_python_package));
    cr_assert(eq(i64, pool->replica_count, 1));
    cr_assert(eq(str, container->image_uri, "img"));
    cr_assert(eq(sz, container->command.count, 3));
    cr_assert(eq(str, container->command.items[2], "x"));
    cr_assert(eq(sz, container->args.count, 2));
    cr_assert(eq(str, container->args.items[1], ""));
    cr_assert(eq(sz, container->env_count, 2));
    cr_assert(eq(str, container->env[0].value, "b"));
    cr_assert(eq(str, container->env[1].name, "_B2"));
    cr_assert(eq(str, container->env[1].value, ""));
    cr_assert(spec->run.pools[1].is_empty);
    cr_assert(eq(str, pool->machine.machine_type, "n1"));
    cr_assert(eq(int, pool->machine.accelerator, ACCELERATOR_GPU));
    cr_assert(eq(int, pool->machine.accelerator_count, 1));
    job_spec_free(spec);
}

Test(pool_message, a_python_package_is_kept_whole)
{
    struct job_spec *spec =
        job_of(POOL("{pythonPackageSpec: {executorImageUri: e, packageUris: ['gs://b/a.tar.gz', "
                    "c.whl], pythonModule: m.task, args: [--x], env: [{name: A, value: b}]}, "
                    "machineSpec: {machineType: ct5lp-hightpu-1t, acceleratorType: TPU_V5_LITEPOD, "
                    "acceleratorCount: 1}}"));
    const struct worker_pool_spec *pool = &spec->run.pools[0];

    cr_assert(pool->has_python_package);
    cr_assert(not(pool->has_container));
    cr_assert(eq(str, pool->package.executor_image_uri, "e"));
    cr_assert(eq(sz, pool->package.package_uris.count, 2));
    cr_assert(eq(str, pool->package.package_uris.items[1], "c.whl"));
    cr_assert(eq(str, pool->package.python_module, "m.task"));
    cr_assert(eq(str, pool->package.args.items[0], "--x"));
    cr_assert(eq(str, pool->package.env[0].value, "b"));
    cr_assert(eq(int, pool->machine.accelerator, ACCELERATOR_TPU));
    job_spec_free(spec);
}

Test(pool_message, a_job_without_retries_restarts_nothing)
{
    struct job_spec *spec = job_of(STUDY "trialJobSpec: {workerPoolSpecs: [{" IMAGE
                                         "}], scheduling: {restartJobOnWorkerRestart: true}}\n");

    cr_assert(spec->run.restarts_on_worker_restart);
    job_spec_free(spec);
    spec = job_of(STUDY "trialJobSpec: {workerPoolSpecs: [{" IMAGE
                        "}], scheduling: {restartJobOnWorkerRestart: true, disableRetries: "
                        "true}}\n");
    cr_assert(not(spec->run.restarts_on_worker_restart));
    job_spec_free(spec);
}

Test(pool_message, fields_of_the_run_are_known)
{
    job_spec_free(job_of(
        STUDY
        "trialJobSpec: {workerPoolSpecs: [{" IMAGE "}], serviceAccount: a, network: n, "
        "reservedIpRanges: [r], pscInterfaceConfig: {networkAttachment: x, dnsPeeringConfigs: "
        "[{domain: d, targetProject: p, targetNetwork: n}]}, tensorboard: t, enableWebAccess: "
        "true, "
        "enableDashboardAccess: false, experiment: e, experimentRun: r, persistentResourceId: p, "
        "models: [m], protectedArtifactLocationId: l, scheduling: {timeout: 0s, "
        "restartJobOnWorkerRestart: true, strategy: SPOT, maxWaitDuration: 0s}, "
        "baseOutputDirectory: {outputUriPrefix: ''}}\n"));
}

Test(pool_message, a_timeout_of_zero_is_the_default)
{
    struct job_spec *spec =
        job_of(STUDY "trialJobSpec: {workerPoolSpecs: [{" IMAGE "}], scheduling: {timeout: 0s}, "
                     "baseOutputDirectory: {outputUriPrefix: ''}}\n");

    cr_assert(eq(i64, spec->run.timeout_us, 604800000000));
    cr_assert(spec->run.output_uri == NULL);
    job_spec_free(spec);
    assert_fault(STUDY "trialJobSpec: {workerPoolSpecs: [{" IMAGE
                       "}], scheduling: {timeout: -1s}}\n",
                 2, "trial_job_spec.scheduling.timeout", "a duration of at least 0");
    assert_fault(STUDY "trialJobSpec: {workerPoolSpecs: [{" IMAGE
                       "}], scheduling: {TIMEOUT: 1s}}\n",
                 2, "trial_job_spec.scheduling.TIMEOUT", "did you mean \"timeout\"?");
    assert_fault(STUDY "trialJobSpec: {workerPoolSpecs: [{" IMAGE
                       "}], scheduling: {strategy: 5}}\n",
                 2, "trial_job_spec.scheduling.strategy", "expected one of STRATEGY_UNSPECIFIED");
}

Test(pool_message, the_first_pool_is_required)
{
    assert_fault(STUDY "trialJobSpec: {}\n", 2, "trial_job_spec.worker_pool_specs",
                 "at least one worker pool");
    assert_fault(STUDY "trialJobSpec: {workerPoolSpecs: []}\n", 2,
                 "trial_job_spec.worker_pool_specs", "at least one worker pool");
    assert_fault(POOL("{}"), 3, AT, "pool 0, the primary, cannot be empty");
    assert_fault(POOL("{machineSpec: ~}"), 3, AT, "cannot be empty");
    assert_fault(POOL("~"), 3, AT, "expected an object, found null");
    assert_fault("{\"workerPoolSpecs\":[{\"containerSpec\":{}}]}", 1,
                 "worker_pool_specs[0].container_spec.image_uri", "is required");
}

Test(pool_message, the_first_pool_has_one_replica_and_there_are_four_pools_at_most)
{
    assert_fault(POOL("{" IMAGE ", replicaCount: 2}"), 3, AT ".replica_count", "exactly 1 replica");
    assert_fault(POOL("{" IMAGE ", replicaCount: -1}"), 3, AT ".replica_count", "at least 1");
    assert_fault(POOL("{" IMAGE "}, {}, {}, {}, {}"), 2, "trial_job_spec.worker_pool_specs",
                 "5 pools; 4 are the most");
}

/* Whether it can be run here is not the document's fault. */
Test(pool_message, packages_and_further_pools_are_read)
{
    struct job_spec *spec =
        job_of(POOL("{pythonPackageSpec: {executorImageUri: e, packageUris: [p], pythonModule: m, "
                    "args: [a], env: [{name: A, value: b}]}}, {}, {" IMAGE ", replicaCount: 3}"));

    cr_assert(spec->run.pools[0].has_python_package && !spec->run.pools[0].has_container);
    cr_assert(spec->run.pools[1].is_empty);
    cr_assert(eq(i64, spec->run.pools[2].replica_count, 3));
    job_spec_free(spec);
}

Test(pool_message, a_pool_has_exactly_one_task)
{
    assert_fault(POOL("{replicaCount: 1}"), 3, AT, "exactly one task");
    assert_fault(POOL("{pythonPackageSpec: ~, " IMAGE ", containerSpecs: 1}"), 3,
                 AT ".containerSpecs", "did you mean \"containerSpec\"?");
    assert_fault(POOL("{" IMAGE ", pythonPackageSpec: {}}"), 3, AT ".python_package_spec",
                 "oneof field \"task\" is already set by \"containerSpec\"");
}

Test(pool_message, containers_are_checked)
{
    char text[120000];
    char *many = NULL;
    size_t size = 0;
    FILE *out = NULL;

    assert_fault(POOL("{containerSpec: {command: [x]}}"), 3, AT ".container_spec.image_uri",
                 "is required");
    assert_fault(POOL("{containerSpec: {imageUri: ''}}"), 3, AT ".container_spec.image_uri",
                 "is required");
    assert_fault(POOL("{containerSpec: {imageUri: i, args: [--n, 5]}}"), 3,
                 AT ".container_spec.args[1]", "write \"5\" in quotes");
    assert_fault(POOL("{containerSpec: {imageUri: i, command: ls}}"), 3,
                 AT ".container_spec.command", "expected a list");
    (void)snprintf(text, sizeof text, POOL("{containerSpec: {imageUri: i, args: ['%0100001d']}}"),
                   1);
    assert_fault(text, 3, AT ".container_spec.args", "100001 characters in all");
    out = open_memstream(&many, &size);
    (void)fputs(STUDY "trialJobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: i, env: [", out);
    for (int i = 0; i < 101; i++)
        (void)fprintf(out, "{name: A%d},", i);
    (void)fputs("]}}]}\n", out);
    (void)fclose(out);
    assert_fault(many, 2, AT ".container_spec.env", "101 variables; 100 are the most");
    free(many);
}

#define ENV(list) POOL("{containerSpec: {imageUri: i, env: [" list "]}}")

Test(pool_message, variables_are_checked)
{
    assert_fault(ENV("{name: A}, {value: b}"), 3, AT ".container_spec.env[1].name", "is required");
    assert_fault(ENV("{name: A}, {name: 1A}"), 3, AT ".container_spec.env[1].name",
                 "not a variable's name");
    assert_fault(ENV("{name: A-B}"), 3, AT ".container_spec.env[0].name", "not a variable's name");
    assert_fault(ENV("{name: A},\n{name: B},\n{name: A}"), 5, AT ".container_spec.env[2].name",
                 "\"A\" stands in item 0 already");
    assert_fault(ENV("{name: A, value: 5}"), 3, AT ".container_spec.env[0].value", "in quotes");
    assert_fault(ENV("{name: 5}"), 3, AT ".container_spec.env[0].name", "expected text");
}

#define MACHINE(fields) POOL("{" IMAGE ", machineSpec: {" fields "}}")

Test(pool_message, machines_are_checked)
{
    assert_fault(MACHINE("acceleratorType: NVIDIA_L4"), 3, AT ".machine_spec.accelerator_type",
                 "give both or neither");
    assert_fault(MACHINE("acceleratorCount: 1"), 3, AT ".machine_spec.accelerator_type",
                 "give both or neither");
    assert_fault(MACHINE("acceleratorType: 8, acceleratorCount: '0'"), 3,
                 AT ".machine_spec.accelerator_type", "give both or neither");
    assert_fault(MACHINE("acceleratorType: NVIDIA_L5, acceleratorCount: 1"), 3,
                 AT ".machine_spec.accelerator_type", "did you mean \"NVIDIA_L4\"?");
    job_spec_free(job_of(MACHINE("acceleratorType: 0, acceleratorCount: 0")));
    job_spec_free(job_of(MACHINE("acceleratorType: ACCELERATOR_TYPE_UNSPECIFIED")));
    assert_fault(POOL("{" IMAGE ", nfsMounts: [{server: s, path: p, mountPoint: m}]}"), 3,
                 AT ".nfs_mounts[0].path", "must begin with /");
    assert_fault(POOL("{" IMAGE ", nfsMounts: [{server: s, path: /p}]}"), 3,
                 AT ".nfs_mounts[0].mount_point", "is required");
    assert_fault(
        POOL("{" IMAGE ", lustreMounts: [{instanceIp: i, volumeHandle: v, mountPoint: m}]}"), 3,
        AT ".lustre_mounts[0].filesystem", "is required");
    assert_fault(POOL("{" IMAGE ", diskSpec: {bootDiskSizeGb: big}}"), 3,
                 AT ".disk_spec.boot_disk_size_gb", "a whole number");
}
