/*
 * launcher/places/place_queue.h - which of the waiting gangs gets the machine next.
 *
 * The rule: The job that holds the least of the machine (by the largest of its shares of CPUs,
 * memory and GPUs) goes first; among equals, and within a job, the oldest. A gang that does not fit
 * on its turn lets others pass. Once PLACE_PASSES gangs went before it, on its turn or younger than
 * it, or PLACE_PATIENCE_US after the first went on its turn, the machine is reserved for it: until
 * it fits, others get only what it can spare.
 *
 * So no gang starves, small ones fill the holes beside large ones, and a gang that asks for nothing
 * never waits long. Pure, like places.h, and under the same turn-taking. Nothing here allocates but
 * place_queue_new(). Each step costs O(1), place_queue_next() O(jobs that wait).
 */
#ifndef LAUNCHER_PLACES_PLACE_QUEUE_H
#define LAUNCHER_PLACES_PLACE_QUEUE_H

#include "launcher/places/places.h"

/* Trials run for minutes to hours: past this, to leave a hole idle costs less than to wait on. */
enum { PLACE_PASSES = 16 };
#define PLACE_PATIENCE_US (INT64_C(10) * 60 * 1000000)

struct place_queue; /* opaque: place_queue.c */

/* Borrows places, which must outlive it. One queue a pool. */
struct place_queue *place_queue_new(struct places *places, struct assay_error *err);
void place_queue_free(struct place_queue *queue); /* its grants live on; NULL is fine */

/* The youngest of its job from now on. grant must not be held or queued; it stays the caller's. */
void place_queue_add(struct place_queue *queue, struct grant *grant);

/* Nothing happens to one that does not wait. */
void place_queue_remove(struct place_queue *queue, struct grant *grant);

/*
 * The one that is next and fits: taken, and no longer in the queue. NULL: none now. To be called
 * until then whenever one was added, removed or returned. now_us: monotonic.
 */
struct grant *place_queue_next(struct place_queue *queue, int64_t now_us);

size_t place_queue_count(const struct place_queue *queue);

/*
 * Why it waits: "waits for 2 GPUs: 1 of 4 is free; job 12 holds 3". Into text, which is returned;
 * "" for one that does not wait.
 */
const char *place_queue_why(const struct place_queue *queue, const struct grant *grant, char *text,
                            size_t size);

#endif
