/*
 * assay-shim --node FOLDER TAG: one attempt's guardian on a node of a cluster, see node.h.
 *
 * assay-shim --beside FOLDER [WORD...]: a person's program beside a trial that runs, see enter.h.
 *
 * assay-shim SOCKET: the nursery, one small waiting process from which the shims of all attempts
 * are forked. A fork of it costs a fraction of starting a program, and of a fork of the engine.
 *
 * It lives as long as its launcher holds the other end of the socket. Shims are in sessions of
 * their own and live on when it goes.
 */
#include "launcher/shim/enter.h"
#include "launcher/shim/node.h"
#include "launcher/shim/process.h"
#include "launcher/shim/shim.h"
#include "launcher/shim/shim_protocol.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct nursery {
    int socket;
    int deaths; /* signalfd of SIGCHLD */
    char boot_id[BOOT_ID_TEXT];
};

/* pidfd: -1 to send none. */
static bool send_reply(const struct nursery *nursery, struct shim_reply *reply, int pidfd)
{
    struct iovec part = { .iov_base = reply, .iov_len = sizeof *reply };
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = { .space = { 0 } };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t sent = -1;

    if (pidfd >= 0) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof pidfd);
        memcpy(CMSG_DATA(&control.head), &pidfd, sizeof pidfd);
    }
    sent = sendmsg(nursery->socket, &message, MSG_NOSIGNAL);
    if (sent < 0 &&
        errno == ETOOMANYREFS) { /* too many on their way: the launcher finds it by pid */
        message.msg_control = NULL;
        message.msg_controllen = 0;
        sent = sendmsg(nursery->socket, &message, MSG_NOSIGNAL);
    }
    return sent == (ssize_t)sizeof *reply;
}

/* False at the end of the stream, also in the middle. */
static bool receive(int socket, void *buffer, size_t size)
{
    char *at = buffer;

    while (size) {
        ssize_t count = recv(socket, at, size, MSG_WAITALL);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += count;
        size -= (size_t)count;
    }
    return true;
}

/*
 * The shims so far are reaped only by reap() in this same thread, so that pidfd_open() after the
 * fork cannot meet another process of the same pid.
 */
static bool launch(const struct nursery *nursery, char *body, size_t size)
{
    struct attempt_key key = { 0 };
    struct shim_reply reply = { 0 };
    int pidfd = -1;
    bool is_sent = false;
    pid_t pid = -1;

    if (!shim_request_key(body, size, &key))
        return false;
    pid = fork();
    if (pid == 0) {
        /* Held open here, the socket would hide the nursery's death from the launcher. */
        (void)close(nursery->socket);
        (void)close(nursery->deaths);
        _exit(shim_run(body, size, nursery->boot_id));
    }
    shim_reply_init(&reply, pid < 0 ? SHIM_REFUSED : SHIM_STARTED, key);
    reply.error = pid < 0 ? errno : 0;
    reply.pid = pid;
    if (pid > 0)
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    is_sent = send_reply(nursery, &reply, pidfd);
    if (pidfd >= 0)
        (void)close(pidfd);
    return is_sent;
}

static bool serve_request(const struct nursery *nursery)
{
    struct shim_head head = { 0 };
    char *body = NULL;
    bool is_served = false;

    if (!receive(nursery->socket, &head, sizeof head) || !shim_head_is_valid(&head))
        return false;
    body = malloc(head.body_size);
    if (!body)
        return false;
    if (receive(nursery->socket, body, head.body_size))
        is_served = launch(nursery, body, head.body_size);
    free(body);
    return is_served;
}

static void reap(int deaths)
{
    struct signalfd_siginfo info = { 0 };

    (void)!read(deaths, &info, sizeof info);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

static void serve(const struct nursery *nursery)
{
    struct pollfd sources[] = {
        { .fd = nursery->socket, .events = POLLIN },
        { .fd = nursery->deaths, .events = POLLIN },
    };

    for (;;) {
        if (poll(sources, 2, -1) < 0)
            return; /* all signals are blocked: nothing can interrupt it */
        if (sources[1].revents)
            reap(nursery->deaths);
        if (sources[0].revents && !serve_request(nursery))
            return;
    }
}

static int nursery_main(int socket)
{
    struct nursery nursery = { .socket = socket, .deaths = -1 };
    struct shim_reply hello = { 0 };
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGCHLD);
    nursery.deaths = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    process_boot_id(nursery.boot_id);
    (void)prctl(PR_SET_NAME, "assay-nursery");
    shim_reply_init(&hello, SHIM_HELLO, (struct attempt_key){ 0 });
    /* The folder that assay was started in must not be kept busy by long-lived shims. */
    if (nursery.deaths < 0 || chdir("/") < 0 || !send_reply(&nursery, &hello, -1))
        return 1;
    serve(&nursery);
    return 0;
}

int main(int argc, char **argv)
{
    sigset_t signals;
    char *end = NULL;
    long socket = -1;
    bool is_node = argc == 4 && strcmp(argv[1], "--node") == 0;

    if (argc > 2 && strcmp(argv[1], "--beside") == 0)
        return enter_replica(argv[2], argv + 3);
    if (argc == 2)
        socket = strtol(argv[1], &end, 10);
    if (!is_node && (!end || *end || socket < 3)) {
        (void)fputs("assay-shim is started by assay itself, not by hand\n", stderr);
        return 2;
    }
    (void)sigfillset(&signals);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return is_node ? node_main(argv[2], argv[3]) : nursery_main((int)socket);
}
