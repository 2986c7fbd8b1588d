/*
 * launcher/container/init_enter.h - assay-init's part that has a program run in a container which
 * is there already (init.c).
 */
#ifndef LAUNCHER_CONTAINER_INIT_ENTER_H
#define LAUNCHER_CONTAINER_INIT_ENTER_H

/*
 * A connection to the socket in that folder, however long its path; -1 and errno. Thread-safe: the
 * engine uses it, too.
 */
int init_connect(const char *folder);

/* Says that the container is to go on as long as the connection is open; an errno. */
int init_lease(int socket);

/* Returns what to exit with. All signals must be blocked. */
int init_enter(const char *folder, const char *record, const char *cwd, char *const *argv);

#endif
