/*
 * launcher/shim/claim.h - `claim` in an attempt's folder: who began it. Of all who try to make it,
 * one wins: a shim that finds it there never starts its trial, and a launcher that finds it missing
 * makes it itself and thereby forbids the start for ever.
 *
 * It is a symbolic link whose text is the claim and leads nowhere: made with its text by one system
 * call, that fails when the name is taken, so never torn. A temporary file and link(2) would say
 * the same in five calls and three changes of the folder, twice the price of all other files of a
 * short attempt.
 */
#ifndef LAUNCHER_SHIM_CLAIM_H
#define LAUNCHER_SHIM_CLAIM_H

#include "launcher/shim/process.h"

#define CLAIM_NAME "claim"

struct claim {
    pid_t pid; /* of the shim; 0: claimed by a launcher, it never starts */
    uint64_t start_ticks;
    char boot_id[BOOT_ID_TEXT];
    char tag[PROCESS_TAG_TEXT]; /* ASSAY_ATTEMPT of its processes; may be "" */
    char cgroup[1024];          /* the folder made for its memory limit; "" for none */
};

/* EEXIST: claimed by another. Not synced: a claim matters only until the machine goes down. */
int claim_make(const char *attempt_dir, const struct claim *claim);

/* ENOENT: nobody began it. EBADMSG: something else is there. */
int claim_read(const char *attempt_dir, struct claim *claim);

/* That shim still runs, on this boot. */
bool claim_is_alive(const struct claim *claim);

#endif
