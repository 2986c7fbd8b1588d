/*
 * engine/server/server.h - the engine's HTTP door: a Unix socket in its state folder.
 *
 * Whoever works in a folder serves it; every other command finds <state_dir>/socket and asks there.
 * Each request becomes one assay_call(), on one of two threads, so a long answer holds up at most
 * half of the callers. Only the folder's owner can connect (mode 0600): that is the access control.
 */
#ifndef ENGINE_SERVER_SERVER_H
#define ENGINE_SERVER_SERVER_H

#include "assay.h"

struct server;

/*
 * Borrows assay, which must hold the folder's lock (so a socket that lies there is a dead
 * engine's) and outlive the server. Its threads inherit the caller's signal mask. NULL and *err:
 * ASSAY_UNAVAILABLE when there can be no socket in the folder.
 */
struct server *server_start(struct assay *assay, const char *state_dir, struct assay_error *err);

/* Answers what is under way, then removes the socket. NULL is fine. */
void server_stop(struct server *server);

#endif
