/*
 * engine/life/live_job.h - a job that is being worked on: its row, spec, sampler and the trials
 * that have not ended. The controller's own; memory does not grow with trials that have ended.
 */
#ifndef ENGINE_LIFE_LIVE_JOB_H
#define ENGINE_LIFE_LIVE_JOB_H

#include "engine/life/trial.h"
#include "engine/life/tuning_job.h"
#include "engine/store/store.h"
#include "metrics/metric_reader.h"
#include "search/sampler.h"

/* A trial that waits or runs. */
struct live_trial {
    int64_t number;
    int attempt;            /* the newest; 0: never started */
    enum trial_state state; /* REQUESTED, ACTIVE or STOPPING */
    enum stop_cause stop_cause;
    int losses;      /* attempts that the machine lost, in this engine's life */
    bool is_adopted; /* started by an engine that is gone */
    int64_t start_us;
    struct series *series;      /* NULL while it waits */
    size_t stored_measurements; /* indexes below it are in the store */
    struct metric_mark mark;    /* of an adopted attempt */
    bool has_mark;
    double *point; /* param_count */
};

struct live_job {
    struct job_row row;
    struct job_spec *spec;
    struct sampler *sampler;
    struct tuning_job life;
    struct live_trial *trials; /* unordered */
    size_t trial_count, trial_capacity;
    int64_t last_number, last_end_order;
    bool is_pausing;
    int unstarted_in_row; /* launches since one last ran, that never did */
    double *values;       /* one per metric: room for a final measurement */
};

/* Takes what row points to and spec, also on failure. */
struct live_job *live_job_new(struct job_row *row, struct job_spec *spec, struct assay_error *err);
void live_job_free(struct live_job *job);

/*
 * A stored job as it was: counts, best, and the trials that had not ended, with their measurements
 * and marks. ASSAY_NOT_FOUND.
 */
struct live_job *live_job_load(struct store *store, int64_t id, struct assay_error *err);

/* The stored document, typed. The caller frees it: job_spec_free(). */
struct job_spec *job_row_spec(const struct job_row *row, struct assay_error *err);

/* A new trial at the end of the array, its point uninitialised; NULL for lack of memory. The
 * pointer is good until the next call. */
struct live_trial *live_job_add_trial(struct live_job *job, int64_t number);
void live_job_remove_trial(struct live_job *job, struct live_trial *trial);
struct live_trial *live_job_find_trial(struct live_job *job, int64_t number); /* or NULL */

/* The waiting trial of the lowest number, or NULL. */
struct live_trial *live_job_waiting_trial(struct live_job *job);

/* The name of the trial's newest attempt. */
struct attempt_key live_trial_key(const struct live_job *job, const struct live_trial *trial);

/* How many parameters and metrics a point and a final measurement have. */
size_t live_job_param_count(const struct live_job *job);
size_t live_job_metric_count(const struct live_job *job);

#endif
