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
