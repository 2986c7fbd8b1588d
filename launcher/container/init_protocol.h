/*
 * launcher/container/init_protocol.h - what `assay-init enter` says to `assay-init serve`, over a
 * stream socket in a folder that both see.
 *
 * A head comes first. Without words it is a lease: nothing else is said, and as long as one such
 * connection is open the container goes on. Else it brings the program's standard output, standard
 * error and record along, and is followed by `size` bytes of strings: the folder to run in ("" for
 * the container's own), the words, the variables. From then on each byte is a signal to pass on; a
 * connection that ends ends the program. The answer is one number, the status to exit with.
 *
 * Both ends are one program on one machine: numbers travel as they lie in memory.
 */
#ifndef LAUNCHER_CONTAINER_INIT_PROTOCOL_H
#define LAUNCHER_CONTAINER_INIT_PROTOCOL_H

#include <stdint.h>

#define INIT_SOCKET_NAME "socket"

enum { INIT_MAGIC = 0x41534931, INIT_FILES = 3, INIT_SIZE_MAX = 16 * 1024 * 1024 };

struct init_head {
    uint32_t magic;
    uint32_t word_count;
    uint32_t variable_count;
    uint32_t size;
};

#endif
