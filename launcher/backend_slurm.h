/*
 * launcher/backend_slurm.h - attempts as jobs of a Slurm cluster, through its own commands.
 *
 * A launch is one job: of one replica a batch job, of a gang one with a task for each, or a
 * heterogeneous one where they ask for different things. On the node a shim (shim/node.h) claims
 * the attempt and writes the records that a shim writes anywhere, into the attempt's folder, which
 * the nodes must see under the same path. Those records are the truth; Slurm's word counts only
 * where there are none. Every job carries its attempt's tag, by which it is found again: ids are
 * given out twice by a controller that was restarted.
 *
 * Commands that hang or fail delay a start, a stop or a look, and lose nothing. start, stop, adopt
 * and report never wait for one.
 */
#ifndef LAUNCHER_BACKEND_SLURM_H
#define LAUNCHER_BACKEND_SLURM_H

#include "launcher/launcher.h"

/* All borrowed: env and defaults must outlive the launcher, the rest the call. */
struct slurm_options {
    const char *shim_path; /* assay-shim; copied into the state folder, from where nodes run it */
    const char *state_dir; /* absolute; shared with the nodes */
    const struct slurm_launch *defaults; /* for launches that say nothing; NULL: none */
    int allocation_nodes; /* above 0: attempts are steps in an allocation of so many nodes */
    int64_t lease_us;     /* attempts stop that saw no engine for so long; 0: they never do */
    char *const *envp;    /* of which Slurm's commands get what they need; NULL: our own */
    const struct assay_env *env;
    launcher_ended_fn on_ended;
    void *context;
};

/* ASSAY_PRECONDITION where Slurm's commands are missing. Waits for one of them, up to 20 s. */
bool launcher_slurm_check(const struct slurm_options *options, struct assay_error *err);

/* Asks Slurm nothing: where its commands are missing everything waits for them. */
struct launcher *launcher_slurm_new(const struct slurm_options *options, struct assay_error *err);

/* The attempt in that folder (of its replica 0) was handed to Slurm, by this engine or another. */
bool launcher_slurm_has(const char *attempt_dir);

#endif
