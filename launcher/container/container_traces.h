/*
 * launcher/container/container_traces.h - what a container and its client leave in a replica's
 * folder besides the record, and what is told by it.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_TRACES_H
#define LAUNCHER_CONTAINER_CONTAINER_TRACES_H

#include <stdbool.h>

enum { CONTAINER_COMPLAINT_TEXT = 256 };

/* The last line of the replica's standard error, "" without one. Returns line. */
const char *container_complaint(const char *dir, char line[CONTAINER_COMPLAINT_TEXT]);

/* conmon's sign that something was killed for lack of memory, which is removed. */
bool container_take_oom_mark(const char *dir);

#endif
