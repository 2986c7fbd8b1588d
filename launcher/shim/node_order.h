/*
 * launcher/shim/node_order.h - the file `node` in a replica's folder: what the launcher wants of
 * the shim on the node besides its request, and the names of all files by which they talk.
 */
#ifndef LAUNCHER_SHIM_NODE_ORDER_H
#define LAUNCHER_SHIM_NODE_ORDER_H

#include "launcher/shim/process.h"

#include <limits.h>

#define NODE_ORDER_NAME "node"
#define NODE_REQUEST_NAME "request"     /* shim_protocol.h: head and body */
#define NODE_HEARTBEAT_NAME "heartbeat" /* touched while the shim lives and sees the folder */
#define NODE_STOP_GENTLY_NAME "stop"
#define NODE_STOP_NOW_NAME "stop-now"
#define NODE_ADDRESSES_NAME "addresses" /* in the folder of replica 0: a file for each replica */
#define NODE_LEASE_NAME "lease"         /* in the state folder: touched by the engine */
/* In the environment of a gang's job: one attempt may be submitted twice, or requeued. */
#define NODE_RUN_VARIABLE "ASSAY_RUN"

enum {
    NODE_BEAT_US = 2 * 1000 * 1000,
    NODE_LOSS_US = 60 * 1000 * 1000, /* without a beat for so long, the shim ends its trial */
    NODE_LEASE_BEAT_US = 10 * 1000 * 1000,
};

struct node_order {
    char tag[PROCESS_TAG_TEXT]; /* must be that of the job's command line */
    int64_t index;              /* of this replica in its gang */
    int64_t count;
    char gang_dir[PATH_MAX];   /* the folder of replica 0 */
    char lease_path[PATH_MAX]; /* "" for none */
    int64_t lease_us;          /* without a touch of it for so long, the trial is stopped */
};

/* An errno; EMSGSIZE for paths that are too long. */
int node_order_write(const char *dir, const struct node_order *order);

/* ENOENT, EBADMSG. */
int node_order_read(const char *dir, struct node_order *order);

/* Opens the folder, at which a network's file system looks anew what is in it. */
void node_refresh(const char *dir);

#endif
