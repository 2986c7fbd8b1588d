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

/* False when the engine had to stop (a store that cannot be written): *err says why. */
ASSAY_API bool assay_is_working(struct assay *assay, struct assay_error *err);

/* The name of the socket in a state folder on which its engine answers HTTP. */
#define ASSAY_SOCKET_NAME "socket"

#endif
