#include "launcher/container/init_enter.h"

#include "launcher/container/init_protocol.h"
#include "launcher/container/init_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

static uint32_t measure(char *const *strings, size_t *size)
{
    uint32_t count = 0;

    for (; strings[count]; count++)
        *size += strlen(strings[count]) + 1;
    return count;
}

static char *put_all(char *at, char *const *strings)
{
    for (; *strings; strings++)
        at = stpcpy(at, *strings) + 1;
    return at;
}

static bool send_head(int socket, const struct init_head *head, const int files[INIT_FILES])
{
    struct iovec part = { .iov_base = (void *)(uintptr_t)head, .iov_len = sizeof *head };
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(INIT_FILES * sizeof(int))];
    } control = { .space = { 0 } };
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof control.space,
    };

    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(INIT_FILES * sizeof(int));
    memcpy(CMSG_DATA(&control.head), files, INIT_FILES * sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof *head;
}

static bool send_all(int socket, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = send(socket, bytes, size, MSG_NOSIGNAL);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

/* An errno. */
static int ask(int socket, int record, const char *cwd, char *const *argv)
{
    const int files[INIT_FILES] = { STDOUT_FILENO, STDERR_FILENO, record };
    struct init_head head = { .magic = INIT_MAGIC };
    size_t size = strlen(cwd) + 1;
    char *bytes = NULL;
    bool is_sent = false;

    head.word_count = measure(argv, &size);
    head.variable_count = measure(environ, &size);
    if (size > INIT_SIZE_MAX)
        return E2BIG;
    head.size = (uint32_t)size;
    bytes = malloc(size);
    if (!bytes)
        return ENOMEM;
    (void)put_all(put_all(stpcpy(bytes, cwd) + 1, argv), environ);
    is_sent = send_head(socket, &head, files) && send_all(socket, bytes, size);
    free(bytes);
    return is_sent ? 0 : EPIPE;
}

/* Passes signals on until the answer comes. */
static int wait_for_answer(int socket, int signals)
{
    struct pollfd sources[] = { { .fd = socket, .events = POLLIN },
                                { .fd = signals, .events = POLLIN } };
    struct signalfd_siginfo info = { 0 };
    int status = STATUS_OWN_FAULT;

    for (;;) {
        if (poll(sources, 2, -1) < 0 && errno != EINTR)
            return init_complain("poll", errno);
        if (sources[1].revents && read(signals, &info, sizeof info) == sizeof info) {
            unsigned char number = (unsigned char)info.ssi_signo;

            (void)send(socket, &number, 1, MSG_NOSIGNAL);
        }
        if (!sources[0].revents)
            continue;
        if (recv(socket, &status, sizeof status, MSG_WAITALL) == sizeof status)
            return status;
        return init_complain("its container has ended", ECONNRESET);
    }
}

int init_enter(const char *folder, const char *record, const char *cwd, char *const *argv)
{
    sigset_t all;
    /* Where others write, too: no link is followed, and no FIFO waited for. */
    int file = open(record, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    int socket = -1;
    int signals = -1;
    int error = 0;

    if (file < 0)
        return init_complain(record, errno);
    (void)sigfillset(&all);
    signals = signalfd(-1, &all, SFD_CLOEXEC);
    socket = init_connect(folder);
    if (signals < 0 || socket < 0)
        return init_complain(folder, errno);
    error = ask(socket, file, cwd, argv);
    return error ? init_complain(folder, error) : wait_for_answer(socket, signals);
}
