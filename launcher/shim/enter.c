#include "launcher/shim/enter.h"

#include "launcher/shim/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As shells have it: the program was found and could not be run, was not found. */
enum { STATUS_CANNOT = 126, STATUS_MISSING = 127, CHUNK = 64 * 1024 };

pid_t enter_find_child(pid_t parent)
{
    DIR *dir = opendir("/proc");
    uint64_t first_ticks = UINT64_MAX;
    pid_t first = 0;

    if (!dir)
        return 0;
    for (pid_t pid = 0; (pid = process_next(dir));) {
        struct process_stat stat = { 0 };

        if (!process_stat_read(pid, &stat) || stat.parent != parent || stat.state == 'Z' ||
            stat.start_ticks > first_ticks || (stat.start_ticks == first_ticks && pid > first))
            continue;
        first = pid;
        first_ticks = stat.start_ticks;
    }
    (void)closedir(dir);
    return first;
}

/* All of a file of /proc, which has no size, with a zero byte behind it; NULL and errno. */
static char *read_all(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = NULL;
    ssize_t count = fd < 0 ? -1 : 1;

    *size = 0;
    while (count > 0) {
        char *more = realloc(bytes, *size + CHUNK + 1);

        count = more ? read(fd, more + *size, CHUNK) : -1;
        bytes = more ? more : bytes;
        *size += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0)
        (void)close(fd);
    if (count == 0) {
        bytes[*size] = '\0';
        return bytes;
    }
    free(bytes);
    return NULL;
}

static bool is_left_out(const char *entry)
{
    return strncmp(entry, "ASSAY_ATTEMPT=", 14) == 0 || !strchr(entry, '=');
}

/* The entries that lie in bytes, one after the other. */
static char **list_entries(char *bytes, size_t size)
{
    size_t count = 0;
    char **entries = NULL;

    for (size_t at = 0; at < size; at += strlen(bytes + at) + 1)
        count++;
    entries = calloc(count + 1, sizeof *entries);
    count = 0;
    for (size_t at = 0; entries && at < size; at += strlen(bytes + at) + 1) {
        if (!is_left_out(bytes + at))
            entries[count++] = bytes + at;
    }
    return entries;
}

/* What a process began with, which its own memory keeps. */
static bool take_environment(pid_t pid)
{
    char path[64];
    const char *terminal = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): there is one thread */
    size_t size = 0;
    char *bytes = NULL;
    char **entries = NULL;

    (void)snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    bytes = read_all(path, &size);
    entries = bytes ? list_entries(bytes, size) : NULL;
    if (!entries)
        return false;
    environ = entries;
    return !terminal || setenv("TERM", terminal, 1) == 0; /* NOLINT(concurrency-mt-unsafe) */
}

/* Of a process that has gone elsewhere in the meantime, there. */
static bool go_to(pid_t pid)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%ld/cwd", (long)pid);
    return chdir(path) == 0;
}

static int complain(const char *what, int error, int status)
{
    char why[128];

    (void)fprintf(stderr, "assay: %s: %s\n", what, strerror_r(error, why, sizeof why));
    return status;
}

static const char *find_shell(void)
{
    static const char *const usual[] = { "/bin/bash", "/usr/bin/bash", "/bin/sh" };
    const char *wanted = getenv("SHELL"); /* NOLINT(concurrency-mt-unsafe) */

    if (wanted && wanted[0] == '/' && access(wanted, X_OK) == 0)
        return wanted;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (access(usual[i], X_OK) == 0)
            return usual[i];
    return "sh";
}

int enter_process(pid_t pid, char *const *words)
{
    const char *shell = NULL;

    if (!take_environment(pid) || !go_to(pid))
        return complain(errno == ENOENT || errno == ESRCH
                            ? "the trial has just ended"
                            : "the trial's environment and folder, which its owner may read",
                        errno, STATUS_CANNOT);
    if (words[0]) {
        (void)execvp(words[0], words);
        return complain(words[0], errno, errno == ENOENT ? STATUS_MISSING : STATUS_CANNOT);
    }
    shell = find_shell();
    (void)execlp(shell, shell, (char *)NULL);
    return complain(shell, errno, errno == ENOENT ? STATUS_MISSING : STATUS_CANNOT);
}
