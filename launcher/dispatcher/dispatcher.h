/*
 * launcher/dispatcher/dispatcher.h - the launcher that the engine talks to.
 *
 *   start ──▶ prepare (image, packages) ──▶ wait for places ──▶ run ──▶ on_ended
 *
 * A launch goes through what it needs of that and no more: a plain command with no wish for CPUs
 * or GPUs is handed to its backend at once, on the caller's thread. Places are this machine's; what
 * runs on a cluster waits there.
 */
#ifndef LAUNCHER_DISPATCHER_DISPATCHER_H
#define LAUNCHER_DISPATCHER_DISPATCHER_H

#include "launcher/backend_slurm.h"
#include "launcher/launcher.h"
#include "launcher/places/machine.h"

/* Borrowed as long as the dispatcher lives, but for machine. */
struct dispatcher_options {
    const char *shim_path;
    const char *state_dir;         /* absolute */
    char *const *envp;             /* of the tools that it runs: podman, pip, … */
    bool is_strict;                /* a wish for more CPUs or memory than there are is not cut */
    const struct machine *machine; /* what is shared out */
    const char *container_engine;  /* a name or a path; NULL: the first that is found */
    bool is_slurm;                 /* new attempts go to Slurm */
    const struct slurm_options *slurm; /* shim, folder, env and on_ended are filled in here; NULL:
                                          its defaults */
    const struct assay_env *env;
    launcher_ended_fn on_ended;
    void *context;
};

/* Is there a container engine? ASSAY_PRECONDITION says how to come by one. Waits for it to answer,
 * the first time. */
bool dispatcher_has_containers(struct launcher *dispatcher, struct assay_error *err);

struct launcher *dispatcher_new(const struct dispatcher_options *options, struct assay_error *err);

/*
 * An attempt that was stored as started by an engine that is gone, whether it will be adopted or
 * not: while it runs, what it holds of the machine is given to nobody else. To be told of all of
 * them before the first start. False and *err for lack of memory.
 */
bool dispatcher_note_leftover(struct launcher *dispatcher, struct attempt_key key, int64_t job,
                              const char *dir, struct assay_error *err);

#endif
