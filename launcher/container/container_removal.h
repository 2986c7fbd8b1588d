/*
 * launcher/container/container_removal.h - a thread that removes containers and tells when they are
 * gone.
 *
 * All that wait are removed by one command, so that a study that is cancelled with a hundred trials
 * costs no hundred of them.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_REMOVAL_H
#define LAUNCHER_CONTAINER_CONTAINER_REMOVAL_H

#include "launcher/container/container_engine.h"

#include <sys/queue.h>

/* The caller's, within something of his; in the removal's hands until it is told. */
struct container_doomed {
    TAILQ_ENTRY(container_doomed) in_line;
    const char *name;
    int tries;      /* the removal's own, from here on: those that failed */
    int64_t due_us; /* of the next one, monotonic */
    bool is_swept;  /* nobody is to be told */
};

/*
 * On the removal's thread. Nothing runs in it any more: it is gone, or was seen to have ended,
 * though after many tries it is still there. Until then it is tried again, if need be for ever.
 */
typedef void (*container_gone_fn)(void *context, struct container_doomed *doomed);

/*
 * Is this folder's replica, of a container found at the start, still in the hands of a shim or of
 * the caller? Any thread.
 */
typedef bool (*container_wanted_fn)(void *context, const char *dir);

struct container_removal_options {
    /* On the removal's thread, which may wait; NULL and *err while there is none. */
    const struct container_engine *(*find_engine)(void *context, struct assay_error *err);
    const struct assay_env *env;
    const char *const *envp; /* of the clients of other engines */
    const char *dir;         /* where it is noted which engines have been used */
    int64_t pause_us;        /* before the second try, then twice as long each time; 0: a second */
    const char *state;       /* label: what others of this state folder left is removed first */
    container_gone_fn on_gone;
    container_wanted_fn is_wanted;
    void *context;
};

struct container_removal; /* opaque: container_removal.c */

/* Borrows what options point to. */
struct container_removal *container_removal_new(const struct container_removal_options *options,
                                                struct assay_error *err);

void container_removal_add(struct container_removal *removal, struct container_doomed *doomed);

/* What still waits is neither removed nor told. NULL is fine. */
void container_removal_free(struct container_removal *removal);

#endif
