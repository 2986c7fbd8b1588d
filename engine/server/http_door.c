#include "engine/server/http_door.h"

#include "assay/env.h"
#include "engine/server/errands.h"
#include "engine/server/event_stream.h"
#include "engine/server/exchange.h"
#include "engine/server/guard.h"
#include "engine/server/monitor.h"
#include "engine/server/peer.h"
#include "engine/server/storage_visit.h"
#include "engine/server/stored_response.h"

#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Headers of real clients stay below 16 KiB; bodies are not kept there. */
enum { CONNECTION_BYTES = 32 * 1024 };
/* What a stream may have on its way to a slow reader, in our memory and in the kernel's. */
enum { STREAM_BLOCK_BYTES = 2048, STREAM_KERNEL_BYTES = 64 * 1024 };

/* A longer body takes longer to read than another thread to wake. */
enum { QUESTION_BYTES = 64 * 1024 };

struct http_door {
    struct http_door_options options;
    struct MHD_Daemon *daemon;
    struct guard *guard;
    struct errands *errands;
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
};

static struct caller *caller_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static int descriptor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

/* At once: of a peer that closes its end after its question, nobody could tell any more. */
static void look_up(struct caller *caller, int fd)
{
    const struct access_rules *access = caller->door->options.access;

    if (access && access->is_loopback && access->token)
        caller->is_peer_known = peer_uid(fd, &caller->peer);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_door *door = context;
    struct caller *caller = *socket_context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        (void)atomic_fetch_add(&door->options.traffic->connections, 1);
        caller = calloc(1, sizeof *caller);
        *socket_context = caller; /* without one, each request is refused */
        if (caller) {
            caller->door = door;
            look_up(caller, descriptor_of(connection));
            guard_add(door->guard, &caller->guarded, descriptor_of(connection));
        }
        return;
    }
    (void)atomic_fetch_sub(&door->options.traffic->connections, 1);
    if (caller)
        guard_remove(door->guard, &caller->guarded);
    free(caller);
    *socket_context = NULL;
}

static void visit_free(struct visit *visit)
{
    if (!visit)
        return;
    assay_response_clear(&visit->answer);
    event_stream_close(visit->stream);
    storage_answer_clear(&visit->stored);
    storage_visit_free(visit->storage);
    exchange_free(visit->exchange);
    free(visit);
}

/* False for lack of memory. */
static bool note_storage(struct visit *visit, const char *target)
{
    struct buckets *buckets = visit->door->options.buckets;

    storage_answer_init(&visit->stored);
    if (!buckets || !storage_is_path(storage_visit_path(target)))
        return true;
    visit->storage = storage_visit_new(buckets, target);
    return visit->storage != NULL;
}

/* Called with the request line before anything is decoded: the query stays as it was sent. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct http_door *door = context;
    struct visit *visit = calloc(1, sizeof *visit);

    if (visit) {
        visit->exchange = exchange_new(target);
        visit->caller = caller_of(connection);
        visit->connection = connection;
        visit->door = door;
    }
    if (!visit || !visit->exchange || !visit->caller || !note_storage(visit, target)) {
        visit_free(visit);
        return NULL;
    }
    (void)pthread_mutex_lock(&door->mutex);
    door->under_way++;
    (void)pthread_mutex_unlock(&door->mutex);
    guard_expect_headers(&visit->caller->guarded);
    return visit;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct http_door *door = context;
    struct visit *visit = *slot;

    (void)connection;
    (void)code;
    if (!visit)
        return;
    guard_set_pulse(door->guard, &visit->caller->guarded, NULL);
    guard_expect_request(&visit->caller->guarded);
    visit_free(visit);
    *slot = NULL;
    (void)pthread_mutex_lock(&door->mutex);
    if (--door->under_way == 0)
        (void)pthread_cond_broadcast(&door->is_quiet);
    (void)pthread_mutex_unlock(&door->mutex);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static size_t announced_size(struct MHD_Connection *connection)
{
    const char *text = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

    /* MHD has checked the header; one that does not fit reads as the largest number. */
    return text ? (size_t)strtoull(text, NULL, 10) : 0;
}

static bool has_body(struct MHD_Connection *connection)
{
    return announced_size(connection) > 0 ||
           header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
}

/* Whom the request is meant for. */
static const char *host_of(const struct visit *visit)
{
    const char *host = exchange_host(visit->exchange);

    return host ? host : header(visit->connection, MHD_HTTP_HEADER_HOST);
}

