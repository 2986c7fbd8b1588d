/*
 * launcher/shim/port_lease.h - TCP ports of this machine for replicas that must find each other.
 *
 * They lie outside of those that the kernel gives out by itself. A leased port is held in two ways:
 * by a bound socket until port_lease_open(), right before its replica starts and binds it; and, as
 * long as the lease, by a name at which every other engine or shim on this machine looks first.
 */
#ifndef LAUNCHER_SHIM_PORT_LEASE_H
#define LAUNCHER_SHIM_PORT_LEASE_H

#include <stdint.h>

struct port_lease {
    int port;
    int name_fd;
    int bound_fd;
};

struct port_range {
    int first;
    int count;
};

/* Where the kernel's own ones are not, by the text of net.ipv4.ip_local_port_range: below them
 * where there is room, else above, and where there is none what is usual. "": not known. */
struct port_range port_range_outside(const char *text);

/* That of this machine, by its /proc. */
struct port_range port_range_here(void);

/* A free one of the range; the search begins anywhere, as chance (any number) has it. An errno:
 * EADDRINUSE when none is free. */
int port_lease_find(struct port_lease *lease, struct port_range range, uint32_t chance);

/* The port can be bound by its replica now. */
void port_lease_open(struct port_lease *lease);

/* Its replica has ended, or will not start. An empty lease ({ 0 }) is fine. */
void port_lease_end(struct port_lease *lease);

#endif
