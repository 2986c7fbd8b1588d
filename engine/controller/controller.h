/*
 * engine/controller/controller.h - the one thread that decides.
 *
 * The controller owns all live jobs and the writing store. Events go in; what follows from them is
 * stored; only then the outlet is told what to do and the waiting requests are answered. It waits
 * for nothing, so tests and the simulator call it without threads:
 *
 *     controller_begin(c) … controller_handle(c, &event) … controller_commit(c)
 *
 * A store that cannot be written ends the controller (is_broken): memory would know more than the
 * disk. Trials run on under their shims, and the next engine takes them over; so a full disk is
 * handled like a crash, which is the path that is tested most.
 */
#ifndef ENGINE_CONTROLLER_CONTROLLER_H
#define ENGINE_CONTROLLER_CONTROLLER_H

#include "engine/event.h"
#include "engine/life/live_job.h"

/* Where deeds go. Called after the commit, by the thread that commits. Must not call back. */
struct controller_outlet {
    void *context;
    /* Before a new job is stored: QUEUED or PENDING keeps it so until EVENT_MOVED, RUNNING does
     * not. False for lack of memory. NULL: nobody holds jobs. */
    bool (*hold)(void *context, const struct live_job *job, enum job_state *state);
    /* How many trials may be started beyond parallelTrialCount, since the launcher has them wait
     * for their predecessors. NULL: none. */
    int64_t (*ahead)(void *context, const struct live_job *job);
    /* False and *err: it could not be started; the attempt then ends as ENDING_NOT_STARTED. */
    bool (*launch)(void *context, const struct live_job *job, const struct live_trial *trial,
                   struct assay_error *err);
    bool (*adopt)(void *context, const struct live_job *job, const struct live_trial *trial,
                  struct assay_error *err);
    void (*stop)(void *context, struct attempt_key key, enum stop_manner manner);
    /* Copies out the model of the trial (0: the custom job's own); answers by EVENT_PUBLISHED.
     * False for lack of memory. */
    bool (*publish)(void *context, const struct live_job *job, int64_t trial);
    /* Takes the task: has it run on a thread of its kind and handed back by EVENT_SEARCHED. False
     * for lack of memory, the task then stays the caller's. NULL: the controller runs it itself, at
     * once. */
    bool (*search)(void *context, struct search_task *task);
    /* A job's rows are gone: so may be its folder. */
    void (*forget)(void *context, int64_t job);
    /* Something was committed; NULL where nobody waits. */
    void (*changed)(void *context);
};

/* Where a job stands that is worked on now. */
struct job_progress {
    int64_t job;
    enum job_state state;
    int64_t created, waiting, running, ended, succeeded, failed;
    int64_t best_trial;
    double best_value;
    int64_t last_end_order;
};

struct controller;

/* Borrows store and env; copies outlet. NULL for lack of memory. */
struct controller *controller_new(struct store *store, const struct assay_env *env,
                                  const struct controller_outlet *outlet);
/* No search task may be under way on another thread. */
void controller_free(struct controller *controller);

bool controller_begin(struct controller *controller);
/* Takes what event points to. Does nothing once broken. */
void controller_handle(struct controller *controller, struct event *event);
/* Commits, then acts. False once broken: *why says it. Answers requests in either case, through
 * queue, or by their is_answered alone where queue is NULL. */
bool controller_commit(struct controller *controller, struct event_queue *queue,
                       struct assay_error *why);

/* Wall clock of the next moment at which time alone decides something; INT64_MAX for none. */
int64_t controller_deadline(const struct controller *controller);

/* A REQUEST_STOP was handled. */
bool controller_is_stopped(const struct controller *controller);

/* Where the live jobs stand: fills at most max items, returns how many. */
size_t controller_progress(const struct controller *controller, struct job_progress *items,
                           size_t max);

/* No live job has work left to do. */
bool controller_is_idle(const struct controller *controller);

#endif
