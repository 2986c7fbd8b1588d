/*
 * launcher/adoption.h - what became of an attempt, from its folder and /proc alone: whether its
 * shim runs, how it ended, or that it never began.
 *
 * Whatever the answer, it is final: an attempt that had not begun is claimed here, so that it never
 * does; one whose shim is gone without a record has all its processes killed. Asking again gives
 * the same.
 */
#ifndef LAUNCHER_ADOPTION_H
#define LAUNCHER_ADOPTION_H

#include "launcher/launcher.h"

enum adoption {
    ADOPTION_RUNNING, /* *pidfd is its shim's; the caller's */
    ADOPTION_ENDED,   /* *ending tells how; all but key and end_us come from its record */
    ADOPTION_UNKNOWN, /* no descriptor left to look with: ask again later */
};

/* now_us: the wall clock, for endings without a record. */
enum adoption adoption_look(const char *attempt_dir, struct attempt_key key, int64_t now_us,
                            struct ending *ending, int *pidfd);

#endif
