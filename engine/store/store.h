/*
 * engine/store/store.h - all state of a state folder in one SQLite file, <state>/assay.db.
 *
 * One connection writes (the controller's); every other is read-only and belongs to the same
 * process. A handle is used by one thread at a time. What SQLite is told to do, and why, stands in
 * store.c; the tables in store_schema.h.
 *
 * Every write happens between store_begin() and store_commit(): what was handled together is
 * durable together, and nothing is said or done outside before the commit has returned.
 */
#ifndef ENGINE_STORE_STORE_H
#define ENGINE_STORE_STORE_H

#include "assay/env.h"
#include "assay/error.h"
#include "engine/life/states.h"
#include "engine/store/change.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_mode { STORE_WRITE, STORE_READ };

/* A trial's row id, unique in the folder, is job * STORE_TRIALS_MAX + number. Job ids have ten
 * digits, so that the id of a trial's custom job begins with that of its tuning job. */
#define STORE_TRIALS_MAX INT64_C(100000000)

static inline int64_t store_trial_id(int64_t job, int64_t number)
{
    return job * STORE_TRIALS_MAX + number;
}

struct store;

/*
 * STORE_WRITE makes the folder's file when there is none, brings one of an older version up to
 * date, refuses one of a newer version. STORE_READ changes nothing that is stored; where it cannot
 * write at all (another user's folder, a read-only disk) it reads what a clean close has left. NULL
 * and *err: ASSAY_UNAVAILABLE for a folder that cannot be used (network file system, other version,
 * damaged file, no permission), ASSAY_NOT_FOUND for STORE_READ without a file.
 */
struct store *store_open(const char *state_dir, enum store_mode mode, struct assay_error *err);
void store_close(struct store *store); /* an open transaction is rolled back; NULL is fine */

bool store_begin(struct store *store, struct assay_error *err);
bool store_commit(struct store *store, struct assay_error *err);
void store_rollback(struct store *store);
/* False also when SQLite itself gave the transaction up, as it does after some failed reads. */
bool store_is_in_transaction(const struct store *store);

/*
 * Within a transaction: what is written from begin on can be taken back alone. After a false of end
 * the whole transaction is lost or not worth keeping (store_is_in_transaction()).
 */
bool store_savepoint_begin(struct store *store, struct assay_error *err);
bool store_savepoint_end(struct store *store, bool is_kept, struct assay_error *err);

/* Calls fn for each write that others may follow, before its commit (store_empty(): after it), on
 * the writing thread. NULL: for none any more. */
typedef void (*store_change_fn)(void *context, const struct change *change);
void store_on_change(struct store *store, store_change_fn fn, void *context);

/*
 * What is read from begin to end is of one moment, and costs the locks of one statement instead of
 * those of each. For a handle that reads; failing, it reads as without.
 */
void store_snapshot_begin(struct store *store);
void store_snapshot_end(struct store *store);

/* How many commits have written something since the store was opened; any thread may ask. */
uint64_t store_commit_count(const struct store *store);

struct job_stamps;

/* What tells whether a job has changed; any thread may read it. NULL: this handle only reads. */
const struct job_stamps *store_job_stamps(const struct store *store);

/*
 * Makes the write-ahead log as long as it gets between two checkpoints, so that commits overwrite
 * it: to append and sync takes twice as long, since the file's size changes as well. Costs some 20
 * ms; does nothing on a disk with little room. For whoever will commit often; no reader may be at
 * work.
 */
void store_stretch_log(struct store *store);

/* For an emulation: what is committed may be lost with the machine's power. */
void store_relax(struct store *store);

/* Deletes all rows of all tables. No transaction may be open. */
bool store_empty(struct store *store, struct assay_error *err);

/* Moves the write-ahead log into the file when it has grown large. No reader may be at work. */
void store_checkpoint(struct store *store);
bool store_needs_checkpoint(const struct store *store);
/* … and that it is long overdue: it is worth waiting for. */
bool store_log_is_long(const struct store *store);

