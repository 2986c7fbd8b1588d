/*
 * assay.h - assay as a library: hyperparameter tuning jobs and custom jobs of Vertex AI, run here.
 *
 * A struct assay is a state folder, opened. One process at a time opens it to work (it runs the
 * jobs); others may open it to read when nobody works, or ask the one that works over its socket.
 * All there is to say goes through assay_call(): method, path, query, JSON body in; status and
 * body out, the same over HTTP. docs/api.md lists the paths. Any thread may call.
 *
 * The library never exits, prints or aborts, and has no signal handlers. docs/library.md is a
 * guide: examples, threads, ownership, errors, versions. Options are zeroed before they are filled,
 * so that those that are not named, and those of later versions, are as if they were not there.
 */
#ifndef ASSAY_H
#define ASSAY_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASSAY_VERSION "0.1.0"

/* ASSAY_VERSION of the library that runs; docs/library.md says which are good for each other. */
ASSAY_API const char *assay_version(void);

struct assay;

/* Emulate mode, for who tests own programs against the API: docs/emulator.md. */
struct assay_emulation {
    const char *script; /* JSON or YAML; NULL: every job succeeds at once */
    size_t script_size;
    bool has_seed; /* else the script's, or 0 */
    uint64_t seed;
    void *reserved[2]; /* for later versions: zeros */
};

/* A field of the configuration, as the command line's options set them. */
struct assay_setting {
    const char *name;  /* "places", "slurm.partition": docs/launchers.md lists them */
    const char *value; /* YAML */
};

/* How trials are run: docs/launchers.md. Settings come after the file, one after the other. */
struct assay_configuration {
    const char *path; /* of a file; NULL: config.yaml in the state folder, where there is one */
    const struct assay_setting *settings;
    size_t setting_count;
    void *reserved[2]; /* for later versions: zeros */
};

struct assay_options {
    const char *state_dir; /* made when it does not exist, unless is_reader */
    const char *shim_path; /* the assay-shim program; NULL: the one installed with the library, or
                              beside this program */
    bool is_reader;        /* only read: no lock, no threads, no changes */
    bool is_verbose;       /* the log also goes to standard error */
    bool forbids_host;     /* refuses new jobs that run commands straight on this machine */
    /* NULL: jobs are run. Else no command ever is, nothing moves between two calls, and what is
     * answered depends on script, seed and calls alone. state_dir must then have no jobs
     * but those of an earlier emulation, which are deleted, or be NULL for a temporary folder that
     * assay_close() removes. */
    const struct assay_emulation *emulation;
    /* NULL: config.yaml in the state folder, else the defaults. Nothing of it concerns a reader or
     * an emulation. */
    const struct assay_configuration *configuration;
    void *reserved[3]; /* for later versions: zeros */
};

/*
 * NULL and *err: ASSAY_UNAVAILABLE when another process works in the folder (its pid and command
 * are in the message) or the folder cannot be used; ASSAY_NOT_FOUND for a reader of nothing.
 * Opening runs no job: submit one, or resume one that was interrupted. ASSAY_INVALID lists the
 * faults of a script or of the configuration; ASSAY_PRECONDITION: an emulation is to begin in a
 * folder with jobs.
 */
ASSAY_API struct assay *assay_open(const struct assay_options *options, struct assay_error *err);

/* Trials that run go on running; the next assay_open() and a resume take them over. NULL is fine.
 */
ASSAY_API void assay_close(struct assay *assay);

/* The folder's absolute path; as long as it is open. */
ASSAY_API const char *assay_state_dir(const struct assay *assay);

struct assay_request {
    const char *method; /* "GET", "POST", "DELETE" */
    /* "/assay/v1/jobs/1234567890"; percent-encoding resolved, but for %25, %2F and %3A in a name.
     */
    const char *path;
    const char *query; /* "a=b&c=d", percent-encoded, or NULL */
    const char *body;  /* JSON, or NULL */
    size_t body_size;
    /* Where the caller has reached us, "http://127.0.0.1:8080", for links in answers; NULL: none.
     */
    const char *origin;
};

struct assay_response {
    int status; /* HTTP's */
    const char *content_type;
    char *body; /* owned: assay_response_clear(); terminated beyond size */
    size_t size;
};

/*
 * Failures are answers too: status 400 and above with the API's {"error": {…}}. False and *err
 * only when there is no answer at all (no memory).
 */
ASSAY_API bool assay_call(struct assay *assay, const struct assay_request *request,
                          struct assay_response *response, struct assay_error *err);
ASSAY_API void assay_response_clear(struct assay_response *response);

/*
 * assay_call() without the wait: done is called once with the answer, which it takes, either on
 * this thread before the call returns, or later on one of the library's, which it must not hold up.
 * Until then what request points to stays as it is. An answer that there was no memory for has no
 * body. False and *err: nothing was begun, and done is not called.
 */
