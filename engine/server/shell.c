#include "engine/server/shell.h"

#include "assay/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LONELY_US = 60 * 1000 * 1000, /* without a reader */
    LOOK_MS = 200,                /* between two looks for one */
    HANGUP_MS = 2000,             /* between SIGHUP and SIGKILL */
    LOOK_AGAIN_MS = 10,
    TELLINGS = 50,   /* of what stays behind */
    WRITE_MS = 2000, /* for a program to take what was typed */
};

extern char **environ;

struct shell {
    int terminal; /* our side; does not block */
    pid_t pid;    /* also its process group and session */
    pthread_t thread;
    pthread_mutex_t typing; /* guards what is typed: one after the other */
    uint64_t typed;         /* bytes in all */
    pthread_mutex_t mutex;  /* guards all below */
    pthread_cond_t has_news;
    char kept[SHELL_KEPT_BYTES]; /* byte number n at n % SHELL_KEPT_BYTES */
    uint64_t printed;            /* bytes in all */
    uint64_t read;               /* the furthest that anybody has read */
    int64_t last_read_us;
    bool is_closing;
    bool is_over;
    int status;
};

static int64_t now_us(void)
{
    return assay_mono_us(assay_env_system());
}

static void keep(struct shell *shell, const char *bytes, size_t size)
{
    (void)pthread_mutex_lock(&shell->mutex);
    for (size_t i = 0; i < size; i++)
        shell->kept[(shell->printed + i) % SHELL_KEPT_BYTES] = bytes[i];
    shell->printed += size;
    (void)pthread_cond_broadcast(&shell->has_news);
    (void)pthread_mutex_unlock(&shell->mutex);
}

static bool is_wanted(struct shell *shell)
{
    bool is_wanted = false;

    (void)pthread_mutex_lock(&shell->mutex);
    is_wanted = !shell->is_closing && now_us() - shell->last_read_us < LONELY_US;
    (void)pthread_mutex_unlock(&shell->mutex);
    return is_wanted;
}

/* Reads until the last program on the terminal has closed it, or nobody wants to see it. */
static void follow(struct shell *shell)
{
    char bytes[4096];

    while (is_wanted(shell)) {
        struct pollfd polled = { .fd = shell->terminal, .events = POLLIN };
        ssize_t size = 0;

        if (poll(&polled, 1, LOOK_MS) <= 0)
            continue;
        size = read(shell->terminal, bytes, sizeof bytes);
        if (size > 0)
            keep(shell, bytes, (size_t)size);
        else if (size == 0 || (errno != EINTR && errno != EAGAIN))
            return; /* EIO: nobody has the other side open */
    }
}

static void pause_a_moment(void)
{
    static const struct timespec pause = { .tv_nsec = LOOK_AGAIN_MS * 1000 * 1000 };

    (void)nanosleep(&pause, NULL);
}

/* Has the session's first program ended? It is not reaped: until then no other process is given its
 * number, which is the session's. */
static bool has_ended(pid_t session)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)session, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == session;
}

/* Tells what else runs in the session. False: nothing does. */
static bool hang_up_others(pid_t session)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry = NULL;
    bool is_any = false;

    while (processes && (entry = readdir(processes)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (pid > 0 && pid != session && getsid(pid) == session) {
            (void)kill(pid, SIGHUP);
            (void)kill(pid, SIGCONT);
            is_any = true;
        }
    }
    if (processes)
        (void)closedir(processes);
    return is_any;
}

/*
 * The program's status; it is told to go where it has not gone by itself. A shell passes that on to
 * its jobs, but a job that was just being started may miss it: so all are told, and again. What
 * ignores it (nohup) stays, as after any terminal.
 */
