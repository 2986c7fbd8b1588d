/*
 * launcher/slurm/slurm_use.h - who uses an allocation: engines, and steps that outlive theirs.
 *
 * Each allocation has a file, of which an engine that starts steps in it holds a shared lock, and
 * so does the srun of each step. Whoever gets the exclusive one may cancel the allocation: nobody
 * uses it, and with its file gone nobody begins to. Where a file system knows no locks everything
 * counts as unused. All answer with an errno, 0 for success.
 */
#ifndef LAUNCHER_SLURM_SLURM_USE_H
#define LAUNCHER_SLURM_SLURM_USE_H

#include "launcher/slurm/slurm_queue.h"

/* Zero it to start, but for fd, which is -1. */
struct slurm_use {
    char tag[SLURM_TAG_TEXT]; /* of the allocation; "": none */
    int fd;                   /* with the shared lock */
};

/* Of an allocation that is about to be asked for. dir: where the files are, made if need be. */
int slurm_use_begin(struct slurm_use *use, const char *dir, const char *tag);

/* Of one that is there. ENOENT: it was given back; EWOULDBLOCK: it is about to be. */
int slurm_use_join(struct slurm_use *use, const char *dir, const char *tag);

/* Others may still use it. */
void slurm_use_leave(struct slurm_use *use);

/* True: nobody uses it, nor will. Whoever asks must have left it. */
bool slurm_use_is_over(const char *dir, const char *tag);

#endif
