#include "launcher/shim/trial_process.h"

#include "launcher/shim/memory_cgroup.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the search path is when the trial's environment has none, as in execvp(3). */
static const char default_path[] = "/bin:/usr/bin";

enum { CHILD_STACK = 64 * 1024, FAILED_STATUS = 127, SCRIPT_LINE = 96, SHOWN_NAME = 96 };

enum start_step { STEP_PREPARE, STEP_EXEC };

/* Shared by the shim and the child, which borrows the shim's memory until exec. */
struct start {
    const struct shim_request *request;
    const struct trial_limits *limits;
    pid_t shim;
    /* Filled by the child, of use when it fails. */
    bool is_failed;
    enum start_step step;
    const char *what; /* static text: what could not be done */
    int error;
    char program[PATH_MAX]; /* the file that exec found and refused, "" when it found none */
};

static int fail(struct start *start, const char *what, int error)
{
    start->what = what;
    start->error = error;
    return -1;
}

/* Whoever wrote to the folder before must not choose what is appended to, nor hold the start: a
 * link, or a FIFO without a reader, is refused. */
static int open_log(struct start *start, const char *name, int target)
{
    char path[PATH_MAX];
    struct stat info;
    int error = record_path(path, sizeof path, start->request->dir, name);
    int fd = -1;

    if (error)
        return fail(start, name, error);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK,
              0666);
    if (fd < 0 || fstat(fd, &info) < 0)
        return fail(start, name, errno);
    if (!S_ISREG(info.st_mode))
        return fail(start, name, EINVAL);
    /* The trial has the descriptor as any program expects it. */
    if (fcntl(fd, F_SETFL, O_APPEND) < 0 || dup2(fd, target) < 0)
        return fail(start, name, errno);
    return 0; /* fd itself goes with exec */
}

static int limit_memory(struct start *start)
{
    const struct trial_limits *limits = start->limits;
    struct rlimit space = { 0 };
    int error = limits->cgroup[0] ? memory_cgroup_enter(limits->cgroup) : 0;

    if (error)
        return fail(start, "memory cgroup", error);
    if (limits->address_space_bytes == 0)
        return 0;
    if (getrlimit(RLIMIT_AS, &space) < 0)
        return fail(start, "RLIMIT_AS", errno);
    space.rlim_cur = (rlim_t)limits->address_space_bytes;
    if (space.rlim_cur > space.rlim_max)
        space.rlim_cur = space.rlim_max;
    space.rlim_max = space.rlim_cur;
    return setrlimit(RLIMIT_AS, &space) < 0 ? fail(start, "RLIMIT_AS", errno) : 0;
}

/* For the trial's whole family, as each inherits it. */
static int be_nice(struct start *start)
{
    const struct shim_request *request = start->request;

    errno = 0;
    if (request->nice && nice(request->nice) == -1 && errno)
        return fail(start, "nice", errno);
    if (request->io_class && syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, request->io_class) < 0)
        return fail(start, "I/O class", errno);
    return 0;
}

static int prepare(struct start *start)
{
    char work[PATH_MAX];
    int error = record_path(work, sizeof work, start->request->dir, TRIAL_WORK_NAME);

    if (setpgid(0, 0) < 0)
        return fail(start, "process group", errno);
    /* Dies with its shim: nobody else would know of it. The shim may be gone already. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != start->shim)
        return fail(start, "parent's death signal", errno ? errno : ESRCH);
    if (open_log(start, TRIAL_STDOUT_NAME, STDOUT_FILENO) < 0 ||
        open_log(start, TRIAL_STDERR_NAME, STDERR_FILENO) < 0)
        return -1;
    if (error || chdir(work) < 0)
        return fail(start, TRIAL_WORK_NAME, error ? error : errno);
    return be_nice(start) < 0 ? -1 : limit_memory(start);
}

static const char *search_path(char *const *envp)
{
    for (; *envp; envp++) {
        if (strncmp(*envp, "PATH=", 5) == 0)
            return *envp + 5;
    }
    return default_path;
}

/* Execs path; on return says whether the search goes on. Remembers the first file that was there.
 */
static bool try_program(struct start *start, const char *path)
{
    (void)execve(path, start->request->argv, start->request->envp);
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) {
        int error = errno;

        if (start->program[0] == '\0' && access(path, F_OK) == 0) {
            start->error = error;
            (void)snprintf(start->program, sizeof start->program, "%s", path);
        }
        return true;
    }
    start->error = errno;
    (void)snprintf(start->program, sizeof start->program, "%s", path);
    return false;
}

/*
 * As execvpe(3), but with the PATH of the trial's environment, and without its fall-back to a
 * shell: a file without a #! line is an error that can be told, not a script for whatever sh is.
 */
