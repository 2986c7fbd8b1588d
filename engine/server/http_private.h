/*
 * engine/server/http_private.h - what the files of the HTTP door share: connections, requests.
 *
 * Private to http_door.c and http_stream.c.
 */
#ifndef ENGINE_SERVER_HTTP_PRIVATE_H
#define ENGINE_SERVER_HTTP_PRIVATE_H

#include "engine/server/errands.h"
#include "engine/server/event_stream.h"
#include "engine/server/exchange.h"
#include "engine/server/guard.h"
#include "engine/server/guesses.h"
#include "engine/server/http_door.h"
#include "engine/server/shells.h"
#include "engine/server/storage_visit.h"
#include "engine/server/stored_response.h"
#include "engine/server/web_pages.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct http_door {
    struct http_door_options options;
    struct MHD_Daemon *daemon;
    struct guard *guard;
    struct errands *errands;
    struct shells *shells;
    struct guesses guesses;
    pthread_mutex_t mutex;   /* guards under_way */
    pthread_cond_t is_quiet; /* under_way has become 0 */
    atomic_bool is_closing;  /* each connection ends with the answer that it waits for */
    int under_way;           /* requests whose line has come and whose answer is not sent yet */
};

/* A connection, as long as it is open. */
struct caller {
    struct guarded guarded; /* first: it is the caller */
    struct http_door *door;
    struct event_stream *stream; /* that is being answered; NULL for none */
    bool is_peer_known;          /* the user at the other end, where that counts */
    uid_t peer;
    uint64_t who; /* for guesses.h */
};

/* A request, from its first line to the end of its answer. */
struct visit {
    struct errand errand; /* first: it is the visit */
    struct http_door *door;
    struct MHD_Connection *connection;
    struct caller *caller;
    struct exchange *exchange;
    const char *method; /* lives as long as the request */
    bool has_headers;
    bool is_denied; /* by access rules: the connection ends, too */
    bool is_answered;
    bool has_answer; /* it could be made */
    struct assay_response answer;
    struct event_stream *stream;   /* in place of an answer */
    struct storage_visit *storage; /* it asks the storage API; else NULL */
    struct storage_answer stored;  /* and this is the answer */
    struct web_answer web;         /* in place of another, where it has a status */
};

int http_descriptor(struct MHD_Connection *connection);

/* The request is to be answered with this error. */
void http_refuse(struct visit *visit, const struct assay_error *err);

/* Sends the response, which it takes, with the headers of every answer. */
enum MHD_Result http_queue(struct visit *visit, struct MHD_Response *response);

/* http_stream.c: an answer that goes on. open: false, and the request is refused. */
bool http_stream_is_wanted(const struct visit *visit);
bool http_stream_open(struct visit *visit);
enum MHD_Result http_stream_send(struct visit *visit);

#endif
