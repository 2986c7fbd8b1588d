#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define ASSAY(fields) STUDY RUN "assay: {" fields "}\n"

Test(assay_message, the_block_is_kept_whole)
{
    struct job_spec *spec = job_of(
        ASSAY("seed: 7, onHost: true, algorithm: sobol, env: {A: b, C: '', D: ~}, memory: 2G, "
              "metricRegex: {acc: 'acc=([0-9.]+)'}, grace: 2.5s"));

    cr_assert(spec->assay.has_seed);
    cr_assert(eq(u64, spec->assay.seed, 7));
    cr_assert(spec->assay.on_host);
    cr_assert(eq(str, spec->assay.algorithm, "sobol"));
    cr_assert(eq(str, (char *)job_spec_algorithm(spec), "sobol"));
    cr_assert(eq(sz, spec->assay.env_count, 2));
    cr_assert(eq(str, spec->assay.env[0].name, "A"));
    cr_assert(eq(str, spec->assay.env[0].value, "b"));
    cr_assert(eq(str, spec->assay.env[1].name, "C"));
    cr_assert(eq(i64, spec->assay.memory_bytes, INT64_C(2) << 30));
    cr_assert(eq(str, spec->assay.metric_regex[0], "acc=([0-9.]+)"));
    cr_assert(eq(i64, spec->assay.grace_us, 2500000));
    job_spec_free(spec);
}

Test(assay_message, without_it_there_are_defaults)
{
    struct job_spec *spec = job_of(STUDY RUN);

    cr_assert(not(spec->assay.has_seed));
    cr_assert(not(spec->assay.on_host));
    cr_assert(spec->assay.algorithm == NULL);
    cr_assert(spec->assay.metric_regex == NULL);
    cr_assert(eq(i64, spec->assay.memory_bytes, 0));
    cr_assert(eq(i64, spec->assay.grace_us, 10000000));
    job_spec_free(spec);
}

static void assert_seed(const char *text, uint64_t seed)
{
    struct job_spec *spec = job_of(text);

    cr_assert(spec->assay.has_seed);
    cr_assert(eq(u64, spec->assay.seed, seed));
    job_spec_free(spec);
}

Test(assay_message, a_seed_has_64_bits)
{
    assert_seed(ASSAY("seed: 0"), 0);
    assert_seed(ASSAY("seed: 18446744073709551615"), UINT64_MAX);
    assert_seed(ASSAY("seed: '9007199254740993'"), 9007199254740993U);
    assert_fault(ASSAY("seed: 18446744073709551616"), 3, "assay.seed", "from 0 to 2^64 - 1");
    assert_fault(ASSAY("seed: -1"), 3, "assay.seed", "from 0 to 2^64 - 1");
    assert_fault(ASSAY("seed: 1.5"), 3, "assay.seed", "found the number 1.5");
    assert_fault(ASSAY("seed: ''"), 3, "assay.seed", "found the text");
    assert_fault(ASSAY("seed: 7x"), 3, "assay.seed", "found the text");
}

static void assert_memory(const char *text, int64_t size)
{
    struct job_spec *spec = job_of(text);

    cr_assert(eq(i64, spec->assay.memory_bytes, size));
    job_spec_free(spec);
}

Test(assay_message, memory_has_units)
{
    assert_memory(ASSAY("memory: 2000000"), 2000000);
    assert_memory(ASSAY("memory: '3000000'"), 3000000);
    assert_memory(ASSAY("memory: 512M"), INT64_C(512) << 20);
    assert_memory(ASSAY("memory: 2048K"), 2097152);
    assert_memory(ASSAY("memory: 1T"), INT64_C(1) << 40);
    assert_fault(ASSAY("memory: 0"), 3, "assay.memory", "\"512M\"");
    assert_fault(ASSAY("memory: 0G"), 3, "assay.memory", "\"512M\"");
    assert_fault(ASSAY("memory: 2GB"), 3, "assay.memory", "found the text \"2GB\"");
    assert_fault(ASSAY("memory: 1.5G"), 3, "assay.memory", "found the text");
    assert_fault(ASSAY("memory: 99999999999999T"), 3, "assay.memory", "found the text");
    assert_fault(ASSAY("memory: -5"), 3, "assay.memory", "found the number -5");
    assert_fault(ASSAY("memory: G"), 3, "assay.memory", "found the text");
}

