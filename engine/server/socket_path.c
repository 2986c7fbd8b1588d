#include "engine/server/socket_path.h"

#include "assay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

bool socket_path_init(struct socket_path *path, const char *state_dir, struct assay_error *err)
{
    size_t room = sizeof path->address.sun_path;
    int size = 0;

    *path = (struct socket_path){ .address = { .sun_family = AF_UNIX }, .dir_fd = -1 };
    size = snprintf(path->address.sun_path, room, "%s/" ASSAY_SOCKET_NAME, state_dir);
    if (size >= 0 && (size_t)size < room)
        return true;
    path->dir_fd = open(state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (path->dir_fd < 0)
        return assay_fail_errno(err, errno, "state folder %s", state_dir);
    (void)snprintf(path->address.sun_path, room, "/proc/self/fd/%d/" ASSAY_SOCKET_NAME,
                   path->dir_fd);
    return true;
}

void socket_path_clear(struct socket_path *path)
{
    if (path && path->dir_fd >= 0) {
        (void)close(path->dir_fd);
        path->dir_fd = -1;
    }
}
