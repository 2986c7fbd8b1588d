#include "bench/http_load.h"

#include "bench/measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, BUFFER_LEAST = 32 * 1024, WAIT_MS = 60000 };

struct connection {
    int fd;
    double asked_s;
    char *buffer; /* what has come of the answer */
    size_t size, capacity;
};

struct load {
    const struct http_load_plan *plan;
    int poll_fd;
    int open; /* connections that have more to say */
    struct connection *connections;
};

size_t http_request_text(char *text, const char *method, const char *path, const char *body)
{
    int size = 0;

    if (body)
        size = snprintf(text, HTTP_REQUEST_MAX,
                        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        method, path, strlen(body), body);
    else
        size = snprintf(text, HTTP_REQUEST_MAX, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", method,
                        path);
    return size > 0 && size < HTTP_REQUEST_MAX ? (size_t)size : 0;
}

static bool connect_one(struct load *load, int index, struct assay_error *err)
{
    struct connection *connection = &load->connections[index];
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)load->plan->port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)index };
    int one = 1;

    connection->capacity = BUFFER_LEAST;
    connection->buffer = malloc(connection->capacity);
    if (!connection->buffer)
        return assay_fail_memory(err);
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0 ||
        epoll_ctl(load->poll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        return assay_fail_errno(err, errno, "connect to port %d", load->plan->port);
    return true;
}

/* A request is small: a socket that has answered takes it whole. */
static bool say(struct load *load, int index, const struct http_answer *answer,
                struct assay_error *err)
{
    char text[HTTP_REQUEST_MAX];
    struct connection *connection = &load->connections[index];
    size_t size = load->plan->script(load->plan->context, index, answer, text);

    connection->size = 0;
    if (size == 0) {
        load->open--;
        (void)epoll_ctl(load->poll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
        return true;
    }
    connection->asked_s = moment_now().wall_s;
    return send(connection->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size ||
           assay_fail_errno(err, errno, "send a request");
}

static bool grow(struct connection *connection, struct assay_error *err)
{
    char *grown = NULL;

    if (connection->capacity - connection->size > 1)
        return true;
    grown = realloc(connection->buffer, connection->capacity * 2);
    if (!grown)
        return assay_fail_memory(err);
    connection->buffer = grown;
    connection->capacity *= 2;
    return true;
}

/* True where the answer is whole. Servers of ours always say its length. */
static bool is_whole(struct connection *connection, struct http_answer *answer)
{
    static const char length_name[] = "\r\nContent-Length: ";
    const char *end = NULL;
    const char *length = NULL;
    size_t head = 0;

    connection->buffer[connection->size] = '\0';
    end = strstr(connection->buffer, "\r\n\r\n");
    length = strcasestr(connection->buffer, length_name);
    if (!end || !length || length > end)
        return false;
    head = (size_t)(end - connection->buffer) + 4;
    answer->size = strtoul(length + sizeof length_name - 1, NULL, 10);
    answer->status = (int)strtol(connection->buffer + strlen("HTTP/1.1 "), NULL, 10);
    answer->body = connection->buffer + head;
    return connection->size >= head + answer->size;
}

static bool hear(struct load *load, int index, struct assay_error *err)
{
    struct connection *connection = &load->connections[index];
    struct http_answer answer = { 0 };
    ssize_t got = 0;

    if (!grow(connection, err))
        return false;
    got = recv(connection->fd, connection->buffer + connection->size,
               connection->capacity - connection->size - 1, 0);
    if (got <= 0)
        return assay_fail_errno(err, got < 0 ? errno : ECONNRESET, "read an answer");
    connection->size += (size_t)got;
    if (!is_whole(connection, &answer))
        return true;
    answer.took_s = moment_now().wall_s - connection->asked_s;
    return say(load, index, &answer, err);
}

static bool drive(struct load *load, struct assay_error *err)
{
    struct epoll_event events[EVENTS_MAX];

    for (int i = 0; i < load->plan->connections; i++)
        if (!connect_one(load, i, err))
            return false;
    for (int i = 0; i < load->plan->connections; i++)
        if (!say(load, i, NULL, err))
            return false;
    while (load->open > 0) {
        int count = epoll_wait(load->poll_fd, events, EVENTS_MAX, WAIT_MS);

        if (count <= 0)
            return assay_fail_errno(err, count < 0 ? errno : ETIMEDOUT, "wait for an answer");
        for (int i = 0; i < count; i++)
            if (!hear(load, (int)events[i].data.u32, err))
                return false;
    }
    return true;
}

bool http_load_run(const struct http_load_plan *plan, struct assay_error *err)
{
    struct load load = { .plan = plan, .open = plan->connections };
    bool is_ok = false;

    load.connections = calloc((size_t)plan->connections, sizeof *load.connections);
    if (!load.connections)
        return assay_fail_memory(err);
    for (int i = 0; i < plan->connections; i++)
        load.connections[i].fd = -1;
    load.poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (load.poll_fd < 0)
        (void)assay_fail_errno(err, errno, "epoll");
    else
        is_ok = drive(&load, err);
    for (int i = 0; i < plan->connections; i++) {
        if (load.connections[i].fd >= 0)
            (void)close(load.connections[i].fd);
        free(load.connections[i].buffer);
    }
    if (load.poll_fd >= 0)
        (void)close(load.poll_fd);
    free(load.connections);
    return is_ok;
}
