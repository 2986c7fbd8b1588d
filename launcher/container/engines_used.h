/*
 * launcher/container/engines_used.h - by which programs containers of a state folder have been
 * started: should an engine come with another one, what runs since before is the older one's.
 */
#ifndef LAUNCHER_CONTAINER_ENGINES_USED_H
#define LAUNCHER_CONTAINER_ENGINES_USED_H

#include <limits.h>
#include <stddef.h>

/* Nobody changes back and forth between more. */
enum { ENGINES_USED_MAX = 4 };

struct engines_used {
    char programs[ENGINES_USED_MAX][PATH_MAX];
    size_t count;
};

/* As none when nothing is noted. */
void engines_used_read(const char *dir, struct engines_used *used);

/* Makes the folder; an errno. */
int engines_used_write(const char *dir, const struct engines_used *used);

/* Unless it is there, or there are too many. */
void engines_used_add(struct engines_used *used, const char *program);

#endif
