/*
 * engine/notify/notify_hook.h - who is to be told of changes: a command or a web address, as
 * configured (docs/monitoring.md).
 */
#ifndef ENGINE_NOTIFY_NOTIFY_HOOK_H
#define ENGINE_NOTIFY_NOTIFY_HOOK_H

#include "engine/spec/fields.h"
#include "engine/store/notice_rows.h"

#include <stddef.h>

/* Owns its texts. One of command and webhook is there. */
struct notify_hook {
    char **command; /* argv */
    size_t command_count;
    char *webhook;  /* http:// or https:// */
    char *secret;   /* what a webhook's calls are signed with; NULL: they are not */
    unsigned kinds; /* of enum notice_kind */
};

/* Items of `notify` in the configuration. */
extern const struct message notify_hook_message;

void notify_hook_clear(struct notify_hook *hook);

/* Sets *hook to one for jobs and pipelines. False for lack of memory. */
bool notify_hook_set_command(struct notify_hook *hook, const char *program);
bool notify_hook_set_webhook(struct notify_hook *hook, const char *url);

/*
 * By what it is known in the store and in the log: the number of its kinds, unless they are the
 * usual ones, and its command, or its address without what may be
 * a secret in it, user, query and fragment; a few digits of a hash keep those apart that differ
 * in these only. The caller frees it; NULL for lack of memory.
 */
char *notify_hook_key(const struct notify_hook *hook);

/* "http://…" or "https://…" with a host. */
bool notify_is_web_address(const char *text);

#endif
