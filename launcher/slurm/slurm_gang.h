/*
 * launcher/slurm/slurm_gang.h - an attempt that is in Slurm's hands: its replicas, the files by
 * which their shims are ordered about, and what those files tell. One thread.
 */
#ifndef LAUNCHER_SLURM_SLURM_GANG_H
#define LAUNCHER_SLURM_SLURM_GANG_H

#include "launcher/slurm/slurm_command.h"
#include "launcher/slurm/slurm_queue.h"
#include "launcher/slurm/slurm_verdict.h"

#include <sys/queue.h>
#include <sys/types.h>
#include <time.h>

/* SLURM_AFTER_MAX: jobs of which one that waits takes the turn of the first to end. */
enum { SLURM_WHY_TEXT = 192, SLURM_AFTER_MAX = 32, SLURM_AFTER_TEXT = SLURM_AFTER_MAX * 33 };

struct slurm_replica {
    void *request; /* owned; until it is in its folder */
    size_t request_size;
    bool is_told;
    enum slurm_claim claim;
    bool has_record;
    struct ending record;
    int64_t record_us;    /* all times monotonic: when it was first seen */
    int64_t job_ended_us; /* likewise, by Slurm's word; 0: not yet */
    struct timespec beat; /* the heartbeat's last touch, by the file server's clock */
    int64_t beat_us;      /* since when it is that */
    int64_t heartbeat_us; /* when that was looked at */
    bool is_stop_wanted;
    enum stop_manner stop_manner; /* the strongest */
    int64_t stop_us;
};

enum gang_stage {
    GANG_NEW,        /* nothing of it is on the disk */
    GANG_WANTED,     /* to be submitted when its time comes */
    GANG_SUBMITTING, /* a command is on its way */
    GANG_SUBMITTED,
};

struct slurm_gang {
    TAILQ_ENTRY(slurm_gang) in_list;
    struct launch launch; /* owns its replicas and their folders; argv and envp are NULL */
    char tag[SLURM_TAG_TEXT];
    struct word_list words;         /* sbatch */
    struct word_list step_words;    /* srun, of one replica */
    struct word_list wishes;        /* of an allocation for its step */
    char *script;                   /* owned */
    struct slurm_replica *replicas; /* owned; launch.replica_count */
    size_t untold_count;
    enum gang_stage stage;
    int submit_count;
    int64_t submit_us;      /* not earlier */
    int64_t pause_us;       /* before the next try */
    int64_t seen_us;        /* when Slurm was last known to have it */
    int64_t missed_us;      /* when the first look since began that did not show it; 0: none did */
    bool is_sent;           /* Slurm may have a job of it */
    bool is_cancelled;      /* a scancel was sent */
    bool is_cut_short;      /* a replica ended without a record: its job may still wait or run */
    char id[SLURM_ID_TEXT]; /* of its job, as sbatch told; "": not known */
    char after[SLURM_AFTER_TEXT]; /* ids of jobs, a space in front of each: slurm_turn.h */
    char why[SLURM_WHY_TEXT];
    int64_t look_us;  /* when to look at its folders next */
    int64_t begun_us; /* when the engine handed it over */
    /* As a step: */
    bool is_heterogeneous; /* a component of its job for each replica, else one job for all */
    bool is_step;
    pid_t step; /* its srun, our child; 0: none, or another engine's */
    bool is_step_alive;
    int64_t told_us; /* when its end was told, while its srun runs on */
    int step_fd;     /* readable when that has ended; -1: none */
    int step_ends;   /* the epoll that waits for it, which holds the gang's address */
    char allocation[SLURM_TAG_TEXT];
    bool is_short_of_time; /* the allocation in use ends too soon for it */
};

TAILQ_HEAD(slurm_gang_list, slurm_gang);

/*
 * Of a launch that is started: with its requests, and what to submit. shim: as the nodes see it.
 * NULL and *err, which is ASSAY_INVALID for what can never be passed on.
 */
struct slurm_gang *slurm_gang_new(const struct launch *launch, const char *shim,
                                  struct assay_error *err);

/*
 * Of one that is adopted: its tag is read from its folder, "" where it was never handed to Slurm.
 */
struct slurm_gang *slurm_gang_adopt(const struct launch *launch, const char *shim,
                                    struct assay_error *err);
void slurm_gang_free(struct slurm_gang *gang);

/* Nobody waits for the end of its srun any more. */
void slurm_gang_close_step(struct slurm_gang *gang);

/* Makes the folders, and in them everything that the nodes read. */
bool slurm_gang_write(struct slurm_gang *gang, const char *lease_path, int64_t lease_us,
                      struct assay_error *err);

/* What the replica's folder tells by now. */
void slurm_gang_look(struct slurm_gang *gang, size_t index, int64_t now_us);

/* Tells the shim to stop its trial. */
void slurm_gang_stop(const struct slurm_gang *gang, size_t replica, enum stop_manner manner);

/* Claims it, unless it is begun: an errno, EEXIST when it is. */
int slurm_gang_forbid(const struct slurm_gang *gang, size_t replica);

/* When it was claimed, by the wall clock; 0 when it was not. */
int64_t slurm_gang_begin_us(const struct slurm_gang *gang, size_t replica);

#endif
