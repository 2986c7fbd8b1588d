#include "launcher/dispatcher/ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Linux gives out 32768 and above by itself (net.ipv4.ip_local_port_range). */
enum { PORT_FIRST = 20000, PORT_COUNT = 12000 };

/* A name without a file, which goes with its last holder: taken by one engine at a time. */
static int take_name(int port)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int size = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "assay-port-%d", port);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* On every address, so that a listener on any of them is met. */
static int bind_port(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_ANY) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static bool try_port(struct port_lease *lease, int port)
{
    int name_fd = take_name(port);
    int bound_fd = name_fd >= 0 ? bind_port(port) : -1;

    if (bound_fd < 0) {
        if (name_fd >= 0)
            (void)close(name_fd);
        return false;
    }
    *lease = (struct port_lease){ port, name_fd, bound_fd };
    return true;
}

bool port_lease_take(struct port_lease *lease, const struct assay_env *env, struct assay_error *err)
{
    uint32_t offset = 0;

    /* Where none can be had, the search just begins with the first. */
    (void)env->entropy(env->context, &offset, sizeof offset);
    for (uint32_t i = 0; i < PORT_COUNT; i++) {
        if (try_port(lease, PORT_FIRST + (int)((offset + i) % PORT_COUNT)))
            return true;
        if (errno == EMFILE || errno == ENFILE)
            return assay_fail_errno(err, errno, "a port for a replica");
    }
    return assay_fail(err, ASSAY_EXHAUSTED, NULL, "no port from %d to %d is free", PORT_FIRST,
                      PORT_FIRST + PORT_COUNT - 1);
}

void port_lease_open(struct port_lease *lease)
{
    if (lease->port && lease->bound_fd >= 0)
        (void)close(lease->bound_fd);
    lease->bound_fd = -1;
}

void port_lease_end(struct port_lease *lease)
{
    if (!lease->port)
        return;
    port_lease_open(lease);
    (void)close(lease->name_fd);
    *lease = (struct port_lease){ 0 };
}
