#include "engine/cli/interrupts.h"

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

static bool is_ignored(int signal_number)
{
    struct sigaction action;

    return sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/*
 * Runs in threads that were there before ours, with nothing blocked: OpenBLAS starts some while the
 * program is loaded. What reaches them is handed on to the first thread, where it stays pending
 * until it is taken. Without a handler it would end the process.
 */
static void hand_on(int signal_number)
{
    (void)tgkill(getpid(), getpid(), signal_number);
}

void interrupts_begin(struct interrupts *interrupts)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct sigaction handle = { .sa_handler = hand_on, .sa_flags = SA_RESTART };

    (void)sigemptyset(&interrupts->set);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (!is_ignored(signals[i]))
            (void)sigaddset(&interrupts->set, signals[i]);
    /* Blocked first: in this thread the handler must never run. */
    (void)pthread_sigmask(SIG_BLOCK, &interrupts->set, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigismember(&interrupts->set, signals[i]))
            (void)sigaction(signals[i], &handle, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

int interrupts_wait(const struct interrupts *interrupts, int timeout_ms)
{
    struct timespec timeout = { .tv_sec = timeout_ms / 1000,
                                .tv_nsec = (long)(timeout_ms % 1000) * 1000000 };
    int taken = sigtimedwait(&interrupts->set, NULL, &timeout);

    return taken > 0 ? taken : 0;
}

void interrupts_end(const struct interrupts *interrupts)
{
    struct sigaction end = { .sa_handler = SIG_DFL };

    for (int i = 1; i < NSIG; i++)
        if (sigismember(&interrupts->set, i) == 1)
            (void)sigaction(i, &end, NULL);
    (void)pthread_sigmask(SIG_UNBLOCK, &interrupts->set, NULL);
}