/* Whose a job is that was not submitted for any project: this machine's. */
#define STORE_PARENT_LOCAL "projects/0/locations/local"

/* A job's row. Strings are never NULL. */
struct job_row {
    int64_t id;
    int kind;    /* enum job_kind */
    int state;   /* enum job_state */
    int closing; /* enum job_closing */
    uint64_t seed;
    int64_t create_us, start_us, end_us, update_us; /* 0 until set */
    int64_t best_trial;                             /* 0: none */
    int error_code;
    char *display_name;
    char *source;     /* the document as received */
    char *document;   /* the same as JSON, overrides applied: what the job runs */
    char *source_dir; /* where relative paths begin */
    char *error_message;
    char *model_dir; /* relative to the state folder; "" until published */
    char *note;      /* a sentence for a person that is not an error */
    char *parent; /* "projects/…/locations/…"; NULL to store_job_insert(): STORE_PARENT_LOCAL */
};

void job_row_clear(struct job_row *row);

bool store_job_insert(struct store *store, const struct job_row *row, struct assay_error *err);
/* Everything but id, kind, seed, create_us, display_name, source, document, source_dir, parent. */
bool store_job_update(struct store *store, const struct job_row *row, struct assay_error *err);
bool store_job_delete(struct store *store, int64_t job, struct assay_error *err); /* all of it */

/* Fills *row (clear it); ASSAY_NOT_FOUND. */
bool store_job_get(struct store *store, int64_t job, struct job_row *row, struct assay_error *err);

/*
 * Newest first, after the one that was made at before_us with the id before_id (INT64_MAX: from the
 * beginning), with documents left out (""). row is valid during the call; false ends the walk.
 */
typedef bool (*job_row_fn)(void *context, const struct job_row *row);
bool store_job_each(struct store *store, int64_t before_us, int64_t before_id, job_row_fn fn,
                    void *context, struct assay_error *err);

/* Where each job stands, in any order: much cheaper than the rows. state: enum job_state; kind:
 * enum job_kind. fn may read of the store what is not of jobs; false ends the walk. */
typedef bool (*job_state_fn)(void *context, int64_t job, int kind, int state);
bool store_job_each_state(struct store *store, job_state_fn fn, void *context,
                          struct assay_error *err);

/* The newest job whose id begins with prefix ("" for any); *count tells how many do. */
bool store_job_find(struct store *store, const char *prefix, int64_t *job, int64_t *count,
                    struct assay_error *err);

/* A trial's row; arrays and strings are borrowed in both directions, valid during the call. */
struct trial_row {
    int64_t job;
    int64_t number; /* from 1 */
    int state;      /* enum trial_state */
    int attempt;    /* the newest, from 1; 0: of a study, and made by a client, not suggested */
    int failure;    /* enum failure_class of its end; while it is STOPPING FAILURE_STOPPED where it
                       ends for good, whatever becomes of its job */
    int64_t start_us, end_us;
    int64_t end_order; /* 1, 2, …: the order in which the job's trials ended; 0 before */
    const double *point;
    size_t point_count;
    const double *values; /* final measurement, NULL before */
    size_t value_count;
    int64_t step, elapsed_us;
    const char *reason; /* why INFEASIBLE, or what to know; may be NULL */
};

bool store_trial_insert(struct store *store, const struct trial_row *row, struct assay_error *err);
/* State, attempt, start: a new attempt, or a change of state while it runs. */
bool store_trial_update(struct store *store, const struct trial_row *row, struct assay_error *err);
/* It is STOPPING, for good. */
bool store_trial_stop(struct store *store, int64_t job, int64_t number, struct assay_error *err);
/* Its end: all but number and point. */
bool store_trial_end(struct store *store, const struct trial_row *row, struct assay_error *err);

enum trial_order { TRIALS_BY_NUMBER, TRIALS_BY_END };

struct trial_query {
    int64_t job;
    enum trial_order order;
    int64_t after;     /* number or end_order greater than this */
    int64_t until;     /* BY_NUMBER: number not greater than this; 0: any */
    int64_t limit;     /* 0: no limit */
    int state;         /* 0: any */
    bool only_unended; /* neither SUCCEEDED nor INFEASIBLE */
};

