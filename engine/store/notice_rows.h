/*
 * engine/store/notice_rows.h - the outbox of notifications: each change of a state, written by the
 * very transaction that makes it, and how far each hook has been told.
 *
 * Triggers write it, which the writer has for itself alone (TEMP): who watches for nothing pays for
 * nothing, and whoever changes a row, and from wherever, cannot forget to.
 */
#ifndef ENGINE_STORE_NOTICE_ROWS_H
#define ENGINE_STORE_NOTICE_ROWS_H

#include "assay/error.h"

#include <stdint.h>

struct store;

/* Bits, for who wants which. */
enum notice_kind { NOTICE_JOB = 1, NOTICE_PIPELINE = 2, NOTICE_TRIAL = 4 };

struct notice_row {
    int64_t id;
    enum notice_kind kind;
    int64_t resource;     /* a job's or pipeline's id; store_trial_id() */
    int job_kind;         /* enum job_kind */
    int state, old_state; /* numbers of the kind's own states; 0: it was not there before */
    int64_t time_us;
    int error_code; /* 0: none */
    char *parent, *display_name, *error_message;
};

void notice_row_clear(struct notice_row *row);

/* From now on changes of these kinds are noted, by this handle, the writer's. */
bool store_notice_watch(struct store *store, unsigned kinds, struct assay_error *err);

/* A hook that is new is told of what comes from now on. */
bool store_notice_begin_hook(struct store *store, const char *hook, struct assay_error *err);

/* The last notice that the hook was told of. */
bool store_notice_hook(struct store *store, const char *hook, int64_t *done,
                       struct assay_error *err);
/* Sets that, and deletes what every hook has been told of. */
bool store_notice_put_hook(struct store *store, const char *hook, int64_t done,
                           struct assay_error *err);
/* No such hook is configured any more: nothing waits for it. */
bool store_notice_keep_hooks(struct store *store, const char *const *hooks, size_t count,
                             struct assay_error *err);

/* The first one behind after; row->id 0: there is none. */
bool store_notice_next(struct store *store, int64_t after, struct notice_row *row,
                       struct assay_error *err);
/* The newest one's id; 0: there was never one. */
bool store_notice_last(struct store *store, int64_t *id, struct assay_error *err);

#endif
