#include "engine/server/event_stream.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

/* The engine's part: a watch that gives what the script says, one letter for each look: e an event,
 * n nothing, E the end, F a failure. After the last letter: nothing. */
static struct {
    const char *script;
    const char *id, *content_type;
    const char *path, *query, *after;
    void (*on_ready)(void *context);
    void *context;
    bool is_closed;
} engine;

struct assay_watch *assay_watch_open(struct assay *assay, const struct assay_watch_options *options,
                                     struct assay_error *err)
{
    (void)assay;
    engine.path = options->path;
    engine.query = options->query;
    engine.after = options->after;
    engine.on_ready = options->on_ready;
    engine.context = options->context;
    if (engine.script)
        return (struct assay_watch *)&engine;
    err->code = ASSAY_NOT_FOUND;
    return NULL;
}

enum assay_watch_result assay_watch_next(struct assay_watch *watch, struct assay_event *event,
                                         struct assay_error *err)
{
    char letter = *engine.script;

    (void)watch;
    (void)err;
    engine.script += letter != '\0';
    *event = (struct assay_event){ .id = engine.id, .type = "job", .data = "{}", .size = 2 };
    if (letter == 'e')
        return ASSAY_WATCH_EVENT;
    if (letter == 'E')
        return ASSAY_WATCH_END;
    return letter == 'F' ? ASSAY_WATCH_FAILED : ASSAY_WATCH_NOTHING;
}

const char *assay_watch_id(struct assay_watch *watch)
{
    (void)watch;
    return engine.id;
}

const char *assay_watch_content_type(struct assay_watch *watch)
{
    (void)watch;
    return engine.content_type;
}

void assay_watch_close(struct assay_watch *watch)
{
    engine.is_closed = watch != NULL;
}

/* The door's part. */
static int asleep;

static void sleep_now(void *context)
{
    (void)context;
    asleep++;
}

static void wake_now(void *context)
{
    (void)context;
    asleep--;
}

static struct event_stream *open_stream(const char *script, const char *content_type)
{
    const struct event_stream_reader reader = { .sleep = sleep_now, .wake = wake_now };
    struct assay_error err = { 0 };
    struct event_stream *stream = NULL;

    engine.script = script;
    engine.id = "1";
    engine.content_type = content_type;
    stream = event_stream_open(NULL, "/p:watch", "q", "0", &reader, &err);
    cr_assert(stream != NULL);
    return stream;
}

static struct event_stream *open_events(const char *script)
{
    return open_stream(script, "text/event-stream");
}

/* All that is said until it sleeps or ends, size bytes at a time. */
static const char *read_all(struct event_stream *stream, size_t size, ssize_t *last)
{
    static char text[4096];
    size_t used = 0;

    do {
        *last = event_stream_read(stream, text + used, size);
        used += *last > 0 ? (size_t)*last : 0;
    } while (*last > 0);
    text[used] = '\0';
    return text;
}

#define says(stream, size, words, end)                                                             \
    do {                                                                                           \
        ssize_t last_ = 0;                                                                         \
        const char *text_ = read_all(stream, size, &last_);                                        \
        cr_assert(zero(int, strcmp(text_, words)), "it says \"%s\"", text_);                       \
        cr_assert(eq(int, (int)last_, end));                                                       \
    } while (0)

Test(event_stream, paths_that_are_streams_are_known)
{
    cr_assert(event_stream_is_wanted("GET", "/assay/v1/jobs/1:watch", NULL));
    cr_assert(not(event_stream_is_wanted("POST", "/assay/v1/jobs/1:watch", NULL)));
    cr_assert(not(event_stream_is_wanted("GET", "/assay/v1/jobs/1", "follow=true")));
    cr_assert(event_stream_is_wanted("GET", "/j/trials/1/logs", "a=b&follow=true"));
    cr_assert(event_stream_is_wanted("GET", "/j/trials/1:logs", "follow"));
    cr_assert(event_stream_is_wanted("GET", "/j/trials/1/logs", "follow&stream=stderr"));
    cr_assert(not(event_stream_is_wanted("GET", "/j/trials/1/logs", "follow=false")));
    cr_assert(not(event_stream_is_wanted("GET", "/j/trials/1/logs", "follower=1&xfollow=1")));
    cr_assert(not(event_stream_is_wanted("GET", "/j/trials/1/logs", NULL)));
}

