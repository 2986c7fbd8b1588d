/*
 * launcher/dispatcher/ports.h - TCP ports of this machine for the replicas of a gang on it
 * (shim/port_lease.h).
 */
#ifndef LAUNCHER_DISPATCHER_PORTS_H
#define LAUNCHER_DISPATCHER_PORTS_H

#include "assay/env.h"
#include "assay/error.h"
#include "launcher/shim/port_lease.h"

/* ASSAY_EXHAUSTED when none is free. */
bool port_lease_take(struct port_lease *lease, const struct assay_env *env,
                     struct assay_error *err);

#endif
