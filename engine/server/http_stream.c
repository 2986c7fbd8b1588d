/* Answers that go on: events, logs that are followed. They wait without a thread. */

#include "engine/server/http_headers.h"
#include "engine/server/http_private.h"

#include <poll.h>
#include <sys/socket.h>

/* What a stream may have on its way to a slow reader, in our memory and in the kernel's. */
enum { STREAM_BLOCK_BYTES = 2048, STREAM_KERNEL_BYTES = 64 * 1024 };

/* A stream that has nothing to say, and one that may have again. */
static void put_to_sleep(void *context)
{
    struct visit *visit = context;

    guard_expect_silence(&visit->caller->guarded);
    MHD_suspend_connection(visit->connection);
}

static void wake_up(void *context)
{
    struct visit *visit = context;

    MHD_resume_connection(visit->connection);
}

static ssize_t read_stream(void *context, uint64_t position, char *bytes, size_t size)
{
    struct visit *visit = context;
    ssize_t read = event_stream_read(visit->stream, bytes, size);

    (void)position;
    if (read == EVENT_STREAM_FAILED)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (read == EVENT_STREAM_END)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (read > 0)
        guard_expect_reader(&visit->caller->guarded, (size_t)read);
    return read;
}

/* Nobody has taken from a log for a while: its reader may be gone, which no write can show. */
static bool is_hung_up(int fd)
{
    struct pollfd polled = { .fd = fd, .events = POLLRDHUP };

    return poll(&polled, 1, 0) > 0;
}

static void on_pulse(struct guarded *guarded)
{
    struct caller *caller = (struct caller *)guarded;

    if (atomic_load(&caller->door->is_closing) ||
        (!event_stream_has_pulse(caller->stream) && is_hung_up(guarded->fd)))
        event_stream_end(caller->stream);
    else
        event_stream_pulse(caller->stream);
}

bool http_stream_open(struct visit *visit)
{
    const struct event_stream_reader reader = { .sleep = put_to_sleep,
                                                .wake = wake_up,
                                                .context = visit };
    struct assay_error err = { 0 };

    visit->stream = event_stream_open(
        visit->door->options.assay, exchange_path(visit->exchange), exchange_query(visit->exchange),
        http_header(visit->connection, "Last-Event-ID"), &reader, &err);
    if (!visit->stream)
        http_refuse(visit, &err);
    return visit->stream != NULL;
}

enum MHD_Result http_stream_send(struct visit *visit)
{
    struct MHD_Response *response = NULL;
    int room = STREAM_KERNEL_BYTES;

    visit->answer.status = MHD_HTTP_OK;
    visit->answer.content_type = event_stream_content_type(visit->stream);
    if (event_stream_is_over(visit->stream)) {
        visit->answer.status = MHD_HTTP_NO_CONTENT;
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    } else {
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES,
                                                     read_stream, visit, NULL);
        (void)setsockopt(http_descriptor(visit->connection), SOL_SOCKET, SO_SNDBUF, &room,
                         sizeof room);
        visit->caller->stream = visit->stream;
        guard_set_pulse(visit->door->guard, &visit->caller->guarded, on_pulse);
        if (atomic_load(&visit->door->is_closing)) /* which has told the others already */
            event_stream_end(visit->stream);
    }
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return http_queue(visit, response);
}

bool http_stream_is_wanted(const struct visit *visit)
{
    return !exchange_is_refused(visit->exchange) &&
           event_stream_is_wanted(visit->method, exchange_path(visit->exchange),
                                  exchange_query(visit->exchange));
}
