#include "engine/server/server.h"

#include "engine/server/exchange.h"
#include "engine/server/socket_path.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A command holds one connection for as long as it runs, a `logs -f` for hours; 128 of them are
 * more than a person starts. A peer that stands still for a minute is cut off. Headers of ours fit
 * 32 KiB easily; bodies are not kept there.
 */
enum { THREADS = 2, CONNECTIONS_MAX = 128, IDLE_SECONDS = 60, CONNECTION_BYTES = 32 * 1024 };
enum { BACKLOG = 64 };

struct server {
    struct assay *assay;
    struct MHD_Daemon *daemon;
    struct socket_path path;
    bool is_bound;
};

/* Called with the request line before anything is decoded: the query stays as it was sent. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    return exchange_new(target);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    exchange_free(*slot);
    *slot = NULL;
}

static size_t announced_size(struct MHD_Connection *connection)
{
    const char *text =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

    /* MHD has checked the header; one that does not fit reads as the largest number. */
    return text ? (size_t)strtoull(text, NULL, 10) : 0;
}

static enum MHD_Result send_answer(struct server *server, struct MHD_Connection *connection,
                                   const char *method, struct exchange *exchange)
{
    struct assay_response answer = { 0 };
    struct MHD_Response *response = NULL;
    enum MHD_Result result = MHD_NO;

    if (!exchange_answer(exchange, method, server->assay, &answer))
        return MHD_NO;
    response = MHD_create_response_from_buffer(answer.size, answer.body, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        assay_response_clear(&answer);
        return MHD_NO;
    }
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type) ==
        MHD_YES)
        result = MHD_queue_response(connection, (unsigned int)answer.status, response);
    MHD_destroy_response(response);
    return result;
}

/* Called when the headers are there, for each piece of the body, and at its end. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **slot)
{
    struct exchange *exchange = *slot;

    (void)url;
    (void)version;
    if (!exchange)
        return MHD_NO;
    if (!exchange_has_begun(exchange)) {
        if (exchange_expect(exchange, announced_size(connection)))
            return MHD_YES;
    } else if (*upload_size) {
        exchange_add(exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return send_answer(context, connection, method, exchange);
}

/* Returns the listening socket, or -1 and *err. */
static int listen_on(struct server *server, const char *state_dir, struct assay_error *err)
{
    const struct sockaddr *address = (const struct sockaddr *)&server->path.address;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    /* The socket's own mode becomes the file's: no moment in which others could connect. */
    if (fd < 0 || fchmod(fd, 0600) != 0)
        goto fail;
    if (unlink(server->path.address.sun_path) != 0 && errno != ENOENT)
        goto fail;
    if (bind(fd, address, sizeof server->path.address) != 0)
        goto fail;
    server->is_bound = true;
    if (listen(fd, BACKLOG) == 0)
        return fd;
fail:
    (void)assay_fail_errno(err, errno, "make %s/" ASSAY_SOCKET_NAME, state_dir);
    err->code = ASSAY_UNAVAILABLE;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static bool start_daemon(struct server *server, int fd, struct assay_error *err)
{
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (server->daemon)
        return true;
    (void)close(fd);
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "the HTTP server cannot be started");
}

struct server *server_start(struct assay *assay, const char *state_dir, struct assay_error *err)
{
    struct server *server = calloc(1, sizeof *server);
    int fd = -1;

    if (!server) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    server->assay = assay;
    if (!socket_path_init(&server->path, state_dir, err))
        goto fail;
    fd = listen_on(server, state_dir, err);
    if (fd >= 0 && start_daemon(server, fd, err))
        return server;
fail:
    server_stop(server);
    return NULL;
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon); /* closes the listening socket, too */
    if (server->is_bound)
        (void)unlink(server->path.address.sun_path);
    socket_path_clear(&server->path);
    free(server);
}
