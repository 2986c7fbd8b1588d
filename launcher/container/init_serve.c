#include "launcher/container/init_serve.h"

#include "launcher/container/init_protocol.h"
#include "launcher/container/init_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * FIRST_MS: for whoever started the container to take its lease. HEAR_S: a request is sent at once.
 * LEASES_MAX: one engine has one lease.
 */
enum { FIRST_MS = 60000, HEAR_S = 10, LEASES_MAX = 4 };

struct server {
    int listener;
    int signals;
    int leases[LEASES_MAX]; /* -1: free */
    bool has_had_lease;
    bool is_told_to_end;
};

/* What a client asks for; the strings lie in bytes. */
struct request {
    struct init_head head;
    int files[INIT_FILES];
    char *bytes;
    const char *cwd;
    char **words; /* NULL-terminated; the variables follow it, likewise */
};

static void request_clear(struct request *request)
{
    for (int i = 0; i < INIT_FILES; i++) {
        if (request->files[i] >= 0)
            (void)close(request->files[i]);
    }
    free(request->bytes);
    free(request->words);
}

static bool receive_head(int client, struct request *request)
{
    struct iovec part = { .iov_base = &request->head, .iov_len = sizeof request->head };
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
    ssize_t count = recvmsg(client, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    const struct cmsghdr *rights = count > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (rights && rights->cmsg_type == SCM_RIGHTS &&
        rights->cmsg_len == CMSG_LEN(sizeof request->files))
        memcpy(request->files, CMSG_DATA(rights), sizeof request->files);
    return count == (ssize_t)sizeof request->head && request->head.magic == INIT_MAGIC;
}

/* The strings after the first, in two lists. False: they are not as many as was said. */
static bool split(struct request *request)
{
    const struct init_head *head = &request->head;
    char *at = request->bytes;
    char *end = at + head->size;
    size_t count = (size_t)head->word_count + head->variable_count;
    char **item = calloc(count + 2, sizeof *item);

    request->words = item;
    request->cwd = at;
    for (size_t i = 0; item && i < count; i++) {
        at += strnlen(at, (size_t)(end - at)) + 1;
        if (at >= end)
            return false;
        item += i == head->word_count;
        *item++ = at;
    }
    return item != NULL;
}

static bool receive(int client, struct request *request)
{
    size_t size = 0;

    if (!receive_head(client, request))
        return false;
    size = request->head.size;
    if (request->head.word_count == 0)
        return size == 0;
    /* Each string takes a byte at least, which also bounds what is allocated. */
    if (request->files[INIT_FILES - 1] < 0 || size == 0 || size > INIT_SIZE_MAX ||
        request->head.word_count > size || request->head.variable_count > size)
        return false;
    request->bytes = malloc(size);
    return request->bytes && recv(client, request->bytes, size, MSG_WAITALL) == (ssize_t)size &&
           request->bytes[size - 1] == '\0' && split(request);
}

/* In a process of its own, which the program's remains are measured by. */
static int become(const struct request *request)
{
    char **variable = request->words + request->head.word_count + 1;

    if (dup2(request->files[0], STDOUT_FILENO) < 0 || dup2(request->files[1], STDERR_FILENO) < 0)
        return STATUS_OWN_FAULT;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (request->cwd[0] && chdir(request->cwd) < 0)
        return init_complain(request->cwd, errno);
    for (; *variable; variable++)
        (void)putenv(*variable); /* NOLINT(concurrency-mt-unsafe): there is one thread */
    return init_run(request->files[INIT_FILES - 1], request->words);
}

/* All but us; outside of a container of one's own that would be everybody. */
static void kill_rest(pid_t program)
{
    (void)kill(getpid() == 1 ? -1 : program, SIGKILL);
}

/* True when the program's process has ended. */
static bool reap(pid_t program, int *status)
{
    pid_t pid = 0;
    bool is_ended = false;
    int one = 0;

    while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
        if (pid != program)
            continue;
        *status = WIFSIGNALED(one) ? 128 + WTERMSIG(one) : WEXITSTATUS(one);
        is_ended = true;
    }
    return is_ended;
}