typedef void (*assay_answer_fn)(void *context, struct assay_response *response);
ASSAY_API bool assay_call_begin(struct assay *assay, const struct assay_request *request,
                                assay_answer_fn done, void *context, struct assay_error *err);

/*
 * What POST /assay/v1/jobs:check answers, without a state folder: every fault of a document with
 * its line and field path, else what its first trial would run below state_dir (which need not
 * exist).
 */
ASSAY_API bool assay_check(const char *state_dir, const char *body, size_t body_size,
                           struct assay_response *response, struct assay_error *err);

/* The same for a folder that would be opened with these options, of which state_dir, forbids_host
 * and configuration count. False and *err for a configuration with faults, too. */
ASSAY_API bool assay_check_with(const struct assay_options *options, const char *body,
                                size_t body_size, struct assay_response *response,
                                struct assay_error *err);

/*
 * The Python environments that are kept below a state folder for trials with packages; also beside
 * an engine that works there. body is NULL, or JSON that says which to remove first, of those that
 * nobody uses: {"all": true}, {"maxSizeBytes": "10737418240"}, {"unusedFor": "2592000s"}, {} for
 * what was left half-made and no more; with "dryRun": true nothing is. docs/launchers.md has the
 * answer.
 */
ASSAY_API bool assay_python_environments(const char *state_dir, const char *body, size_t body_size,
                                         struct assay_response *response, struct assay_error *err);

/*
 * Waits until something has changed since the version *seen (0 at first) and updates it; at most
 * timeout_ms. False at the timeout, and at once for a reader.
 */
ASSAY_API bool assay_wait(struct assay *assay, uint64_t *seen, int timeout_ms);

/*
 * To stay with a job, a study or a trial's log, and be told of what happens to it: what HTTP has as
 * a stream. docs/api.md lists the events, and says what an id is good for.
 */
struct assay_watch;

struct assay_watch_options {
    const char
        *path; /* "/assay/v1/jobs/ID:watch", a Vertex AI name with :watch, "…/trials/N/logs" */
    const char *query; /* "logs=true", percent-encoded, or NULL */
    const char *after; /* of a job: the id of the last event that was seen, or NULL */
    /* There may be something to take, after assay_watch_next() said ASSAY_WATCH_NOTHING. Called on
     * a thread of the library's: it must be quick, and must call nothing of this header. NULL: not
     * wanted. */
    void (*on_ready)(void *context);
    void *context;
    void *reserved[4]; /* for later versions: zeros */
};

/* Borrowed until the next call with the watch. */
struct assay_event {
    const char *id;
    const char *type; /* "job", "trial", "measurement", "log", "deleted" */
    const char *data; /* one line of JSON; of a trial's log its bytes */
    size_t size;
};

enum assay_watch_result {
    ASSAY_WATCH_NOTHING, /* for now; on_ready tells when to ask again */
    ASSAY_WATCH_EVENT,
    ASSAY_WATCH_END, /* all was told */
    ASSAY_WATCH_FAILED,
};

/*
 * NULL and *err: ASSAY_NOT_FOUND for what does not exist, ASSAY_INVALID for a path that cannot be
 * watched or an id that is none, ASSAY_UNAVAILABLE in a folder that was opened for reading. A watch
 * belongs to one thread at a time, and is closed before its struct assay.
 */
ASSAY_API struct assay_watch *assay_watch_open(struct assay *assay,
                                               const struct assay_watch_options *options,
                                               struct assay_error *err);

/* Never waits. *event is filled with an ASSAY_WATCH_EVENT, *err with an ASSAY_WATCH_FAILED. */
ASSAY_API enum assay_watch_result
assay_watch_next(struct assay_watch *watch, struct assay_event *event, struct assay_error *err);

/* What to come back with: the id of the last event, or a newer one where nothing had to be told.
 * Until the next call with the watch. */
ASSAY_API const char *assay_watch_id(struct assay_watch *watch);

/* How HTTP calls it: "text/event-stream", "text/plain; charset=UTF-8" of a log. */
ASSAY_API const char *assay_watch_content_type(struct assay_watch *watch);

/* Once it returns, on_ready is not called any more. NULL is fine. */
ASSAY_API void assay_watch_close(struct assay_watch *watch);

/* Opens the folder's assay.log anew, for who has moved it away. Nothing for a reader. */
ASSAY_API void assay_reopen_log(struct assay *assay);

/* False when the engine had to stop (a store that cannot be written): *err says why. */
ASSAY_API bool assay_is_working(struct assay *assay, struct assay_error *err);

/* How many commits of the store have written something since it was opened. */
ASSAY_API uint64_t assay_commit_count(const struct assay *assay);

