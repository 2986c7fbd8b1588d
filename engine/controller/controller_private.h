/*
 * engine/controller/controller_private.h - the controller's inside, shared by controller.c
 * (events), controller_commit.c (deeds), controller_job.c (what a job does next),
 * controller_search.c (suggestions), controller_stopping.c (early stopping), controller_request.c
 * (what people ask for), controller_steering.c (what they change about a job), controller_study.c
 * and controller_trial.c (studies of VizierService).
 */
#ifndef ENGINE_CONTROLLER_CONTROLLER_PRIVATE_H
#define ENGINE_CONTROLLER_CONTROLLER_PRIVATE_H

#include "engine/controller/controller.h"

/* So many launches in a row that never ran pause a job. */
enum { UNSTARTED_MAX = 5 };

/* So many studies stay in memory; what is asked of another one loads it anew. */
enum { LIVE_STUDIES_MAX = 256 };

/* What is to be done once the batch is committed. */
enum deed_kind { DEED_LAUNCH, DEED_ADOPT, DEED_STOP, DEED_SEARCH, DEED_PUBLISH, DEED_FORGET };

struct deed {
    enum deed_kind kind;
    int64_t job;
    struct attempt_key key;   /* LAUNCH, ADOPT, STOP */
    int64_t trial;            /* PUBLISH: its number */
    enum stop_manner manner;  /* STOP */
    struct search_task *task; /* SEARCH: owned */
};

struct controller {
    struct store *store;
    const struct assay_env *env;
    struct controller_outlet outlet;
    struct live_job **jobs; /* in the order they were opened */
    size_t job_count, job_capacity;
    struct live_job *first_left; /* not worked on any more, but tasks borrow from them */
    uint64_t opening_count;      /* jobs opened so far */
    uint64_t use_count;          /* of studies */
    struct deed *deeds;
    size_t deed_count, deed_capacity;
    struct request *first_request, *last_request; /* to be answered, in the order they came */
    struct event *own_events;                     /* ends of attempts that could not be launched */
    size_t own_event_count, own_event_capacity;
    int64_t now_us; /* wall clock of this batch; never goes back */
    bool is_stopped;
    bool is_broken;
    struct assay_error why_broken;
};

/* Marks the controller broken for lack of memory or a failed write; returns false. */
bool controller_break(struct controller *c, const struct assay_error *err);
bool controller_break_memory(struct controller *c);

struct live_job *controller_find_job(struct controller *c, int64_t id); /* or NULL */
bool controller_add_job(struct controller *c, struct live_job *job);    /* takes job */
void controller_drop_job(struct controller *c, int64_t id);
/* Nobody works on the job any more; its memory goes when the last task has come back. */
void controller_leave_job(struct controller *c, struct live_job *job);

/* The request is answered with this batch, whenever it came. */
void controller_answer(struct controller *c, struct request *request);

/* Stores the trial's measurements from index first on. */
bool controller_put_measurements(struct controller *c, const struct live_job *job,
                                 const struct live_trial *trial, size_t first);

/* The trial's end, with job->values where it has a final measurement; takes it out of the job.
 * first_changed: measurements from this index on are not in the store as they are now. */
void controller_end_trial(struct controller *c, struct live_job *job, struct live_trial *trial,
                          const struct trial_verdict *verdict, int64_t end_us,
                          size_t first_changed);

/* controller_commit.c: to be done once the batch is committed. */
bool controller_add_deed(struct controller *c, struct deed deed);

/*
 * controller_stopping.c: a trial's measurements have changed from index first on; is it worth
 * finishing? is_ended: it has ended, so that this is for others to learn from.
 */
void controller_judge(struct controller *c, struct live_job *job, struct live_trial *trial,
                      size_t first, bool is_ended);
/* A trial ends: what becomes of the verdict that was to stop it, and what its end teaches. */
bool controller_settle_stop(struct controller *c, struct live_job *job, struct live_trial *trial,
                            const struct trial_verdict *verdict);

/* controller_search.c: a new suggestion as a waiting trial, at once or by a task whose answer asks
 * again; or none (exhausted, failed). */
void controller_suggest(struct controller *c, struct live_job *job);
/* Has the next model learnt, where one can be and further trials are to come. */
void controller_learn(struct controller *c, struct live_job *job);
/* A task has come back; takes it. */
void controller_searched(struct controller *c, struct search_task *task);

/* controller_job.c: asks the job until it waits. */
void controller_advance(struct controller *c, struct live_job *job);
bool controller_stop_trials(struct controller *c, struct live_job *job, enum stop_cause cause,
                            enum stop_manner manner);
bool controller_store_job(struct controller *c, struct live_job *job);
/* Ends a trial that waits to be started; takes it out of the job. */
bool controller_end_waiting(struct controller *c, struct live_job *job, struct live_trial *trial,
                            enum failure_class failure, const char *reason);
/* What an EVENT_MOVED says; nothing to a job that has ended or is being cancelled. */
void controller_move_job(struct controller *c, const struct event *event);

/* controller_request.c: its trials are stopped, to be started again by a resume. Takes note (NULL:
 * the job's stays), which says why. */
void controller_pause_job(struct controller *c, struct live_job *job, enum stop_manner manner,
                          char *note);

/* controller_study.c */
/* A study of this name and parent must not be there yet: ASSAY_EXISTS. */
bool controller_check_study_name(struct controller *c, const struct job_row *row,
                                 struct assay_error *err);
void controller_handle_study_request(struct controller *c, struct request *request);
/* A trial's state is stored as it is in memory. */
bool controller_store_trial_state(struct controller *c, const struct live_job *job,
                                  const struct live_trial *trial);
bool controller_insert_trial(struct controller *c, const struct live_job *job,
                             const struct live_trial *trial);
/* From waiting to running, in memory. */
bool controller_begin_trial(struct controller *c, struct live_job *job, struct live_trial *trial);
/* What was answered, for those who look at it again: a new operation. */
bool controller_store_operation(struct controller *c, struct live_job *job,
                                struct study_request *ask, enum operation_kind kind,
                                const int64_t *trials, size_t trial_count);
/* A sampler cannot forget, so after a deletion the study is made anew from the store, when it is
 * next asked for. Takes job. */
void controller_reopen_study(struct controller *c, struct live_job *job);
/* Ends the study where it is to end, and serves those who wait for suggestions. */
void controller_advance_study(struct controller *c, struct live_job *job);
/* Those who wait for suggestions of the job (NULL: of any) will get none. */
void controller_refuse_waiting(struct controller *c, struct live_job *job,
                               const struct assay_error *why);

/* controller_trial.c */
void controller_handle_trial_request(struct controller *c, struct live_job *job,
                                     struct request *request);

/* controller_request.c: of the request's job; ASSAY_NOT_FOUND where somebody was quicker. */
void controller_forget_operation(struct controller *c, struct request *request, int64_t number);

/* controller_steering.c */
void controller_handle_steering(struct controller *c, struct request *request);

/* controller_request.c: the job of this id that is worked on and has not ended, or NULL. */
struct live_job *controller_find_unended(struct controller *c, int64_t id);

/* controller_request.c: fills the request's answer. */
void controller_handle_request(struct controller *c, struct request *request);

#endif
