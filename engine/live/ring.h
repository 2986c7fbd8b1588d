/*
 * engine/live/ring.h - the newest changes of a state folder, numbered from 1.
 *
 * What is added can be found once it is published: between the two lies the commit. Beyond its
 * capacity a ring forgets the oldest. One thread at a time; live.h has the lock.
 */
#ifndef ENGINE_LIVE_RING_H
#define ENGINE_LIVE_RING_H

#include "engine/store/change.h"

#include <stdbool.h>
#include <stddef.h>

struct ring;

struct ring *ring_new(size_t capacity); /* NULL for lack of memory */
void ring_free(struct ring *ring);      /* NULL is fine */

/* Returns the change's number. */
uint64_t ring_add(struct ring *ring, const struct change *change);
void ring_publish(struct ring *ring);

/* The number of the newest change, published or not; 0: there is none. */
uint64_t ring_added(const struct ring *ring);
/* The number of the newest change that was published; 0: there is none. */
uint64_t ring_newest(const struct ring *ring);

/* All changes after number are still there. False also for a number that there was not yet. */
bool ring_reaches_back(const struct ring *ring, uint64_t number);

/*
 * The first published change of the job after *number, up to last; *number becomes its number.
 * False: there is none. Only where ring_reaches_back().
 */
bool ring_find(const struct ring *ring, int64_t job, uint64_t *number, uint64_t last,
               struct change *change);

#endif