static void check_access(struct http_door *door, struct visit *visit,
                         struct MHD_Connection *connection)
{
    struct access_claim claim = {
        .host = host_of(visit),
        .origin = header(connection, MHD_HTTP_HEADER_ORIGIN),
        .authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .fetch_site = header(connection, "Sec-Fetch-Site"),
        /* A browser asks with OPTIONS first, without the token that it will show then. */
        .is_public = monitor_is_public(exchange_path(visit->exchange)) ||
                     strcmp(visit->method, "OPTIONS") == 0,
    };
    struct assay_error err = { 0 };

    claim.is_peer_known = visit->caller->is_peer_known;
    claim.peer = visit->caller->peer;
    visit->is_denied = !access_check(door->options.access, &claim, &err);
    if (visit->is_denied)
        exchange_refuse(visit->exchange, assay_code_info(err.code)->http_status, err.code,
                        err.message);
}

static bool takes_bytes(const struct visit *visit)
{
    return visit->storage && storage_visit_takes_bytes(visit->storage);
}

static void begin_storage(struct visit *visit)
{
    struct MHD_Connection *connection = visit->connection;
    const struct storage_headers headers = {
        .content_type = header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .content_encoding = header(connection, MHD_HTTP_HEADER_CONTENT_ENCODING),
        .content_range = header(connection, MHD_HTTP_HEADER_CONTENT_RANGE),
        .upload_content_type = header(connection, "X-Upload-Content-Type"),
        .hash = header(connection, "X-Goog-Hash"),
        .range = header(connection, MHD_HTTP_HEADER_RANGE),
    };

    storage_visit_begin(visit->storage, visit->method, &headers,
                        visit->door->options.tls_cert != NULL, host_of(visit));
}

/* The headers are there: what they forbid is refused before the body comes. */
static void begin(struct http_door *door, struct visit *visit, struct MHD_Connection *connection)
{
    const char *encoding = header(connection, MHD_HTTP_HEADER_CONTENT_ENCODING);

    if (door->options.access) {
        check_access(door, visit, connection);
        /* Over a socket file nobody has an address to come back to. */
        exchange_note_origin(visit->exchange, door->options.tls_cert ? "https" : "http",
                             host_of(visit));
    }
    /* Two lengths of one body are how requests are smuggled past a proxy. */
    if (header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH) &&
        header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING))
        exchange_refuse(visit->exchange, 400, ASSAY_INVALID,
                        "Content-Length and Transfer-Encoding exclude each other");
    if (visit->storage && !exchange_is_refused(visit->exchange))
        begin_storage(visit);
    /* An object may have any size and encoding. */
    if (!takes_bytes(visit)) {
        exchange_expect(visit->exchange, announced_size(connection));
        if (encoding)
            exchange_expect_encoding(visit->exchange, encoding);
    }
    guard_expect_body(&visit->caller->guarded);
}

/* What a page may do with our answers, and that a browser must not guess what they are. */
static bool add_headers(const struct http_door *door, const struct visit *visit,
                        struct MHD_Response *response)
{
    const char *origin = header(visit->connection, MHD_HTTP_HEADER_ORIGIN);
    const char *host = host_of(visit);
    bool is_ok = MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES;

    if (visit->is_denied || atomic_load(&door->is_closing))
        is_ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES;
    if (visit->answer.content_type)
        is_ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                        visit->answer.content_type) == MHD_YES &&
                is_ok;
    if (origin && door->options.access && access_origin_is_near(door->options.access, origin, host))
        is_ok = MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN,
                                        origin) == MHD_YES &&
                MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Origin") == MHD_YES &&
                is_ok;
    return is_ok;
}

static enum MHD_Result queue(struct visit *visit, struct MHD_Response *response)
{
    enum MHD_Result result = MHD_NO;

    traffic_count(visit->door->options.traffic, visit->answer.status);
    guard_expect_reader(&visit->caller->guarded, visit->answer.size);
    if (add_headers(visit->door, visit, response))
        result =
            MHD_queue_response(visit->connection, (unsigned int)visit->answer.status, response);
    MHD_destroy_response(response);
    return result;
}

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

static bool open_stream(struct visit *visit)
{
    const struct event_stream_reader reader = { .sleep = put_to_sleep,
                                                .wake = wake_up,
                                                .context = visit };
    struct assay_error err = { 0 };

    visit->stream = event_stream_open(visit->door->options.assay, exchange_path(visit->exchange),
                                      exchange_query(visit->exchange),
                                      header(visit->connection, "Last-Event-ID"), &reader, &err);
    if (!visit->stream)
        exchange_refuse(visit->exchange, assay_code_info(err.code)->http_status, err.code,
                        err.message);
    return visit->stream != NULL;
}

