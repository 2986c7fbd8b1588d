/*
 * launcher/dispatcher/leftovers.h - attempts that an earlier engine has left running, until they
 * are adopted, which the jobs of an engine that has other work may never be. What they hold of the
 * machine is given to nobody else while they run.
 *
 * The dispatcher's own, with its mutex held.
 */
#ifndef LAUNCHER_DISPATCHER_LEFTOVERS_H
#define LAUNCHER_DISPATCHER_LEFTOVERS_H

#include "launcher/places/places.h"

#include <sys/queue.h>

struct leftover; /* opaque: leftovers.c */

LIST_HEAD(leftover_list, leftover);

/*
 * From its folder: nothing to note of what holds nothing, or does not run. What had its place and
 * had not begun never will; what its shim has left alone is killed, as by an adoption. False and
 * *err for lack of memory.
 */
bool leftovers_note(struct leftover_list *list, struct places *places, struct attempt_key key,
                    int64_t job, const char *dir, struct assay_error *err);

/* Somebody looks after it from now on. */
void leftovers_drop(struct leftover_list *list, struct attempt_key key);

/* Looks which have ended, in the same way, and gives back what they held. */
void leftovers_check(struct leftover_list *list);

void leftovers_report(const struct leftover_list *list, launcher_report_fn fn, void *context);
void leftovers_clear(struct leftover_list *list);

#endif
