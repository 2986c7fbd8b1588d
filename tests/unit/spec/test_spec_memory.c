/*
 * Fails each allocation in turn: cJSON's by its hooks, ours by the linker, libyaml's at each of its
 * calls. What leaks shows in the sanitizer build.
 */
#include "engine/spec/canonical.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static const char rich_text[] =
    "displayName: tune\n"
    "maxTrialCount: 20\n"
    "labels: {a: b}\n"
    "studySpec:\n"
    "  metrics: [{metricId: acc}, {metricId: safe, safetyConfig: {safetyThreshold: 0.5}}]\n"
    "  parameters:\n"
    "  - parameterId: lr\n"
    "    scaleType: UNIT_LOG_SCALE\n"
    "    doubleValueSpec: {minValue: 1e-5, maxValue: 0.1}\n"
    "  - parameterId: opt\n"
    "    categoricalValueSpec: &values {values: [adam, sgd], defaultValue: sgd}\n"
    "    conditionalParameterSpecs:\n"
    "    - parentCategoricalValues: {values: [sgd]}\n"
    "      parameterSpec: {parameterId: nesterov, categoricalValueSpec: *values}\n"
    "    - parentCategoricalValues: {values: [adam]}\n"
    "      parameterSpec: {parameterId: b, discreteValueSpec: {values: [1, 2]}}\n"
    "  convexAutomatedStoppingSpec: {learningRateParameterName: lr}\n"
    "trialJobSpec:\n"
    "  workerPoolSpecs:\n"
    "  - containerSpec: {imageUri: img, command: [a, b], args: [c], env: [{name: A}, {name: B}]}\n"
    "  - pythonPackageSpec: {executorImageUri: e, packageUris: [p, q], pythonModule: m, args: [x], "
    "env: [{name: A}]}\n"
    "    machineSpec: {machineType: n1}\n"
    "  baseOutputDirectory: {outputUriPrefix: 'gs://b/out'}\n"
    "assay: {algorithm: random, env: {A: b}, metricRegex: {acc: 'x(.*)'}, container: {network: n, "
    "user: u, mounts: ['/a:/b']}, slurm: {partition: p, account: a, qos: q, time: '1', options: "
    "[--x]}}\n";

static const char faulty_text[] =
    "displayNames: 5\n" STUDY
    "trialJobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: 5, env: [{name: 1}]}}]}\n"
    "assay: {algorithm: no-such, metricRegex: {acc: '('}}\n";

static long allocations_left = -1; /* -1: as many as it likes */

static bool may_allocate(void)
{
    if (allocations_left == 0)
        return false;
    if (allocations_left > 0)
        allocations_left--;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **text, const char *fmt, va_list args);
int __real_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));
int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    return may_allocate() ? __real_realloc(block, size) : NULL;
}

char *__wrap_strdup(const char *text)
{
    return may_allocate() ? __real_strdup(text) : NULL;
}

int __wrap_vasprintf(char **text, const char *fmt, va_list args)
{
    return may_allocate() ? __real_vasprintf(text, fmt, args) : -1;
}

int __wrap_yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event)
{
    if (may_allocate())
        return __real_yaml_parser_parse(parser, event);
    parser->error = YAML_MEMORY_ERROR;
    return 0;
}

static void *hooked_malloc(size_t size)
{
    return may_allocate() ? __real_malloc(size) : NULL;
}

static void hook(void)
{
    cJSON_Hooks hooks = { hooked_malloc, free };

    cJSON_InitHooks(&hooks);
}

TestSuite(spec_memory, .init = hook);

Test(spec_memory, reading_yaml_survives_each_failed_allocation)
{
    cJSON *root = NULL;
    long failed = 0;

    for (long budget = 0; !root; budget++) {
        struct assay_error err = { 0 };

        allocations_left = budget;
        root = document_read(rich_text, sizeof rich_text - 1, DOCUMENT_YAML, &err);
        allocations_left = -1;
        failed += root == NULL;
        cr_assert(root || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
    }
    cr_assert(lt(long, 200, failed));
    cJSON_Delete(root);
}

Test(spec_memory, a_job_survives_each_failed_allocation)
{
    cJSON *root = document_of(rich_text);
    struct job_spec *spec = NULL;
    long failed = 0;

    for (long budget = 0; !spec; budget++) {
        struct assay_faults faults = { 0 };
        struct assay_error err = { 0 };

        allocations_left = budget;
        spec = job_spec_from_json(root, &faults, &err);
        allocations_left = -1;
        failed += spec == NULL;
        cr_assert(spec || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
        assay_faults_clear(&faults);
    }
    cr_assert(lt(long, 30, failed));
    job_spec_free(spec);
    cJSON_Delete(root);
}

Test(spec_memory, the_canonical_form_survives_each_failed_allocation)
{
    cJSON *root = document_of(rich_text);
    cJSON *canonical = NULL;
    long failed = 0;

    for (long budget = 0; !canonical; budget++) {
        struct assay_error err = { 0 };

        allocations_left = budget;
        canonical = job_document_canonical(root, CANONICAL_FULL, &err);
        allocations_left = -1;
        failed += canonical == NULL;
        cr_assert(canonical || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
    }
    cr_assert(lt(long, 100, failed));
    cJSON_Delete(canonical);
    cJSON_Delete(root);
}

Test(spec_memory, faults_survive_each_failed_allocation)
{
    cJSON *root = document_of(faulty_text);
    bool is_done = false;
    long failed = 0;

    for (long budget = 0; !is_done; budget++) {
        struct assay_faults faults = { 0 };
        struct assay_error err = { 0 };

        allocations_left = budget;
        cr_assert(job_spec_from_json(root, &faults, &err) == NULL);
        allocations_left = -1;
        is_done = err.code == ASSAY_INVALID;
        failed += !is_done;
        cr_assert(is_done || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
        assay_faults_clear(&faults);
    }
    cr_assert(lt(long, 10, failed));
    cJSON_Delete(root);
}

Test(spec_memory, an_override_survives_each_failed_allocation)
{
    static const struct document_override override = { "a.b[0].c[0]", "{x: [1, y]}" };
    bool is_done = false;
    long failed = 0;

    for (long budget = 0; !is_done; budget++) {
        cJSON *root = document_of("z: 1");
        struct assay_error err = { 0 };

        allocations_left = budget;
        is_done = document_override(root, &override, &err);
        allocations_left = -1;
        failed += !is_done;
        cr_assert(is_done || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
        cJSON_Delete(root);
    }
    cr_assert(lt(long, 10, failed));
}
