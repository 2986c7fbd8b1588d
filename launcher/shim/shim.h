/*
 * launcher/shim/shim.h - the life of one attempt, from its claim to its exit record, in a process
 * of its own.
 *
 * Signals to that process are its orders: SIGTERM stops the trial gently, SIGINT at once. Whatever
 * the trial starts, also what it detaches, ends with it.
 */
#ifndef LAUNCHER_SHIM_SHIM_H
#define LAUNCHER_SHIM_SHIM_H

#include "launcher/shim/shim_protocol.h"

/*
 * Runs the encoded request in the calling process, which has all signals blocked, no other child
 * and /dev/null as its standard files. Returns when all is over: 0 when a record was written,
 * 1 when the attempt was not begun here or no record could be written.
 */
int shim_run(char *body, size_t size, const char *boot_id);

/* The same for a request that is decoded already. */
int shim_run_request(const struct shim_request *request, const char *boot_id);

#endif
