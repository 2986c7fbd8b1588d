/*
 * engine/notify/notifier.h - tells hooks of what has changed: a thread for each hook, which reads
 * the outbox (store/notice_rows.h), tells one notice after the other, and has noted how far it is.
 *
 * Told at least once: what was told and not noted before a crash is told again, with the same
 * number. In order: a notice that fails is tried again, later and later, before the next. After
 * NOTIFY_TRIES_MAX it is passed over, as is what is behind by more than NOTIFY_BACKLOG_MAX; the log
 * tells. Nobody waits for a hook, but the engine's end, and not long.
 */
#ifndef ENGINE_NOTIFY_NOTIFIER_H
#define ENGINE_NOTIFY_NOTIFIER_H

#include "engine/notify/notify_hook.h"

enum { NOTIFY_TRIES_MAX = 12, NOTIFY_BACKLOG_MAX = 10000 };

struct engine;
struct notifier;

/* Before there are threads: changes in store, the writer's, are noted from now on. */
bool notifier_prepare(struct store *store, const struct notify_hook *hooks, size_t count,
                      struct assay_error *err);

/* hooks are borrowed. NULL and *err. */
struct notifier *notifier_new(struct engine *engine, const struct notify_hook *hooks, size_t count,
                              struct assay_error *err);
/* While there is a controller. Tells what there is to tell, once, for a few seconds at the most,
 * and ends the threads; what is left the next engine finds. NULL is fine. */
void notifier_stop(struct notifier *notifier);
/* Once nobody notes any more. Stops it first, where it was not. NULL is fine. */
void notifier_free(struct notifier *notifier);

/* Something was committed. Any thread, often; NULL is fine. */
void notifier_note(struct notifier *notifier);

#endif
