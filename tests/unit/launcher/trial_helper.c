/*
 * What the launcher's tests run as trials: the first word says how to behave. "ready" is a line
 * with the pid, written to the FIFO $READY.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int tell_ready(void)
{
    const char *path = getenv("READY"); /* NOLINT(concurrency-mt-unsafe) */
    char line[32];
    int size = snprintf(line, sizeof line, "%ld\n", (long)getpid());
    int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;

    return fd < 0 || write(fd, line, (size_t)size) != size || close(fd) < 0 ? 100 : 0;
}

static void wait_for_ever(void)
{
    for (;;)
        (void)pause();
}

static int hold(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (tell_ready() != 0)
        return 100;
    wait_for_ever();
    return 0;
}

static int ignore_term(int argc, char **argv)
{
    (void)signal(SIGTERM, SIG_IGN);
    return hold(argc, argv);
}

static void exit_seven(int number)
{
    (void)number;
    _exit(7);
}

static int exit_on_term(int argc, char **argv)
{
    (void)signal(SIGTERM, exit_seven);
    return hold(argc, argv);
}

/* argv and environment, each word with its NUL, into the file "dump" of the working folder. */
static int dump(int argc, char **argv)
{
    FILE *out = fopen("dump", "we");

    if (!out)
        return 100;
    for (int i = 0; i < argc; i++)
        (void)fwrite(argv[i], 1, strlen(argv[i]) + 1, out);
    for (char **entry = environ; *entry; entry++)
        (void)fwrite(*entry, 1, strlen(*entry) + 1, out);
    return fclose(out) == 0 ? 0 : 100;
}

/* A grandchild in a session of its own, of which the main process does not wait for the end. */
static int detach(int argc, char **argv)
{
    int ends[2];
    char byte = 0;
    pid_t pid = -1;

    (void)argc;
    (void)argv;
    if (pipe(ends) < 0 || (pid = fork()) < 0)
        return 100;
    if (pid == 0) {
        if (fork() != 0)
            _exit(0);
        (void)setsid();
        (void)signal(SIGTERM, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        if (tell_ready() == 0)
            (void)!write(ends[1], "x", 1);
        wait_for_ever();
    }
    (void)close(ends[1]);
    (void)waitpid(pid, NULL, 0);
    return read(ends[0], &byte, 1) == 1 ? 4 : 100;
}

/* A chain of depth processes, each child of the one before, of which none waits for another. */
static int chain(int argc, char **argv)
{
    int depth = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1;

    for (int i = 0; i < depth; i++) {
        pid_t pid = fork();

        if (pid < 0)
            return 100;
        if (pid > 0) {
            wait_for_ever();
        }
        if (i % 2)
            (void)setsid();
        (void)signal(SIGTERM, SIG_IGN);
    }
    return hold(argc, argv);
}

/* Touches so many MiB. */
static int eat(int argc, char **argv)
{
    size_t size = (argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 1) << 20;
    char *block = malloc(size);

    if (!block)
        return 9;
    for (size_t i = 0; i < size; i += 4096)
        ((volatile char *)block)[i] = 1;
    free(block);
    return 0;
}

static int remove_folder(int argc, char **argv)
{
    char program[] = "/bin/rm";
    char option[] = "-rf";
    char *dir = getenv("ASSAY_ATTEMPT_DIR"); /* NOLINT(concurrency-mt-unsafe) */
    char *words[] = { program, option, dir, NULL };
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        (void)execv(program, words);
        _exit(100);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return 100;
    return argc > 2 ? hold(argc, argv) : 5;
}

/* The lines that a late child writes after the main process is gone must still be there. */
static int late_output(int argc, char **argv)
{
    int ends[2];
    char byte = 0;
    pid_t pid = -1;

    (void)argc;
    (void)argv;
    if (pipe(ends) < 0 || (pid = fork()) < 0)
        return 100;
    if (pid == 0) {
        (void)close(ends[1]);
        (void)!read(ends[0], &byte, 1); /* ends when the main process does */
        (void)!write(STDOUT_FILENO, "last line\n", 10);
        _exit(0);
    }
    return 0;
}

static int leave(int argc, char **argv)
{
    (void)!write(STDOUT_FILENO, "to stdout\n", 10);
    (void)!write(STDERR_FILENO, "to stderr\n", 10);
    return argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
}

/* So many MiB to standard output, then a last line. */
static int pour(int argc, char **argv)
{
    static char block[64 * 1024];
    long count = argc > 2 ? strtol(argv[2], NULL, 10) * 16 : 16;

    memset(block, 'x', sizeof block);
    block[sizeof block - 1] = '\n';
    (void)!write(STDOUT_FILENO, "first line\n", 11);
    for (long i = 0; i < count; i++) {
        if (write(STDOUT_FILENO, block, sizeof block) != (ssize_t)sizeof block)
            return 100;
    }
    return write(STDOUT_FILENO, "last line\n", 10) == 10 ? 0 : 100;
}

/* Exit status 0 with that niceness and that I/O class, as ioprio_get(2) has it. */
static int check_priority(int argc, char **argv)
{
    if (argc < 4 || getpriority(PRIO_PROCESS, 0) != strtol(argv[2], NULL, 10))
        return 21;
    return syscall(SYS_ioprio_get, 1, 0) == strtol(argv[3], NULL, 10) ? 0 : 22;
}

static int die(int argc, char **argv)
{
    (void)raise(argc > 2 ? (int)strtol(argv[2], NULL, 10) : SIGKILL);
    return 100;
}

/* Exit status 0 only in the state that a trial is promised. */
static int check_state(int argc, char **argv)
{
    sigset_t blocked;
    struct sigaction action = { 0 };
    char byte = 0;

    (void)argc;
    (void)argv;
    if (getpgrp() != getpid() || getsid(0) == getpid() || read(STDIN_FILENO, &byte, 1) != 0)
        return 11;
    if (pthread_sigmask(SIG_SETMASK, NULL, &blocked) != 0)
        return 12;
    for (int i = 1; i < 32; i++) {
        if (sigismember(&blocked, i) != 0)
            return 13;
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            return 14;
    }
    for (int fd = 3; fd < 64; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            return 15;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } modes[] = {
        { "hold", hold },
        { "ignore-term", ignore_term },
        { "exit-on-term", exit_on_term },
        { "dump", dump },
        { "detach", detach },
        { "chain", chain },
        { "eat", eat },
        { "remove-folder", remove_folder },
        { "late-output", late_output },
        { "exit", leave },
        { "pour", pour },
        { "check-priority", check_priority },
        { "die", die },
        { "check-state", check_state },
    };

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (argc > 1 && strcmp(argv[1], modes[i].name) == 0)
            return modes[i].run(argc, argv);
    }
    return 99;
}
