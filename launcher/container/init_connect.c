#include "launcher/container/init_enter.h"
#include "launcher/container/init_protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int init_connect(const char *folder)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = dir < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = 0;

    /* An address has room for some hundred bytes of path only. */
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" INIT_SOCKET_NAME,
                   dir);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        error = errno;
    if (dir >= 0)
        (void)close(dir);
    if (!error)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    errno = error;
    return -1;
}

int init_lease(int socket)
{
    const struct init_head head = { .magic = INIT_MAGIC };

    return send(socket, &head, sizeof head, MSG_NOSIGNAL) == sizeof head ? 0 : EPIPE;
}
