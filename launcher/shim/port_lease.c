#include "launcher/shim/port_lease.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What Linux gives out unless it is told otherwise begins at 32768; below 10000 are services. */
enum { PORT_LEAST = 10000, PORT_MOST = 65535, KERNEL_FIRST = 32768, KERNEL_LAST = 60999 };

/* As many are looked at below the kernel's; fewer than ROOM_LEAST are too few for the gangs of a
 * machine. */
enum { ROOM = 12000, ROOM_LEAST = 1000 };

struct port_range port_range_outside(const char *text)
{
    char *end = NULL;
    long first = strtol(text, &end, 10);
    long last = strtol(end, NULL, 10);
    int least = 0;

    if (first < 1 || last < first || last > PORT_MOST) {
        first = KERNEL_FIRST;
        last = KERNEL_LAST;
    }
    least = first - ROOM > PORT_LEAST ? (int)first - ROOM : PORT_LEAST;
    if (first - least >= ROOM_LEAST)
        return (struct port_range){ .first = least, .count = (int)first - least };
    if (PORT_MOST - last >= ROOM_LEAST)
        return (struct port_range){ .first = (int)last + 1, .count = PORT_MOST - (int)last };
    return (struct port_range){ .first = KERNEL_FIRST - ROOM, .count = ROOM };
}

struct port_range port_range_here(void)
{
    char text[64] = "";
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");

    if (file) {
        if (!fgets(text, sizeof text, file))
            text[0] = '\0';
        (void)fclose(file);
    }
    return port_range_outside(text);
}

/* A name without a file, which goes with its last holder: taken by one at a time. */
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

int port_lease_find(struct port_lease *lease, struct port_range range, uint32_t chance)
{
    uint32_t count = (uint32_t)range.count;

    for (uint32_t i = 0; i < count; i++) {
        if (try_port(lease, range.first + (int)((chance % count + i) % count)))
            return 0;
        if (errno == EMFILE || errno == ENFILE)
            return errno;
    }
    return EADDRINUSE;
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
