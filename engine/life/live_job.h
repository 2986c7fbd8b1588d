/*
 * engine/life/live_job.h - a job that is being worked on: its row, spec, sampler and the trials
 * that have not ended. The controller's own. Memory does not grow with trials that have ended, but
 * for samplers that learn from them.
 *
 * A study of VizierService is one, too: its trials wait for a client instead of a launch.
 */
#ifndef ENGINE_LIFE_LIVE_JOB_H
#define ENGINE_LIFE_LIVE_JOB_H

#include "engine/life/early_stopping.h"
#include "engine/life/point_set.h"
#include "engine/life/study_memory.h"
#include "engine/life/trial.h"
#include "engine/life/tuning_job.h"
#include "engine/store/store.h"
#include "metrics/metric_reader.h"
#include "search/sampler.h"

struct request; /* event.h */

/* A trial that waits or runs. */
struct live_trial {
    int64_t number;
    int attempt;            /* the newest; 0: never started */
    enum trial_state state; /* REQUESTED, ACTIVE or STOPPING */
    enum stop_cause stop_cause;
    int losses;      /* attempts that the machine lost, in this engine's life */
    bool is_adopted; /* started by an engine that is gone */
    bool is_stored;  /* it has a row */
    int64_t start_us;
    struct series *series;      /* NULL while it waits */
    size_t stored_measurements; /* indexes below it are in the store */
    double progress; /* once stopped early and ended: how far it came (NaN: not known); else 0 */
    struct metric_mark mark; /* of an adopted attempt */
    bool has_mark;
    double *point; /* param_count */

    /* Of a study. */
    char *client;  /* who has it; NULL: nobody yet */
    size_t judged; /* so many measurements it had when it was last found worth finishing */
};

struct live_job {
    struct job_row row;
    struct job_spec
        *spec; /* its budgets may change (job_budget.h), which only the controller reads */
    struct sampler *sampler;
    struct study_memory *memory;     /* NULL where the sampler needs none */
    struct early_stopping *stopping; /* NULL without a rule */
    struct tuning_job life;
    struct live_trial *trials; /* unordered */
    size_t trial_count, trial_capacity;
    int64_t last_number, last_end_order;
    bool is_pausing;
    int unstarted_in_row; /* launches since one last ran, that never did */
    double *values;       /* one per metric: room for a final measurement */
    double *point;        /* one per parameter: room for a suggestion */

    /* As which one the sampler counted its last suggestion, where it has no memory: a trial that
     * was not suggested uses up no number of the sampler's sequence. */
    int64_t last_ordinal;

    /* What is computed elsewhere from this job's memory: controller_search.c. */
    uint64_t opening;           /* tells this from other lives of the same job in one engine */
    int task_count;             /* so many borrow from it: it must not be freed */
    bool is_learning;           /* one of them is a model */
    bool awaits_model;          /* the next suggestion will be made with it */
    struct search_task *answer; /* a suggestion that has come, while it is looked at */
    struct live_job *next_left; /* of those that only wait for their tasks */

    /* Of a study: controller_study.c. */
    struct request *first_waiting, *last_waiting; /* for a suggestion, in the order they came */
    /* The one of them whose contexts have their trials already; since then only trials for it were
     * made. NULL: none. Compared only. */
    const struct request *matched;
    int64_t last_operation;
    struct point_set given; /* by clients, where a sampler would come to each point once */
    bool has_fixed;         /* the next suggestion is for a context of its client's */
    double *fixed;          /* param_count: what the context fixes, NaN elsewhere */
    uint64_t last_use; /* of all studies that are live, the least has been left alone longest */
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

/* Adds the trial of an ended row to the job's memory, where it has one and the trial tells
 * something (suggestion_past()). Call in the order of the ends. False for lack of memory. */
bool live_job_remember(struct live_job *job, const struct trial_row *row, double progress);

/* A point of the study that its sampler has not made. False for lack of memory. */
bool live_job_note_given(struct live_job *job, const double *point);

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