/*
 * Ask and tell: a study whose trials the caller evaluates, in any way it likes. A study is its own:
 * it needs no struct assay. Any thread may call; calls on one study wait for each other.
 *
 * There are two ways to say the same, and they may be mixed: by plain structs (below), or by the
 * lines of `assay suggest` (assay_study_line()). Both give the same suggestions and keep the same
 * journal. docs/library.md is a guide, docs/api.md has the lines.
 */
struct assay_study;

enum { ASSAY_STUDY_ASK_MAX = 1000, ASSAY_STUDY_LINE_MAX = 16 * 1024 * 1024 };

struct assay_study_options {
    const char *document; /* the study, JSON or YAML; NULL: the first line brings it */
    size_t document_size;
    const char *state_dir; /* where the study is kept, and found again; NULL: in memory only */
    bool is_verifying;     /* of a study found again: computes each suggestion anew */
    void *reserved[4];     /* for later versions: zeros */
};

/*
 * A study that learns has a thread of its own for it, from its first lesson on; closing it waits
 * for the lesson under way.
 *
 * NULL and *err: ASSAY_INVALID lists every fault of the document; ASSAY_PRECONDITION names the
 * field in which it differs from the study in state_dir; ASSAY_UNAVAILABLE when another process has
 * that study open or the folder cannot be used; ASSAY_DATA_LOSS when what is in it makes no sense,
 * or a suggestion computed anew is another one.
 */
ASSAY_API struct assay_study *assay_study_open(const struct assay_study_options *options,
                                               struct assay_error *err);

/* No other call on the study may be under way. NULL is fine. */
ASSAY_API void assay_study_close(struct assay_study *study);

/* False until a document or a line has brought the study. */
ASSAY_API bool assay_study_has_begun(struct assay_study *study);

/* What a person should know of the study that was found in state_dir, in one line; NULL: nothing.
 * Lives as long as the study. */
ASSAY_API const char *assay_study_note(struct assay_study *study);

/*
 * Every fault of a study's document with its line and field path, as assay_check() answers them:
 * {"faultCount": 1, "faults": [{"line": 2, "field": "…", "message": "…"}]}.
 */
ASSAY_API bool assay_study_check(const char *document, size_t size, struct assay_response *response,
                                 struct assay_error *err);

/*
 * What the study searches and measures. A spec, and all texts and lists in it, live as long as the
 * study and do not change. The counts are 0 until the study has begun, an index beyond them gives
 * NULL.
 */
enum assay_parameter_type { ASSAY_DOUBLE, ASSAY_INTEGER, ASSAY_CATEGORICAL, ASSAY_DISCRETE };

enum assay_scale { ASSAY_SCALE_NONE, ASSAY_SCALE_LINEAR, ASSAY_SCALE_LOG, ASSAY_SCALE_REVERSE_LOG };

enum assay_goal { ASSAY_MAXIMIZE, ASSAY_MINIMIZE };

struct assay_parameter_spec {
    const char *id;
    enum assay_parameter_type type;
    enum assay_scale scale;
    double min, max;               /* the least and the greatest value; CATEGORICAL: 0 */
    size_t value_count;            /* of the list of a DISCRETE or CATEGORICAL one; else 0 */
    const double *numbers;         /* DISCRETE: the values, increasing */
    const char *const *categories; /* CATEGORICAL: the values */
    int parent;               /* index of the parameter that decides whether this one is active;
                                 -1: it always is */
    size_t condition_count;   /* of a child: its parent's values with which it is active, of a */
    const double *conditions; /* CATEGORICAL parent their indexes (NaN: one that it has not) */
};

struct assay_metric_spec {
    const char *id;
    enum assay_goal goal;
    bool is_safety; /* its value should stay on the goal's side of the threshold */
    double safety_threshold;
};

ASSAY_API size_t assay_study_parameter_count(struct assay_study *study);
ASSAY_API const struct assay_parameter_spec *assay_study_parameter(struct assay_study *study,
                                                                   size_t index);
ASSAY_API size_t assay_study_metric_count(struct assay_study *study);
ASSAY_API const struct assay_metric_spec *assay_study_metric(struct assay_study *study,
                                                             size_t index);

/* The value of one parameter. Given to the library, id and text or number are what counts. */
struct assay_parameter {
    const char *id;
    const char *text; /* the value of a CATEGORICAL one; else NULL */
    double number;    /* the value of any other; of a CATEGORICAL one its index */
    enum assay_parameter_type type;
    int index; /* of its spec */
};

enum assay_trial_state {
    ASSAY_TRIAL_ACTIVE, /* asked for and not told */
    ASSAY_TRIAL_SUCCEEDED,
    ASSAY_TRIAL_STOPPED, /* told after a measurement was answered with should_stop */
    ASSAY_TRIAL_INFEASIBLE,
};

