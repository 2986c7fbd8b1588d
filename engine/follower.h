/*
 * engine/follower.h - the thread that reads what running attempts write.
 *
 * It polls each attempt's metric reader (quickly while lines pour in, once a second when quiet),
 * and reads once more when the attempt has ended. Everything it learns goes to the controller as
 * events; an attempt's last reports travel with its end.
 */
#ifndef ENGINE_FOLLOWER_H
#define ENGINE_FOLLOWER_H

#include "engine/event.h"

struct follower;

/* Borrows env and queue. Starts the thread. NULL and *err on failure. */
struct follower *follower_new(const struct assay_env *env, struct event_queue *queue,
                              struct assay_error *err);
/* Ends the thread; attempts that are still followed are forgotten. NULL is fine. */
void follower_free(struct follower *follower);

/* What to follow. All copied, but specs and regexes are borrowed until the attempt ends. */
struct follow {
    struct attempt_key key;
    const char *attempt_dir;
    const char *metric_path;
    const struct metric_spec *specs;
    const char *const *regexes;
    size_t metric_count;
    int64_t start_us;
    const struct metric_mark *mark; /* NULL: from the beginning */
};

/* Before the attempt is launched. Any thread. */
bool follower_attach(struct follower *follower, const struct follow *follow,
                     struct assay_error *err);

/* The attempt has ended: reads the rest, posts EVENT_ENDED, detaches. Any thread. An attempt that
 * was never attached is passed on as it is. */
void follower_ended(struct follower *follower, const struct ending *ending);

#endif
