#include "launcher/container/init_enter.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[256];
static char init_path[] = INIT_PATH;
static pid_t server;

static pid_t start(char *const *argv)
{
    pid_t pid = 0;

    cr_assert(eq(int, posix_spawn(&pid, init_path, NULL, NULL, argv, environ), 0));
    return pid;
}

static int status_of(pid_t pid)
{
    int status = -1;

    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void begin(void)
{
    support_folder_make(folder);
    server = start((char *[]){ init_path, "serve", folder, NULL });
}

static void end(void)
{
    (void)kill(server, SIGKILL);
    support_folder_remove(folder);
}

TestSuite(init_serve, .init = begin, .fini = end);

/* Once it listens. */
static int reach(void)
{
    int socket = -1;

    for (int i = 0; i < SUPPORT_DEADLINE_S * 1000 && (socket = init_connect(folder)) < 0; i++)
        (void)poll(NULL, 0, 1);
    cr_assert(socket >= 0);
    return socket;
}

static int run(char *program)
{
    char record[300];

    (void)snprintf(record, sizeof record, "%s/record", folder);
    return status_of(start((char *[]){ init_path, "enter", folder, record, "", program, NULL }));
}

Test(init_serve, whoever_only_looks_whether_it_answers_does_not_end_it)
{
    int lease = -1;

    (void)close(reach());
    lease = init_connect(folder);
    cr_assert(ge(int, lease, 0));
    cr_assert(eq(int, init_lease(lease), 0));
    cr_assert(eq(int, run("/bin/true"), 0));
    cr_assert(eq(int, run("/bin/false"), 1));
    (void)close(lease);
    cr_assert(eq(int, status_of(server), 0), "it ends with its lease");
}