/* What the client says: signals, or nothing any more. False: it is gone. */
static bool pass_on(int client, pid_t program)
{
    unsigned char numbers[16];
    ssize_t count = recv(client, numbers, sizeof numbers, MSG_DONTWAIT);

    for (ssize_t i = 0; i < count; i++)
        (void)kill(program, numbers[i]);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

static int follow(struct server *server, int client, pid_t program)
{
    struct pollfd sources[] = { { .fd = client, .events = POLLIN },
                                { .fd = server->signals, .events = POLLIN } };
    struct signalfd_siginfo info = { 0 };
    int status = STATUS_OWN_FAULT;

    for (;;) {
        if (poll(sources, 2, -1) < 0 && errno != EINTR)
            return status;
        if (sources[0].revents && !pass_on(client, program)) {
            kill_rest(program);
            sources[0].fd = -1;
        }
        if (!sources[1].revents || read(server->signals, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo == SIGTERM)
            server->is_told_to_end = true;
        if (info.ssi_signo == SIGTERM)
            kill_rest(program);
        if (reap(program, &status))
            return status;
    }
}

/* A program's keeper has no part in who holds what: an end of this process is seen by all. */
static void let_go(const struct server *server, int client)
{
    (void)close(client);
    (void)close(server->listener);
    (void)close(server->signals);
    for (int i = 0; i < LEASES_MAX; i++) {
        if (server->leases[i] >= 0)
            (void)close(server->leases[i]);
    }
}

static void run(struct server *server, int client, const struct request *request)
{
    pid_t program = fork();
    int status = STATUS_OWN_FAULT;

    if (program == 0) {
        let_go(server, client);
        _exit(become(request));
    }
    if (program > 0) {
        status = follow(server, client, program);
        kill_rest(program);
        while (getpid() == 1 && (waitpid(-1, NULL, 0) > 0 || errno == EINTR))
            continue;
    }
    (void)send(client, &status, sizeof status, MSG_NOSIGNAL);
}

/* True when the connection is kept. */
static bool keep_lease(struct server *server, int client)
{
    for (int i = 0; i < LEASES_MAX; i++) {
        if (server->leases[i] < 0) {
            server->leases[i] = client;
            server->has_had_lease = true;
            return true;
        }
    }
    return false;
}

static void answer(struct server *server)
{
    const struct timeval patience = { .tv_sec = HEAR_S };
    struct request request = { .files = { -1, -1, -1 } };
    int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    bool is_kept = false;

    if (client < 0)
        return;
    (void)setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive(client, &request)) {
        if (request.head.word_count == 0)
            is_kept = keep_lease(server, client);
        else
            run(server, client, &request);
    }
    request_clear(&request);
    if (!is_kept)
        (void)close(client);
}

static size_t count_leases(const struct server *server)
{
    size_t count = 0;

    for (int i = 0; i < LEASES_MAX; i++)
        count += server->leases[i] >= 0;
    return count;
}

/* One round: what comes first of a client, the end of a lease, or a signal. False: nothing came. */
static bool attend(struct server *server, int wait_ms)
{
    struct pollfd sources[LEASES_MAX + 2] = { { .fd = server->listener, .events = POLLIN },
                                              { .fd = server->signals, .events = POLLIN } };
    struct signalfd_siginfo info = { 0 };
    int ready = 0;

    for (int i = 0; i < LEASES_MAX; i++)
        sources[i + 2] = (struct pollfd){ .fd = server->leases[i], .events = POLLIN };
    ready = poll(sources, LEASES_MAX + 2, wait_ms);
    if (ready <= 0)
        return ready < 0;
    for (int i = 0; i < LEASES_MAX; i++) {
        /* Nothing is ever said on it: it can only have ended. */
        if (sources[i + 2].revents) {
            (void)close(server->leases[i]);
            server->leases[i] = -1;
        }
    }
    if (sources[1].revents && read(server->signals, &info, sizeof info) == sizeof info &&
        info.ssi_signo != SIGCHLD)
        server->is_told_to_end = true;
    if (sources[0].revents)
        answer(server);
    return true;
}

static int listen_at(const char *folder)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t size =
        (size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s/" INIT_SOCKET_NAME, folder);

    if (fd < 0 || size >= sizeof address.sun_path)
        return -1;
    (void)unlink(address.sun_path);
    /* Who may connect is decided by the folders above it, on the other side. */
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(address.sun_path, 0666) < 0 || listen(fd, SOMAXCONN) < 0)
        return -1;
    return fd;
}

/* Whoever only looks whether somebody answers does not stand for who is still to come. */
static void await_first_lease(struct server *server)
{
    while (!server->is_told_to_end && !server->has_had_lease && attend(server, FIRST_MS))
        continue;
}

int init_serve(const char *folder)
{
    struct server server = { .leases = { -1, -1, -1, -1 } };
    sigset_t all;

    (void)sigfillset(&all);
    server.signals = signalfd(-1, &all, SFD_CLOEXEC);
    server.listener = listen_at(folder);
    if (server.signals < 0 || server.listener < 0)
        return init_complain(folder, errno);
    await_first_lease(&server);
    while (!server.is_told_to_end && count_leases(&server) > 0)
        (void)attend(&server, -1);
    return 0;
}