static int bury(struct shell *shell)
{
    int status = 0;

    (void)kill(-shell->pid, SIGHUP);
    (void)kill(-shell->pid, SIGCONT);
    for (int waited = 0; waited < HANGUP_MS && !has_ended(shell->pid); waited += LOOK_AGAIN_MS)
        pause_a_moment();
    (void)kill(-shell->pid, SIGKILL);
    for (int told = 0; told < TELLINGS && hang_up_others(shell->pid); told++)
        pause_a_moment();
    while (waitpid(shell->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void *shell_thread(void *context)
{
    struct shell *shell = context;
    int status = 0;

    follow(shell);
    status = bury(shell);
    (void)pthread_mutex_lock(&shell->mutex);
    shell->status = status;
    shell->is_over = true;
    (void)pthread_cond_broadcast(&shell->has_news);
    (void)pthread_mutex_unlock(&shell->mutex);
    return NULL;
}

/* A pair of terminal ends: ours, and the name of the program's. */
static int open_terminal(char name[64], struct shell_size size)
{
    struct winsize window = { .ws_row = size.rows, .ws_col = size.columns };
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && (grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, name, 64) != 0 ||
                    ioctl(fd, TIOCSWINSZ, &window) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* In a session of its own, whose first terminal becomes the one that controls it. An error number.
 */
static int spawn(char *const *words, const char *terminal, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    int error = 0;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (!error) {
        (void)posix_spawnattr_setsigmask(&attributes, &none);
        (void)posix_spawnattr_setsigdefault(&attributes, &all);
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                          POSIX_SPAWN_SETSIGDEF);
        if (!error)
            error = posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0);
        for (int fd = 1; !error && fd <= 2; fd++)
            error = posix_spawn_file_actions_adddup2(&actions, 0, fd);
        if (!error)
            error = posix_spawnp(pid, words[0], &actions, &attributes, words, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void init_news(struct shell *shell)
{
    pthread_condattr_t monotonic;

    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&shell->has_news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static void destroy(struct shell *shell)
{
    if (shell->terminal >= 0)
        (void)close(shell->terminal);
    (void)pthread_cond_destroy(&shell->has_news);
    (void)pthread_mutex_destroy(&shell->typing);
    (void)pthread_mutex_destroy(&shell->mutex);
    free(shell);
}

struct shell *shell_start(char *const *words, struct shell_size size, struct assay_error *err)
{
    struct shell *shell = calloc(1, sizeof *shell);
    char name[64];
    int error = 0;

    if (!shell) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    (void)pthread_mutex_init(&shell->typing, NULL);
    (void)pthread_mutex_init(&shell->mutex, NULL);
    init_news(shell);
    shell->last_read_us = now_us();
    shell->terminal = open_terminal(name, size);
    error = shell->terminal < 0 ? errno : spawn(words, name, &shell->pid);
    if (!error) {
        error = pthread_create(&shell->thread, NULL, shell_thread, shell);
        if (error)
            (void)bury(shell);
    }
    if (!error)
        return shell;
    (void)assay_fail_errno(err, error, "start %s on a terminal", words[0]);
    destroy(shell);
    return NULL;
}

void shell_hang_up(struct shell *shell)
{
    (void)pthread_mutex_lock(&shell->mutex);
    shell->is_closing = true;
    (void)pthread_mutex_unlock(&shell->mutex);
}

void shell_free(struct shell *shell)
{
    if (!shell)
        return;
    shell_hang_up(shell);
    (void)pthread_join(shell->thread, NULL);
    destroy(shell);
}

/* With the mutex held. */
static void wait_for_news(struct shell *shell, uint64_t after, int timeout_ms)
{
    int64_t due_us = now_us() + (int64_t)timeout_ms * 1000;
    const struct timespec due = { .tv_sec = (time_t)(due_us / (1000 * 1000)),
                                  .tv_nsec = (long)(due_us % (1000 * 1000)) * 1000 };

    while (!shell->is_over && shell->printed <= after)
        if (pthread_cond_timedwait(&shell->has_news, &shell->mutex, &due) == ETIMEDOUT)
            return;
}

void shell_read(struct shell *shell, uint64_t after, int timeout_ms, struct shell_output *output)
{
    uint64_t oldest = 0;

    (void)pthread_mutex_lock(&shell->mutex);
    wait_for_news(shell, after, timeout_ms);
    oldest = shell->printed > SHELL_KEPT_BYTES ? shell->printed - SHELL_KEPT_BYTES : 0;
    output->offset = after < oldest ? oldest : after > shell->printed ? shell->printed : after;
    output->size = 0;
    while (output->size < SHELL_READ_MAX && output->offset + output->size < shell->printed) {
        output->bytes[output->size] =
            shell->kept[(output->offset + output->size) % SHELL_KEPT_BYTES];
        output->size++;
    }
    if (output->offset + output->size > shell->read)
        shell->read = output->offset + output->size;
    output->is_over = shell->is_over && output->offset + output->size == shell->printed;
    output->status = shell->status;
    shell->last_read_us = now_us();
    (void)pthread_mutex_unlock(&shell->mutex);
}

/* With `typing` held. */
static bool type(struct shell *shell, const char *bytes, size_t size, struct assay_error *err)
{
    while (size > 0) {
        struct pollfd polled = { .fd = shell->terminal, .events = POLLOUT };
        ssize_t taken = write(shell->terminal, bytes, size);

        if (taken > 0) {
            bytes += taken;
            size -= (size_t)taken;
            shell->typed += (uint64_t)taken;
        } else if (taken < 0 && errno != EAGAIN && errno != EINTR) {
            return assay_fail(err, ASSAY_PRECONDITION, NULL, "the shell has ended");
        } else if (poll(&polled, 1, WRITE_MS) == 0) {
            return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                              "the program in the shell does not read what is typed");
        }
    }
    return true;
}

bool shell_write(struct shell *shell, int64_t offset, const char *bytes, size_t size,
                 struct assay_error *err)
{
    uint64_t from = 0;
    bool is_ok = false;

    (void)pthread_mutex_lock(&shell->typing);
    from = offset < 0 ? shell->typed : (uint64_t)offset;
    if (from > shell->typed)
        (void)assay_fail(err, ASSAY_INVALID, "offset", "%" PRIu64 " bytes were typed so far",
                         shell->typed);
    else if (shell->typed - from >= size)
        is_ok = true;
    else
        is_ok =
            type(shell, bytes + (shell->typed - from), size - (size_t)(shell->typed - from), err);
    (void)pthread_mutex_unlock(&shell->typing);
    return is_ok;
}

void shell_resize(struct shell *shell, struct shell_size size)
{
    struct winsize window = { .ws_row = size.rows, .ws_col = size.columns };

    (void)ioctl(shell->terminal, TIOCSWINSZ, &window); /* the kernel tells the program */
}

bool shell_is_done(struct shell *shell)
{
    bool is_done = false;

    (void)pthread_mutex_lock(&shell->mutex);
    is_done = shell->is_over &&
              (shell->read == shell->printed || now_us() - shell->last_read_us >= LONELY_US);
    (void)pthread_mutex_unlock(&shell->mutex);
    return is_done;
}
