#include "launcher/shim/memory_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/*
 * Where every distribution mounts them: v2 alone or beside v1 ("hybrid"), then v1. A removal
 * fails for some moments after the last process was reaped: REMOVE_TRIES of 10 ms.
 */
static const char *const v2_mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
static const char v1_mount[] = "/sys/fs/cgroup/memory";

enum { CGROUP_TEXT = 4096, REMOVE_TRIES = 50, REMOVE_PAUSE_NS = 10000000 };

static bool join(char path[CGROUP_PATH], const char *dir, const char *name)
{
    int size = snprintf(path, CGROUP_PATH, "%s/%s", dir, name);

    return size > 0 && size < CGROUP_PATH;
}

static ssize_t read_text(const char *dir, const char *name, char *text, size_t size)
{
    char path[CGROUP_PATH];
    ssize_t used = -1;
    int fd = join(path, dir, name) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return -1;
    used = read(fd, text, size - 1);
    (void)close(fd);
    if (used >= 0)
        text[used] = '\0';
    return used;
}

static int write_text(const char *dir, const char *name, const char *text)
{
    char path[CGROUP_PATH];
    int error = 0;
    int fd = join(path, dir, name) ? open(path, O_WRONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return errno ? errno : ENAMETOOLONG;
    if (write(fd, text, strlen(text)) < 0)
        error = errno;
    (void)close(fd);
    return error;
}

/*
 * Our own place in a hierarchy, from lines "4:memory:/path" and "0::/path". controllers is
 * "memory" or "".
 */
static bool own_path(const char *controllers, char path[CGROUP_PATH])
{
    char text[CGROUP_TEXT];
    size_t wanted = strlen(controllers);

    if (read_text("/proc/self", "cgroup", text, sizeof text) <= 0)
        return false;
    for (char *line = text; line && *line; line = strchr(line, '\n')) {
        char *list = NULL;
        size_t size = 0;

        line += *line == '\n';
        list = strchr(line, ':');
        if (!list)
            return false;
        size = strcspn(list + 1, ":\n");
        if (size != wanted || memcmp(list + 1, controllers, wanted) != 0 || list[1 + size] != ':')
            continue;
        list += 2 + size;
        size = strcspn(list, "\n");
        if (size >= CGROUP_PATH)
            return false;
        memcpy(path, list, size);
        path[size] = '\0';
        return true;
    }
    return false;
}

static bool limit_v2(const char *path, int64_t memory_bytes)
{
    char number[32];

    (void)snprintf(number, sizeof number, "%" PRId64, memory_bytes);
    if (write_text(path, "memory.max", number) != 0)
        return false;
    /* Best effort: no way out into swap, and all of the trial goes when one of it must. */
    (void)write_text(path, "memory.swap.max", "0");
    (void)write_text(path, "memory.oom.group", "1");
    return true;
}

static bool limit_v1(const char *path, int64_t memory_bytes)
{
    char number[32];

    (void)snprintf(number, sizeof number, "%" PRId64, memory_bytes);
    if (write_text(path, "memory.limit_in_bytes", number) != 0)
        return false;
    (void)write_text(path, "memory.memsw.limit_in_bytes", number);
    return true;
}

/* Makes dir/assay-<pid> and limits it. */
static bool make_in(const char *dir, int64_t memory_bytes,
                    bool (*limit)(const char *path, int64_t memory_bytes), char path[CGROUP_PATH])
{
    char name[64];

    (void)snprintf(name, sizeof name, "assay-%ld", (long)getpid());
    if (!join(path, dir, name))
        return false;
    (void)rmdir(path); /* an empty one that an earlier process of this pid left */
    if (mkdir(path, 0755) < 0)
        return false;
    if (limit(path, memory_bytes))
        return true;
    (void)rmdir(path);
    return false;
}

/*
 * v2 gives no memory controller to the children of a cgroup that holds processes, as our own does:
 * then a place beside us or further up may do.
 */
static bool make_v2(const char *mount, int64_t memory_bytes, char path[CGROUP_PATH])
{
    char own[CGROUP_PATH];
    char dir[CGROUP_PATH];
    size_t mount_size = strlen(mount);

    if (!own_path("", own) || !join(dir, mount, own + (own[0] == '/')))
        return false;
    for (;;) {
        char *slash = NULL;

        if (make_in(dir, memory_bytes, limit_v2, path))
            return true;
        slash = strrchr(dir, '/');
        if (!slash || (size_t)(slash - dir) < mount_size)
            return false;
        *slash = '\0';
    }
}

bool memory_cgroup_make(int64_t memory_bytes, char path[CGROUP_PATH])
{
    char own[CGROUP_PATH];
    char dir[CGROUP_PATH];

    for (size_t i = 0; i < sizeof v2_mounts / sizeof v2_mounts[0]; i++) {
        if (make_v2(v2_mounts[i], memory_bytes, path))
            return true;
    }
    if (own_path("memory", own) && join(dir, v1_mount, own + (own[0] == '/')) &&
        make_in(dir, memory_bytes, limit_v1, path))
        return true;
    path[0] = '\0';
    return false;
}

int memory_cgroup_enter(const char *path)
{
    return write_text(path, "cgroup.procs", "0"); /* 0: the writer itself, in v1 and v2 */
}

int64_t memory_cgroup_oom_kills(const char *path)
{
    static const char key[] = "oom_kill ";
    char text[CGROUP_TEXT];

    if (path[0] == '\0' || (read_text(path, "memory.events", text, sizeof text) <= 0 &&
                            read_text(path, "memory.oom_control", text, sizeof text) <= 0))
        return 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, sizeof key - 1) == 0)
            return strtoll(line + sizeof key - 1, NULL, 10);
    }
    return 0;
}

/* cgroup.kill is of kernel 5.14 and v2; the list of processes is for the rest. */
void memory_cgroup_kill(const char *path)
{
    char text[CGROUP_TEXT];
    char *at = text;

    if (path[0] == '\0' || write_text(path, "cgroup.kill", "1") == 0 ||
        read_text(path, "cgroup.procs", text, sizeof text) <= 0)
        return;
    while (*at) {
        long pid = strtol(at, &at, 10);

        if (pid > 1 && pid != getpid())
            (void)kill((pid_t)pid, SIGKILL);
        at += *at == '\n';
    }
}

void memory_cgroup_remove(const char *path)
{
    static const struct timespec moment = { .tv_nsec = REMOVE_PAUSE_NS };

    /* The path may come from a claim, which the trial could write to. */
    bool is_ours = strncmp(path, v2_mounts[0], strlen(v2_mounts[0])) == 0;

    for (int i = 0; is_ours && i < REMOVE_TRIES; i++) {
        if (rmdir(path) == 0 || errno == ENOENT)
            return;
        memory_cgroup_kill(path);
        (void)nanosleep(&moment, NULL);
    }
}
