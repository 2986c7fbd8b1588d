/*
 * engine/server/http_door.h - HTTP on a listening socket, by libmicrohttpd, which only the
 * files http_*.c and *_response.c know.
 *
 * Each request becomes an exchange; where the door has access rules, who may not ask is refused
 * before its body is read. Short reads are answered by the threads that serve the connections, all
 * else by others, so that nobody waits for a commit of somebody else's. A connection has a time by
 * which its headers, its body and its next request must have come, however slowly it drips; a guard
 * closes those that are late. What is a stream (event_stream.h) waits without a thread.
 */
#ifndef ENGINE_SERVER_HTTP_DOOR_H
#define ENGINE_SERVER_HTTP_DOOR_H

#include "assay.h"
#include "assay/buckets.h"
#include "engine/server/access.h"
#include "engine/server/traffic.h"

struct http_door;

struct http_door_options {
    struct assay *assay;
    struct buckets *buckets; /* NULL: there is no storage API */
    struct traffic *traffic;
    const struct access_rules *access; /* NULL: whoever can connect may ask */
    unsigned int threads;              /* that read and write connections */
    unsigned int errands_max;          /* requests that wait for the engine at the same time */
    unsigned int connections_max;
    unsigned int peer_connections_max; /* of one address; 0: as many */
    const char *tls_cert, *tls_key;    /* PEM; NULL: plain HTTP */
    bool is_emulating;                 /* its script may want any request to take long */
};

/*
 * Takes fd, which listens, also on failure. What options point to must outlive the door. Its
 * threads inherit the caller's signal mask. NULL and *err: ASSAY_INVALID for a certificate and key
 * that cannot be used, else ASSAY_UNAVAILABLE.
 */
struct http_door *http_door_open(int fd, const struct http_door_options *options,
                                 struct assay_error *err);

/* Takes no more connections, answers what is under way, and closes. NULL is fine. */
void http_door_close(struct http_door *door);

#endif
