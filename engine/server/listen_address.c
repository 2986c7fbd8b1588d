#include "engine/server/listen_address.h"

#include "assay/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511, PORT_MAX = 65535 };

static bool fail_text(const char *text, struct assay_error *err)
{
    return assay_fail(err, ASSAY_INVALID, NULL,
                      "\"%.100s\" is no address to listen on: a number and a port, as in "
                      "127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080",
                      text);
}

static bool parse_port(const char *text, in_port_t *port)
{
    int64_t number = 0;

    if (!assay_integer_parse(text, &number) || number < 0 || number > PORT_MAX)
        return false;
    *port = htons((uint16_t)number);
    return true;
}

/* host: without brackets. */
static bool set_v4(struct listen_address *address, const char *host, const char *port)
{
    struct sockaddr_in *v4 = &address->address.v4;

    v4->sin_family = AF_INET;
    address->size = sizeof *v4;
    if (inet_pton(AF_INET, host, &v4->sin_addr) != 1 || !parse_port(port, &v4->sin_port))
        return false;
    address->is_loopback = ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return inet_ntop(AF_INET, &v4->sin_addr, address->host, sizeof address->host) != NULL;
}

static bool set_v6(struct listen_address *address, const char *host, const char *port)
{
    struct sockaddr_in6 *v6 = &address->address.v6;
    char text[INET6_ADDRSTRLEN];

    v6->sin6_family = AF_INET6;
    address->size = sizeof *v6;
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1 || !parse_port(port, &v6->sin6_port))
        return false;
    /* An embedded 127.0.0.1 is none: such a socket takes what any IPv4 listener takes. */
    address->is_loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    if (!inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text))
        return false;
    (void)snprintf(address->host, sizeof address->host, "[%s]", text);
    return true;
}

bool listen_address_parse(const char *text, struct listen_address *address, struct assay_error *err)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon ? colon + 1 : text;
    size_t size = colon ? (size_t)(colon - text) : 0;
    char host[INET6_ADDRSTRLEN] = "127.0.0.1";
    bool is_v6 = size > 1 && text[0] == '[' && text[size - 1] == ']';

    *address = (struct listen_address){ 0 };
    if (is_v6) {
        text++;
        size -= 2;
    }
    if (size >= sizeof host || (colon && size == 0))
        return fail_text(text, err);
    if (size && (size != strlen("localhost") || strncmp(text, "localhost", size) != 0)) {
        memcpy(host, text, size);
        host[size] = '\0';
    }
    return (is_v6 ? set_v6(address, host, port) : set_v4(address, host, port)) ||
           fail_text(is_v6 ? text - 1 : text, err);
}

uint16_t listen_address_port(const struct listen_address *address)
{
    return ntohs(address->address.any.sa_family == AF_INET6 ? address->address.v6.sin6_port
                                                            : address->address.v4.sin_port);
}

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value) == 0;
}

int listen_address_open(struct listen_address *address, struct assay_error *err)
{
    int family = address->address.any.sa_family;
    socklen_t size = sizeof address->address;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    /* A server that is started again must not wait for connections of before; what is accepted
     * inherits that answers are sent at once. */
    if (fd < 0 || !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) ||
        !set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1))
        goto fail;
    if (family == AF_INET6 && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0))
        goto fail;
    if (bind(fd, &address->address.any, address->size) != 0 || listen(fd, BACKLOG) != 0)
        goto fail;
    if (getsockname(fd, &address->address.any, &size) == 0)
        return fd;
fail:
    (void)assay_fail_errno(err, errno, "listen on %s:%u", address->host,
                           (unsigned int)listen_address_port(address));
    err->code = ASSAY_UNAVAILABLE;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}
