/*
 * launcher/dispatcher/placed_replica.h - a replica as it is started, once it has its place: hosts
 * and ports filled in, its GPUs the only ones it sees, the interpreter that has its packages.
 */
#ifndef LAUNCHER_DISPATCHER_PLACED_REPLICA_H
#define LAUNCHER_DISPATCHER_PLACED_REPLICA_H

#include "launcher/launcher.h"
#include "launcher/shim/late_words.h"

/* What came with the place. Borrowed. */
struct placing {
    const struct replica_address *addresses; /* of the gang, by replica; NULL: late words stay */
    size_t address_count;
    const char *gpus;        /* NULL: it asked for none, and sees what the launcher sees */
    const char *interpreter; /* of its Python packages: <environment>/bin/python; or NULL */
};

struct placed_replica {
    struct replica_launch replica; /* what it borrows from the replica it was made of stays so */
    char **argv_block;
    char **envp_block;
    char **entries; /* of envp that were made anew; NULL-terminated */
    char *interpreter;
    char **argv;
    char **envp;
};

/*
 * GPUs: CUDA_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES and NVIDIA_VISIBLE_DEVICES, but not of a
 * container, into which only they are let. An interpreter: argv[0], VIRTUAL_ENV, and its folder in
 * front of PATH. False for lack of memory. Clear it also then.
 */
bool placed_replica_make(struct placed_replica *placed, const struct replica_launch *from,
                         const struct placing *placing);
void placed_replica_clear(struct placed_replica *placed);

#endif
