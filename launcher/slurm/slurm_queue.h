/*
 * launcher/slurm/slurm_queue.h - what one squeue says of all jobs of ours: pure, text in, a table
 * out.
 *
 * Jobs are told apart by the tag in their comment, never by their ids.
 */
#ifndef LAUNCHER_SLURM_SLURM_QUEUE_H
#define LAUNCHER_SLURM_SLURM_QUEUE_H

#include "assay/error.h"

#include <stddef.h>
#include <stdint.h>

/* The format that slurm_queue_parse() reads, and what our jobs' names begin with. */
#define SLURM_QUEUE_FORMAT "%i|%T|%L/%l|%j|%k|%r" /* a reason may have bars of its own */
#define SLURM_NAME_PREFIX "assay-"

enum slurm_state {
    SLURM_UNKNOWN, /* squeue does not list it */
    SLURM_PENDING,
    SLURM_SUSPENDED, /* it has begun, and stands still with all its processes */
    SLURM_RUNNING,   /* or about to, or about to end */
    SLURM_COMPLETED, /* from here on it has ended */
    SLURM_FAILED,
    SLURM_CANCELLED,
    SLURM_TIMEOUT,
    SLURM_OUT_OF_MEMORY,
    SLURM_NODE_LOST, /* NODE_FAIL, BOOT_FAIL, PREEMPTED, DEADLINE, REVOKED */
};

enum { SLURM_ID_TEXT = 32, SLURM_WORD_TEXT = 64, SLURM_TAG_TEXT = 160 };

struct slurm_job {
    char id[SLURM_ID_TEXT]; /* of a gang's job "17+2" */
    int component;          /* 2 of that; else 0 */
    enum slurm_state state;
    char state_name[SLURM_WORD_TEXT];
    char reason[SLURM_WORD_TEXT];
    int64_t left_us;  /* of its time; INT64_MAX when unlimited or not known */
    int64_t whole_us; /* its time; where only left_us was told, that */
    char tag[SLURM_TAG_TEXT];
};

/* Zero it to start; owns its jobs. */
struct slurm_queue {
    struct slurm_job *jobs; /* by tag, of one tag by component, then by state: running first */
    size_t count;
};

/* Lines that are not of our jobs are passed over. False for lack of memory. */
bool slurm_queue_parse(const char *text, struct slurm_queue *queue, struct assay_error *err);
void slurm_queue_clear(struct slurm_queue *queue);

/*
 * The job with that tag. Of several (an attempt that was submitted twice, of which the second does
 * nothing) the one that runs, else one that waits. NULL: none.
 */
const struct slurm_job *slurm_queue_find(const struct slurm_queue *queue, const char *tag,
                                         int component);

#endif
