/*
 * launcher/shim/node_environment.h - the environment of a trial on a node: what the launcher wants,
 * but for what only the node's own queueing system knows, such as which GPUs are the job's.
 */
#ifndef LAUNCHER_SHIM_NODE_ENVIRONMENT_H
#define LAUNCHER_SHIM_NODE_ENVIRONMENT_H

/*
 * The NULL-terminated entries of wanted and of own, which are borrowed, in an array that the caller
 * frees. SLURM_… come from own alone, which devices are visible too where own says so. NULL for
 * lack of memory.
 */
char **node_environment(char *const *wanted, char *const *own);

#endif
