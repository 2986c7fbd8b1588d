/*
 * launcher/adoption.h - what became of an attempt, from its folder and /proc alone: whether its
 * shim runs, how it ended, or that it never began.
 *
 * ADOPTION_ENDED is final: an attempt that had not begun is claimed here, so that it never does;
 * one whose shim is gone without a record has all its processes killed. Asking again gives the
 * same.
 */
#ifndef LAUNCHER_ADOPTION_H
#define LAUNCHER_ADOPTION_H

#include "launcher/launcher.h"

enum adoption {
    ADOPTION_RUNNING, /* *pidfd is its shim's; the caller's */
    ADOPTION_ENDED,   /* *ending tells how; all but key and end_us come from its record */
    ADOPTION_UNKNOWN, /* no descriptor left to look with: ask again later */
    /*
     * Nobody has begun it, but the claim that forbids it cannot be made (a full or read-only disk):
     * *ending tells how it ended, which is true only if no shim is on its way to it. Else ask again
     * later.
     */
    ADOPTION_UNCLAIMED,
};

/* now_us: the wall clock, for endings without a record. */
enum adoption adoption_look(const char *attempt_dir, struct attempt_key key, int64_t now_us,
                            struct ending *ending, int *pidfd);

#endif
