#include "launcher/shim/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * ENVIRON_MAX: the kernel's own limit for argv and environment together is 6 MiB. SWEEPS_MAX:
 * processes may fork while we look; one that still does after so many rounds is told by nobody.
 */
enum { ENVIRON_MAX = 8 * 1024 * 1024, SWEEPS_MAX = 20, DEATH_MS = 500 };

static ssize_t read_proc_file(pid_t pid, const char *name, char *text, size_t size)
{
    char path[64];
    ssize_t used = -1;
    int fd = -1;

    if (pid)
        (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    else
        (void)snprintf(path, sizeof path, "/proc/self/%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    used = read(fd, text, size - 1);
    (void)close(fd);
    if (used >= 0)
        text[used] = '\0';
    return used;
}

bool process_stat_read(pid_t pid, struct process_stat *stat)
{
    char text[1024];
    char *at = NULL;

    if (read_proc_file(pid, "stat", text, sizeof text) <= 0)
        return false;
    at = strrchr(text, ')'); /* the name in front may hold blanks and parentheses */
    if (!at || at[1] != ' ')
        return false;
    at += 2;
    stat->state = *at++;
    stat->parent = (pid_t)strtol(at, &at, 10);
    stat->group = (pid_t)strtol(at, &at, 10);
    for (int field = 6; field < 22; field++)
        (void)strtoll(at, &at, 10);
    stat->start_ticks = strtoull(at, NULL, 10);
    return true;
}

bool process_is_alive(pid_t pid, uint64_t start_ticks)
{
    struct process_stat stat = { 0 };

    return pid > 0 && process_stat_read(pid, &stat) && stat.start_ticks == start_ticks &&
           stat.state != 'Z' && stat.state != 'X';
}

void process_boot_id(char text[BOOT_ID_TEXT])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, BOOT_ID_TEXT - 1);

    if (fd >= 0)
        (void)close(fd);
    text[size > 0 ? size : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

pid_t process_next(void *dir)
{
    struct dirent *entry = NULL;

    /* Each caller has a DIR of its own, and glibc's readdir() locks that. */
    while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
        if (isdigit((unsigned char)entry->d_name[0]))
            return (pid_t)strtol(entry->d_name, NULL, 10);
    }
    return 0;
}

/* text: entries one after the other, each ended by NUL. */
static bool has_entry(const char *text, size_t size, const char *entry)
{
    size_t entry_size = entry ? strlen(entry) + 1 : 0;
    const char *end = text + size;

    while (entry && text < end) {
        size_t length = strnlen(text, (size_t)(end - text)) + 1;

        if (length == entry_size && memcmp(text, entry, entry_size) == 0)
            return true;
        text += length;
    }
    return false;
}

/* The environ of pid in *buffer, grown as needed. Its size; 0 for zombies, kernel threads, others'
 * processes. */
static size_t read_environ(pid_t pid, char **buffer, size_t *capacity)
{
    char path[64];
    size_t used = 0;
    ssize_t count = 1;
    int fd = -1;

    (void)snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (count > 0 && used < ENVIRON_MAX) {
        if (used + 1 >= *capacity) {
            size_t wanted = *capacity ? *capacity * 2 : 16384;
            char *grown = realloc(*buffer, wanted);

            if (!grown)
                break;
            *buffer = grown;
            *capacity = wanted;
        }
        count = read(fd, *buffer + used, *capacity - used - 1);
        used += count > 0 ? (size_t)count : 0;
    }
    (void)close(fd);
    if (used)
        (*buffer)[used] = '\0';
    return used;
}

/* What makes a process one to be killed, and room to read environments. */
struct marks {
    const char *entry;
    const char *other_entry;
    char *text;
    size_t capacity;
};

static bool is_marked(struct marks *marks, pid_t pid)
{
    size_t size = read_environ(pid, &marks->text, &marks->capacity);

    return size && (has_entry(marks->text, size, marks->entry) ||
                    has_entry(marks->text, size, marks->other_entry));
}

static bool kill_if_marked(struct marks *marks, pid_t pid)
{
    struct pollfd ended = { .fd = -1, .events = POLLIN };
    bool is_killed = false;

    if (pid == getpid() || !is_marked(marks, pid))
        return false;
    /* Looked at again through the descriptor's life, so that a reused pid is never hit. */
    ended.fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (ended.fd < 0)
        return false;
    if (is_marked(marks, pid)) {
        is_killed = syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0) == 0;
        (void)poll(&ended, 1, DEATH_MS);
    }
    (void)close(ended.fd);
    return is_killed;
}

size_t process_kill_marked(const char *entry, const char *other_entry)
{
    struct marks marks = { .entry = entry, .other_entry = other_entry };
    size_t killed = 0;
    size_t found = 1;

    for (int sweep = 0; found && sweep < SWEEPS_MAX; sweep++) {
        DIR *dir = opendir("/proc");

        found = 0;
        if (!dir)
            break;
        for (pid_t pid = 0; (pid = process_next(dir));)
            found += kill_if_marked(&marks, pid);
        killed += found;
        (void)closedir(dir);
    }
    free(marks.text);
    return killed;
}
