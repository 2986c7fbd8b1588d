/*
 * engine/server/watch.h - closes connections that are late.
 *
 * HTTP libraries count the time since the last byte: a peer that sends one now and then stays for
 * ever. Here each step of a request has a moment by which it must be done, whatever drips: its
 * headers 30 s after its first line (or after connecting), its body 30 s later, and more for what
 * has come, its answer the same; the next request five minutes later.
 *
 * One thread looks at all connections of a door every few seconds, as long as there are any. Any
 * thread may call; the functions for one connection come from that connection's thread.
 */
#ifndef ENGINE_SERVER_WATCH_H
#define ENGINE_SERVER_WATCH_H

#include "assay/error.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { WATCH_STEP_SECONDS = 30, WATCH_IDLE_SECONDS = 300 };
/* What a body or an answer must come through with on the average, past those seconds. */
enum { WATCH_BYTES_PER_SECOND = 16 * 1024 };

struct watch;

/* A place in the list, in its owner's hands from watch_add() to watch_remove(). */
struct watched {
    struct watched *previous, *next;
    int fd;              /* borrowed: it stays open until watch_remove() */
    atomic_llong due_us; /* on the monotonic clock */
};

struct watch *watch_new(struct assay_error *err);
void watch_free(struct watch *watch); /* with nothing left in it; NULL is fine */

void watch_add(struct watch *watch, struct watched *watched, int fd);
void watch_remove(struct watch *watch, struct watched *watched);

void watch_expect_headers(struct watched *watched);
void watch_expect_body(struct watched *watched);
void watch_note_bytes(struct watched *watched, size_t size);
void watch_expect_nothing(struct watched *watched); /* it is our turn */
void watch_expect_reader(struct watched *watched, size_t size);
void watch_expect_request(struct watched *watched);

#endif
