/*
 * launcher/container/container_engine.h - the program that runs containers: podman or docker, by
 * their command lines, which agree in nearly all that is needed here.
 *
 * What is found out at the start stays true until container_engine_free(). Any thread may call;
 * all functions but the plain getters block.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_ENGINE_H
#define LAUNCHER_CONTAINER_CONTAINER_ENGINE_H

#include "launcher/subprocess.h"

enum container_kind { CONTAINER_PODMAN, CONTAINER_DOCKER };

/* What a container is told beyond what its launch says, because this engine needs it here. */
struct container_traits {
    enum container_kind kind;
    const char *program;  /* as it is started: "podman", or a path */
    bool is_rootless;     /* podman of an ordinary user, who is root in containers */
    bool has_limits;      /* files_soft and so on are to be set */
    bool lacks_cpu_limit; /* no cgroup controller for it was delegated: a limit would be refused */
    bool lacks_memory_limit;
    int64_t files_soft, files_hard;
    int64_t processes;
    int64_t owner_uid, owner_gid; /* of what containers leave in mounted folders; -1: as it comes */
};

struct container_engine; /* opaque: container_engine.c */

/*
 * choice: "podman", "docker", or the path of either; NULL: podman, else docker. One that does not
 * answer, such as a docker client without its daemon, does not count. Borrows env and envp (the
 * environment of the engine's client, NULL: this process's own). ASSAY_PRECONDITION when there is
 * none, with the ways out.
 */
struct container_engine *container_engine_new(const char *choice, const struct assay_env *env,
                                              const char *const *envp, struct assay_error *err);
void container_engine_free(struct container_engine *engine);

const struct container_traits *container_engine_traits(const struct container_engine *engine);
const struct assay_env *container_engine_env(const struct container_engine *engine);

/* "podman" or "docker", for sentences. */
const char *container_engine_name(const struct container_engine *engine);

/* How one of its commands is run; all borrowed. */
struct container_call {
    const char *const *words; /* what follows the program, NULL-terminated */
    int64_t timeout_us;
    const char *cwd;            /* conmon leaves files there; NULL: "/" */
    subprocess_line_fn on_line; /* may be NULL */
    void *context;
    struct subprocess_cancel *cancel; /* NULL: nobody can */
};

/* As subprocess_run(): true when the command ended by itself, whatever its status. */
bool container_engine_call(const struct container_engine *engine, const struct container_call *call,
                           struct subprocess_result *result, struct assay_error *err);

/* It does not run: it has ended, or is not there. False when it may well run. */
bool container_engine_has_ended(const struct container_engine *engine, const char *name,
                                struct subprocess_cancel *cancel);

/*
 * Ends and removes the named containers, running or not; those that are not there count as removed.
 * False when one may still be there.
 */
bool container_engine_remove(const struct container_engine *engine, const char *const *names,
                             size_t count, struct subprocess_cancel *cancel,
                             struct assay_error *err);

#endif