static void exec_program(struct start *start)
{
    const char *name = start->request->argv[0];
    const char *at = search_path(start->request->envp);
    char path[PATH_MAX];

    start->step = STEP_EXEC;
    start->error = ENOENT;
    if (name[0] == '\0' || strchr(name, '/')) {
        (void)try_program(start, name);
        return;
    }
    for (;; at++) {
        size_t size = strcspn(at, ":");
        int used = snprintf(path, sizeof path, "%.*s%s%s", (int)(size < PATH_MAX ? size : PATH_MAX),
                            at, size ? "/" : "", name);

        if (used > 0 && (size_t)used < sizeof path && !try_program(start, path))
            return;
        at += size;
        if (*at == '\0')
            return;
    }
}

static int child_main(void *context)
{
    struct start *start = context;
    sigset_t none;

    errno = 0;
    if (prepare(start) == 0) {
        (void)sigemptyset(&none);
        (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
        exec_program(start);
    }
    start->is_failed = true;
    _exit(FAILED_STATUS);
}

/* The end of a long name says more than its beginning, and must leave room for the reason. */
static const char *shown(const char *name)
{
    size_t size = strlen(name);

    return size > SHOWN_NAME ? name + size - SHOWN_NAME : name;
}

/* The interpreter that a script's first line names; false when it is no script. */
static bool script_interpreter(const char *path, char line[SCRIPT_LINE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t size = fd < 0 ? -1 : read(fd, line, SCRIPT_LINE - 1);
    char *start = line;

    if (fd >= 0)
        (void)close(fd);
    if (size < 2 || line[0] != '#' || line[1] != '!')
        return false;
    line[size] = '\0';
    start += 2;
    start += strspn(start, " \t");
    start[strcspn(start, " \t\n")] = '\0';
    memmove(line, start, strlen(start) + 1);
    return true;
}

static void describe_missing(const struct start *start, char *detail, size_t size)
{
    const char *name = shown(start->program[0] ? start->program : start->request->argv[0]);
    char line[SCRIPT_LINE];

    if (start->program[0] == '\0' && strchr(name, '/') && start->request->argv[0][0] != '/')
        (void)snprintf(detail, size,
                       "%.96s: no such file (looked for in the attempt's work folder; "
                       "$(ASSAY_SOURCE_DIR)/… is the folder of the document)",
                       name);
    else if (start->program[0] == '\0')
        (void)snprintf(detail, size, "%.96s: no such program%s", name,
                       strchr(name, '/') ? "" : " in PATH");
    else if (!script_interpreter(start->program, line))
        (void)snprintf(detail, size, "%.96s: the loader or library that it asks for does not exist",
                       name);
    else if (line[0] && line[strlen(line) - 1] == '\r')
        (void)snprintf(detail, size,
                       "%.96s: its first line ends in a carriage return (a file of Windows); "
                       "the interpreter is not found",
                       name);
    else
        (void)snprintf(detail, size, "%.96s: its interpreter %.96s does not exist", name, line);
}

static void describe_exec(const struct start *start, struct ending *ending)
{
    const char *name = shown(start->program[0] ? start->program : start->request->argv[0]);
    char reason[128];

    ending->kind = ENDING_NOT_FOUND;
    ending->status = start->error;
    switch (start->error) {
    case ENOENT:
    case ENOTDIR:
        describe_missing(start, ending->detail, sizeof ending->detail);
        return;
    case EACCES:
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "%.96s: permission denied (is it executable, chmod +x?)", name);
        return;
    case ENOEXEC:
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "%.96s: not a program of this machine; a script needs a first line such as "
                       "#!/bin/sh",
                       name);
        return;
    case E2BIG:
        (void)snprintf(ending->detail, sizeof ending->detail,
                       "%.96s: command line and environment are too long for this system", name);
        return;
    case EAGAIN:
    case EIO:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
        ending->kind = ENDING_NOT_STARTED;
        break;
    default:
        break;
    }
    (void)snprintf(ending->detail, sizeof ending->detail, "%.96s: %s", name,
                   strerror_r(start->error, reason, sizeof reason));
}

pid_t trial_process_start(const struct shim_request *request, const struct trial_limits *limits,
                          struct ending *ending)
{
    struct start start = { .request = request, .limits = limits, .shim = getpid() };
    char stack[CHILD_STACK] __attribute__((aligned(16)));
    char reason[128];
    /*
     * What vfork does, on a stack of its own: no page table is copied, and the child's words about
     * a failed exec are simply there.
     */
    pid_t pid = clone(child_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &start);

    if (pid > 0 && !start.is_failed)
        return pid;
    if (pid < 0)
        (void)fail(&start, "new process", errno);
    else
        (void)waitpid(pid, NULL, 0);
    if (start.step == STEP_EXEC) {
        describe_exec(&start, ending);
        return -1;
    }
    ending->kind = ENDING_NOT_STARTED;
    ending->status = start.error;
    (void)snprintf(ending->detail, sizeof ending->detail, "%s: %s", start.what,
                   strerror_r(start.error, reason, sizeof reason));
    return -1;
}
