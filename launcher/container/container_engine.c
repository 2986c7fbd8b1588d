#include "launcher/container/container_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * PROBE_US: a version is told in 50 ms, or in seconds by a machine that swaps. REMOVE_US: a
 * container that is killed has nothing to wait for; its layers may be many.
 */
enum { WORDS_MAX = 8, PODMAN_LIMIT = 1048576, CAPABILITY_RESOURCE = 24 };
static const int64_t PROBE_US = INT64_C(20) * 1000 * 1000;
static const int64_t REMOVE_US = INT64_C(60) * 1000 * 1000;

struct container_engine {
    const struct assay_env *env;
    const char *const *envp;
    char *program; /* traits.program */
    struct container_traits traits;
};

const struct container_traits *container_engine_traits(const struct container_engine *engine)
{
    return &engine->traits;
}

const struct assay_env *container_engine_env(const struct container_engine *engine)
{
    return engine->env;
}

const char *container_engine_name(const struct container_engine *engine)
{
    return engine->traits.kind == CONTAINER_PODMAN ? "podman" : "docker";
}

bool container_engine_call(const struct container_engine *engine, const struct container_call *call,
                           struct subprocess_result *result, struct assay_error *err)
{
    struct subprocess_spec spec = {
        .env = engine->env,
        .envp = engine->envp,
        .cwd = call->cwd ? call->cwd : "/",
        .timeout_us = call->timeout_us,
        .on_line = call->on_line,
        .context = call->context,
        .cancel = call->cancel,
    };
    size_t count = 0;
    const char **argv = NULL;
    bool is_ended = false;

    while (call->words[count])
        count++;
    argv = calloc(count + 2, sizeof *argv);
    if (!argv) {
        *result = (struct subprocess_result){ 0 };
        return assay_fail_memory(err);
    }
    argv[0] = engine->program;
    memcpy(argv + 1, call->words, count * sizeof *argv);
    spec.argv = argv;
    is_ended = subprocess_run(&spec, result, err);
    free(argv);
    return is_ended;
}

/* One short command that must succeed; its first line in text when that is not NULL. */
static bool ask(const struct container_engine *engine, const char *const words[], char *text,
                size_t size, struct assay_error *err)
{
    const struct container_call call = { .words = words, .timeout_us = PROBE_US };
    struct subprocess_result result = { 0 };
    char line[256];
    bool is_ok = container_engine_call(engine, &call, &result, err);

    if (is_ok && result.status != 0)
        is_ok = assay_fail(err, ASSAY_PRECONDITION, NULL, "%s %s: %s", engine->program, words[0],
                           subprocess_last_line(result.errors, line, sizeof line));
    if (is_ok && text)
        (void)snprintf(text, size, "%.*s", (int)strcspn(result.output, "\n"), result.output);
    subprocess_result_clear(&result);
    return is_ok;
}

/*
 * podman as root raises the limits of files and processes to 1048576, which is refused where this
 * process has less and may not raise its own; then containers get what this process has.
 */
static void learn_limits(struct container_traits *traits)
{
    struct rlimit files = { 0 };
    struct rlimit processes = { 0 };
    FILE *status = fopen("/proc/self/status", "re");
    FILE *pid_max = fopen("/proc/sys/kernel/pid_max", "re");
    char line[256];
    uint64_t capabilities = 0;
    int64_t pids = INT64_MAX;

    while (status && fgets(line, sizeof line, status)) {
        if (strncmp(line, "CapEff:", 7) == 0)
            capabilities = strtoull(line + 7, NULL, 16);
    }
    /* A number of processes above the kernel's own is refused, too. */
    if (pid_max && fgets(line, sizeof line, pid_max))
        pids = strtoll(line, NULL, 10);
    if (status)
        (void)fclose(status);
    if (pid_max)
        (void)fclose(pid_max);
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || getrlimit(RLIMIT_NPROC, &processes) < 0)
        return;
    traits->has_limits = !(capabilities >> CAPABILITY_RESOURCE & 1) &&
                         (files.rlim_max < PODMAN_LIMIT || processes.rlim_max < PODMAN_LIMIT);
    traits->files_soft = (int64_t)files.rlim_cur;
    traits->files_hard = (int64_t)files.rlim_max;
    traits->processes = processes.rlim_max < (rlim_t)pids ? (int64_t)processes.rlim_max : pids;
}

/* controllers: "cpu memory pids]". */
static void learn_controllers(struct container_engine *engine, const char *controllers)
{
    struct container_traits *traits = &engine->traits;

    traits->lacks_cpu_limit = true;
    traits->lacks_memory_limit = true;
    while (*controllers) {
        size_t size = strcspn(controllers, " ]");

        if (size == 3 && strncmp(controllers, "cpu", size) == 0)
            traits->lacks_cpu_limit = false;
        else if (size == 6 && strncmp(controllers, "memory", size) == 0)
            traits->lacks_memory_limit = false;
        controllers += size + (controllers[size] != '\0');
    }
    if (traits->lacks_cpu_limit || traits->lacks_memory_limit)
        assay_log(engine->env, ASSAY_LOG_WARNING,
                  "%s cannot limit containers here, they run without a limit of cpu=%s memory=%s "
                  "reason=\"the cgroup controller is not delegated\"",
                  engine->program, traits->lacks_cpu_limit ? "no" : "yes",
                  traits->lacks_memory_limit ? "no" : "yes");
}

/* info: as podman tells it, "false [cpu memory pids]". */
static void learn_podman(struct container_engine *engine, const char *info)
{
    const char *controllers = strchr(info, '[');

    engine->traits.is_rootless = strncmp(info, "true", 4) == 0;
    if (geteuid() == 0)
        learn_limits(&engine->traits);
    if (controllers)
        learn_controllers(engine, controllers + 1);
}

