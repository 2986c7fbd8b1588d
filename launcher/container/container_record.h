/*
 * launcher/container/container_record.h - the file `container` in a replica's folder: what the
 * first process of its container (init.c) saw of the program's life.
 *
 * The statuses 125 to 127 of a container engine's client are its own or the program's, and only
 * this record tells which. It is written in place: the container's user may own nothing but the
 * file, and it is shorter than any page.
 */
#ifndef LAUNCHER_CONTAINER_CONTAINER_RECORD_H
#define LAUNCHER_CONTAINER_CONTAINER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#define CONTAINER_RECORD_NAME "container"

enum container_stage {
    CONTAINER_NOT_BEGUN, /* there is no record */
    CONTAINER_BEGUN,     /* the program was about to be started, or runs */
    CONTAINER_EXITED,    /* status: of the program */
    CONTAINER_SIGNALED,  /* status: the signal */
    CONTAINER_NO_EXEC,   /* status: the errno of exec; detail: a sentence */
};

struct container_record {
    enum container_stage stage;
    int status;
    int64_t oom_kills; /* in the container's cgroup */
    int64_t cpu_us;    /* user and system, of all that ended */
    int64_t peak_memory_bytes;
    char detail[200];
};

/* Over whatever fd, a file, holds; an errno. */
int container_record_write(int fd, const struct container_record *record);

/* The program has ended, or never could begin. */
bool container_record_is_final(const struct container_record *record);

/* A record that is missing or torn reads as CONTAINER_NOT_BEGUN. */
void container_record_read(const char *dir, struct container_record *record);

#endif
