/*
 * launcher/quiet_thread.h - a thread that no signal is delivered to: those to the engine are for
 * the engine's own threads.
 */
#ifndef LAUNCHER_QUIET_THREAD_H
#define LAUNCHER_QUIET_THREAD_H

#include <pthread.h>

/* As pthread_create(): an error number. */
int quiet_thread_start(pthread_t *thread, void *(*work)(void *), void *context);

#endif
