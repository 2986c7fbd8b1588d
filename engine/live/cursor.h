/*
 * engine/live/cursor.h - how far somebody has been told of a job, and what comes next.
 *
 * A place is two numbers: that of the last change that was told, which means something in one
 * engine's life only, and the end order of the last ended trial that was told, which is stored. As
 * long as the ring reaches back to the first, changes are told one by one. Where it does not (the
 * engine was started again, or the reader was away or slow for too long) the cursor catches up
 * from the store: the job, the trials that ended after the second number, then those that run.
 * So every ended trial is told, and none twice; what runs may be told again.
 *
 * An id is a place as text, EPOCH-CHANGE-ENDORDER. Under way from the store CHANGE is 0, since the
 * place is good for nothing but to begin that anew; after the last event of all it is "end".
 */
#ifndef ENGINE_LIVE_CURSOR_H
#define ENGINE_LIVE_CURSOR_H

#include "engine/live/live.h"
#include "engine/store/store.h"

enum { CURSOR_ID_SIZE = 64 };

enum cursor_phase {
    CURSOR_JOB,     /* catches up: the job comes next … */
    CURSOR_ENDED,   /* … then trials that ended after end_order … */
    CURSOR_RUNNING, /* … then those after trial that have not ended */
    CURSOR_LIVE,    /* has caught up */
    CURSOR_CLOSING, /* all is over: trials that ended meanwhile, and the job for the last time */
    CURSOR_OVER,
};

struct cursor {
    int64_t job;
    enum cursor_phase phase;
    uint64_t change;     /* changes up to this one were told */
    int64_t end_order;   /* ended trials up to this one were told */
    int64_t trial;       /* RUNNING: up to this number, they were looked at … */
    int64_t last_trial;  /* … which ends here */
    int64_t ended_up_to; /* of a study that has ended: so have its trials up to this number */
    bool is_study;
    bool is_job_ended; /* its state is terminal; a study's trials may go on */
    bool is_end_known; /* the last event was told before, and nothing since */
};

enum news_kind {
    NEWS_AGAIN, /* nothing yet: ask again at once */
    NEWS_NONE,  /* nothing until the subscriber hears that it is ready */
    NEWS_JOB,
    NEWS_TRIAL,
    NEWS_MEASUREMENT,
    NEWS_TRIAL_GONE,
    NEWS_JOB_GONE, /* nothing comes after it */
    NEWS_END,      /* all was told */
};

struct news {
    enum news_kind kind;
    int64_t trial;
    int64_t index; /* MEASUREMENT */
    bool is_ended; /* TRIAL */
    int attempt;   /* TRIAL: the newest */
    bool is_new;   /* TRIAL: of a change, not from catching up */
};

/*
 * Begins where after says: an id of one that was told before, a number (from that end order on; "0"
 * for all trials), or NULL (from now on). The subscriber must have joined for the job. False and
 * *err: ASSAY_INVALID for another text; the store's.
 */
bool cursor_begin(struct cursor *cursor, struct live *live, struct store *store, int64_t job,
                  const char *after, struct assay_error *err);

/* The next step, a short one. What it tells, it tells with the place that cursor_id() then gives.
 */
bool cursor_next(struct cursor *cursor, struct live *live, struct subscriber *subscriber,
                 struct store *store, struct news *news, struct assay_error *err);

/* Where to begin to be told what comes after this. */
void cursor_id(const struct cursor *cursor, const struct live *live, char id[CURSOR_ID_SIZE]);

#endif
