/*
 * launcher/shim/enter.h - a program of a person's beside a trial that runs: in the trial's folder,
 * with the trial's environment, as the kernel has them (/proc). What becomes of it is nobody's
 * business but his: it is no process of the attempt.
 */
#ifndef LAUNCHER_SHIM_ENTER_H
#define LAUNCHER_SHIM_ENTER_H

#include <sys/types.h>

/* The first child of that process: a trial's main process, where it is its guardian's. 0: none. */
pid_t enter_find_child(pid_t parent);

/*
 * Becomes words, or a shell where there are none: $SHELL of the trial's, else bash or sh. TERM
 * stays this process's own; ASSAY_ATTEMPT, which marks the attempt's processes, is left out.
 * Returns only when that failed: what to exit with, said on standard error.
 */
int enter_process(pid_t pid, char *const *words);

/* The same for the trial of which the replica's folder tells, on this machine. */
int enter_replica(const char *dir, char *const *words);

#endif
