/*
 * launcher/container/container_owner.h - a replica's folders, handed over to its container's user.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_OWNER_H
#define LAUNCHER_CONTAINER_CONTAINER_OWNER_H

#include "launcher/container/container_argv.h"

/*
 * What podman does by itself when it is told to mount so: for docker, where this process is root
 * and the user is another one and given as numbers, the replica's folders and those that are made
 * for its output become the user's. Else nothing is done.
 */
bool container_hand_over(const struct container_run *run, struct assay_error *err);

#endif
