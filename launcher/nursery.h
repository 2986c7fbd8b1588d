/*
 * launcher/nursery.h - the launcher's end of its nursery: the one assay-shim process from which the
 * shims of all attempts are forked (launcher/shim/main.c).
 *
 * One thread at a time. When anything but a full socket is in the way the nursery counts as dead,
 * whatever is left of it is stopped, and another is started.
 */
#ifndef LAUNCHER_NURSERY_H
#define LAUNCHER_NURSERY_H

#include "launcher/shim/shim_protocol.h"

#include <sys/types.h>

struct nursery {
    int socket; /* not blocking; -1 when there is none */
    pid_t pid;
};

enum nursery_word { NURSERY_DONE, NURSERY_AGAIN, NURSERY_DEAD };

/* Returns when it has said hello. ASSAY_PRECONDITION: shim_path is no shim of this release. */
bool nursery_start(struct nursery *nursery, const char *shim_path, struct assay_error *err);

/* Running shims live on. Does nothing when there is no nursery. */
void nursery_stop(struct nursery *nursery);

/* Sends from bytes + *offset on and moves *offset; NURSERY_DONE when all is sent. */
enum nursery_word nursery_send(const struct nursery *nursery, const char *bytes, size_t size,
                               size_t *offset);

/* *pidfd is the caller's, or -1 where none came along. */
enum nursery_word nursery_receive(const struct nursery *nursery, struct shim_reply *reply,
                                  int *pidfd);

#endif
