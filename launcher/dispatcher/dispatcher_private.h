/*
 * launcher/dispatcher/dispatcher_private.h - the dispatcher's inside, shared by dispatcher.c (what
 * is asked of it, and what backends tell), attempt_entry.c (one attempt) and preparing.c (what must
 * be there before a start, and who must be told).
 */
#ifndef LAUNCHER_DISPATCHER_DISPATCHER_PRIVATE_H
#define LAUNCHER_DISPATCHER_DISPATCHER_PRIVATE_H

#include "launcher/dispatcher/dispatcher.h"
#include "launcher/dispatcher/gang.h"
#include "launcher/dispatcher/leftovers.h"
#include "launcher/dispatcher/ports.h"
#include "launcher/places/place_queue.h"
#include "launcher/python/python_env.h"
#include "launcher/shim/late_words.h"
#include "launcher/subprocess.h"

#include <pthread.h>
#include <sys/queue.h>

enum { WORKERS_MAX = 17, ENTRY_BUCKETS = 1024, ENTRY_WHY_TEXT = 160 };

/* An attempt that has not ended. */
struct entry {
    struct attempt_key key;
    struct entry *next_in_bucket;
    TAILQ_ENTRY(entry) in_line; /* of those that are to be prepared, or to be told of */
    int64_t job;
    enum launch_stage stage;
    bool is_in_line;
    bool is_on_slurm;
    bool is_stopping;
    struct launch *launch; /* a copy; NULL when nothing of it is needed any more */
    struct gang gang;
    struct grant *grant;       /* NULL: it asks for nothing */
    struct resources *granted; /* by replica, what it is given of them; NULL: as its launch says */
    struct port_lease *leases; /* two a replica; NULL where there is one replica only */
    struct replica_address *addresses;
    char **interpreters; /* by replica, of those with packages; NULL: there are none */
    bool *is_contained;  /* by replica */
    struct subprocess_cancel cancel;
    bool has_cancel;
    struct ending ending;
    char why[ENTRY_WHY_TEXT];
};

TAILQ_HEAD(entry_line, entry);

/* The first one tells, which nobody is to wait for; the others prepare. */
struct worker {
    struct dispatcher *d;
    pthread_t thread;
    struct entry *in_hand; /* what it prepares */
};

struct dispatcher {
    struct launcher launcher;
    struct dispatcher_options options;
    struct slurm_options slurm_options;
    struct launcher *host;
    struct launcher *container;
    struct launcher *slurm; /* NULL: not needed yet */
    struct python_env_store *pythons;

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t has_work;
    bool is_closing;
    struct entry *buckets[ENTRY_BUCKETS];
    struct places *places;
    struct place_queue *queue;
    struct leftover_list leftovers;
    struct entry_line to_prepare;
    struct entry_line to_tell;
    struct worker workers[WORKERS_MAX];
    size_t worker_count;
};

/* attempt_entry.c: made of a launch, with nothing taken yet. NULL and *err. */
struct entry *entry_new(struct dispatcher *d, const struct launch *launch, struct assay_error *err);
/* Gives back places and ports. */
void entry_free(struct dispatcher *d, struct entry *entry);
bool entry_needs_preparation(const struct launch *launch);
/* What it asks of this machine's places, if anything; ASSAY_INVALID when it can never have it. */
bool entry_make_grant(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                      struct assay_error *err);
/* Takes the ports of a gang. */
bool entry_take_ports(struct dispatcher *d, struct entry *entry, struct assay_error *err);
/* `place` in the attempt's folder: the GPUs that it holds, for the next engine. */
bool entry_write_place(const struct entry *entry, const struct launch *launch,
                       struct assay_error *err);
/* Of an adopted attempt: it holds what that says, whatever the machine's places are now. */
bool entry_retake(struct dispatcher *d, struct entry *entry, const struct launch *launch,
                  struct assay_error *err);

/* preparing.c, with the mutex held but for the first and the last. */
bool preparing_open(struct dispatcher *d, struct assay_error *err);
/* Has a worker prepare it and then call dispatcher_prepared(). False and *err. */
bool preparing_add(struct dispatcher *d, struct entry *entry, struct assay_error *err);
/* True when it was still in line; else it will come to dispatcher_prepared(), soon. */
bool preparing_cancel(struct dispatcher *d, struct entry *entry);
/* Has a worker tell entry->ending and free the entry, which is in the table no more. */
void preparing_tell(struct dispatcher *d, struct entry *entry);
/* What waits to be told is told; nothing else is begun, and the workers end. */
void preparing_close(struct dispatcher *d);

/* dispatcher.c: with the mutex held; *err is NULL when all is there. */
void dispatcher_prepared(struct dispatcher *d, struct entry *entry, const struct assay_error *err);
/* With the mutex held: those who wait for a place get it, where there is one now. */
void dispatcher_serve(struct dispatcher *d);

#endif
