#include "engine/server/http_door.h"

#include "assay/env.h"
#include "engine/server/http_headers.h"
#include "engine/server/http_private.h"
#include "engine/server/monitor.h"
#include "engine/server/peer.h"
#include "engine/server/request_kind.h"
#include "engine/server/web_response.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Headers of real clients stay below 16 KiB; bodies are not kept there. */
enum { CONNECTION_BYTES = 32 * 1024 };
static struct caller *caller_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

int http_descriptor(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    return info ? info->connect_fd : -1;
}

/* At once: of a peer that closes its end after its question, nobody could tell any more. */
static void look_up(struct caller *caller, struct MHD_Connection *connection)
{
    const struct access_rules *access = caller->door->options.access;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    if (access && access->is_loopback && access->token)
        caller->is_peer_known = peer_uid(http_descriptor(connection), &caller->peer);
    caller->who = caller->is_peer_known ? guesses_of_user(caller->peer)
                                        : guesses_of_address(info ? info->client_addr : NULL);
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
            look_up(caller, connection);
            guard_add(door->guard, &caller->guarded, http_descriptor(connection));
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

/* Whom the request is meant for. */
static const char *host_of(const struct visit *visit)
{
    const char *host = exchange_host(visit->exchange);

    return host ? host : http_header(visit->connection, MHD_HTTP_HEADER_HOST);
}

/* What the request says of who asks. */
static struct access_claim claim_of(const struct visit *visit)
{
    struct MHD_Connection *connection = visit->connection;

    return (struct access_claim){
        .host = host_of(visit),
        .origin = http_header(connection, MHD_HTTP_HEADER_ORIGIN),
        .authorization = http_header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .fetch_site = http_header(connection, "Sec-Fetch-Site"),
        .cookie = http_header(connection, MHD_HTTP_HEADER_COOKIE),
        .now_s = assay_wall_us(assay_env_system()) / (1000 * 1000),
        .is_unsafe = strcmp(visit->method, "GET") != 0,
        /* A browser asks with OPTIONS first, without the token that it will show then. */
        .is_public = monitor_is_public(exchange_path(visit->exchange)) ||
                     web_pages_is_path(exchange_path(visit->exchange)) ||
                     strcmp(visit->method, "OPTIONS") == 0,
        .is_peer_known = visit->caller->is_peer_known,
        .peer = visit->caller->peer,
    };
}

void http_refuse(struct visit *visit, const struct assay_error *err)
{
    exchange_refuse(visit->exchange, assay_code_info(err->code)->http_status, err->code,
                    err->message);
}

static void check_access(const struct http_door *door, struct visit *visit)
{
    const struct access_claim claim = claim_of(visit);
    struct assay_error err = { 0 };

    visit->is_denied = !access_check(door->options.access, &claim, &err);
    if (visit->is_denied)
        http_refuse(visit, &err);
}

static bool takes_bytes(const struct visit *visit)
{
    return visit->storage && storage_visit_takes_bytes(visit->storage);
}

static void begin_storage(struct visit *visit)
{
    struct MHD_Connection *connection = visit->connection;
    const struct storage_headers headers = {
        .content_type = http_header(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
        .content_encoding = http_header(connection, MHD_HTTP_HEADER_CONTENT_ENCODING),
        .content_range = http_header(connection, MHD_HTTP_HEADER_CONTENT_RANGE),
        .upload_content_type = http_header(connection, "X-Upload-Content-Type"),
        .hash = http_header(connection, "X-Goog-Hash"),
        .range = http_header(connection, MHD_HTTP_HEADER_RANGE),
    };

    storage_visit_begin(visit->storage, visit->method, &headers,
                        visit->door->options.tls_cert != NULL, host_of(visit));
}

/* The headers are there: what they forbid is refused before the body comes. */
static void begin(struct http_door *door, struct visit *visit, struct MHD_Connection *connection)
{
    const char *encoding = http_header(connection, MHD_HTTP_HEADER_CONTENT_ENCODING);

    if (door->options.access) {
        check_access(door, visit);
        /* Over a socket file nobody has an address to come back to. */
        exchange_note_origin(visit->exchange, door->options.tls_cert ? "https" : "http",
                             host_of(visit));
    }
    /* Two lengths of one body are how requests are smuggled past a proxy. */
    if (http_header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH) &&
        http_header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING))
        exchange_refuse(visit->exchange, 400, ASSAY_INVALID,
                        "Content-Length and Transfer-Encoding exclude each other");
    if (visit->storage && !exchange_is_refused(visit->exchange))
        begin_storage(visit);
    /* An object may have any size and encoding. */
    if (!takes_bytes(visit)) {
        exchange_expect(visit->exchange, http_announced_size(connection));
        if (encoding)
            exchange_expect_encoding(visit->exchange, encoding);
    }
    guard_expect_body(&visit->caller->guarded);
}

