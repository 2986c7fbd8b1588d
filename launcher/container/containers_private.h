/*
 * launcher/container/containers_private.h - the inside of backend_container.c, shared with
 * contained.c, which knows one replica's way through it.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINERS_PRIVATE_H
#define LAUNCHER_CONTAINER_CONTAINERS_PRIVATE_H

#include "launcher/backend_container.h"
#include "launcher/container/container_pool.h"
#include "launcher/container/container_record.h"
#include "launcher/container/container_removal.h"
#include "launcher/container/container_traces.h"
#include "launcher/container/job_images.h"

#include <pthread.h>

/* A replica that has not ended. */
struct contained {
    TAILQ_ENTRY(contained) in_list;
    struct container_doomed doomed;
    struct attempt_key key;
    int64_t job;
    struct ending ending; /* the client's, once that has ended */
    char name[CONTAINER_NAME_TEXT];
    char *dir;
    char *image; /* as the document has it; "" when nobody said */

    /* Of one that runs in a container which is used again. */
    struct container_place *place; /* NULL: none, or not yet */
    struct container_want want;
    struct launch *launch;                    /* a copy, while it waits for a place */
    char **enter;                             /* its client's command line, likewise */
    char complaint[CONTAINER_COMPLAINT_TEXT]; /* why it could not begin; "": look in its log */
    bool is_waiting;
    bool is_stop_wanted; /* meanwhile; guarded by the mutex, like the other two */
    enum stop_manner stop_manner;
};

TAILQ_HEAD(contained_list, contained);

struct containers {
    struct launcher launcher;
    struct container_options options;
    char *init_path;
    char state[CONTAINER_STATE_TEXT];
    char *pool_dir;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t is_made;
    bool is_probing;                   /* a thread looks for the engine, others wait for it */
    bool is_opening;                   /* a thread makes the next three */
    struct container_engine *engine;   /* NULL: not needed yet, or not found */
    struct container_removal *removal; /* NULL: not needed yet */
    struct container_pool *pool;       /* likewise */
    struct launcher *host;             /* likewise; once made they all stay */
    struct contained_list list;        /* few enough to be searched one by one */
    struct job_images images;
};

/* NULL and *err when there is none. Slow the first time; also a callback of removal and pool. */
const struct container_engine *containers_find_engine(void *context, struct assay_error *err);

/* contained.c. NULL and *err. */
struct contained *contained_new(const struct launch *launch, struct assay_error *err);
void contained_free(struct contained *contained);

/* Into the list, unless one of its key is there: then it is freed, and the result false. */
bool contained_enlist(struct containers *c, struct contained *contained);

/* Out of the list, and freed. */
void contained_forget(struct containers *c, struct contained *contained);

/* With the mutex held; NULL: there is none. */
struct contained *contained_find(const struct containers *c, struct attempt_key key);

/* Takes contained, also on failure. What is in hand already is not started again. */
bool contained_start(struct containers *c, struct contained *contained, const struct launch *launch,
                     struct assay_error *err);

/* It waited for a container that will not be started; its end is told by the removal's thread. */
void contained_withdraw(struct containers *c, struct contained *contained);

/* What host, removal and pool say. */
void contained_ended(void *context, const struct ending *ending);
void contained_is_gone(void *context, struct container_doomed *doomed);
void contained_is_ready(void *context, struct container_want *want, const struct assay_error *err);

#endif
