#include "launcher/quiet_thread.h"

#include <signal.h>

int quiet_thread_start(pthread_t *thread, void *(*work)(void *), void *context)
{
    sigset_t all;
    sigset_t before;
    int error = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, NULL, work, context);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}
