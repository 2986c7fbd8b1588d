/*
 * launcher/shim/late_words.h - words in a replica's argv and environment that stand for what is
 * known only when every replica of its gang has a place: hosts and ports.
 *
 *     @ASSAY_HOST_2@       the host of replica 2, as its peers reach it
 *     @ASSAY_PORT_2@       its port in CLUSTER_SPEC's cluster
 *     @ASSAY_OPEN_PORT_2@  its further port, which is MASTER_PORT where it is the primary
 *
 * The number is a replica's place in its launch. Filled in where the addresses are known: by the
 * dispatcher on one machine, by the shim on a cluster's node.
 */
#ifndef LAUNCHER_SHIM_LATE_WORDS_H
#define LAUNCHER_SHIM_LATE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESS_HOST_TEXT = 256 };

struct replica_address {
    char host[ADDRESS_HOST_TEXT];
    int port;
    int open_port;
};

/*
 * A copy of the NULL-terminated strings with their late words filled in, in one block that the
 * caller frees; a word of a replica that is not there stays as it is. NULL for lack of memory.
 */
char **late_words_fill(char *const *strings, const struct replica_address *addresses, size_t count);

/* Any of the strings has a late word. */
bool late_words_are_in(char *const *strings);

#endif
