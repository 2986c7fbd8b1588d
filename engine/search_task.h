/*
 * engine/search_task.h - what the controller has computed elsewhere: a suggestion, or a model.
 *
 * A task borrows the sampler, the history's prefix and a model of a live job, which the controller
 * keeps until the task has come back by EVENT_SEARCHED. Made and read by the controller; in between
 * it belongs to whoever runs it.
 */
#ifndef ENGINE_SEARCH_TASK_H
#define ENGINE_SEARCH_TASK_H

#include "search/sampler.h"

enum search_kind { SEARCH_SUGGEST, SEARCH_LEARN };

struct search_task {
    enum search_kind kind;
    uint64_t opening; /* of the live job: live_job.h */

    /* What it is made from. */
    const struct sampler *sampler;
    const struct history *history;
    const struct sampler_model *model; /* to suggest with; or the one before that to be learnt */
    size_t past_count;                 /* the trials that count, or that are learnt from */
    uint64_t trial_number;             /* SUGGEST: as is all that follows */
    int64_t max_trial_count;           /* where it was changed: sampler.h */
    int64_t last_end_order;            /* suggestion.h */
    double *pending;
    size_t pending_count;
    double *fixed; /* values that the point is to have: sampler.h; all NaN: none */
    bool has_fixed;

    /* What is made. */
    enum sampler_answer answer; /* SAMPLER_FAILED: err tells, of either kind */
    double *point;
    struct provenance provenance;
    struct sampler_model *learnt; /* LEARN; owned until it is taken */
    struct assay_error err;

    double numbers[]; /* pending points, then what is fixed, then the point */
};

/* Zeroed, with room for the points of pending_count trials; NULL for lack of memory. */
struct search_task *search_task_new(enum search_kind kind, size_t param_count,
                                    size_t pending_count);
void search_task_free(struct search_task *task); /* NULL is fine */

/* Any thread; fills what is made. */
void search_task_run(struct search_task *task);

#endif