Test(event_stream, events_are_said_as_the_standard_words_them_in_pieces_of_any_size)
{
    for (size_t size = 1; size < 100; size += 7) {
        struct event_stream *stream = open_events("eenE");

        asleep = 0;
        says(stream, size,
             "retry: 1000\n\nid: 1\nevent: job\ndata: {}\n\nid: 1\nevent: job\ndata: {}\n\n",
             EVENT_STREAM_ASLEEP);
        cr_assert(eq(int, asleep, 1));
        engine.on_ready(engine.context);
        cr_assert(eq(int, asleep, 0));
        says(stream, size, "", EVENT_STREAM_END);
        event_stream_close(stream);
        cr_assert(engine.is_closed);
    }
    cr_assert(eq(str, (char *)engine.path, "/p:watch"));
    cr_assert(eq(str, (char *)engine.after, "0"));
}

Test(event_stream, events_that_are_there_go_together_and_wait_for_a_reader_with_room)
{
    static const char event[] = "id: 1\nevent: job\ndata: {}\n\n";
    const size_t greeting = strlen("retry: 1000\n\n");
    const size_t size = greeting + 2 * strlen(event) + 3;
    struct event_stream *stream = open_events("eeeF");
    char bytes[200];

    cr_assert(eq(int, (int)event_stream_read(stream, bytes, size), (int)size));
    cr_assert(eq(int, (int)event_stream_read(stream, bytes, sizeof bytes), (int)strlen(event) - 3));
    cr_assert(zero(int, strncmp(bytes, event + 3, strlen(event) - 3)));
    cr_assert(eq(int, (int)event_stream_read(stream, bytes, sizeof bytes), EVENT_STREAM_FAILED));
    event_stream_close(stream);
}

Test(event_stream, who_is_woken_before_it_sleeps_does_not_sleep)
{
    struct event_stream *stream = open_events("nneE");

    event_stream_pulse(stream); /* between the look and the sleep */
    says(stream, 100, "retry: 1000\n\n:\nid: 1\n\nid: 1\nevent: job\ndata: {}\n\n",
         EVENT_STREAM_END);
    cr_assert(eq(int, asleep, 0));
    event_stream_close(stream);
}

Test(event_stream, a_pulse_is_a_comment_and_brings_a_new_place)
{
    struct event_stream *stream = open_events("e");

    says(stream, 100, "retry: 1000\n\nid: 1\nevent: job\ndata: {}\n\n", EVENT_STREAM_ASLEEP);
    event_stream_pulse(stream);
    says(stream, 100, ":\n\n", EVENT_STREAM_ASLEEP);
    engine.id = "2";
    engine.on_ready(engine.context);
    says(stream, 100, ":\nid: 2\n\n", EVENT_STREAM_ASLEEP);
    cr_assert(event_stream_has_pulse(stream));
    event_stream_end(stream);
    says(stream, 100, "", EVENT_STREAM_END);
    event_stream_close(stream);
}

Test(event_stream, a_log_is_its_bytes_and_nothing_else)
{
    struct event_stream *stream = open_stream("eneF", "text/plain; charset=UTF-8");

    says(stream, 1, "{}", EVENT_STREAM_ASLEEP);
    event_stream_pulse(stream);
    says(stream, 100, "{}", EVENT_STREAM_FAILED);
    cr_assert(not(event_stream_has_pulse(stream)));
    event_stream_close(stream);
}

Test(event_stream, what_is_over_at_once_says_so)
{
    struct event_stream *stream = open_events("E");

    cr_assert(event_stream_is_over(stream));
    event_stream_close(stream);
    stream = open_stream("E", "text/plain; charset=UTF-8");
    cr_assert(not(event_stream_is_over(stream)), "an empty log is one");
    says(stream, 100, "", EVENT_STREAM_END);
    event_stream_close(stream);
}