Test(assay_message, variables_may_be_a_list)
{
    struct job_spec *spec = job_of(ASSAY("env: [{name: A, value: b}, {name: C}]"));

    cr_assert(eq(sz, spec->assay.env_count, 2));
    cr_assert(eq(str, spec->assay.env[1].value, ""));
    job_spec_free(spec);
    assert_fault(ASSAY("env: [{name: A}, {name: A}]"), 3, "assay.env[1].name", "already");
    assert_fault(ASSAY("env: {A-B: x}"), 3, "assay.env.A-B", "not a variable's name");
    assert_fault(ASSAY("env: {A: 5}"), 3, "assay.env.A", "write \"5\" in quotes");
    assert_fault(ASSAY("env: A=b"), 3, "assay.env", "expected names with texts");
}

Test(assay_message, unknown_words_are_named)
{
    assert_fault(ASSAY("sead: 7"), 3, "assay.sead", "did you mean \"seed\"?");
    assert_fault(ASSAY("algorithm: sobel"), 3, "assay.algorithm", "sobol");
    assert_fault(ASSAY("algorithm: 5"), 3, "assay.algorithm", "expected text");
    assert_fault(ASSAY("metricRegex: {ac: x}"), 3, "assay.metric_regex.ac",
                 "study_spec.metrics has no \"ac\"; did you mean \"acc\"?");
    assert_fault(ASSAY("onHost: yes"), 3, "assay.on_host", "expected true or false");
    assert_fault(ASSAY("grace: 10"), 3, "assay.grace", "write \"10s\"");
}

Test(assay_message, a_regex_is_compiled)
{
    assert_fault(ASSAY("metricRegex: {acc: '('}"), 3, "assay.metric_regex.acc", "");
    assert_fault(ASSAY("metricRegex: {acc: 5}"), 3, "assay.metric_regex.acc", "expected text");
    assert_fault(ASSAY("metricRegex: x"), 3, "assay.metric_regex", "expected an object");
    assert_fault(
        "workerPoolSpecs: [{containerSpec: {imageUri: i}}]\nassay: {metricRegex: {a: b}}\n", 2,
        "assay.metric_regex", "a custom job has no metrics");
    job_spec_free(job_of(ASSAY("metricRegex: {acc: ~}")));
    job_spec_free(job_of(ASSAY("metricRegex: {}")));
}

Test(assay_message, the_block_may_stand_before_the_metrics)
{
    struct job_spec *spec = job_of("assay: {metricRegex: {acc: x}}\n" RUN STUDY);

    cr_assert(eq(str, spec->assay.metric_regex[0], "x"));
    job_spec_free(spec);
}

Test(assay_message, successive_halving_is_a_stopping_rule_of_ours)
{
    struct job_spec *spec = job_of(ASSAY("stopping: asha"));

    cr_assert(eq(int, spec->study.stopping_rule, STOPPING_HALVING));
    cr_assert(eq(dbl, spec->study.stopping_rule_spec.eta, 0));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.min_step_count, 0));
    job_spec_free(spec);
    spec = job_of(ASSAY("stopping: {rule: asha, eta: 4, minStepCount: 2, max_step_count: '50', "
                        "useElapsedDuration: true}"));
    cr_assert(eq(int, spec->study.stopping_rule, STOPPING_HALVING));
    cr_assert(eq(dbl, spec->study.stopping_rule_spec.eta, 4));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.min_step_count, 2));
    cr_assert(eq(i64, spec->study.stopping_rule_spec.max_step_count, 50));
    cr_assert(spec->study.stopping_rule_spec.use_elapsed_duration);
    job_spec_free(spec);
    spec = job_of(ASSAY("stopping: ~"));
    cr_assert(eq(int, spec->study.stopping_rule, STOPPING_NONE));
    job_spec_free(spec);
}

