/*
 * engine/cli/interrupts.h - Ctrl-C and its kin, as events instead of handlers.
 *
 * The signals are blocked before any thread is started, so that all threads inherit that, and taken
 * by the one thread that waits for them, which must be the process's first. A signal that the
 * caller of the program has set to be ignored (nohup, a background job) stays ignored.
 */
#ifndef ENGINE_CLI_INTERRUPTS_H
#define ENGINE_CLI_INTERRUPTS_H

#include <signal.h>

struct interrupts {
    sigset_t set; /* SIGINT, SIGTERM, SIGHUP, but for those that are ignored */
};

/* Blocks them, for the rest of the process's life. Also ignores SIGPIPE: a reader of our output
 * that goes away must not end trials. */
void interrupts_begin(struct interrupts *interrupts);

/* Waits at most timeout_ms; returns the signal, or 0 when none came. */
int interrupts_wait(const struct interrupts *interrupts, int timeout_ms);

/* From now on they end the process at once, also one that came and was not taken. */
void interrupts_end(const struct interrupts *interrupts);

#endif
