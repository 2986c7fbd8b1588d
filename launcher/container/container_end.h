/*
 * launcher/container/container_end.h - how a replica in a container ended, from how the client of
 * the container engine ended and what the container left. Pure.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_END_H
#define LAUNCHER_CONTAINER_CONTAINER_END_H

#include "launcher/container/container_record.h"
#include "launcher/launcher.h"

/* All borrowed. */
struct container_evidence {
    const struct container_record *record;
    const char *client;    /* "podman" */
    const char *image;     /* "" when it is not known any more */
    const char *complaint; /* the last line of standard error: the client's, if nothing ran */
    bool has_oom_mark;     /* conmon's: something was killed for lack of memory */
};

/*
 * The container is known to be gone with its client's end, and *ending is final as its record has
 * it. Else the container is to be removed first, and container_end_judge() asked then.
 */
bool container_end_is_clean(const struct ending *ending, const struct container_record *record);

/* The client's last words, of a container that never began, are that its image is not there. */
bool container_end_lacks_image(const char *complaint);

/* Turns the client's ending into the replica's. */
void container_end_judge(const struct container_evidence *evidence, struct ending *ending);

#endif
