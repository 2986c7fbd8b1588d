#include "bench/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool write_whole(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;

    while (size) {
        ssize_t count = write(fd, at, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += count;
        size -= (size_t)count;
    }
    return true;
}

static bool read_whole(int fd, void *bytes, size_t size)
{
    char *at = bytes;

    while (size) {
        ssize_t count = read(fd, at, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += count;
        size -= (size_t)count;
    }
    return true;
}

static void child_main(int fd, isolate_fn fn, const void *context, void *result, size_t size)
{
    struct assay_error err = { 0 };
    bool is_ok = fn(context, result, &err);
    bool is_told = write_whole(fd, &is_ok, sizeof is_ok) && write_whole(fd, &err, sizeof err) &&
                   write_whole(fd, result, size);

    _exit(is_told ? 0 : 1);
}

bool isolate_run(isolate_fn fn, const void *context, void *result, size_t size,
                 struct assay_error *err)
{
    int ends[2] = { -1, -1 };
    bool is_ok = false;
    bool is_told = false;
    pid_t pid = -1;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return assay_fail_errno(err, errno, "pipe");
    pid = fork();
    if (pid == 0)
        child_main(ends[1], fn, context, result, size);
    (void)close(ends[1]);
    if (pid > 0) {
        is_told = read_whole(ends[0], &is_ok, sizeof is_ok) &&
                  read_whole(ends[0], err, sizeof *err) && read_whole(ends[0], result, size);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    (void)close(ends[0]);
    if (pid < 0)
        return assay_fail_errno(err, errno, "fork");
    return is_told ? is_ok
                   : assay_fail(err, ASSAY_INTERNAL, NULL, "a measuring process has crashed");
}
