/*
 * launcher/backend_container.h - replicas in containers, each the foreground command of podman or
 * docker under its own shim on this machine.
 *
 * Shim, claim and exit record are those of backend_host.c, so that an engine that dies loses
 * nothing here either. What is added: which end was the program's and which the container engine's,
 * and that no container outlives its end: it is removed by its name before the end is told,
 * wherever it may have been left behind.
 *
 * Nothing is looked for before it is needed: without a container to run this costs nothing.
 */
#ifndef LAUNCHER_BACKEND_CONTAINER_H
#define LAUNCHER_BACKEND_CONTAINER_H

#include "launcher/launcher.h"
#include "launcher/subprocess.h"

/* Borrowed as long as the launcher lives. */
struct container_options {
    const char *shim_path; /* the assay-shim program; assay-init lies beside it */
    const char *state_dir; /* absolute; its containers bear its label */
    char *const *envp;     /* the environment of the container engine's client */
    const char *engine;    /* "podman", "docker" or a path; NULL: the first that is found */
    const struct assay_env *env;
    launcher_ended_fn on_ended;
    void *context;
};

/*
 * One replica a launch, with its container, which must have been prepared. start and adopt may take
 * the few milliseconds of a nursery's start, the first time.
 */
struct launcher *launcher_container_new(const struct container_options *options,
                                        struct assay_error *err);

/*
 * Has the image on this machine; once for each job, so that all its trials run the same one. Any
 * thread, which waits as long as a pull takes; progress (may be NULL) hears lines on it.
 * ASSAY_NOT_FOUND: it never will be; ASSAY_PRECONDITION: there is no container engine;
 * ASSAY_UNAVAILABLE, ASSAY_CANCELLED.
 */
bool launcher_container_prepare(struct launcher *launcher, int64_t job,
                                const struct container_launch *container,
                                subprocess_line_fn progress, void *context,
                                struct subprocess_cancel *cancel, struct assay_error *err);

/* Looks for it once, which takes up to some tenths of a second. ASSAY_PRECONDITION: there is none.
 */
bool launcher_container_has_engine(struct launcher *launcher, struct assay_error *err);

#endif
