#include "launcher/nursery.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A nursery says hello and ends within milliseconds; the rest is for a machine that swaps. */
enum { CHILD_SOCKET = 3, HELLO_MS = 10000, END_MS = 2000, START_TRIES = 3 };

static int add_files(posix_spawn_file_actions_t *files, int socket)
{
    int error = posix_spawn_file_actions_adddup2(files, socket, CHILD_SOCKET);

    /* Shims outlive the engine: its output, perhaps a pipe that someone reads, is not for them. */
    for (int fd = 0; fd < CHILD_SOCKET && !error; fd++)
        error = posix_spawn_file_actions_addopen(files, fd, "/dev/null", O_RDWR, 0);
    return error ? error : posix_spawn_file_actions_addclosefrom_np(files, CHILD_SOCKET + 1);
}

/* posix_spawn() in a session of its own, all signals at their defaults; an errno. */
static int spawn(const char *shim_path, int socket, pid_t *pid)
{
    char name[] = "assay-shim";
    char number[16];
    char *argv[] = { name, number, NULL };
    char *envp[] = { NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t all;
    int error = posix_spawn_file_actions_init(&files);

    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        (void)posix_spawn_file_actions_destroy(&files);
        return error;
    }
    (void)snprintf(number, sizeof number, "%d", CHILD_SOCKET);
    (void)sigfillset(&all);
    error = add_files(&files, socket);
    if (!error)
        error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!error)
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
    if (!error)
        error = posix_spawn(pid, shim_path, &files, &attributes, argv, envp);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static bool is_hello(const struct nursery *nursery)
{
    struct pollfd source = { .fd = nursery->socket, .events = POLLIN };
    struct shim_reply reply = { 0 };
    int pidfd = -1;
    int ready = -1;

    do
        ready = poll(&source, 1, HELLO_MS);
    while (ready < 0 && errno == EINTR);
    return ready > 0 && nursery_receive(nursery, &reply, &pidfd) == NURSERY_DONE &&
           reply.kind == SHIM_HELLO;
}

/* True with a nursery that has not said hello yet. */
static bool begin(struct nursery *nursery, const char *shim_path, struct assay_error *err)
{
    int ends[2] = { -1, -1 };
    int error = 0;

    *nursery = (struct nursery){ .socket = -1 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return assay_fail_errno(err, errno, "socket for %s", shim_path);
    error = spawn(shim_path, ends[1], &nursery->pid);
    (void)close(ends[1]);
    if (error) {
        (void)close(ends[0]);
        return assay_fail_errno(err, error, "%s", shim_path);
    }
    nursery->socket = ends[0];
    return true;
}

bool nursery_start(struct nursery *nursery, const char *shim_path, struct assay_error *err)
{
    /* One that was killed before it said a word tells nothing about the next one. */
    for (int i = 0; i < START_TRIES; i++) {
        if (!begin(nursery, shim_path, err))
            return false;
        if (fcntl(nursery->socket, F_SETFL, O_NONBLOCK) == 0 && is_hello(nursery))
            return true;
        nursery_stop(nursery);
    }
    return assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "%s does not answer as the assay-shim of this release should", shim_path);
}

/* True when it has ended within the time. */
static bool is_ended(pid_t pid, int wait_ms)
{
    struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
    int ready = -1;

    if (ended.fd < 0)
        return false;
    do
        ready = poll(&ended, 1, wait_ms);
    while (ready < 0 && errno == EINTR);
    (void)close(ended.fd);
    return ready > 0;
}

void nursery_stop(struct nursery *nursery)
{
    if (nursery->socket < 0)
        return;
    (void)close(nursery->socket);
    if (!is_ended(nursery->pid, END_MS))
        (void)kill(nursery->pid, SIGKILL);
    while (waitpid(nursery->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *nursery = (struct nursery){ .socket = -1 };
}

enum nursery_word nursery_send(const struct nursery *nursery, const char *bytes, size_t size,
                               size_t *offset)
{
    while (*offset < size) {
        ssize_t count = send(nursery->socket, bytes + *offset, size - *offset, MSG_NOSIGNAL);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN ? NURSERY_AGAIN : NURSERY_DEAD;
        *offset += (size_t)count;
    }
    return NURSERY_DONE;
}

enum nursery_word nursery_receive(const struct nursery *nursery, struct shim_reply *reply,
                                  int *pidfd)
{
    struct iovec part = { .iov_base = reply, .iov_len = sizeof *reply };
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = { .space = { 0 } };
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.space,
        .msg_controllen = sizeof control.space,
    };
    struct cmsghdr *rights = NULL;
    ssize_t count = -1;

    *pidfd = -1;
    do
        count = recvmsg(nursery->socket, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN)
        return NURSERY_AGAIN;
    rights = count > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS &&
        rights->cmsg_len == CMSG_LEN(sizeof *pidfd))
        memcpy(pidfd, CMSG_DATA(rights), sizeof *pidfd);
    /* Replies are sent whole and are smaller than any socket's buffer. */
    if (count == (ssize_t)sizeof *reply && shim_reply_is_valid(reply))
        return NURSERY_DONE;
    if (*pidfd >= 0)
        (void)close(*pidfd);
    *pidfd = -1;
    return NURSERY_DEAD;
}
