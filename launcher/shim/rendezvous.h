/*
 * launcher/shim/rendezvous.h - how the replicas of a gang on several nodes learn each other's
 * addresses: each writes its own into a folder that all see, and waits for the others'.
 */
#ifndef LAUNCHER_SHIM_RENDEZVOUS_H
#define LAUNCHER_SHIM_RENDEZVOUS_H

#include "launcher/shim/late_words.h"
#include "launcher/shim/node_order.h"
#include "launcher/shim/port_lease.h"

enum { RENDEZVOUS_PORTS = 2 };

/* Zero it to start. */
struct rendezvous {
    struct replica_address *addresses;         /* owned; order->count of them */
    struct port_lease ports[RENDEZVOUS_PORTS]; /* this replica's */
};

/*
 * Two free ports are taken, told, and the others' awaited. An errno: ETIMEDOUT when one does not
 * come in ten minutes, ECANCELED when a SIGTERM or SIGINT comes first, which the caller has
 * blocked.
 */
int rendezvous_meet(struct rendezvous *rendezvous, const struct node_order *order);

/* The trial can listen at its ports now, which stay nobody else's of ours until the end. */
void rendezvous_let_go(struct rendezvous *rendezvous);
void rendezvous_clear(struct rendezvous *rendezvous);

#endif
