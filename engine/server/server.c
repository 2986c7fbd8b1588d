#include "engine/server/server.h"

#include "assay/env.h"
#include "engine/server/http_door.h"
#include "engine/server/socket_path.h"
#include "engine/server/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A command holds one connection to the socket for as long as it runs, a `logs -f` for hours; 128
 * of them are more than a person starts. One machine may have all of the TCP port's but a quarter,
 * so that it cannot lock out the others.
 */
enum { SOCKET_THREADS = 1, SOCKET_ERRANDS_MAX = 8, SOCKET_CONNECTIONS_MAX = 128, BACKLOG = 64 };
/* All that wait for a commit get the same one, so there is room for many. */
enum { TCP_THREADS = 2, TCP_ERRANDS_MAX = 128 };

struct server {
    struct assay *assay;
    struct buckets *buckets;
    struct traffic traffic;
    struct http_door *socket_door;
    struct socket_path path;
    bool is_bound; /* the socket's file is there */
    struct http_door *tcp_door;
    struct listen_address address;
    struct access_rules access;
    char token[TOKEN_TEXT_MAX];
    char url[LISTEN_HOST_TEXT + 32];
};

/* Returns the listening socket, or -1 and *err. */
static int listen_on_socket(struct server *server, const char *state_dir, struct assay_error *err)
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

static bool open_socket_door(struct server *server, const char *state_dir, struct assay_error *err)
{
    struct http_door_options options = { .assay = server->assay,
                                         .buckets = server->buckets,
                                         .traffic = &server->traffic,
                                         .threads = SOCKET_THREADS,
                                         .errands_max = SOCKET_ERRANDS_MAX,
                                         .connections_max = SOCKET_CONNECTIONS_MAX };
    int fd = -1;

    if (!socket_path_init(&server->path, state_dir, err))
        return false;
    fd = listen_on_socket(server, state_dir, err);
    if (fd >= 0)
        server->socket_door = http_door_open(fd, &options, err);
    return server->socket_door != NULL;
}

static bool open_tcp_door(struct server *server, const struct server_options *wanted,
                          struct assay_error *err)
{
    struct http_door_options options = { .assay = server->assay,
                                         .buckets = server->buckets,
                                         .traffic = &server->traffic,
                                         .access = &server->access,
                                         .threads = TCP_THREADS,
                                         .errands_max = TCP_ERRANDS_MAX,
                                         .tls_cert = wanted->tls_cert,
                                         .tls_key = wanted->tls_key,
                                         .is_emulating = wanted->is_emulating };
    unsigned int connections =
        wanted->connections_max ? wanted->connections_max : SERVER_CONNECTIONS_MAX;
    int fd = -1;

    options.connections_max = connections;
    options.peer_connections_max = connections - connections / 4;
    server->address = *wanted->listen;
    if (!wanted->has_no_auth && !token_load(wanted->state_dir, server->token, err))
        return false;
    server->access = (struct access_rules){ .token = wanted->has_no_auth ? NULL : server->token,
                                            .host = server->address.host,
                                            .is_loopback = server->address.is_loopback,
                                            .owner = geteuid() };
    fd = listen_address_open(&server->address, err);
    if (fd >= 0)
        server->tcp_door = http_door_open(fd, &options, err);
    (void)snprintf(server->url, sizeof server->url, "http%s://%s:%u", wanted->tls_cert ? "s" : "",
                   server->address.host, (unsigned int)listen_address_port(&server->address));
    return server->tcp_door != NULL;
}

struct server *server_start(struct assay *assay, const struct server_options *options,
                            struct assay_error *err)
{
    struct server *server = calloc(1, sizeof *server);

    if (!server) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    server->assay = assay;
    server->path.dir_fd = -1;
    server->traffic.start_us = assay_mono_us(assay_env_system());
    server->buckets = buckets_new(options->state_dir, assay_env_system(), err);
    if (server->buckets)
        buckets_sweep(server->buckets);
    if (server->buckets && open_socket_door(server, options->state_dir, err) &&
        (!options->listen || open_tcp_door(server, options, err)))
        return server;
    server_stop(server);
    return NULL;
}

const char *server_url(const struct server *server)
{
    return server->url;
}

void server_stop(struct server *server)
{
    if (!server)
        return;
    http_door_close(server->tcp_door);
    http_door_close(server->socket_door);
    if (server->is_bound)
        (void)unlink(server->path.address.sun_path);
    socket_path_clear(&server->path);
    buckets_free(server->buckets);
    free(server);
}
