/*
 * Fails each allocation in turn, on the way from a configuration and a document to a launch. What
 * leaks shows in the sanitizer build.
 */
#include "engine/trial_command.h"

#include "tests/unit/spec/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdlib.h>

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
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

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

Test(config_memory, a_configuration_survives_each_failed_allocation)
{
    const struct document_override overrides[] = {
        { "places", "\"cpus=2\"" },          { "executors", "{a: python3, b: 'image:x'}" },
        { "containerEngine", "podman" },     { "slurm.options", "[--a, --b]" },
        { "container.mounts", "['/a:/b']" },
    };
    const struct launcher_config_source source = { .overrides = overrides, .override_count = 5 };
    struct launcher_config *config = NULL;
    long failed = 0;

    for (long budget = 0; !config; budget++) {
        struct assay_error err = { 0 };

        allocations_left = budget;
        config = launcher_config_load(&source, &err);
        allocations_left = -1;
        failed += config == NULL;
        cr_assert(config || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
    }
    cr_assert(lt(long, 20, failed));
    launcher_config_free(config);
}

Test(config_memory, a_launch_survives_each_failed_allocation)
{
    struct job_spec *spec = job_of(
        "jobSpec: {workerPoolSpecs: [{containerSpec: {imageUri: img, args: [x]}}, {replicaCount: "
        "2, "
        "pythonPackageSpec: {executorImageUri: python3, packageUris: [a.whl], pythonModule: m}}, "
        "{containerSpec: {imageUri: 'host:', command: [c]}}]}\n"
        "assay: {container: {mounts: ['/d:/d']}, env: {A: b}}\n");
    const struct trial_command_input input = { .state_dir = "/s",
                                               .source_dir = "/doc",
                                               .spec = spec,
                                               .job = 7,
                                               .number = 1,
                                               .attempt = 1,
                                               .tag = "tag" };
    bool is_built = false;
    long failed = 0;

    for (long budget = 0; !is_built; budget++) {
        struct trial_launch launch;
        struct assay_error err = { 0 };

        allocations_left = budget;
        is_built = trial_launch_build(&input, &launch, &err);
        allocations_left = -1;
        failed += !is_built;
        cr_assert(is_built || err.code == ASSAY_EXHAUSTED, "at %ld: %s", budget, err.message);
        trial_launch_clear(&launch);
    }
    cr_assert(lt(long, 100, failed));
    job_spec_free(spec);
}
