/* launcher/slurm/slurm_shim.h - the shim that nodes run, in the folder that they share. */
#ifndef LAUNCHER_SLURM_SLURM_SHIM_H
#define LAUNCHER_SLURM_SLURM_SHIM_H

#include <limits.h>

/*
 * Fills path with <state_dir>/bin/assay-shim-<hash of it>, a copy of the program source. One that
 * is there stays untouched: nodes may be running it, and a network's file system takes a replaced
 * program away from under them. An errno.
 */
int slurm_shim_install(const char *source, const char *state_dir, char path[PATH_MAX]);

#endif