/* What a page may do with our answers, and that a browser must not guess what they are. What
 * strangers wrote (logs, objects) is sent with a type that they may have chosen: nothing of it may
 * run as if it were ours. */
static bool add_headers(const struct http_door *door, const struct visit *visit,
                        struct MHD_Response *response)
{
    const char *origin = http_header(visit->connection, MHD_HTTP_HEADER_ORIGIN);
    bool is_ok = http_add_header(response, true, "X-Content-Type-Options", "nosniff");

    if (visit->web.status == 0)
        is_ok = http_add_header(response, is_ok, "Content-Security-Policy",
                                "default-src 'none'; frame-ancestors 'none'; sandbox");
    if (visit->is_denied || atomic_load(&door->is_closing))
        is_ok = http_add_header(response, is_ok, MHD_HTTP_HEADER_CONNECTION, "close");
    if (visit->answer.content_type)
        is_ok = http_add_header(response, is_ok, MHD_HTTP_HEADER_CONTENT_TYPE,
                                visit->answer.content_type);
    if (origin && door->options.access &&
        access_origin_is_near(door->options.access, origin, host_of(visit))) {
        is_ok =
            http_add_header(response, is_ok, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        is_ok = http_add_header(response, is_ok, MHD_HTTP_HEADER_VARY, "Origin");
    }
    return is_ok;
}

enum MHD_Result http_queue(struct visit *visit, struct MHD_Response *response)
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

static enum MHD_Result send_stored(struct visit *visit)
{
    struct MHD_Response *response = stored_response(&visit->stored);

    visit->answer.status = visit->stored.status;
    visit->answer.content_type = visit->stored.content_type;
    visit->answer.size = visit->stored.size + (size_t)visit->stored.count;
    return response ? http_queue(visit, response) : MHD_NO;
}

static enum MHD_Result send_web(struct visit *visit)
{
    struct MHD_Response *response = web_response(&visit->web);

    visit->answer.status = visit->web.status;
    visit->answer.content_type = visit->web.content_type;
    visit->answer.size = visit->web.size;
    return response ? http_queue(visit, response) : MHD_NO;
}

static enum MHD_Result send_answer(struct visit *visit)
{
    struct MHD_Response *response = NULL;

    if (visit->stream)
        return http_stream_send(visit);
    if (visit->stored.status != 0)
        return send_stored(visit);
    if (visit->web.status != 0)
        return send_web(visit);
    if (!visit->has_answer || !visit->answer.body)
        return MHD_NO;
    response = MHD_create_response_from_buffer(visit->answer.size, visit->answer.body,
                                               MHD_RESPMEM_MUST_FREE);
    if (!response)
        return MHD_NO;
    visit->answer.body = NULL; /* the response's now */
    return http_queue(visit, response);
}

/* What a browser asks before a page's request. */
static enum MHD_Result send_options(struct visit *visit)
{
    struct MHD_Response *response = http_options(visit->connection);