Test(assay_message, successive_halving_is_checked)
{
    assert_fault(ASSAY("stopping: ashes"), 3, "assay.stopping", "expected one of asha");
    assert_fault(ASSAY("stopping: {eta: 3}"), 3, "assay.stopping.rule", "is required");
    assert_fault(ASSAY("stopping: {rule: asha, eta: 1.5}"), 3, "assay.stopping.eta",
                 "must be at least 2");
    assert_fault(ASSAY("stopping: {rule: asha, eta: 0}"), 3, "assay.stopping.eta",
                 "must be at least 2");
    assert_fault(ASSAY("stopping: {rule: asha, minStepCount: 9, maxStepCount: 3}"), 3,
                 "assay.stopping.min_step_count", "9 is above max_step_count, 3");
    assert_fault(ASSAY("stopping: {rule: asha, minStepCounts: 9}"), 3,
                 "assay.stopping.minStepCounts", "did you mean \"minStepCount\"?");
    assert_fault(ASSAY("stopping: true"), 3, "assay.stopping", "expected an object");
    assert_fault("workerPoolSpecs: [{containerSpec: {imageUri: i}}]\nassay: {stopping: asha}\n", 2,
                 "assay.stopping", "a custom job has no trials to stop");
    assert_fault(RUN "studySpec: {metrics: [{metricId: acc}], medianAutomatedStoppingSpec: {}, "
                     "parameters: [{parameterId: a, doubleValueSpec: {maxValue: 1}}]}\n"
                     "assay: {stopping: asha}\n",
                 3, "assay.stopping", "study_spec has a stopping rule already");
}

Test(assay_message, how_replicas_are_run_is_kept_whole)
{
    struct job_spec *spec = job_of(
        ASSAY("gpuShare: 0.5, nice: 10, ioClass: 'best-effort:7', logMax: 64M, keep: 3, container: "
              "{network: none, user: '1000:100', readOnly: true, reuse: false, mounts: "
              "['/data:/data:ro', "
              "'/a b:/c']}, slurm: {partition: p, account: a, qos: q, time: '1-02:00:00', options: "
              "[--constraint=a100], ahead: 2}"));
    const struct launch_settings *launch = &spec->assay.launch;

    cr_expect(eq(dbl, spec->assay.gpu_share, 0.5));
    cr_expect(launch->has_nice);
    cr_expect(eq(int, launch->nice, 10));
    cr_expect(eq(int, launch->io_class, IO_CLASS_BEST_EFFORT));
    cr_expect(eq(int, launch->io_level, 7));
    cr_expect(launch->has_log_max);
    cr_expect(eq(i64, launch->log_max_bytes, INT64_C(64) << 20));
    cr_expect(eq(int, launch->keep, KEEP_BEST));
    cr_expect(eq(i64, launch->keep_count, 3));
    cr_expect(eq(str, launch->container.network, "none"));
    cr_expect(eq(str, launch->container.user, "1000:100"));
    cr_expect(launch->container.has_read_only && launch->container.is_read_only);
    cr_expect(launch->container.has_reuse && !launch->container.is_reused);
    cr_assert(eq(sz, launch->container.mounts.count, 2));
    cr_expect(eq(str, launch->container.mounts.items[1], "/a b:/c"));
    cr_expect(eq(str, launch->slurm.partition, "p"));
    cr_expect(eq(str, launch->slurm.account, "a"));
    cr_expect(eq(str, launch->slurm.qos, "q"));
    cr_expect(eq(str, launch->slurm.time, "1-02:00:00"));
    cr_expect(launch->slurm.has_ahead);
    cr_expect(eq(int, launch->slurm.ahead, 2));
    cr_assert(eq(sz, launch->slurm.options.count, 1));
    cr_expect(eq(str, launch->slurm.options.items[0], "--constraint=a100"));
    job_spec_free(spec);
}

Test(assay_message, words_of_the_launch_have_other_forms)
{
    struct job_spec *spec = job_of(ASSAY("ioClass: idle, logMax: 0, keep: best"));

    cr_expect(eq(int, spec->assay.launch.io_class, IO_CLASS_IDLE));
    cr_expect(spec->assay.launch.has_log_max);
    cr_expect(eq(i64, spec->assay.launch.log_max_bytes, 0));
    cr_expect(eq(i64, spec->assay.launch.keep_count, 1));
    job_spec_free(spec);
    spec = job_of(ASSAY("ioClass: best-effort, logMax: '0', keep: '12'"));
    cr_expect(eq(int, spec->assay.launch.io_level, 4));
    cr_expect(spec->assay.launch.has_log_max);
    cr_expect(eq(i64, spec->assay.launch.keep_count, 12));
    job_spec_free(spec);
    spec = job_of(ASSAY("keep: all"));
    cr_expect(eq(int, spec->assay.launch.keep, KEEP_ALL));
    job_spec_free(spec);
}

