/*
 * engine/server/listen_address.h - where the network door listens: "127.0.0.1:8080", "[::1]:0".
 *
 * Only numbers and "localhost": a name that has to be looked up may mean another machine tomorrow.
 * Plain functions without state.
 */
#ifndef ENGINE_SERVER_LISTEN_ADDRESS_H
#define ENGINE_SERVER_LISTEN_ADDRESS_H

#include "assay/error.h"

#include <netinet/in.h>
#include <stdint.h>

enum { LISTEN_HOST_TEXT = INET6_ADDRSTRLEN + 2 };

struct listen_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t size;
    bool is_loopback;            /* no other machine can connect */
    char host[LISTEN_HOST_TEXT]; /* as in a URL: "127.0.0.1", "[::1]" */
};

/* "ADDRESS:PORT", or "PORT" alone for 127.0.0.1; port 0 is a free one. False and *err
 * (ASSAY_INVALID) for anything else. */
bool listen_address_parse(const char *text, struct listen_address *address,
                          struct assay_error *err);

uint16_t listen_address_port(const struct listen_address *address);

/*
 * A listening socket there; the port that was given becomes the address's. -1 and *err:
 * ASSAY_UNAVAILABLE when the port is taken or the address is not this machine's.
 */
int listen_address_open(struct listen_address *address, struct assay_error *err);

#endif
