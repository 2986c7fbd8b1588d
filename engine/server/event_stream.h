/*
 * engine/server/event_stream.h - what somebody stays for, as bytes of an HTTP answer: the events of
 * a watch as Server-Sent Events (as the WHATWG's HTML standard words them), or the bytes of a log.
 *
 * Its reader takes what there is; when there is nothing it is put to sleep, and woken when there
 * may be something again, so that nobody polls. One thread reads; any may wake.
 */
#ifndef ENGINE_SERVER_EVENT_STREAM_H
#define ENGINE_SERVER_EVENT_STREAM_H

#include "assay.h"

#include <sys/types.h>

struct event_stream;

/* Both are called with the stream's lock held, so that no wake comes before its sleep or after the
 * next one: they may take locks that nobody holds who calls this file, as the HTTP library's are.
 */
struct event_stream_reader {
    void (*sleep)(void *context); /* on the thread that reads */
    void (*wake)(void *context);  /* on any; only after sleep, and once */
    void *context;
};

/* Whether a request is for one: GET of a path that ends with :watch, or with logs and ?follow. */
bool event_stream_is_wanted(const char *method, const char *path, const char *query);

/* after: the header Last-Event-ID, or NULL. NULL and *err as of assay_watch_open(). */
struct event_stream *event_stream_open(struct assay *assay, const char *path, const char *query,
                                       const char *after, const struct event_stream_reader *reader,
                                       struct assay_error *err);
void event_stream_close(struct event_stream *stream); /* NULL is fine */

const char *event_stream_content_type(const struct event_stream *stream);

/* There is nothing to be told, now or later: a browser that hears so does not come again. */
bool event_stream_is_over(const struct event_stream *stream);

enum { EVENT_STREAM_ASLEEP = 0, EVENT_STREAM_END = -1, EVENT_STREAM_FAILED = -2 };

/* At most size bytes; else one of the above. */
ssize_t event_stream_read(struct event_stream *stream, char *bytes, size_t size);

/* False for a log: there is no byte in it that means nothing. */
bool event_stream_has_pulse(const struct event_stream *stream);
/* Any thread: the stream shows that it is alive, and the place to come back to. */
void event_stream_pulse(struct event_stream *stream);
/* Any thread: it ends with what it is saying now. */
void event_stream_end(struct event_stream *stream);

#endif
