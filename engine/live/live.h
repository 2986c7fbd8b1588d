/*
 * engine/live/live.h - who is to hear of what was committed.
 *
 * The store tells of each write (live_note), the engine of each commit (live_publish); both on the
 * thread that commits, and both cost next to nothing. Who follows a job is a subscriber: a thread
 * of its own, started for the first of them, tells each once that there is something new, and again
 * only after the subscriber has found nothing left. So a subscriber that is slow, or gone to sleep,
 * holds up nobody, and what it misses lies in the ring, or, after too long, in the store.
 *
 * Any thread may call what is not said to be the committing one's. A subscriber belongs to one
 * thread at a time. There are two locks, and one order: that of the folders, which is held while
 * the kernel looks a path up, then that of all else, which the committing thread takes, too, and
 * which is never held for longer than it takes to link a few pointers.
 */
#ifndef ENGINE_LIVE_LIVE_H
#define ENGINE_LIVE_LIVE_H

#include "assay/env.h"
#include "assay/error.h"
#include "engine/store/change.h"

/* So many changes are kept for those who come back: a megabyte, and seconds of the busiest job. */
enum { LIVE_CHANGES_KEPT = 32768 };
/* Soon enough for a person, and seldom enough to cost nothing. */
enum { LIVE_SOON_MS = 100 };
/* So long a patient subscriber waits for more before it is told of the first. */
enum { LIVE_GATHER_MS = 400 };

struct live;
struct live_topic; /* a job that somebody follows */
struct live_queue; /* of those who will be told */

/* In its owner's hands from live_join() to live_leave(); zero it to start. */
struct subscriber {
    /* Must be quick, and must not call anything of this file. NULL: not wanted. */
    void (*on_ready)(void *context);
    void *context;
    bool is_patient; /* rather hears of much at once than of each at its time */

    /* live.c's own */
    struct live_topic *topic;
    struct subscriber *previous, *next;               /* of the same topic */
    struct live_queue *queue;                         /* that it is in; NULL: in none */
    struct subscriber *previous_queued, *next_queued; /* there */
    bool is_asleep;    /* found nothing left, and was not told since */
    bool is_impatient; /* wants to be told soon in any case */
};

/* NULL and *err; capacity: changes that are kept. */
struct live *live_new(const struct assay_env *env, size_t capacity, struct assay_error *err);
void live_free(struct live *live); /* with no subscribers left; NULL is fine */

/* The committing thread's: a change that is written, and that all of those are committed. */
void live_note(struct live *live, const struct change *change);
void live_publish(struct live *live);

/* Tells this engine's changes from those of any other. */
uint64_t live_epoch(const struct live *live);

bool live_join(struct live *live, struct subscriber *subscriber, int64_t job,
               struct assay_error *err);
/* Once it returns, on_ready is not called any more. Nothing where it has not joined. */
void live_leave(struct live *live, struct subscriber *subscriber);

/* The number of the newest change. */
uint64_t live_newest(struct live *live);
/* All that came after this number can still be taken. */
bool live_reaches_back(struct live *live, uint64_t number);

enum live_result { LIVE_CHANGE, LIVE_NOTHING, LIVE_LOST };

/*
 * The next change of the subscriber's job after *number, which becomes its number. LIVE_NOTHING:
 * there is none up to *number, which becomes the newest, and on_ready will be called for the next
 * one. LIVE_LOST: there were, and they are gone. Of the job's own changes only the newest is given.
 */
enum live_result live_take(struct live *live, struct subscriber *subscriber, uint64_t *number,
                           struct change *change);

/*
 * on_ready is also called when something in the folder changes, while the subscriber sleeps. The
 * word that comes back is for live_ignore_folder(); -1: the system cannot tell (no such folder yet,
 * too many).
 */
int live_watch_folder(struct live *live, struct subscriber *subscriber, const char *path);
void live_ignore_folder(struct live *live, struct subscriber *subscriber, int word);

/* on_ready is called LIVE_SOON_MS from now, at the latest: for what cannot be watched. */
void live_call_soon(struct live *live, struct subscriber *subscriber);

#endif
