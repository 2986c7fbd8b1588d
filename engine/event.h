/*
 * engine/event.h - the words in which threads tell the controller what happened, and the queue
 * that carries them.
 *
 * An event owns what it points to, except a request, which belongs to the thread that waits for
 * its answer.
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "engine/edit.h"
#include "engine/search_task.h"
#include "engine/spec/job_spec.h"
#include "engine/store/store.h"
#include "launcher/launcher.h"
#include "metrics/metric_reader.h"

#include <semaphore.h>

enum event_kind {
    EVENT_REQUEST,       /* somebody asks for something and waits */
    EVENT_MEASURED,      /* a running attempt reported */
    EVENT_ENDED,         /* an attempt ended; the last reports are with it */
    EVENT_SEARCHED,      /* a task of the controller's was run */
    EVENT_PUBLISHED,     /* a winner's model was copied out, or could not be */
    EVENT_DISK_FULL,     /* no further trials are to be started; text: why */
    EVENT_MOVED,         /* where a job stands is decided elsewhere: by who holds it */
    EVENT_OUT_OF_MEMORY, /* somebody could not tell what happened: the engine ends */
};

enum published {
    PUBLISHED_MODEL,   /* text: its folder, relative to the state folder */
    PUBLISHED_NOTHING, /* the trial left no model; text: why */
    PUBLISHED_FAILED,  /* there is one, but it could not be copied; text: why */
};

enum request_kind {
    REQUEST_SUBMIT,
    REQUEST_RESUME,
    REQUEST_CANCEL,
    REQUEST_DELETE,
    REQUEST_PAUSE, /* all jobs: running trials are stopped, to be started again by a resume */
    REQUEST_STOP,  /* the controller's thread ends; running trials run on */

    /* Of a study's trials: struct study_request says more. */
    REQUEST_SUGGEST, /* trials for a client; waits for the sampler */
    REQUEST_TRIAL_CREATE,
    REQUEST_TRIAL_MEASURE,
    REQUEST_TRIAL_COMPLETE,
    REQUEST_TRIAL_STOP,
    REQUEST_TRIAL_CHECK, /* is it worth finishing? */
    REQUEST_TRIAL_DELETE,
    REQUEST_OPERATION_DELETE,

    REQUEST_EDIT, /* what the asker's function writes */

    /* Of a tuning job: struct steering says more. */
    REQUEST_END_TRIAL, /* a trial that runs ends now, with what it has measured */
    REQUEST_RETRY,     /* trials that failed run again, as new ones */
    REQUEST_BUDGET,    /* it may spend more, or less; where it has ended it goes on with that */
};

enum steering_count {
    STEERING_MAX_TRIALS,
    STEERING_PARALLEL,
    STEERING_MAX_FAILED,
    STEERING_COUNTS
};

/* What is asked of a tuning job under way, or that has ended. The asker's; all borrowed. */
struct steering {
    int64_t trial;         /* END_TRIAL */
    const int64_t *trials; /* RETRY: their numbers; NULL: all that failed by a fault of the user's,
                              and were not run again already */
    size_t trial_count;
    bool has_count[STEERING_COUNTS]; /* BUDGET: which of them are to be others */
    int64_t counts[STEERING_COUNTS];
};

/* A measurement that a client sends; values: one per metric, NaN where absent. */
struct study_measurement {
    int64_t step, elapsed_us;
    const double *values; /* NULL: there is none */
};

/* What is asked of a study's trials. The asker's, who frees trials; the rest is borrowed. */
struct study_request {
    int64_t trial;                                /* its number; set by CREATE */
    const char *client;                           /* SUGGEST; not empty */
    size_t count;                                 /* SUGGEST: how many are wanted, at least 1 */
    const double *contexts;                       /* SUGGEST: for each what its point is to have,
                                                     NaN where it is free; NULL: nothing */
    const double *point;                          /* CREATE: legal in the study's space */
    struct study_measurement final;               /* CREATE: it has succeeded; MEASURE, COMPLETE */
    const struct study_measurement *measurements; /* CREATE: rising */
    size_t measurement_count;
    bool is_infeasible; /* CREATE, COMPLETE */
    const char *reason; /* of that; may be NULL */

