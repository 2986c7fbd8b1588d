/*
 * engine/store/steering_rows.h - what was changed about a job after it was submitted: its budgets,
 * and which of its trials are others run again.
 */
#ifndef ENGINE_STORE_STEERING_ROWS_H
#define ENGINE_STORE_STEERING_ROWS_H

#include "engine/store/store.h"

/* What a job may spend, from a moment on. */
struct budget_row {
    int64_t job;
    int64_t number; /* 0: as submitted; 1, 2, …: as changed then */
    int64_t time_us;
    int64_t created; /* so many trials had been made by then */
    int64_t max_trial_count, parallel_trial_count, max_failed_trial_count;
};

bool store_budget_put(struct store *store, const struct budget_row *row, struct assay_error *err);
/* By number, none where nothing was ever changed. row is valid during the call; false ends the
 * walk. */
typedef bool (*budget_row_fn)(void *context, const struct budget_row *row);
bool store_budget_each(struct store *store, int64_t job, budget_row_fn fn, void *context,
                       struct assay_error *err);
bool store_budget_delete(struct store *store, int64_t job, struct assay_error *err);

/* What the job runs, as JSON, with other budgets than before. */
bool store_job_set_document(struct store *store, int64_t job, const char *document,
                            struct assay_error *err);

/* The job's trial number is its trial original run again. */
bool store_retry_put(struct store *store, int64_t job, int64_t number, int64_t original,
                     struct assay_error *err);
/* Of the job's trials from first to last, by number; false ends the walk. */
typedef bool (*retry_fn)(void *context, int64_t number, int64_t original);
bool store_retry_each(struct store *store, int64_t job, int64_t first, int64_t last, retry_fn fn,
                      void *context, struct assay_error *err);

/* What a job's retries add up to. */
struct retry_totals {
    int64_t forgiven;       /* trials that failed by a class that counts, and were run again */
    bool is_first_forgiven; /* the trial that ended first is one of them */
};
bool store_retry_totals(struct store *store, int64_t job, struct retry_totals *totals,
                        struct assay_error *err);

/* As which one its sampler counted a trial's suggestion: its number where no row says otherwise. */
bool store_made_ordinal(struct store *store, int64_t job, int64_t number, int64_t *ordinal,
                        struct assay_error *err);

/* A version in the model registry was made from a trial of the job of this resource name; its
 * model's id as a text that the caller frees. *model is NULL: there is none. */
bool store_model_of_job(struct store *store, const char *name, char **model,
                        struct assay_error *err);

#endif
