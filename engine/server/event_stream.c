#include "engine/server/event_stream.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* When a client that was cut off should come back; its own choice is some seconds. */
static const char greeting[] = "retry: 1000\n\n";

enum { ID_SIZE = 80 };

struct event_stream {
    struct assay_watch *watch;
    struct event_stream_reader reader;
    const char *content_type; /* the watch's */
    bool has_events;          /* else it is a log */
    bool is_over;

    /* What is being said: the reading thread's. */
    char *text; /* owned; NULL: event's data, borrowed from the watch */
    const char *rest;
    size_t rest_size;
    enum assay_watch_result result; /* of the last look at the watch */
    bool is_taken;                  /* … whose words were found: it is time for the next look */
    struct assay_event event;
    char said_id[ID_SIZE]; /* the last one that was sent */

    pthread_mutex_t mutex; /* guards what follows */
    bool is_asleep;
    bool has_news; /* it was woken while it was awake */
    bool has_pulse;
    bool is_ending;
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* "follow", "follow=true", but not "follow=false". */
static bool asks_to_follow(const char *query)
{
    static const char name[] = "follow";

    for (const char *at = query; at && *at; at = strchr(at, '&'), at = at ? at + 1 : NULL) {
        const char *value = at + strlen(name);

        if (strncmp(at, name, strlen(name)) != 0 || !strchr("=&", *value))
            continue;
        return *value != '=' || (strncmp(value, "=false", 6) != 0 && strncmp(value, "=0", 2) != 0);
    }
    return false;
}

bool event_stream_is_wanted(const char *method, const char *path, const char *query)
{
    if (strcmp(method, "GET") != 0)
        return false;
    if (ends_with(path, ":watch"))
        return true;
    return (ends_with(path, "/logs") || ends_with(path, ":logs")) && asks_to_follow(query);
}

/* With the lock held. */
static void wake(struct event_stream *stream)
{
    stream->has_news = !stream->is_asleep;
    if (!stream->is_asleep)
        return;
    stream->is_asleep = false;
    stream->reader.wake(stream->reader.context);
}

static void on_ready(void *context)
{
    struct event_stream *stream = context;

    (void)pthread_mutex_lock(&stream->mutex);
    wake(stream);
    (void)pthread_mutex_unlock(&stream->mutex);
}

void event_stream_pulse(struct event_stream *stream)
{
    (void)pthread_mutex_lock(&stream->mutex);
    stream->has_pulse = true;
    wake(stream);
    (void)pthread_mutex_unlock(&stream->mutex);
}

void event_stream_end(struct event_stream *stream)
{
    (void)pthread_mutex_lock(&stream->mutex);
    stream->is_ending = true;
    wake(stream);
    (void)pthread_mutex_unlock(&stream->mutex);
}

static void look(struct event_stream *stream)
{
    struct assay_error err = { 0 };

    stream->is_taken = false;
    stream->result = assay_watch_next(stream->watch, &stream->event, &err);
}

struct event_stream *event_stream_open(struct assay *assay, const char *path, const char *query,
                                       const char *after, const struct event_stream_reader *reader,
                                       struct assay_error *err)
{
    struct event_stream *stream = calloc(1, sizeof *stream);
    struct assay_watch_options options = {
        .path = path, .query = query, .after = after, .on_ready = on_ready, .context = stream
    };

    if (!stream) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&stream->mutex, NULL);
    stream->reader = *reader;
    stream->watch = assay_watch_open(assay, &options, err);
    if (!stream->watch) {
        event_stream_close(stream);
        return NULL;
    }
    stream->content_type = assay_watch_content_type(stream->watch);
    stream->has_events = strncmp(stream->content_type, "text/event-stream", 17) == 0;
    look(stream);
    stream->is_over = stream->has_events && stream->result == ASSAY_WATCH_END;
    if (stream->has_events) {
        stream->rest = greeting;
        stream->rest_size = sizeof greeting - 1;
    }
    return stream;
}

void event_stream_close(struct event_stream *stream)
{
    if (!stream)
        return;
    assay_watch_close(stream->watch);
    free(stream->text);
    (void)pthread_mutex_destroy(&stream->mutex);
    free(stream);
}

const char *event_stream_content_type(const struct event_stream *stream)
{
    return stream->content_type;
}

bool event_stream_has_pulse(const struct event_stream *stream)
{
    return stream->has_events;
}

bool event_stream_is_over(const struct event_stream *stream)
{
    return stream->is_over;
}

