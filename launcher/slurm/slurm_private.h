/*
 * launcher/slurm/slurm_private.h - the inside of the backend, shared by ../backend_slurm.c (what is
 * asked of it, and the thread that does it), slurm_tend.c (one attempt after the other) and
 * slurm_talk.c (what is sent to Slurm, and what it answers).
 */
#ifndef LAUNCHER_SLURM_SLURM_PRIVATE_H
#define LAUNCHER_SLURM_SLURM_PRIVATE_H

#include "launcher/backend_slurm.h"
#include "launcher/slurm/slurm_clerks.h"
#include "launcher/slurm/slurm_gang.h"
#include "launcher/slurm/slurm_holding.h"
#include "launcher/slurm/slurm_turn.h"
#include "launcher/slurm/slurm_use.h"

#include <limits.h>
#include <pthread.h>

/* What any thread wants of the supervisor. */
struct slurm_order {
    STAILQ_ENTRY(slurm_order) in_inbox;
    struct slurm_gang *gang; /* to start or to adopt; NULL: stop what key names */
    struct attempt_key key;
    enum stop_manner manner;
};

STAILQ_HEAD(slurm_inbox, slurm_order);

/* What is told once no lock is held. */
struct slurm_ended {
    STAILQ_ENTRY(slurm_ended) in_outbox;
    struct ending ending;
};

STAILQ_HEAD(slurm_outbox, slurm_ended);

struct slurm {
    struct launcher launcher;
    struct slurm_options options; /* without its strings */
    char shim[PATH_MAX];          /* the copy that nodes run */
    char lease_path[PATH_MAX];
    char debts_dir[PATH_MAX]; /* slurm_debts.h */
    char use_dir[PATH_MAX];   /* slurm_use.h */
    long user;
    struct word_list environment; /* of Slurm's commands */
    struct slurm_clerks *clerks;
    pthread_t supervisor;
    int wake; /* an eventfd */
    int ends; /* an epoll, of the step_fd of all gangs */

    pthread_mutex_t inbox_mutex; /* guards the two below */
    struct slurm_inbox inbox;
    bool is_closed;

    pthread_mutex_t mutex; /* guards gangs, for reports; the supervisor alone changes them */
    struct slurm_gang_list gangs;
    size_t gang_count;
    struct slurm_gang_list leaving; /* told; their srun is about to end */

    /* The supervisor's own. */
    struct slurm_outbox outbox;
    struct errand_list later; /* commands that failed, to be sent again */
    int64_t later_us;         /* when */
    size_t owed_count;        /* cancellations, and submissions to be cancelled, on their way */
    struct slurm_queue queue; /* as last seen */
    int64_t queue_begun_us;   /* when that look began; 0: there was none */
    bool is_looking;
    int64_t look_us; /* when to look next */
    int64_t look_pause_us;
    bool is_hurried;  /* something is about to change */
    bool is_blind;    /* the last look failed */
    int64_t lease_us; /* when to touch the lease next */
    struct slurm_holding holding;
    struct slurm_use used;   /* the allocation to start steps in */
    struct slurm_use wanted; /* the one last asked for, until it is that */
    struct word_list wishes; /* of the next allocation: those of the newest attempt */
    bool is_allocating;
    int64_t allocate_us;  /* not earlier */
    int64_t allocated_us; /* when Slurm last took such a wish; 0: never */
    char allocate_why[SLURM_WHY_TEXT];
};

/* slurm_talk.c */
void slurm_send_submission(struct slurm *slurm, struct slurm_gang *gang);
void slurm_send_cancellation(struct slurm *slurm, const char *tag);
/* Of a job whose submission is on its way: cancelled when that is heard of. */
void slurm_send_cancellation_later(struct slurm *slurm, const char *tag);
void slurm_send_debts(struct slurm *slurm); /* what earlier engines left to be cancelled */
void slurm_send_look(struct slurm *slurm);
void slurm_send_allocation(struct slurm *slurm);
void slurm_send_again(struct slurm *slurm); /* what failed and is due */
void slurm_hear(struct slurm *slurm);       /* all answers that have come */
/* The allocation to start steps in, which is ours to use from now on; NULL: none. */
const struct slurm_job *slurm_use_allocation(struct slurm *slurm);
/* At the end, those that nobody uses. Blocks. */
void slurm_give_allocations_back(struct slurm *slurm);

/* slurm_tend.c */
void slurm_tend(struct slurm *slurm, struct slurm_gang *gang); /* may free it */
void slurm_note_step_ends(struct slurm *slurm);                /* to be looked at now */
void slurm_see_off(struct slurm *slurm);                       /* those that are leaving */
void slurm_stop_replica(struct slurm *slurm, struct slurm_gang *gang, size_t index,
                        enum stop_manner manner);
/*
 * Nothing of it is or will be run: all replicas that are not told yet end so, but those that are
 * begun all the same. True when it was freed.
 */
bool slurm_end_gang(struct slurm *slurm, struct slurm_gang *gang, enum ending_kind kind,
                    const char *detail);

static inline int64_t slurm_now_us(const struct slurm *slurm)
{
    return assay_mono_us(slurm->options.env);
}

#endif
