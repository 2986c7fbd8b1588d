/*
 * launcher/slurm/slurm_step.h - an attempt as a step of an allocation: its srun, which outlives us,
 * as the step does not outlive it.
 */
#ifndef LAUNCHER_SLURM_SLURM_STEP_H
#define LAUNCHER_SLURM_SLURM_STEP_H

#include "launcher/slurm/slurm_gang.h"

/*
 * Starts srun for a gang of one replica, in the allocation with that id and tag, which is noted in
 * its folder first. srun keeps a copy of use (slurm_use.h). The NULL-terminated environment is that
 * of Slurm's commands.
 */
bool slurm_step_start(struct slurm_gang *gang, const struct slurm_job *allocation, int use,
                      char *const *environment, struct assay_error *err);

/* The tag of the allocation in which another engine began it; false: there is no note. */
bool slurm_step_read(const struct slurm_gang *gang, char allocation[SLURM_TAG_TEXT]);

/* Whether our srun still runs; reaps it when not. */
bool slurm_step_is_alive(struct slurm_gang *gang);

#endif
