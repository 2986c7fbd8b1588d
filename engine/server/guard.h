/*
 * engine/server/guard.h - closes connections that are late.
 *
 * HTTP libraries count the time since the last byte: a peer that sends one now and then stays for
 * ever. Here each step of a request has a moment by which it must be done, whatever drips: its
 * headers 30 s after its first line (or after connecting), its body 30 s later, and more for what
 * has come, its answer the same; the next request five minutes later. A stream that has nothing to
 * say is not late, but given a pulse every 20 s, so that it says at least that.
 *
 * One thread looks at all connections of a door every few seconds, as long as there are any. Any
 * thread may call; the functions for one connection come from that connection's thread.
 */
#ifndef ENGINE_SERVER_GUARD_H
#define ENGINE_SERVER_GUARD_H

#include "assay/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { GUARD_STEP_SECONDS = 30, GUARD_IDLE_SECONDS = 300, GUARD_PULSE_SECONDS = 20 };
/* What a body or an answer must come through with on the average, past those seconds. */
enum { GUARD_BYTES_PER_SECOND = 16 * 1024 };
/* How long a stream may take to be read to its end when all are to end. */
enum { GUARD_END_SECONDS = 2 };

struct guard;
struct guarded;

/*
 * Called with the guard's lock held, so that its stream is still there: it must be quick, and call
 * nothing that takes a guard. The order of locks is the guard's, a stream's, the HTTP library's.
 */
typedef void (*guard_pulse_fn)(struct guarded *guarded);

/* A place in the list, in its owner's hands from guard_add() to guard_remove(). */
struct guarded {
    struct guarded *previous, *next;
    int fd;               /* borrowed: it stays open until guard_remove() */
    guard_pulse_fn pulse; /* of a stream; else NULL */
    /* On the monotonic clock: when it is late; below 0, when its next pulse is. */
    atomic_llong due_us;
    atomic_bool is_reading; /* a body has begun and is not all there */
    long long hung_due_us;  /* the guard's own: due_us when its peer was first found to be gone */
};

struct guard *guard_new(struct assay_error *err);
void guard_free(struct guard *guard); /* with nothing left in it; NULL is fine */

void guard_add(struct guard *guard, struct guarded *guarded, int fd);
void guard_remove(struct guard *guard, struct guarded *guarded);

/* From now on a stream, or not any more: then pulse is NULL, and is not called once this returns.
 */
void guard_set_pulse(struct guard *guard, struct guarded *guarded, guard_pulse_fn pulse);

/* Gives every stream a pulse now, by which it is to end soon. */
void guard_end_streams(struct guard *guard);

void guard_expect_headers(struct guarded *guarded);
void guard_expect_body(struct guarded *guarded);
void guard_note_bytes(struct guarded *guarded, size_t size);
void guard_expect_nothing(struct guarded *guarded); /* it is our turn */
void guard_expect_silence(struct guarded *guarded); /* it is our turn; with pulses */
void guard_expect_reader(struct guarded *guarded, size_t size);
void guard_expect_request(struct guarded *guarded);

#endif
