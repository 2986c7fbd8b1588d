/*
 * assay.h - assay as a library: hyperparameter tuning jobs and custom jobs of Vertex AI, run here.
 *
 * A struct assay is a state folder, opened. One process at a time opens it to work (it runs the
 * jobs); others may open it to read when nobody works, or ask the one that works over its socket.
 * All there is to say goes through assay_call(): method, path, query, JSON body in; status and
 * body out, the same over HTTP. docs/api.md lists the paths. Any thread may call.
 *
 * The library never exits, prints or aborts.
 */
#ifndef ASSAY_H
#define ASSAY_H

#include "assay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSAY_VERSION "0.1.0"

struct assay;

struct assay_options {
    const char *state_dir; /* made when it does not exist, unless is_reader */
    const char *shim_path; /* the assay-shim program; NULL: looked for beside this program */
    bool is_reader;        /* only read: no lock, no threads, no changes */
    bool is_verbose;       /* the log also goes to standard error */
    bool forbids_host;     /* refuses new jobs that run commands straight on this machine */
};

/*
 * NULL and *err: ASSAY_UNAVAILABLE when another process works in the folder (its pid and command
 * are in the message) or the folder cannot be used; ASSAY_NOT_FOUND for a reader of nothing.
 * Opening runs no job: submit one, or resume one that was interrupted.
 */
ASSAY_API struct assay *assay_open(const struct assay_options *options, struct assay_error *err);

/* Trials that run go on running; the next assay_open() and a resume take them over. NULL is fine.
 */
ASSAY_API void assay_close(struct assay *assay);

struct assay_request {
    const char *method; /* "GET", "POST", "DELETE" */
    const char *path;   /* "/assay/v1/jobs/1234567890", percent-encoding resolved */
    const char *query;  /* "a=b&c=d", percent-encoded, or NULL */
    const char *body;   /* JSON, or NULL */
    size_t body_size;
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
 * What POST /assay/v1/jobs:check answers, without a state folder: every fault of a document with
 * its line and field path, else what its first trial would run below state_dir (which need not
 * exist).
 */
ASSAY_API bool assay_check(const char *state_dir, const char *body, size_t body_size,
                           struct assay_response *response, struct assay_error *err);

/*
 * Waits until something has changed since the version *seen (0 at first) and updates it; at most
 * timeout_ms. False at the timeout, and at once for a reader.
 */
ASSAY_API bool assay_wait(struct assay *assay, uint64_t *seen, int timeout_ms);

/* Opens the folder's assay.log anew, for who has moved it away. Nothing for a reader. */
ASSAY_API void assay_reopen_log(struct assay *assay);

/* False when the engine had to stop (a store that cannot be written): *err says why. */
ASSAY_API bool assay_is_working(struct assay *assay, struct assay_error *err);

/*
 * Ask and tell: a study whose trials the caller evaluates, in any way it likes. What `assay
 * suggest` reads and writes by lines, a call each; docs/api.md has the lines. A study is its own:
 * it needs no struct assay. One thread at a time.
 */
struct assay_study;

enum { ASSAY_STUDY_ASK_MAX = 1000, ASSAY_STUDY_LINE_MAX = 16 * 1024 * 1024 };

struct assay_study_options {
    const char *document; /* the study, JSON or YAML; NULL: the first line brings it */
    size_t document_size;
    const char *state_dir; /* where the study is kept, and found again; NULL: in memory only */
    bool is_verifying;     /* of a study found again: computes each suggestion anew */
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
ASSAY_API void assay_study_close(struct assay_study *study); /* NULL is fine */

/*
 * Answers one line (size bytes, without its end) in one line: response->body has no line end. What
 * the answer says has been stored, if there is a state folder. Failures are answers, too, and the
 * study goes on: {"error": {…}}, with a status of 400 and above. A line of more than
 * ASSAY_STUDY_LINE_MAX bytes is refused by its size alone and may be NULL. False and *err only when
 * there is no answer at all (no memory); what was asked may have been done then.
 */
ASSAY_API bool assay_study_line(struct assay_study *study, const char *line, size_t size,
                                struct assay_response *response, struct assay_error *err);

/* False until a document or a line has brought the study. */
ASSAY_API bool assay_study_has_begun(const struct assay_study *study);

/* What a person should know of the study that was found in state_dir, in one line; NULL: nothing.
 * Lives as long as the study. */
ASSAY_API const char *assay_study_note(const struct assay_study *study);

/*
 * Every fault of a study's document with its line and field path, as assay_check() answers them:
 * {"faultCount": 1, "faults": [{"line": 2, "field": "…", "message": "…"}]}.
 */
ASSAY_API bool assay_study_check(const char *document, size_t size, struct assay_response *response,
                                 struct assay_error *err);

/* The name of the socket in a state folder on which its engine answers HTTP. */
#define ASSAY_SOCKET_NAME "socket"

#endif
