/*
 * launcher/dispatcher/ports.h - TCP ports of this machine for replicas that must find each other.
 *
 * They lie below the ports that the kernel gives out by itself. A leased port is held in two ways:
 * by a bound socket until port_lease_open(), right before its replica starts and binds it; and, as
 * long as the lease, by a name that every other engine on this machine looks at first.
 */
#ifndef LAUNCHER_DISPATCHER_PORTS_H
#define LAUNCHER_DISPATCHER_PORTS_H

#include "assay/env.h"
#include "assay/error.h"

struct port_lease {
    int port;
    int name_fd;
    int bound_fd;
};

/* ASSAY_EXHAUSTED when none is free. */
bool port_lease_take(struct port_lease *lease, const struct assay_env *env,
                     struct assay_error *err);

/* The port can be bound by its replica now. */
void port_lease_open(struct port_lease *lease);

/* Its replica has ended, or will not start. An empty lease ({ 0 }) is fine. */
void port_lease_end(struct port_lease *lease);

#endif
