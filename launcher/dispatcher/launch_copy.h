/*
 * launcher/dispatcher/launch_copy.h - a launch that outlives the call that brought it.
 */
#ifndef LAUNCHER_DISPATCHER_LAUNCH_COPY_H
#define LAUNCHER_DISPATCHER_LAUNCH_COPY_H

#include "launcher/launcher.h"

/* All that launch points to is copied, too. NULL for lack of memory. */
struct launch *launch_copy(const struct launch *launch);
void launch_copy_free(struct launch *copy); /* NULL is fine */

#endif
