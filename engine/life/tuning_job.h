/*
 * engine/life/tuning_job.h - what a job does next, as a pure function of what has happened.
 *
 * A struct tuning_job is a plain record of counts. The controller tells it what happened (the
 * tuning_job_… verbs), lets it settle, and asks tuning_job_next() until that answers JOB_WAIT.
 * Nothing here knows a clock, a store or a process. A custom job is the case of one trial without
 * metrics. A study only counts and settles here; what it does next its clients decide.
 */
#ifndef ENGINE_LIFE_TUNING_JOB_H
#define ENGINE_LIFE_TUNING_JOB_H

#include "engine/life/states.h"
#include "engine/spec/job_spec.h"

/*
 * Why no further trial will be made. Once it is so it stays so, whatever the trials that still run
 * bring; it is stored with the job, since the counts alone may tell otherwise later. Stored by
 * number: only append.
 */
enum job_closing {
    JOB_CLOSING_NONE,
    JOB_CLOSING_STOPPED, /* a rule of studyStoppingConfig */
    JOB_CLOSING_FAILED,  /* the failure limit */
};

struct tuning_job {
    const struct job_spec *spec; /* borrowed */
    enum job_state state;
    enum job_closing closing;
    int64_t create_us;
    int64_t ahead; /* so many beyond parallelTrialCount are started: the launcher has them wait */

    int64_t created; /* trials made so far, whatever became of them */
    int64_t waiting; /* REQUESTED: made, to be started (again) */
    int64_t running; /* ACTIVE or STOPPING */
    int64_t ended;
    int64_t succeeded;
    int64_t failed;                  /* ended with a class that counts (failure_class_counts) */
    int64_t forgiven;                /* of these: trials that are run again, as others */
    bool has_first_ended_failed;     /* and was not forgiven */
    enum failure_class last_failure; /* of the trial that ended last */
    bool is_held_back; /* a minimum of studyStoppingConfig is not reached; as of the last settle */

    int64_t best_trial; /* 0: none */
    double best_value;
    int64_t ended_at_best; /* how many had ended when the best one did */
    int64_t progress_us;   /* wall clock of that moment; create_us before */

    bool is_suggesting;     /* the sampler was asked, and has not answered yet */
    bool is_exhausted;      /* the sampler has no further point */
    char search_error[200]; /* not empty: the sampler failed, and with it the job */
    bool is_held;           /* PENDING, and stays so */
    char break_reason[200]; /* not empty: the job fails, however its trials fare */
    enum assay_code break_code;
    bool is_published; /* the winner's model was dealt with */
    bool is_publishing;
    int64_t publishing_trial; /* whose model that is */
    bool are_trials_stopped;  /* running trials were told to stop */
};

enum job_action {
    JOB_WAIT,        /* for a trial to end, the sampler, the publisher, or the deadline */
    JOB_START,       /* RUNNING begins now */
    JOB_START_TRIAL, /* one that waits */
    JOB_SUGGEST,     /* a new trial is wanted, to wait and then to be started */
    JOB_STOP_TRIALS, /* all that run */
    JOB_PUBLISH,     /* the best trial's model */
    JOB_END,         /* in end_state */
};

struct job_decision {
    enum job_action action;
    enum job_state end_state;
    enum assay_code error_code; /* of JOB_END with FAILED or CANCELLED */
    char why[256];              /* of JOB_END and JOB_STOP_TRIALS: a sentence, may be empty */
};

void tuning_job_init(struct tuning_job *job, const struct job_spec *spec, int64_t create_us);

/* Looks whether the job closes now. True when closing changed, which is then to be stored. */
bool tuning_job_settle(struct tuning_job *job, int64_t now_us);

struct job_decision tuning_job_next(const struct tuning_job *job);

/*
 * A job that has ended is RUNNING again where its budget and its rules leave it something to do,
 * now that either was changed; else nothing is changed, and false.
 */
bool tuning_job_reopen(struct tuning_job *job, int64_t now_us);

/* So many trials may have failed, as things are, and no more are made. */
bool tuning_job_is_over_failure_limit(const struct tuning_job *job);

/* The next wall clock after now_us at which time alone may change the decision; INT64_MAX for
 * never. */
int64_t tuning_job_deadline(const struct tuning_job *job, int64_t now_us);

/* A trial of this number ended, at that moment of the wall clock; value is its first objective, NaN
 * where it has none. One that is not safe is never the best. */
void tuning_job_trial_ended(struct tuning_job *job, int64_t number, enum trial_state state,
                            enum failure_class failure, double value, bool is_safe, int64_t end_us);

/* No further trial will be made, as things are. */
bool tuning_job_is_full(const struct tuning_job *job);

/* A waiting trial of this job is not started any more: it ends with the job. */
bool tuning_job_gives_up_waiting(const struct tuning_job *job);

#endif
