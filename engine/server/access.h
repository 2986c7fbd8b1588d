/*
 * engine/server/access.h - who may ask what over the network door.
 *
 * On loopback, a program of the user who runs the server needs no token: whoever can run it could
 * do the same by hand. A page in that user's browser is not such a program. So a request is only
 * trusted when its Host is this machine's (a name that an attacker pointed here is not) and its
 * Origin, if it has one, is the server's own. Everybody else needs "Authorization: Bearer TOKEN",
 * or the cookie of a browser that has shown the token (session.h). That one is sent with whatever
 * any page of this host asks, so it counts for the server's own page only, and what changes
 * something has to prove that it comes from there. Whoever may not gets 403: clients answer 401 by
 * fetching new credentials for ever.
 *
 * Plain functions over plain values; any thread.
 */
#ifndef ENGINE_SERVER_ACCESS_H
#define ENGINE_SERVER_ACCESS_H

#include "assay/error.h"

#include <stdint.h>
#include <sys/types.h>

struct access_rules {
    const char *token; /* NULL: everyone may who can connect (--no-auth) */
    const char *host;  /* that the server listens on, as in a URL: "127.0.0.1", "[::1]" */
    bool is_loopback;  /* only this machine can connect */
    uid_t owner;       /* of the server's process */
};

/* What a request says of itself; NULL for a header that it does not have. */
struct access_claim {
    const char *host;
    const char *origin;
    const char *authorization;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *cookie;
    int64_t now_s;      /* since 1970: cookies end */
    bool is_unsafe;     /* its method may change something */
    bool is_public;     /* asks for what everybody may know */
    bool is_peer_known; /* the connection's other end was found on this machine … */
    uid_t peer;         /* … and is this user's */
};

/* False and *err (ASSAY_DENIED) with what to do about it. */
bool access_check(const struct access_rules *rules, const struct access_claim *claim,
                  struct assay_error *err);

/* It has the token, or its cookie, whatever else speaks against it. */
bool access_is_signed_in(const struct access_rules *rules, const struct access_claim *claim);

/* A browser says that another page than the server's own made it ask. */
bool access_is_from_another_page(const struct access_claim *claim);

/* A page of this origin may read our answers, with the token: it is ours, or from a server of this
 * machine. */
bool access_origin_is_near(const struct access_rules *rules, const char *origin, const char *host);

/* The host of "name", "name:80", "[::1]:80" is localhost, 127.0.0.1, [::1] or the listener's. */
bool access_host_is_ours(const struct access_rules *rules, const char *host);

/* Takes as long for a text that differs in its first letter as for one that differs in its last.
 */
bool access_token_equals(const char *token, const char *given);

#endif