struct assay_trial {
    int64_t id; /* from 1 */
    enum assay_trial_state state;
    bool is_suggested;                        /* else it was told without having been asked for */
    bool should_stop;                         /* ACTIVE: a measurement was answered so */
    size_t parameter_count;                   /* inactive parameters are left out */
    const struct assay_parameter *parameters; /* in the order of their specs */
    const double *values; /* one per metric, in the order of their specs; NULL: there are none */
};

/* Trials as they were when they were asked about. Their texts live as long as the study. */
struct assay_trials {
    size_t count;
    struct assay_trial *items; /* owned, with all that is in them: assay_trials_clear() */
    bool is_done;              /* of assay_study_ask(): there are no more suggestions */
};

ASSAY_API void assay_trials_clear(struct assay_trials *trials); /* zeroed or NULL is fine */

/*
 * Of this and the following functions: true says that it is done, and stored where there is a state
 * folder. False and *err: nothing has changed, and the study goes on; err->field is what is at
 * fault. ASSAY_NOT_FOUND: there is no such trial; ASSAY_PRECONDITION: it was told already, or the
 * study has not begun; ASSAY_INVALID: what was given; ASSAY_EXHAUSTED: no memory, no disk.
 * ASSAY_UNAVAILABLE is the end of it: the study must be opened again, and what was told may be
 * stored. *trials is filled afresh, not cleared before, and is zeroed on failure.
 *
 * Asks for up to count suggestions, ASSAY_STUDY_ASK_MAX at most; fewer, and is_done, when
 * maxTrialCount of them were made or the space is exhausted.
 */
ASSAY_API bool assay_study_ask(struct assay_study *study, size_t count, struct assay_trials *trials,
                               struct assay_error *err);

/* A trial has ended with these values, one per metric, finite. NULL: its measurements decide, by
 * measurementSelectionType. */
ASSAY_API bool assay_study_tell(struct assay_study *study, int64_t id, const double *values,
                                struct assay_error *err);

/* A trial has failed. why is for people, and may be NULL. */
ASSAY_API bool assay_study_tell_infeasible(struct assay_study *study, int64_t id, const char *why,
                                           struct assay_error *err);

/*
 * A trial that nobody asked for, with its values: what was known before. All its active parameters
 * must be given. It does not count for maxTrialCount. *id is its number; NULL: not wanted.
 */
ASSAY_API bool assay_study_add(struct assay_study *study, const struct assay_parameter *parameters,
                               size_t parameter_count, const double *values, int64_t *id,
                               struct assay_error *err);

struct assay_told {
    int64_t id; /* 0: nobody asked for it, parameters has its own; it is given its id */
    size_t parameter_count;
    const struct assay_parameter *parameters;
    const double *values;   /* as of assay_study_tell() */
    const char *infeasible; /* why it failed, in place of values; else NULL */
    void *reserved[2];      /* for later versions: zeros */
};

/* Many at once, all of them or none; they are on disk by one write. */
ASSAY_API bool assay_study_tell_all(struct assay_study *study, struct assay_told *told,
                                    size_t count, struct assay_error *err);

/*
 * What a trial has reached on its way. values: one per metric, NaN where it was not measured.
 * elapsed_us: since the trial began, 0 where that does not matter. *should_stop: the study's
 * stopping rule has no hope for it; end it and tell.
 */
ASSAY_API bool assay_study_measure(struct assay_study *study, int64_t id, int64_t step,
                                   int64_t elapsed_us, const double *values, bool *should_stop,
                                   struct assay_error *err);

/* The best trial; none before one has succeeded. With several objectives the Pareto front. What
 * misses a safety threshold is none of them. */
ASSAY_API bool assay_study_best(struct assay_study *study, struct assay_trials *trials,
                                struct assay_error *err);

/* All that were asked for and not told. */
ASSAY_API bool assay_study_pending(struct assay_study *study, struct assay_trials *trials,
                                   struct assay_error *err);

/* One trial. */
ASSAY_API bool assay_study_trial(struct assay_study *study, int64_t id, struct assay_trials *trials,
                                 struct assay_error *err);

/*
 * Answers one line (size bytes, without its end) in one line: response->body has no line end. What
 * the answer says has been stored, if there is a state folder. Failures are answers, too, and the
 * study goes on: {"error": {…}}, with a status of 400 and above. A line of more than
 * ASSAY_STUDY_LINE_MAX bytes is refused by its size alone and may be NULL. False and *err only when
 * there is no answer at all (no memory); what was asked may have been done then.
 */
ASSAY_API bool assay_study_line(struct assay_study *study, const char *line, size_t size,
                                struct assay_response *response, struct assay_error *err);

/* The name of the socket in a state folder on which its engine answers HTTP. */
#define ASSAY_SOCKET_NAME "socket"

#ifdef __cplusplus
}
#endif

#endif
