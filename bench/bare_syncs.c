#include "bench/bare_syncs.h"

#include "bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As long as the store's log gets. */
enum { FILE_BYTES = 4 * 1024 * 1024 };

static bool write_whole(int fd, const char *bytes, size_t size, off_t at)
{
    return pwrite(fd, bytes, size, at) == (ssize_t)size;
}

static bool stretch(int fd, const char *bytes, size_t size)
{
    bool is_written = true;

    for (off_t at = 0; is_written && at + (off_t)size <= FILE_BYTES; at += (off_t)size)
        is_written = write_whole(fd, bytes, size, at);
    return is_written && fsync(fd) == 0;
}

static bool loop(int fd, enum bare_syncs_kind kind, const char *bytes, size_t size, double seconds,
                 double *rate)
{
    double start_s = moment_now().wall_s;
    double now_s = start_s;
    off_t at = 0;
    long count = 0;

    for (; now_s < start_s + seconds; now_s = moment_now().wall_s, count++) {
        if (!write_whole(fd, bytes, size, at) || fdatasync(fd) != 0)
            return false;
        at += (off_t)size;
        if (kind == SYNCS_OVERWRITE && at + (off_t)size > FILE_BYTES)
            at = 0;
    }
    *rate = (double)count / (now_s - start_s);
    return true;
}

bool bare_syncs_run(const char *path, enum bare_syncs_kind kind, size_t size, double seconds,
                    double *rate, struct assay_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    char *bytes = malloc(size);
    bool is_ok = fd >= 0 && bytes;

    if (bytes)
        memset(bytes, 'x', size);
    is_ok = is_ok && (kind == SYNCS_APPEND || stretch(fd, bytes, size)) &&
            loop(fd, kind, bytes, size, seconds, rate);
    if (!is_ok)
        (void)assay_fail_errno(err, errno, "%s", path);
    free(bytes);
    if (fd >= 0) {
        (void)close(fd);
        (void)unlink(path);
    }
    return is_ok;
}
