/*
 * engine/thread.h - threads of the library's own, in somebody else's program.
 */
#ifndef ENGINE_THREAD_H
#define ENGINE_THREAD_H

#include <pthread.h>

/* pthread_create(), with all signals blocked in the new thread: a program's signals are for its own
 * threads. 0, or an errno. */
int thread_start(pthread_t *thread, void *(*run)(void *context), void *context);

#endif
