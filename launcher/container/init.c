/*
 * assay-init - the first process of a trial's container, and what reaches it from outside.
 *
 *   assay-init run RECORD PROGRAM [WORD...]
 *       runs the program, and writes into the record how it went
 *   assay-init serve FOLDER
 *       as the first process of a container that is used again and again: runs what is asked for at
 *       FOLDER/socket, one after the other (init_serve.h)
 *   assay-init user
 *       tells whom the container runs as, "1000:100"
 *   assay-init enter FOLDER RECORD CWD PROGRAM [WORD...]
 *       outside: has the program run there, with this process's output and environment; CWD may be
 * ""
 *   assay-init beside [PROGRAM [WORD...]]
 *       inside: a person's program, or a shell, in the folder and environment of what runs
 *
 * Exits as the program did. Static, and made without sanitizers: it runs in images that hold
 * nothing it could load.
 */
#include "launcher/container/init_enter.h"
#include "launcher/container/init_run.h"
#include "launcher/container/init_serve.h"
#include "launcher/shim/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int run(char *const *words)
{
    int record = open(words[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    return record < 0 ? init_complain(words[0], errno) : init_run(record, words + 1);
}

static bool is_one_of_us(pid_t pid)
{
    char path[64];
    struct stat its;
    struct stat own;

    (void)snprintf(path, sizeof path, "/proc/%ld/exe", (long)pid);
    return stat(path, &its) == 0 && stat("/proc/self/exe", &own) == 0 && its.st_dev == own.st_dev &&
           its.st_ino == own.st_ino;
}

/* The first process here is another of us, and the one that is meant is its child; or, where one
 * after the other runs here, its child's. */
static int beside(char *const *words)
{
    pid_t pid = enter_find_child(1);

    while (pid > 0 && is_one_of_us(pid))
        pid = enter_find_child(pid);
    return pid > 0 ? enter_process(pid, words) : init_complain("nothing runs here", ESRCH);
}

int main(int argc, char **argv)
{
    sigset_t all;

    if (argc > 1 && strcmp(argv[1], "beside") == 0)
        return beside(argv + 2);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    if (argc > 3 && strcmp(argv[1], "run") == 0)
        return run(argv + 2);
    if (argc == 2 && strcmp(argv[1], "user") == 0)
        return printf("%u:%u\n", (unsigned)getuid(), (unsigned)getgid()) < 0;
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return init_serve(argv[2]);
    if (argc > 5 && strcmp(argv[1], "enter") == 0)
        return init_enter(argv[2], argv[3], argv[4], argv + 5);
    return init_complain("usage: run, serve, user, enter or beside, as init.c says", EINVAL);
}
