/*
 * engine/notify/notify_delivery.h - one notice, told to one hook, once. Blocks; for a thread that
 * may wait.
 */
#ifndef ENGINE_NOTIFY_NOTIFY_DELIVERY_H
#define ENGINE_NOTIFY_NOTIFY_DELIVERY_H

#include "assay/env.h"
#include "engine/notify/notify_hook.h"
#include "launcher/subprocess.h"

/* What a hook gets: a JSON object on one line, with a newline. The caller frees it; NULL for lack
 * of memory. */
char *notify_payload(const struct notice_row *notice);

/* "sha256=" and the HMAC-SHA256 (RFC 2104) of body under that key, as webhooks are signed. */
enum { NOTIFY_SIGNATURE_TEXT = 72 };
char *notify_signature(const char *secret, const char *body, char text[NOTIFY_SIGNATURE_TEXT]);

enum notify_outcome {
    NOTIFY_DONE,
    NOTIFY_AGAIN,   /* it may work later */
    NOTIFY_REFUSED, /* it never will */
};

/* *err says why it was not done. cancel ends it, within a second or two. */
enum notify_outcome notify_deliver(const struct notify_hook *hook, const struct notice_row *notice,
                                   const struct assay_env *env, struct subprocess_cancel *cancel,
                                   struct assay_error *err);

#endif
