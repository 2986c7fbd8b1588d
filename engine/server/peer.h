/*
 * engine/server/peer.h - whose process is at the other end of a loopback connection.
 *
 * The kernel knows the owner of every socket; inet_diag tells it of the one whose addresses are
 * those of our connection, turned round. It takes a few microseconds; ask once per connection.
 */
#ifndef ENGINE_SERVER_PEER_H
#define ENGINE_SERVER_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * fd: an accepted TCP connection. False when nobody can tell: another machine's, another network
 * namespace's, or a socket that its process has closed by now (which would read as root's).
 */
bool peer_uid(int fd, uid_t *uid);

#endif
