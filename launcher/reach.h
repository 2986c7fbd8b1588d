/*
 * launcher/reach.h - where a replica runs, and how a person gets there: read from its folder, so
 * that it can be told also of what an engine that is gone has left running.
 *
 * Pure but for the files that it reads; any thread may call.
 */
#ifndef LAUNCHER_REACH_H
#define LAUNCHER_REACH_H

#include "launcher/container/container_argv.h"
#include "launcher/container/container_words.h"
#include "launcher/shim/node_where.h"

#include <limits.h>
#include <sys/types.h>

enum reach_place { REACH_HOST, REACH_CONTAINER, REACH_SLURM };

struct reach {
    enum reach_place place;
    int64_t start_us; /* wall clock: when it was begun */
    pid_t pid;        /* on this machine: the trial's process, or its container's client; else 0 */
    char container[CONTAINER_NAME_TEXT]; /* REACH_CONTAINER */
    char program[PATH_MAX];              /* likewise: the container engine's client */
    struct node_where where;             /* REACH_SLURM */
};

/* False: nobody has begun it, or it has ended, or where it runs cannot be told yet. */
bool reach_find(const char *state_dir, const char *replica_dir, struct attempt_key key,
                struct reach *reach);

/*
 * What to put in front of a command so that it runs there, in the trial's folder with the trial's
 * environment; alone it is a shell. shim_path: assay-shim, as that machine sees it. NULL for lack
 * of memory; else container_words_free().
 */
char **reach_words(const struct reach *reach, const char *shim_path, const char *replica_dir,
                   bool has_terminal);

/* "host", "container", "slurm" */
const char *reach_place_name(enum reach_place place);

#endif
