#include "bench/child.h"

#include "bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_SIZE = 16 * 1024 * 1024,
    GRACE_MS = 5000, /* some rivals remove their folders when the input ends */
    TAIL_SIZE = 2048,
};

struct child {
    pid_t pid;
    int in;   /* we write */
    int out;  /* we read */
    int errs; /* its standard error, in memory */
    clockid_t clock;
    double cpu_s;
    char *buffer; /* of what it said: line_size bytes are the last line, then what came after */
    size_t capacity;
    size_t used;
    size_t line_size;
};

static void run_program(char *const argv[], const int in[2], const int out[2], int errs,
                        pid_t parent)
{
    sigset_t none;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    (void)setpgid(0, 0);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
        dup2(errs, STDERR_FILENO) < 0)
        _exit(127);
    (void)execv(argv[0], argv);
    /* Into the kept standard error, where the parent looks. */
    (void)dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerrordesc_np(errno));
    _exit(127);
}

static void close_one(int file)
{
    if (file >= 0)
        (void)close(file);
}

struct child *child_start(char *const argv[], struct assay_error *err)
{
    int in[2] = { -1, -1 };
    int out[2] = { -1, -1 };
    pid_t parent = getpid();
    struct child *child = calloc(1, sizeof *child);

    if (!child) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    *child = (struct child){ .in = -1, .out = -1 };
    child->errs = memfd_create("stderr", MFD_CLOEXEC);
    if (child->errs < 0 || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        goto fail;
    child->pid = fork();
    if (child->pid == 0)
        run_program(argv, in, out, child->errs, parent);
    if (child->pid < 0)
        goto fail;
    (void)close(in[0]);
    (void)close(out[1]);
    child->in = in[1];
    child->out = out[0];
    (void)clock_getcpuclockid(child->pid, &child->clock);
    return child;
fail:
    (void)assay_fail_errno(err, errno, "%s", argv[0]);
    for (int i = 0; i < 2; i++) {
        close_one(in[i]);
        close_one(out[i]);
    }
    child_free(child);
    return NULL;
}

void child_free(struct child *child)
{
    char rest[4096];
    struct pollfd end = { .events = POLLIN };

    if (!child)
        return;
    close_one(child->in);
    end.fd = child->out;
    while (child->pid > 0 && poll(&end, 1, GRACE_MS) > 0)
        if (read(child->out, rest, sizeof rest) <= 0)
            break;
    if (child->pid > 0) {
        (void)kill(-child->pid, SIGKILL);
        (void)kill(child->pid, SIGKILL); /* it may not have made its group yet */
        (void)waitpid(child->pid, NULL, 0);
    }
    close_one(child->out);
    close_one(child->errs);
    free(child->buffer);
    free(child);
}

/* The last line that is not empty, of what it wrote to standard error. Cuts tail. */
static const char *last_words(const struct child *child, char tail[TAIL_SIZE])
{
    off_t size = lseek(child->errs, 0, SEEK_END);
    off_t start = size >= TAIL_SIZE ? size - TAIL_SIZE + 1 : 0;
    ssize_t got = pread(child->errs, tail, TAIL_SIZE - 1, start);
    char *newline = NULL;

    tail[got > 0 ? got : 0] = '\0';
    for (got--; got >= 0 && (tail[got] == '\n' || tail[got] == ' '); got--)
        tail[got] = '\0';
    newline = strrchr(tail, '\n');
    return newline ? newline + 1 : tail;
}

static bool fail_ended(const struct child *child, struct assay_error *err)
{
    char tail[TAIL_SIZE];
    const char *words = last_words(child, tail);

    return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "it ended%s%.500s", *words ? ": " : "", words);
}

bool child_say(struct child *child, const char *text, size_t size, struct assay_error *err)
{
    while (size > 0) {
        ssize_t done = write(child->in, text, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return fail_ended(child, err);
        text += done;
        size -= (size_t)done;
    }
    return true;
}

static bool make_room(struct child *child)
{
    size_t capacity = child->capacity ? 2 * child->capacity : 4096;
    char *buffer = NULL;

    if (child->used < child->capacity)
        return true;
    if (capacity > LINE_MAX_SIZE)
        return false;
    buffer = realloc(child->buffer, capacity);
    if (!buffer)
        return false;
    child->buffer = buffer;
    child->capacity = capacity;
    return true;
}

/* Reads what there is, waiting until deadline_s of the monotonic clock. */
static bool read_more(struct child *child, double deadline_s, struct assay_error *err)
{
    struct pollfd ready = { .fd = child->out, .events = POLLIN };
    double left_s = deadline_s - moment_now().wall_s;
    int answer = 0;
    ssize_t got = 0;

    if (!make_room(child))
        return assay_fail(err, ASSAY_EXHAUSTED, NULL, "a line without an end");
    answer = poll(&ready, 1, left_s > 0 ? (int)(left_s * 1000) + 1 : 0);
    if (answer == 0)
        return assay_fail(err, ASSAY_DEADLINE, NULL, "no answer in time");
    if (answer < 0)
        return errno == EINTR || assay_fail_errno(err, errno, "poll");
    got = read(child->out, child->buffer + child->used, child->capacity - child->used);
    if (got <= 0)
        return fail_ended(child, err);
    child->used += (size_t)got;
    return true;
}

const char *child_hear(struct child *child, int timeout_s, struct assay_error *err)
{
    double deadline_s = moment_now().wall_s + timeout_s;
    size_t looked = 0;

    if (child->buffer)
        memmove(child->buffer, child->buffer + child->line_size, child->used - child->line_size);
    child->used -= child->line_size;
    child->line_size = 0;
    for (;;) {
        char *newline = child->used > looked
                            ? memchr(child->buffer + looked, '\n', child->used - looked)
                            : NULL;

        if (newline) {
            *newline = '\0';
            child->line_size = (size_t)(newline - child->buffer) + 1;
            return child->buffer;
        }
        looked = child->used;
        if (!read_more(child, deadline_s, err))
            return NULL;
    }
}

double child_cpu_s(struct child *child)
{
    struct timespec now = { 0 };

    if (clock_gettime(child->clock, &now) == 0)
        child->cpu_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    return child->cpu_s;
}