/* Fills traits but program. */
static bool learn(struct container_engine *engine, struct assay_error *err)
{
    static const char *const version[] = { "--version", NULL };
    static const char *const podman_answers[] = {
        "info", "--format", "{{.Host.Security.Rootless}} {{.Host.CgroupControllers}}", NULL
    };
    static const char *const docker_answers[] = { "version", "--format", "{{.Server.Version}}",
                                                  NULL };
    struct container_traits *traits = &engine->traits;
    char text[256] = "";

    traits->owner_uid = -1;
    traits->owner_gid = -1;
    if (!ask(engine, version, text, sizeof text, err))
        return false;
    /* Also where podman answers to the name docker. */
    traits->kind = strncasecmp(text, "podman", 6) == 0 ? CONTAINER_PODMAN : CONTAINER_DOCKER;
    if (!ask(engine, traits->kind == CONTAINER_PODMAN ? podman_answers : docker_answers, text,
             sizeof text, err))
        return false;
    if (traits->kind == CONTAINER_PODMAN)
        learn_podman(engine, text);
    /* Its daemon is root, whoever asks: what a trial writes would not be the asker's. */
    if (traits->kind == CONTAINER_DOCKER && geteuid() != 0) {
        traits->owner_uid = geteuid();
        traits->owner_gid = getegid();
    }
    return true;
}

static struct container_engine *try_program(const char *program, const struct assay_env *env,
                                            const char *const *envp, struct assay_error *err)
{
    struct container_engine *engine = calloc(1, sizeof *engine);

    if (!engine) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    engine->env = env;
    engine->envp = envp;
    engine->program = strdup(program);
    engine->traits.program = engine->program;
    if (!engine->program)
        (void)assay_fail_memory(err);
    else if (learn(engine, err))
        return engine;
    container_engine_free(engine);
    return NULL;
}

struct container_engine *container_engine_new(const char *choice, const struct assay_env *env,
                                              const char *const *envp, struct assay_error *err)
{
    static const char ways_out[] =
        "install podman (with runc or crun), or say --on-host to run commands straight on this "
        "machine";
    struct assay_error podman_err = { 0 };
    struct assay_error docker_err = { 0 };
    struct container_engine *engine =
        try_program(choice ? choice : "podman", env, envp, &podman_err);

    if (!engine && choice) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "the container engine does not answer (%s): name another one, %s",
                         podman_err.message, ways_out);
        return NULL;
    }
    if (!engine)
        engine = try_program("docker", env, envp, &docker_err);
    if (!engine)
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL,
                         "there is no container engine here (%s; %s): %s", podman_err.message,
                         docker_err.message, ways_out);
    return engine;
}

void container_engine_free(struct container_engine *engine)
{
    if (!engine)
        return;
    free(engine->program);
    free(engine);
}

#define NO_CONTAINER "No such container"

/* Every line that docker says on this is about one that is not there. */
static bool are_all_missing(const char *errors)
{
    for (const char *line = errors; *line;) {
        size_t size = strcspn(line, "\n");

        if (size > 0 && !memmem(line, size, NO_CONTAINER, sizeof NO_CONTAINER - 1))
            return false;
        line += size + (line[size] == '\n');
    }
    return true;
}

bool container_engine_remove(const struct container_engine *engine, const char *const *names,
                             size_t count, struct subprocess_cancel *cancel,
                             struct assay_error *err)
{
    /* docker's rm -f kills at once, and knows neither of the other two. */
    static const char *const podman_words[] = { "rm", "--force", "--time=0", "--ignore", "--" };
    static const char *const docker_words[] = { "rm", "--force", "--volumes", "--" };
    bool is_podman = engine->traits.kind == CONTAINER_PODMAN;
    size_t own = is_podman ? sizeof podman_words / sizeof podman_words[0]
                           : sizeof docker_words / sizeof docker_words[0];
    const char **words = calloc(own + count + 1, sizeof *words);
    struct container_call call = { .words = words, .timeout_us = REMOVE_US, .cancel = cancel };
    struct subprocess_result result = { 0 };
    char line[256];
    bool is_ok = false;

    if (!words)
        return assay_fail_memory(err);
    memcpy(words, is_podman ? podman_words : docker_words, own * sizeof *words);
    memcpy(words + own, names, count * sizeof *words);
    is_ok = container_engine_call(engine, &call, &result, err);
    if (is_ok && result.status != 0 && (is_podman || !are_all_missing(result.errors)))
        is_ok = assay_fail(err, ASSAY_INTERNAL, NULL, "%s rm: %s", engine->program,
                           subprocess_last_line(result.errors, line, sizeof line));
    subprocess_result_clear(&result);
    free(words);
    return is_ok;
}

bool container_engine_has_ended(const struct container_engine *engine, const char *name,
                                struct subprocess_cancel *cancel)
{
    const char *const words[] = { "container", "inspect", "--format", "{{.State.Running}}",
                                  "--",        name,      NULL };
    const struct container_call call = { .words = words, .timeout_us = PROBE_US, .cancel = cancel };
    struct subprocess_result result = { 0 };
    struct assay_error err = { 0 };
    bool has_ended = false;

    if (container_engine_call(engine, &call, &result, &err))
        has_ended = result.status == 0 ? strncmp(result.output, "false", 5) == 0
                                       : strcasestr(result.errors, NO_CONTAINER) != NULL;
    subprocess_result_clear(&result);
    return has_ended;
}