static enum MHD_Result send_stream(struct visit *visit)
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
        (void)setsockopt(descriptor_of(visit->connection), SOL_SOCKET, SO_SNDBUF, &room,
                         sizeof room);
        visit->caller->stream = visit->stream;
        guard_set_pulse(visit->door->guard, &visit->caller->guarded, on_pulse);
        if (atomic_load(&visit->door->is_closing)) /* which has told the others already */
            event_stream_end(visit->stream);
    }
    if (!response)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    return queue(visit, response);
}

static bool wants_stream(const struct visit *visit)
{
    return !exchange_is_refused(visit->exchange) &&
           event_stream_is_wanted(visit->method, exchange_path(visit->exchange),
                                  exchange_query(visit->exchange));
}

static enum MHD_Result send_stored(struct visit *visit)
{
    struct MHD_Response *response = stored_response(&visit->stored);

    visit->answer.status = visit->stored.status;
    visit->answer.content_type = visit->stored.content_type;
    visit->answer.size = visit->stored.size + (size_t)visit->stored.count;
    return response ? queue(visit, response) : MHD_NO;
}

static enum MHD_Result send_answer(struct visit *visit)
{
    struct MHD_Response *response = NULL;

    if (visit->stream)
        return send_stream(visit);
    if (visit->stored.status != 0)
        return send_stored(visit);
    if (!visit->has_answer || !visit->answer.body)
        return MHD_NO;
    response = MHD_create_response_from_buffer(visit->answer.size, visit->answer.body,
                                               MHD_RESPMEM_MUST_FREE);
    if (!response)
        return MHD_NO;
    visit->answer.body = NULL; /* the response's now */
    return queue(visit, response);
}

/* What a browser asks before a page's request. */
static enum MHD_Result send_options(struct visit *visit)
{
    static const char methods[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    const char *headers = header(visit->connection, MHD_HTTP_HEADER_ACCESS_CONTROL_REQUEST_HEADERS);

    if (!response)
        return MHD_NO;
    visit->answer.status = MHD_HTTP_NO_CONTENT;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, methods);
    if (header(visit->connection, MHD_HTTP_HEADER_ORIGIN)) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS,
                                      methods);
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_MAX_AGE, "600");
        if (headers)
            (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS,
                                          headers);
    }
    return queue(visit, response);
}

/* False: the request is refused. */
static bool make_stored_answer(struct visit *visit)
{
    const char *body = NULL;
    size_t size = 0;

    if (!exchange_body(visit->exchange, &body, &size))
        return false;
    storage_visit_answer(visit->storage, body, size, &visit->stored);
    return true;
}

static void make_answer(struct visit *visit)
{
    const struct http_door_options *options = &visit->door->options;

    visit->is_answered = true;
    if (visit->storage && make_stored_answer(visit))
        return;
    if (wants_stream(visit) && open_stream(visit))
        return;
    visit->has_answer =
        (!exchange_is_refused(visit->exchange) &&
         monitor_answer(options->assay, options->traffic, visit->method,
                        exchange_path(visit->exchange), &visit->answer)) ||
        exchange_answer(visit->exchange, visit->method, options->assay, &visit->answer);
}

static void run_errand(struct errand *errand)
{
    struct visit *visit = (struct visit *)errand;
    struct MHD_Connection *connection = visit->connection;

    make_answer(visit);
    MHD_resume_connection(connection); /* from here on the visit may be gone */
}

/* One resource that is read, by its number: less work than to hand it over. */
static bool is_quick(const struct visit *visit)
{
    const char *path = exchange_path(visit->exchange);
    const char *last = strrchr(path, '/');

    if (exchange_is_refused(visit->exchange))
        return true;
    return !visit->storage && strcmp(visit->method, "GET") == 0 && last &&
           strspn(last + 1, "0123456789") == strlen(last + 1);
}

/* What only asks the controller and waits: no thread need wait with it. */
static bool is_question(const struct visit *visit)
{
    static const char *const verbs[] = { ":suggest", ":complete", ":addTrialMeasurement",
                                         ":checkTrialEarlyStoppingState" };
    const char *path = exchange_path(visit->exchange);
    const char *verb = strrchr(path, ':');

    if (visit->storage || !verb || strcmp(visit->method, "POST") != 0 ||
        !strstr(path, "/studies/") || exchange_body_size(visit->exchange) > QUESTION_BYTES)
        return false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}

static void on_answer(void *context, struct assay_response *response)
{
    struct visit *visit = context;
    struct MHD_Connection *connection = visit->connection;

    visit->answer = *response;
    visit->has_answer = response->body != NULL;
    visit->is_answered = true;
    MHD_resume_connection(connection); /* from here on the visit may be gone */
}

static void ask(struct visit *visit)
{
    struct assay_response none = { 0 };

    MHD_suspend_connection(visit->connection);
    if (!exchange_begin(visit->exchange, visit->method, visit->door->options.assay, on_answer,
                        visit))
        on_answer(visit, &none);
}

