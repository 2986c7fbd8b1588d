#include "launcher/container/init_run.h"

#include "launcher/container/container_record.h"

#include "launcher/shim/memory_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * COURTESY_MS: as the shim gives on the host to what outlives the main process, such as a `tee` at
 * the end of a pipe.
 */
enum { COURTESY_MS = 200 };

struct init {
    int record_file;
    struct container_record record;
    pid_t main_pid;
    bool is_main_ended;
    bool has_children;
};

int init_complain(const char *what, int error)
{
    char why[128];

    (void)fprintf(stderr, "assay-init: %s: %s\n", what, strerror_r(error, why, sizeof why));
    return STATUS_OWN_FAULT;
}

/* Where cgroup v2 and v1 show a container its own. */
static int64_t count_oom_kills(void)
{
    return memory_cgroup_oom_kills("/sys/fs/cgroup") +
           memory_cgroup_oom_kills("/sys/fs/cgroup/memory");
}

static void describe_failure(struct container_record *record, const char *program)
{
    bool is_there = strchr(program, '/') && access(program, F_OK) == 0;
    char text[128];
    const char *why = strerror_r(record->status, text, sizeof text);

    if (record->status == ENOENT && is_there)
        why = "the interpreter or loader that it asks for does not exist in the image";
    else if (record->status == ENOENT)
        why = "no such program in the image";
    else if (record->status == EACCES)
        why = "permission denied (is it executable for the container's user?)";
    (void)snprintf(record->detail, sizeof record->detail, "%.96s: %s", program, why);
}

/* In the child; returns only when exec failed. */
static void become(char *const *argv, int report)
{
    sigset_t none;
    int error = 0;

    (void)setpgid(0, 0);
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    (void)execvp(argv[0], argv);
    error = errno;
    (void)!write(report, &error, sizeof error);
}

/* The errno of fork or exec; 0 when the program runs. */
static int start(struct init *init, char *const *argv)
{
    int ends[2] = { -1, -1 };
    int error = 0;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    init->main_pid = fork();
    if (init->main_pid == 0) {
        become(argv, ends[1]);
        _exit(STATUS_NO_PROGRAM);
    }
    if (init->main_pid < 0)
        error = errno;
    (void)close(ends[1]);
    /* Nothing comes when exec succeeded. */
    if (init->main_pid > 0 && read(ends[0], &error, sizeof error) == sizeof error)
        (void)waitpid(init->main_pid, NULL, 0);
    (void)close(ends[0]);
    return error;
}

static void reap(struct init *init)
{
    pid_t pid = 0;
    int status = 0;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != init->main_pid || init->is_main_ended)
            continue;
        init->is_main_ended = true;
        init->record.stage = WIFSIGNALED(status) ? CONTAINER_SIGNALED : CONTAINER_EXITED;
        init->record.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
    init->has_children = pid == 0;
}

/* Once the program has ended, others may go on for a moment, deaf to signals. */
static void supervise(struct init *init)
{
    static const struct timespec courtesy = { .tv_nsec = COURTESY_MS * 1000L * 1000 };
    sigset_t all;

    (void)sigfillset(&all);
    while (init->has_children) {
        int number =
            init->is_main_ended ? sigtimedwait(&all, NULL, &courtesy) : sigwaitinfo(&all, NULL);

        if (number == SIGCHLD)
            reap(init);
        else if (number > 0 && !init->is_main_ended)
            (void)kill(-init->main_pid, number);
        else if (errno != EINTR)
            return;
    }
}

static void measure(struct container_record *record, int64_t oom_kills_before)
{
    struct rusage usage = { 0 };

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    record->cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    record->peak_memory_bytes = (int64_t)usage.ru_maxrss * 1024;
    record->oom_kills = count_oom_kills() - oom_kills_before;
}

static int exit_status(const struct container_record *record)
{
    if (record->stage == CONTAINER_NO_EXEC)
        return record->status == ENOENT ? STATUS_NO_PROGRAM : STATUS_NO_EXEC;
    return record->stage == CONTAINER_SIGNALED ? 128 + record->status : record->status;
}

int init_run(int record_file, char *const *argv)
{
    struct init init = { .record_file = record_file };
    int64_t oom_kills_before = count_oom_kills();
    int error = 0;

    init.record.stage = CONTAINER_BEGUN;
    error = container_record_write(init.record_file, &init.record);
    if (error)
        return init_complain("record", error);
    init.record.status = start(&init, argv);
    if (init.record.status) {
        init.record.stage = CONTAINER_NO_EXEC;
        describe_failure(&init.record, argv[0]);
    } else {
        init.has_children = true;
        supervise(&init);
        measure(&init.record, oom_kills_before);
    }
    (void)container_record_write(init.record_file, &init.record);
    return exit_status(&init.record);
}
