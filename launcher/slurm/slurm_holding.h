/*
 * launcher/slurm/slurm_holding.h - the allocations that an engine holds to run attempts in, as one
 * squeue shows them: pure. One is in use; near the end of its time a second one is asked for, and
 * what runs in the first may finish there.
 */
#ifndef LAUNCHER_SLURM_SLURM_HOLDING_H
#define LAUNCHER_SLURM_SLURM_HOLDING_H

#include "launcher/slurm/slurm_queue.h"

/* Zero it to start. */
struct slurm_holding {
    char prefix[SLURM_WORD_TEXT]; /* of the tags of allocations of this state folder */
    char tag[SLURM_TAG_TEXT];     /* of the one in use, "" while there is none */
    int64_t whole_us;             /* its time, from its start */
};

/* Fills prefix: the same for a state folder always. */
void slurm_holding_init(struct slurm_holding *holding, const char *state_dir);

/* The allocation to start steps in; NULL while there is none. */
const struct slurm_job *slurm_holding_choose(struct slurm_holding *holding,
                                             const struct slurm_queue *queue);

/*
 * How much of the time of the one in use must be left for an attempt of that timeout (0: none) to
 * be started there: all of it, where an allocation is that long; else what is left when another is
 * asked for.
 */
int64_t slurm_holding_need_us(const struct slurm_holding *holding, int64_t timeout_us);

/*
 * Another one is to be asked for: none is in use or on its way, or that in use ends soon. need_us:
 * the largest need of an attempt; has_waiting: of one that waits since there is not so much left.
 */
bool slurm_holding_wants_more(const struct slurm_holding *holding, const struct slurm_queue *queue,
                              int64_t need_us, bool has_waiting);

/* One is on its way. */
bool slurm_holding_is_awaited(const struct slurm_holding *holding, const struct slurm_queue *queue);

/* It is one of the holding's that runs or waits. */
bool slurm_holding_has(const struct slurm_holding *holding, const struct slurm_job *job);

#endif