/* All of the request is there. */
static enum MHD_Result answer(struct visit *visit)
{
    bool is_slow = visit->door->options.has_slow_answers;

    guard_expect_nothing(&visit->caller->guarded);
    if (strcmp(visit->method, "OPTIONS") == 0 && !exchange_is_refused(visit->exchange))
        return send_options(visit);
    if (exchange_is_refused(visit->exchange) || (!is_slow && is_quick(visit))) {
        make_answer(visit);
        return send_answer(visit);
    }
    if (!is_slow && is_question(visit)) {
        ask(visit);
        return MHD_YES;
    }
    visit->errand.run = run_errand;
    MHD_suspend_connection(visit->connection);
    errands_add(visit->door->errands, &visit->errand);
    return MHD_YES;
}

/* HEAD asks for what GET does, and Google's clients tunnel methods that a proxy may not know. */
static const char *effective_method(struct MHD_Connection *connection, const char *method)
{
    static const char *const tunnelled[] = { "GET", "PUT", "PATCH", "DELETE" };
    const char *wanted = header(connection, "X-HTTP-Method-Override");

    if (strcmp(method, "HEAD") == 0)
        return "GET";
    for (size_t i = 0; wanted && i < sizeof tunnelled / sizeof tunnelled[0]; i++)
        if (strcmp(method, "POST") == 0 && strcmp(wanted, tunnelled[i]) == 0)
            return tunnelled[i];
    return method;
}

/* Called when the headers are there, for each piece of the body, at its end, and when an answer was
 * made elsewhere. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    struct visit *visit = *slot;

    (void)url;
    (void)version;
    if (!visit)
        return MHD_NO;
    if (visit->is_answered)
        return send_answer(visit);
    if (!visit->has_headers) {
        visit->has_headers = true;
        visit->method = effective_method(connection, method);
        begin(context, visit, connection);
        /* A body that nobody wants need not come; then the connection ends, too. */
        return exchange_is_refused(visit->exchange) && has_body(connection) ? answer(visit)
                                                                            : MHD_YES;
    }
    if (*upload_size) {
        if (takes_bytes(visit))
            storage_visit_add(visit->storage, upload, *upload_size);
        else
            exchange_add(visit->exchange, upload, *upload_size);
        guard_note_bytes(&visit->caller->guarded, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(visit);
}

static struct MHD_Daemon *start_daemon(struct http_door *door, int fd)
{
    const struct http_door_options *options = &door->options;
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->tls_cert },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->tls_key },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

    if (options->tls_cert)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, door, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_THREAD_POOL_SIZE, options->threads, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->peer_connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)GUARD_IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_URI_LOG_CALLBACK, on_target, door, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        door, MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_ARRAY,
        options->tls_cert ? tls : none, MHD_OPTION_END);
}

struct http_door *http_door_open(int fd, const struct http_door_options *options,
                                 struct assay_error *err)
{
    struct http_door *door = calloc(1, sizeof *door);

    if (!door) {
        (void)close(fd);
        (void)assay_fail_memory(err);
        return NULL;
    }
    door->options = *options;
    (void)pthread_mutex_init(&door->mutex, NULL);
    (void)pthread_cond_init(&door->is_quiet, NULL);
    door->errands = errands_new(options->errands_max);
    if (!door->errands)
        (void)assay_fail_memory(err);
    else
        door->guard = guard_new(err);
    if (door->guard)
        door->daemon = start_daemon(door, fd);
    if (door->daemon)
        return door;
    (void)close(fd);
    if (door->guard)
        (void)assay_fail(err, options->tls_cert ? ASSAY_INVALID : ASSAY_UNAVAILABLE, NULL,
                         "the HTTP server cannot be started%s",
                         options->tls_cert ? ": look at the certificate and its key" : "");
    http_door_close(door);
    return NULL;
}

void http_door_close(struct http_door *door)
{
    int fd = -1;

    if (!door)
        return;
    if (door->daemon) {
        atomic_store(&door->is_closing, true);
        fd = MHD_quiesce_daemon(door->daemon);
        guard_end_streams(door->guard);
        (void)pthread_mutex_lock(&door->mutex);
        while (door->under_way > 0)
            (void)pthread_cond_wait(&door->is_quiet, &door->mutex);
        (void)pthread_mutex_unlock(&door->mutex);
        MHD_stop_daemon(door->daemon);
    }
    if (fd >= 0)
        (void)close(fd);
    errands_free(door->errands);
    guard_free(door->guard);
    (void)pthread_cond_destroy(&door->is_quiet);
    (void)pthread_mutex_destroy(&door->mutex);
    free(door);
}
