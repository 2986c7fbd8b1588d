/*
 * launcher/container/container_pool.h - containers that serve one trial after the other
 * (init_serve.h), and who has which.
 *
 * Each is on lease: it ends by itself once this process has gone and the trial in it, if any, has
 * ended. Any thread; only the pool's own ever waits for a container to start.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_POOL_H
#define LAUNCHER_CONTAINER_CONTAINER_POOL_H

#include "launcher/container/container_argv.h"
#include "launcher/container/container_engine.h"

#include <sys/queue.h>

/* A container. Whoever has it may read it. */
struct container_place {
    TAILQ_ENTRY(container_place) in_idle;
    char *key; /* those of one key are as good as each other */
    char *dir; /* with its socket */
    char name[CONTAINER_NAME_TEXT];
    int lease;
};

/* NULL for lack of memory. */
struct container_place *container_place_new(const char *key, const char *dir);

/* The caller's, within something of his; in the pool's hands until it is told. */
struct container_want {
    TAILQ_ENTRY(container_want) in_line;
    struct container_place *place; /* the pool's until told, then the caller's */
    char **argv;                   /* what starts it; the caller's */
};

/*
 * On the pool's thread. err: why the container does not serve, though it may be there; NULL: it
 * does.
 */
typedef void (*container_ready_fn)(void *context, struct container_want *want,
                                   const struct assay_error *err);

struct container_pool_options {
    const struct container_engine *(*find_engine)(void *context, struct assay_error *err);
    const struct assay_env *env;
    const char *dir; /* absolute; places have their folders in it. Copied. */
    container_ready_fn on_ready;
    void *context;
};

struct container_pool; /* opaque: container_pool.c */

/* Removes what places of dead engines left in the folder. */
struct container_pool *container_pool_new(const struct container_pool_options *options,
                                          struct assay_error *err);

/* Nothing is started and nobody told any more; the rest goes on. NULL is fine. */
void container_pool_close(struct container_pool *pool);

/* Idle ones are dropped; no other may be left. NULL is fine. */
void container_pool_free(struct container_pool *pool);

/* A folder's path for a new place, unique; the caller frees it. NULL for lack of memory. */
char *container_pool_folder(struct container_pool *pool);

/* Was this folder, of whatever path, named by container_pool_folder()? */
bool container_pool_owns(const struct container_pool *pool, const char *dir);

/* An idle one of that key that still answers; NULL: none. Never waits. */
struct container_place *container_pool_take(struct container_pool *pool, const char *key);

/* Has the container started. */
void container_pool_make(struct container_pool *pool, struct container_want *want);

/*
 * Of the place's name, while it is wanted. True: it was still in line, is the caller's again and
 * will not be told. Else the start, if it is under way, is broken off, and told as ever.
 */
bool container_pool_withdraw(struct container_pool *pool, const char *name);

/* Back, nothing runs in it. */
void container_pool_give(struct container_pool *pool, struct container_place *place);

/* For who leaves a program running in it: ends the lease, and leaves the folder to the next engine.
 * NULL is fine. */
void container_place_abandon(struct container_place *place);

/* Ends its lease and forgets it. NULL is fine. */
void container_pool_drop(struct container_pool *pool, struct container_place *place);

#endif
