/*
 * engine/server/server.h - the engine's HTTP doors: a Unix socket in its state folder and, where
 * wanted, a TCP port.
 *
 * Whoever works in a folder serves it; every other command finds <state_dir>/socket and asks there.
 * Only the folder's owner can connect to that (mode 0600): that is its access control. Who may ask
 * over TCP is engine/server/access.h's.
 */
#ifndef ENGINE_SERVER_SERVER_H
#define ENGINE_SERVER_SERVER_H

#include "assay.h"
#include "engine/server/listen_address.h"

struct server;

enum { SERVER_CONNECTIONS_MAX = 1024 };

/* Borrowed for the time of the call. */
struct server_options {
    const char *state_dir;
    const struct listen_address *listen; /* NULL: the Unix socket only */
    bool has_no_auth;                    /* over TCP, too, whoever can connect may ask */
    unsigned int connections_max;        /* to the TCP port; 0: SERVER_CONNECTIONS_MAX */
    const char *tls_cert, *tls_key;      /* of the TCP port: PEM text, or both NULL */
    bool is_emulating;                   /* its script may want any request to take long */
};

/*
 * Borrows assay, which must hold the folder's lock (so a socket that lies there is a dead
 * engine's) and outlive the server. Its threads inherit the caller's signal mask. NULL and *err:
 * ASSAY_UNAVAILABLE when there can be no socket in the folder or the port is taken; what
 * token_load() says; ASSAY_INVALID for a certificate that cannot be used.
 */
struct server *server_start(struct assay *assay, const struct server_options *options,
                            struct assay_error *err);

/* "http://127.0.0.1:8080", with the port that was found free; "" without a TCP port. */
const char *server_url(const struct server *server);

/* Answers what is under way, then removes the socket. NULL is fine. */
void server_stop(struct server *server);

#endif
