/*
 * engine/server/socket_path.h - the address of a state folder's socket, however long its path is.
 *
 * A Unix socket's address holds 107 bytes. A longer path is reached through a descriptor of its
 * folder: /proc/self/fd/N/socket. Both ends of the socket use this.
 */
#ifndef ENGINE_SERVER_SOCKET_PATH_H
#define ENGINE_SERVER_SOCKET_PATH_H

#include "assay/error.h"

#include <sys/un.h>

struct socket_path {
    struct sockaddr_un address;
    int dir_fd; /* the folder, for as long as the address is used; -1 where none was needed */
};

/* False and *err: a long path whose folder cannot be opened. */
bool socket_path_init(struct socket_path *path, const char *state_dir, struct assay_error *err);
void socket_path_clear(struct socket_path *path);

#endif
