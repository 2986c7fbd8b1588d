/*
 * Every allocation of the room's pure functions fails once: each time they report it or succeed,
 * and nothing leaks, which the sanitizer sees.
 */
#include "failing_allocation.h"
#include "launcher/artifact.h"
#include "launcher/backend_sim.h"
#include "launcher/command.h"
#include "launcher/shim/shim_protocol.h"
#include "launcher/storage.h"
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { CALLS_MAX = 10000 };

/* Runs work with its 1st, 2nd, … allocation failing, until it needs no more. */
static void fail_each(bool (*work)(struct assay_error *err))
{
    int n = 1;

    for (; n < CALLS_MAX; n++) {
        struct assay_error err = { 0 };
        bool is_done = false;

        allocation_fails(n);
        is_done = work(&err);
        if (!allocation_has_failed()) {
            allocation_fails(0);
            cr_assert(is_done, "%s", err.message);
            break;
        }
        if (!is_done)
            cr_assert(eq(int, err.code, ASSAY_EXHAUSTED), "call %d: %s", n, err.message);
    }
    cr_assert(n > 1 && n < CALLS_MAX);
}

static bool build_command(struct assay_error *err)
{
    static const char *const words[] = { "program", "$(A)-$(B)" };
    static const struct command_pair pairs[] = { { "A", "1" }, { "B", "$(A)" } };
    struct command_input input = {
        .command = words,
        .command_count = 2,
        .args = words,
        .arg_count = 2,
        .parameters = pairs,
        .parameter_count = 2,
        .env = pairs,
        .env_count = 2,
        .trial_id = "1",
        .output_dir = "/out",
        .attempt_dir = "/attempt",
    };
    struct command command;
    bool is_built = command_build(&input, &command, err);

    command_clear(&command);
    return is_built;
}

Test(launcher_memory, a_command_is_built_or_not)
{
    fail_each(build_command);
}

static bool find_path(struct assay_error *err)
{
    static const char *const uris[] = { "gs://bucket/a", "file:///a%20b", "relative" };

    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        char *path = storage_path(uris[i], "/buckets", "/source", err);

        if (!path)
            return false;
        free(path);
    }
    return true;
}

Test(launcher_memory, a_path_is_found_or_not)
{
    fail_each(find_path);
}

static bool encode_request(struct assay_error *err)
{
    static char word[] = "program";
    char *argv[] = { word, NULL };
    char *envp[] = { NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp, .dir = "/x" };
    struct launch launch = { .replicas = &replica, .replica_count = 1 };
    size_t size = 0;
    void *bytes = shim_request_encode(&launch, "", &size, err);

    free(bytes);
    return bytes != NULL;
}

Test(launcher_memory, a_request_is_encoded_or_not)
{
    fail_each(encode_request);
}

static void script(void *context, const struct launch *launch, struct sim_plan *plan)
{
    (void)context;
    plan->duration_us = launch->key.trial % 7;
}

static bool simulate(struct assay_error *err)
{
    enum { COUNT = 300 };
    static char word[] = "program";
    char *argv[] = { word, NULL };
    char *envp[] = { NULL };
    struct replica_launch replica = { .argv = argv, .envp = envp, .dir = "/x" };
    struct launch launch = { .replicas = &replica, .replica_count = 1 };
    struct sim_options options = { .script = script };
    struct launcher *sim = launcher_sim_new(&options, err);
    struct ending ending;
    int64_t started = 0;
    int64_t ended = 0;

    if (!sim)
        return false;
    for (; started < COUNT; started++) {
        launch.key = (struct attempt_key){ started + 1, 1, 0 };
        if (!launcher_start(sim, &launch, err))
            break;
    }
    /* A start that failed leaves the others as they were. */
    while (launcher_sim_next(sim, INT64_MAX, &ending))
        ended++;
    launcher_free(sim);
    if (ended != started)
        return assay_fail(err, ASSAY_INTERNAL, NULL, "%lld started", (long long)started);
    return started == COUNT;
}

Test(launcher_memory, a_simulated_start_fails_whole)
{
    fail_each(simulate);
}

static char folder[256];

static bool publish(struct assay_error *err)
{
    char source[300];
    char target[300];
    struct artifact_summary summary;

    (void)snprintf(source, sizeof source, "%s/source", folder);
    (void)snprintf(target, sizeof target, "%s/target", folder);
    return artifact_publish(source, target, NULL, &summary, err);
}

Test(launcher_memory, an_artifact_is_published_or_not)
{
    char source[300];

    support_folder_make(folder);
    (void)snprintf(source, sizeof source, "%s/source", folder);
    cr_assert(mkdir(source, 0755) == 0);
    for (int i = 0; i < 40; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "f%d", i);
        support_write(source, name, "text", 0644);
    }
    fail_each(publish);
    allocation_fails(0);
    support_folder_remove(folder);
}
