/*
 * launcher/container/init_serve.h - assay-init's part that is the first process of a container
 * which is used by one trial after the other (init.c).
 *
 * It ends, and with it the container, when nobody holds a lease (init_protocol.h) and no program
 * runs. After each program all that it left in the container is killed.
 */
#ifndef LAUNCHER_CONTAINER_INIT_SERVE_H
#define LAUNCHER_CONTAINER_INIT_SERVE_H

/* Listens at folder/socket. Returns what to exit with. All signals must be blocked. */
int init_serve(const char *folder);

#endif