Test(assay_message, the_launch_is_checked)
{
    assert_fault(ASSAY("gpuShare: 0"), 3, "assay.gpu_share", "above 0 and at most 1");
    assert_fault(ASSAY("gpuShare: 1.5"), 3, "assay.gpu_share", "above 0 and at most 1");
    assert_fault(ASSAY("nice: -1"), 3, "assay.nice", "from 0");
    assert_fault(ASSAY("nice: 20"), 3, "assay.nice", "to 19");
    assert_fault(ASSAY("ioClass: realtime"), 3, "assay.io_class", "best-effort");
    assert_fault(ASSAY("ioClass: 'best-effort:8'"), 3, "assay.io_class", "to 7");
    assert_fault(ASSAY("ioClass: 'best-effort:12'"), 3, "assay.io_class", "to 7");
    assert_fault(ASSAY("logMax: -1"), 3, "assay.log_max", "found the number -1");
    assert_fault(ASSAY("keep: 0"), 3, "assay.keep", "how many");
    assert_fault(ASSAY("keep: some"), 3, "assay.keep", "how many");
    assert_fault(ASSAY("keep: 1e300"), 3, "assay.keep", "how many");
    assert_fault(ASSAY("container: {mounts: [/ok:/ok, data:/data]}"), 3,
                 "assay.container.mounts[1]", "absolute");
    assert_fault(ASSAY("container: {mounts: ['/a:/b:rx']}"), 3, "assay.container.mounts[0]",
                 "absolute");
    assert_fault(ASSAY("container: {network: --privileged}"), 3, "assay.container.network",
                 "begin with -");
    assert_fault(ASSAY("container: {images: x}"), 3, "assay.container.images", "known here");
    assert_fault(ASSAY("slurm: {options: [a100]}"), 3, "assay.slurm.options[0]", "--constraint");
    assert_fault(ASSAY("slurm: {time: soon}"), 3, "assay.slurm.time", "as sbatch takes it");
    assert_fault(ASSAY("slurm: {ahead: -1}"), 3, "assay.slurm.ahead", "a number of trials");
    assert_fault(ASSAY("slurm: {partition: ''}"), 3, "assay.slurm.partition", "empty");
    assert_fault(ASSAY("containerEngine: podman"), 3, "assay.containerEngine", "unknown field");
}

Test(assay_message, the_document_comes_before_the_configuration_and_both_before_the_defaults)
{
    struct job_spec *spec = job_of(ASSAY("nice: 0, container: {reuse: false, network: none}"));
    struct launch_settings configured = {
        .container = { .network = "bridge", .user = "7", .is_reused = true, .is_read_only = true },
        .has_nice = true,
        .nice = 5,
        .io_class = IO_CLASS_IDLE,
    };
    struct launch_settings chosen = launch_settings_choose(&spec->assay.launch, &configured);

    cr_expect(eq(int, chosen.nice, 0));
    cr_expect(eq(str, chosen.container.network, "none"));
    cr_expect(eq(str, chosen.container.user, "7"));
    cr_expect(not(chosen.container.is_reused));
    cr_expect(chosen.container.is_read_only);
    cr_expect(eq(int, chosen.io_class, IO_CLASS_IDLE));
    cr_expect(eq(i64, chosen.log_max_bytes, LOG_MAX_DEFAULT_BYTES));
    cr_expect(eq(int, chosen.keep, KEEP_ALL));
    configured.has_log_max = true;
    configured.keep = KEEP_BEST;
    configured.keep_count = 2;
    chosen = launch_settings_choose(&spec->assay.launch, &configured);
    cr_expect(eq(i64, chosen.log_max_bytes, 0));
    cr_expect(eq(i64, chosen.keep_count, 2));
    chosen = launch_settings_choose(&spec->assay.launch, NULL);
    cr_expect(eq(int, chosen.keep, KEEP_ALL));
    job_spec_free(spec);
}
