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
 *
 * Exits as the program did. Static, and made without sanitizers: it runs in images that hold
 * nothing it could load.
 */
#include "launcher/container/init_enter.h"
#include "launcher/container/init_run.h"
#include "launcher/container/init_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(char *const *words)
{
    int record = open(words[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    return record < 0 ? init_complain(words[0], errno) : init_run(record, words + 1);
}

int main(int argc, char **argv)
{
    sigset_t all;

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
    return init_complain("usage: run, serve, user or enter, as init.c says", EINVAL);
}