    /* The answer. */
    int64_t operation; /* SUGGEST, CHECK; else the one to be deleted */
    int64_t start_us, end_us;
    int64_t *trials; /* SUGGEST: their numbers, rising, or in the order of the contexts */
    size_t trial_count;
    int state;        /* SUGGEST: of the study, enum job_state */
    bool should_stop; /* CHECK */
};

/* Lives with the asker until it is answered: on the thread that waits for it, or, where nobody
 * waits, where on_answered finds it. Filled by the controller, answered after the commit. */
struct request {
    enum request_kind kind;
    int64_t job;                     /* which one; set by SUBMIT */
    struct job_row *row;             /* SUBMIT: taken from (its strings are moved) */
    struct job_spec *spec;           /* SUBMIT: taken, also on failure */
    enum stop_manner manner;         /* PAUSE */
    struct study_request *study;     /* from SUGGEST to OPERATION_DELETE */
    const struct steering *steering; /* from END_TRIAL on */
    const struct edit
        *edit;    /* EDIT; SUBMIT: of the same moment, before the job is stored; or NULL */
    bool is_kept; /* the controller's own: it waits, or is among those to be answered */
    bool is_ok;
    struct assay_error err;
    bool is_answered; /* without a queue: by the thread that commits */
    sem_t answered;   /* event_queue_ask()'s: wakes nobody but him who waits for this one */
    /* NULL: somebody waits in event_queue_ask(). Else called after the commit, by the thread that
     * commits, which it must not hold up; from then on the request is the asker's again. */
    void (*on_answered)(struct request *request);
    void *asker;          /* for that */
    struct request *next; /* the controller's own */
};

/* Frees a spec that nobody took. */
void request_drop_spec(struct request *request);

/* What was read of an attempt's metrics. */
struct event_reports {
    struct metric_report *items;
    size_t count;
    struct metric_mark mark;
    struct text_list seen;
};

struct event {
    enum event_kind kind;
    struct request *request;
    struct attempt_key key;       /* MEASURED */
    struct ending ending;         /* ENDED */
    struct event_reports reports; /* MEASURED, ENDED */
    char *stderr_tail;            /* ENDED; may be NULL */
    struct search_task *task;     /* SEARCHED */
    int64_t job;                  /* PUBLISHED, MOVED */
    enum published published;     /* PUBLISHED */
    enum job_state state;         /* MOVED: PENDING, RUNNING or FAILED */
    enum assay_code code;         /* MOVED to FAILED */
    char *text;                   /* PUBLISHED: where, or why not; DISK_FULL, FAILED: why */
};

void event_clear(struct event *event);

struct event_queue;

struct event_queue *event_queue_new(size_t capacity); /* NULL for lack of memory */
void event_queue_free(struct event_queue *queue);     /* clears what was never taken */

/* From now on nothing is taken in: what is put is cleared, nobody waits for room, and requests are
 * answered ASSAY_UNAVAILABLE. For the end of the taker. */
void event_queue_close(struct event_queue *queue);

/* Takes what event points to. Waits while the queue is full. Any thread but the taker's. */
void event_queue_put(struct event_queue *queue, struct event *event);

/*
 * Takes all that wait, at most max; waits for the first until deadline_us (monotonic clock,
 * INT64_MAX for ever). Returns how many, 0 at the deadline.
 */
size_t event_queue_take(struct event_queue *queue, int64_t deadline_us, struct event *events,
                        size_t max);

/* Puts the request in and waits for its answer; returns request->is_ok. */
bool event_queue_ask(struct event_queue *queue, struct request *request, struct assay_error *err);
/* Puts it in, for request->on_answered. */
void event_queue_tell(struct event_queue *queue, struct request *request);
void event_queue_answer(struct request *request);

#endif
