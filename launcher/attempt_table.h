/*
 * launcher/attempt_table.h - the attempts that a launcher has in hand, by key. One thread.
 */
#ifndef LAUNCHER_ATTEMPT_TABLE_H
#define LAUNCHER_ATTEMPT_TABLE_H

#include "launcher/launcher.h"

#include <sys/queue.h>

struct attempt {
    struct attempt_key key;
    struct attempt *next_in_bucket;
    char *dir; /* owned */
    TAILQ_ENTRY(attempt) in_outbox;
    bool is_in_outbox;
    char *request; /* owned; until the nursery has replied, NULL for an adopted one */
    size_t request_size;
    int send_count;
    int pidfd;         /* its shim's; -1 while there is none */
    bool is_unwatched; /* it may run, but its shim could not be watched so far */
    bool has_one_shim; /* at most: sent once, by this launcher */
    bool is_shimless;  /* no shim is left that could begin it */
    bool is_stop_wanted;
    enum stop_manner stop_manner;
};

TAILQ_HEAD(attempt_list, attempt);

/* Attempts that run at once are counted in hundreds: no need to grow. */
enum { ATTEMPT_BUCKETS = 1024 };

/* Zero it to start; owns its attempts. */
struct attempt_table {
    struct attempt *buckets[ATTEMPT_BUCKETS];
};

struct attempt *attempt_new(struct attempt_key key, const char *dir, struct assay_error *err);
void attempt_free(struct attempt *attempt); /* closes pidfd */

void attempt_table_clear(struct attempt_table *table);
void attempt_table_add(struct attempt_table *table, struct attempt *attempt);    /* takes */
void attempt_table_remove(struct attempt_table *table, struct attempt *attempt); /* gives back */
struct attempt *attempt_table_find(const struct attempt_table *table, struct attempt_key key);

/* In no order; attempt may be removed once its next is known. */
struct attempt *attempt_table_first(const struct attempt_table *table);
struct attempt *attempt_table_next(const struct attempt_table *table,
                                   const struct attempt *attempt);

#endif
