/*
 * bench/http_load.h - many keep-alive connections to one HTTP server on this machine, driven by one
 * thread: each sends a request, waits for its answer, sends the next.
 */
#ifndef BENCH_HTTP_LOAD_H
#define BENCH_HTTP_LOAD_H

#include "assay/error.h"

#include <stddef.h>

/* What came back; borrowed during the call. */
struct http_answer {
    int status;
    const char *body; /* terminated */
    size_t size;
    double took_s; /* from the request's first byte written to the answer's last read */
};

enum { HTTP_REQUEST_MAX = 16 * 1024 };

/*
 * Writes the connection's next request into text, of HTTP_REQUEST_MAX bytes; returns its size. 0:
 * the connection has no more to say. answer: to its last request; NULL at first.
 */
typedef size_t (*http_script)(void *context, int connection, const struct http_answer *answer,
                              char *text);

struct http_load_plan {
    int port;
    int connections;
    http_script script;
    void *context;
};

/* Until no connection has more to say. */
bool http_load_run(const struct http_load_plan *plan, struct assay_error *err);

/* A whole request, with Host and, where body is not NULL, its length. */
size_t http_request_text(char *text, const char *method, const char *path, const char *body);

#endif