typedef bool (*trial_row_fn)(void *context, const struct trial_row *row);
bool store_trial_each(struct store *store, const struct trial_query *query, trial_row_fn fn,
                      void *context, struct assay_error *err);

/* The first of them, without its point, its values and its reason: these are NULL. number is 0
 * where there is none. */
bool store_trial_first(struct store *store, const struct trial_query *query, struct trial_row *row,
                       struct assay_error *err);

/* What a job's history adds up to: what an engine needs to go on. */
struct trial_totals {
    int64_t created, ended, succeeded;
    int64_t failed; /* ended with a class that counts as the user's */
    int64_t last_number, last_end_order;
    bool has_first_ended_failed;
};
bool store_trial_totals(struct store *store, int64_t job, struct trial_totals *totals,
                        struct assay_error *err);

/* The end order of the trial that ended last, and the highest number; 0: there is none. */
bool store_last_end_order(struct store *store, int64_t job, int64_t *end_order,
                          struct assay_error *err);
bool store_last_number(struct store *store, int64_t job, int64_t *number, struct assay_error *err);

/* One measurement of a running or ended trial, upserted by index. */
struct measurement_row {
    int64_t trial_id;
    int64_t index; /* from 0 */
    int64_t step, elapsed_us;
    const double *values;
    size_t value_count;
};
bool store_measurement_put(struct store *store, const struct measurement_row *row,
                           struct assay_error *err);
typedef bool (*measurement_row_fn)(void *context, const struct measurement_row *row);
bool store_measurement_each(struct store *store, int64_t trial_id, measurement_row_fn fn,
                            void *context, struct assay_error *err);
/* Those from index first on. */
bool store_measurement_from(struct store *store, int64_t trial_id, int64_t first,
                            measurement_row_fn fn, void *context, struct assay_error *err);
/* A new attempt begins from nothing. */
bool store_measurement_clear(struct store *store, int64_t trial_id, struct assay_error *err);

/* Where the metric reader of a running trial stands; stored with the measurements it led to. */
bool store_mark_put(struct store *store, int64_t trial_id, int attempt, const void *mark,
                    size_t size, struct assay_error *err);
/* False with err->code ASSAY_OK when there is none of that attempt and size. */
bool store_mark_get(struct store *store, int64_t trial_id, int attempt, void *mark, size_t size,
                    struct assay_error *err);
bool store_mark_delete(struct store *store, int64_t trial_id, struct assay_error *err);

/* How a trial was suggested (life/suggestion.h); stored with the trial, and never changed. */
bool store_suggestion_put(struct store *store, int64_t trial_id, const double *numbers,
                          size_t count, struct assay_error *err);
typedef bool (*suggestion_fn)(void *context, int64_t number, const double *numbers, size_t count);
/* Of the job's trials from first to last, by number; false ends the walk. */
bool store_suggestion_each(struct store *store, int64_t job, int64_t first, int64_t last,
                           suggestion_fn fn, void *context, struct assay_error *err);

/* That a trial was told to stop early: how far it had come by then (above 0 to 1; NaN: nobody
 * knows), and why. */
bool store_early_stop_put(struct store *store, int64_t trial_id, double progress, const char *why,
                          struct assay_error *err);
/* It has come further until it ended. */
bool store_early_stop_move(struct store *store, int64_t trial_id, double progress,
                           struct assay_error *err);
typedef bool (*early_stop_fn)(void *context, int64_t number, double progress, const char *why);
bool store_early_stop_each(struct store *store, int64_t job, int64_t first, int64_t last,
                           early_stop_fn fn, void *context, struct assay_error *err);
/* It came to its end all the same. */
bool store_early_stop_delete(struct store *store, int64_t trial_id, struct assay_error *err);
/* How many of a job's trials were told to. */
bool store_early_stop_count(struct store *store, int64_t job, int64_t *count,
                            struct assay_error *err);