/* Says text, which is taken; size -1: it could not be made. */
static bool say(struct event_stream *stream, char *text, int size)
{
    if (size < 0)
        return false;
    free(stream->text);
    stream->text = text;
    stream->rest = text;
    stream->rest_size = (size_t)size;
    return true;
}

static bool say_event(struct event_stream *stream)
{
    const struct assay_event *event = &stream->event;
    char *text = NULL;
    int size = 0;

    if (!stream->has_events) {
        stream->rest = event->data;
        stream->rest_size = event->size;
        return true;
    }
    (void)snprintf(stream->said_id, sizeof stream->said_id, "%s", event->id);
    size = asprintf(&text, "id: %s\nevent: %s\ndata: %.*s\n\n", event->id, event->type,
                    (int)event->size, event->data);
    return say(stream, text, size);
}

/* A comment, which keeps the connection; with a new place, which no event has told. */
static bool say_pulse(struct event_stream *stream, bool has_pulse)
{
    const char *id = assay_watch_id(stream->watch);
    bool is_new = strcmp(id, stream->said_id) != 0;
    char *text = NULL;
    int size = 0;

    if (!stream->has_events || (!has_pulse && !is_new))
        return true;
    (void)snprintf(stream->said_id, sizeof stream->said_id, "%s", id);
    size = is_new ? asprintf(&text, ":\nid: %s\n\n", id) : asprintf(&text, ":\n\n");
    return say(stream, text, size);
}

/* Goes to sleep, if nothing has happened meanwhile. */
static bool fall_asleep(struct event_stream *stream)
{
    bool is_asleep = false;

    (void)pthread_mutex_lock(&stream->mutex);
    is_asleep = !stream->has_news;
    stream->has_news = false;
    if (is_asleep) {
        stream->is_asleep = true;
        free(stream->text); /* nothing is kept for a long time */
        stream->text = NULL;
        stream->reader.sleep(stream->reader.context);
    }
    (void)pthread_mutex_unlock(&stream->mutex);
    return is_asleep;
}

/* What is to be said next, if anything. END, FAILED, or 0. */
static int find_words(struct event_stream *stream, bool *is_asleep)
{
    bool has_pulse = false;
    bool is_ending = false;
    bool is_said = true;

    (void)pthread_mutex_lock(&stream->mutex);
    is_ending = stream->is_ending;
    has_pulse = stream->has_pulse;
    stream->has_pulse = false;
    (void)pthread_mutex_unlock(&stream->mutex);
    if (is_ending)
        return EVENT_STREAM_END;
    if (stream->is_taken)
        look(stream);
    stream->is_taken = true;
    switch (stream->result) {
    case ASSAY_WATCH_EVENT:
        is_said = say_event(stream);
        break;
    case ASSAY_WATCH_NOTHING:
        is_said = say_pulse(stream, has_pulse);
        if (is_said && stream->rest_size == 0)
            *is_asleep = fall_asleep(stream);
        break;
    case ASSAY_WATCH_END:
        return EVENT_STREAM_END;
    case ASSAY_WATCH_FAILED:
        return EVENT_STREAM_FAILED;
    }
    return is_said ? 0 : EVENT_STREAM_FAILED;
}

static size_t take_words(struct event_stream *stream, char *bytes, size_t size)
{
    if (size > stream->rest_size)
        size = stream->rest_size;
    memcpy(bytes, stream->rest, size);
    stream->rest += size;
    stream->rest_size -= size;
    return size;
}

/* Events that are there already go with the first one: each write to the network is dear. */
static bool has_another(struct event_stream *stream)
{
    if (!stream->has_events || stream->rest_size > 0)
        return false;
    if (stream->is_taken)
        look(stream);
    if (stream->result != ASSAY_WATCH_EVENT)
        return false; /* the next read finds it looked at, but not taken */
    if (!say_event(stream)) {
        stream->result = ASSAY_WATCH_FAILED;
        return false;
    }
    stream->is_taken = true;
    return true;
}

ssize_t event_stream_read(struct event_stream *stream, char *bytes, size_t size)
{
    bool is_asleep = false;
    int end = 0;
    size_t taken = 0;

    while (stream->rest_size == 0 && end == 0 && !is_asleep)
        end = find_words(stream, &is_asleep);
    if (end != 0 || is_asleep)
        return end;
    do
        taken += take_words(stream, bytes + taken, size - taken);
    while (taken < size && has_another(stream));
    return (ssize_t)taken;
}