    visit->answer.status = MHD_HTTP_NO_CONTENT;
    return response ? http_queue(visit, response) : MHD_NO;
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

/* False: the path is none of the page's, or the request is refused. */
static bool make_web_answer(struct visit *visit)
{
    const struct http_door_options *options = &visit->door->options;
    const struct web_door door = { .access = options->access,
                                   .guesses = &visit->door->guesses,
                                   .is_tls = options->tls_cert != NULL,
                                   .is_emulating = options->is_emulating };
    struct web_question question = {
        .method = visit->method,
        .path = exchange_path(visit->exchange),
        .if_none_match = http_header(visit->connection, MHD_HTTP_HEADER_IF_NONE_MATCH),
        .accept_encoding = http_header(visit->connection, MHD_HTTP_HEADER_ACCEPT_ENCODING),
        .claim = claim_of(visit),
        .who = visit->caller->who,
        .now_us = assay_mono_us(assay_env_system()),
    };
    struct assay_error err = { 0 };

    if (!web_pages_is_path(question.path) ||
        !exchange_body(visit->exchange, &question.body, &question.body_size))
        return false;
    if (web_pages_answer(&door, &question, &visit->web, &err))
        return true;
    http_refuse(visit, &err);
    return false;
}

/* False: the path is none of a shell's, or the request is refused. */
static bool make_shell_answer(struct visit *visit)
{
    struct shells_question question = { .method = visit->method,
                                        .path = exchange_path(visit->exchange),
                                        .query = exchange_query(visit->exchange) };
    struct assay_error err = { 0 };

    if (!shells_is_path(question.path) ||
        !exchange_body(visit->exchange, &question.body, &question.body_size))
        return false;
    if (shells_answer(visit->door->shells, &question, &visit->answer, &err))
        return true;
    http_refuse(visit, &err);
    return false;
}

static void make_answer(struct visit *visit)
{
    const struct http_door_options *options = &visit->door->options;

    visit->is_answered = true;
    if (visit->storage && make_stored_answer(visit))
        return;
    if (make_web_answer(visit) || (http_stream_is_wanted(visit) && http_stream_open(visit)))
        return;
    visit->has_answer =
        make_shell_answer(visit) ||
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
    bool is_slow = visit->door->options.is_emulating; /* its script may want to wait */
    const char *path = exchange_path(visit->exchange);

    guard_expect_nothing(&visit->caller->guarded);
    if (strcmp(visit->method, "OPTIONS") == 0 && !exchange_is_refused(visit->exchange))
        return send_options(visit);
    if (exchange_is_refused(visit->exchange) ||
        (!is_slow && !visit->storage && request_is_quick(visit->method, path))) {
        make_answer(visit);
        return send_answer(visit);
    }
    if (!is_slow && !visit->storage &&
        request_is_question(visit->method, path, exchange_body_size(visit->exchange))) {
        ask(visit);
        return MHD_YES;
    }
    visit->errand.run = run_errand;
    MHD_suspend_connection(visit->connection);
    errands_add(visit->door->errands, &visit->errand);
    return MHD_YES;
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
        visit->method = http_effective_method(connection, method);
        begin(context, visit, connection);
        /* A body that nobody wants need not come; then the connection ends, too. */
        return exchange_is_refused(visit->exchange) && http_has_body(connection) ? answer(visit)
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
    guesses_init(&door->guesses);
    door->errands = errands_new(options->errands_max);
    door->shells = shells_new(options->assay);
    if (!door->errands || !door->shells)
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
        shells_stop(door->shells);
        (void)pthread_mutex_lock(&door->mutex);
        while (door->under_way > 0)
            (void)pthread_cond_wait(&door->is_quiet, &door->mutex);
        (void)pthread_mutex_unlock(&door->mutex);
        MHD_stop_daemon(door->daemon);
    }
    if (fd >= 0)
        (void)close(fd);
    errands_free(door->errands);
    shells_free(door->shells);
    guard_free(door->guard);
    guesses_clear(&door->guesses);
    (void)pthread_cond_destroy(&door->is_quiet);
    (void)pthread_mutex_destroy(&door->mutex);
    free(door);
}