/* What a job's sampler learnt from the first count trials of its past; replaces one of that count.
 */
bool store_model_put(struct store *store, int64_t job, int64_t count, const double *numbers,
                     size_t number_count, struct assay_error *err);
typedef bool (*model_fn)(void *context, int64_t count, const double *numbers, size_t number_count);
/* By count; false ends the walk. */
bool store_model_each(struct store *store, int64_t job, model_fn fn, void *context,
                      struct assay_error *err);
/* Deletes those of less than count trials. */
bool store_model_trim(struct store *store, int64_t job, int64_t count, struct assay_error *err);

/* Whose a study's trial is. */
bool store_client_put(struct store *store, int64_t trial_id, const char *client,
                      struct assay_error *err);
/* A copy that the caller frees: "" for nobody. NULL and *err on failure. */
char *store_client_get(struct store *store, int64_t trial_id, struct assay_error *err);

/*
 * How a study's suggestion was made where that does not go without saying: as which one its sampler
 * counted it (without a row: the trial's number), and which parameters its client had fixed (their
 * indexes, with spaces between).
 */
bool store_made_put(struct store *store, int64_t trial_id, int64_t ordinal, const char *fixed,
                    struct assay_error *err);
typedef bool (*made_fn)(void *context, int64_t number, int64_t ordinal, const char *fixed);
/* Of all trials of the study, by number; false ends the walk. */
bool store_made_each(struct store *store, int64_t job, made_fn fn, void *context,
                     struct assay_error *err);
/* As which one the sampler has counted the last, deleted or not; 0: there was none. */
bool store_made_last(struct store *store, int64_t job, int64_t *ordinal, struct assay_error *err);

/* All of one trial; its number is not given again. */
bool store_trial_delete(struct store *store, int64_t job, int64_t number, struct assay_error *err);
/* The highest number of those that are gone; 0: none are. */
bool store_deleted_last(struct store *store, int64_t job, int64_t *number, struct assay_error *err);
bool store_deleted_count(struct store *store, int64_t job, int64_t *count, struct assay_error *err);

/* The studies of this display name, newest first, with documents left out. */
bool store_study_each(struct store *store, const char *display_name, job_row_fn fn, void *context,
                      struct assay_error *err);

/* What an operation answered, which is done when it is stored: of a study; or that a job is gone,
 * whose number is 0, and its client the job's parent. Stored by number: only append. */
enum operation_kind { OPERATION_SUGGEST, OPERATION_CHECK, OPERATION_DELETION };

struct operation_row {
    int64_t job;
    int64_t number; /* from 1; 0 of a deletion */
    int kind;       /* enum operation_kind */
    int state;      /* SUGGEST: of the study, enum job_state; CHECK: 1 for "should stop" */
    int64_t start_us, end_us;
    char *client; /* never NULL */
    char *trials; /* their numbers, with spaces between; never NULL */
};

/* So many of a study are kept, the newest; and so many of deletions. */
enum { OPERATIONS_KEPT = 1000 };

void operation_row_clear(struct operation_row *row);
/* With these texts instead of the row's. Forgets the one that is too old now. */
bool store_operation_put(struct store *store, const struct operation_row *row, const char *client,
                         const char *trials, struct assay_error *err);
/* Fills *row (clear it); ASSAY_NOT_FOUND. */
bool store_operation_get(struct store *store, int64_t job, int64_t number,
                         struct operation_row *row, struct assay_error *err);
bool store_operation_last(struct store *store, int64_t job, int64_t *number,
                          struct assay_error *err);
/* What is left of deleted jobs, the newest first, after that of the job before_job at before_us
 * (INT64_MAX both: all). row is valid during the call; false ends the walk. */
typedef bool (*operation_row_fn)(void *context, const struct operation_row *row);
bool store_deletion_each(struct store *store, int64_t before_us, int64_t before_job,
                         operation_row_fn fn, void *context, struct assay_error *err);
bool store_operation_delete(struct store *store, int64_t job, int64_t number,
                            struct assay_error *err);

#endif
