/*
 * launcher/slurm/slurm_verdict.h - what to do about one replica: pure, from what its folder and
 * Slurm say.
 *
 * The folder's word counts first. Slurm's decides where there is no record, and where the record
 * only tells of a signal: who sent it, and why, only Slurm knows.
 */
#ifndef LAUNCHER_SLURM_SLURM_VERDICT_H
#define LAUNCHER_SLURM_SLURM_VERDICT_H

#include "launcher/launcher.h"
#include "launcher/slurm/slurm_queue.h"

/* Who began it, by its claim. */
enum slurm_claim { CLAIM_NONE, CLAIM_NODE, CLAIM_FORBIDDEN };

struct slurm_facts {
    const struct ending *record; /* NULL: none */
    enum slurm_claim claim;
    const struct slurm_job *job; /* as last seen; NULL: not in the queue, or not seen yet */
    bool is_submitted;           /* a command to do so succeeded, or may have */
    bool is_stop_wanted;
    bool can_submit;    /* it may be tried once more */
    int64_t unseen_us;  /* for how long looks have succeeded that did not show it */
    int64_t settled_us; /* since the record was found, or else since Slurm told that it has ended */
    int64_t silent_us;  /* since its heartbeat was last seen to move */
    int64_t grace_us;
};

enum slurm_deed {
    DEED_WAIT,
    DEED_SUBMIT,   /* again: Slurm has forgotten it, and it has not begun */
    DEED_FORBID,   /* claim it, so that it never begins; told when that was so */
    DEED_STOP_NOW, /* Slurm says that it is gone, but it lives */
    DEED_TELL,     /* kind, status and detail of *ending say how it ended */
};

/* *ending is filled for DEED_TELL and DEED_FORBID: but for its key, role, index, and for endings
 * without a record its times. */
enum slurm_deed slurm_judge(const struct slurm_facts *facts, struct ending *ending);

/* What the record alone does not settle: Slurm is to be asked soon. */
bool slurm_is_in_doubt(const struct slurm_facts *facts);

#endif
