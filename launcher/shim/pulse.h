/*
 * launcher/shim/pulse.h - a process beside a shim on a node that does all it needs of the shared
 * folder while the trial runs: touches the heartbeat, looks for words to stop and for the engine's
 * lease. When the file server hangs, only it hangs, and its silence is what the node goes by.
 */
#ifndef LAUNCHER_SHIM_PULSE_H
#define LAUNCHER_SHIM_PULSE_H

#include "launcher/shim/node_order.h"

/* What it says, one byte each. */
enum pulse_word {
    PULSE_BEAT = 'b',
    PULSE_STOP_GENTLY = 's',
    PULSE_STOP_NOW = 'k',
    PULSE_LEASE_ENDED = 'l',
};

struct pulse {
    pid_t pid;
    int words; /* to be read from, not blocking */
};

/* An errno. Forks; the process ends with its parent, or when words is closed. */
int pulse_start(struct pulse *pulse, const char *dir, const struct node_order *order);
void pulse_stop(struct pulse *pulse); /* a zeroed one is fine */

#endif
