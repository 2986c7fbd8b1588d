#include "launcher/slurm/slurm_use.h"

#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(const char *dir, const char *tag, int flags, int *fd)
{
    char path[PATH_MAX];
    int error = record_path(path, sizeof path, dir, tag);

    if (error)
        return error;
    *fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0666);
    return *fd < 0 ? errno : 0;
}

/* A file that was removed between its opening and its lock is of an allocation given back. */
static int share(int fd)
{
    struct stat info = { 0 };

    if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return EWOULDBLOCK;
    if (fstat(fd, &info) < 0)
        return errno;
    return info.st_nlink > 0 ? 0 : ENOENT;
}

static int take(struct slurm_use *use, const char *dir, const char *tag, int flags)
{
    int fd = -1;
    int error = open_file(dir, tag, flags, &fd);

    slurm_use_leave(use);
    if (!error)
        error = share(fd);
    if (error) {
        if (fd >= 0)
            (void)close(fd);
        return error;
    }
    use->fd = fd;
    (void)snprintf(use->tag, sizeof use->tag, "%s", tag);
    return 0;
}

int slurm_use_begin(struct slurm_use *use, const char *dir, const char *tag)
{
    int error = record_make_dirs(dir);

    return error ? error : take(use, dir, tag, O_CREAT | O_EXCL);
}

int slurm_use_join(struct slurm_use *use, const char *dir, const char *tag)
{
    return take(use, dir, tag, 0);
}

void slurm_use_leave(struct slurm_use *use)
{
    if (use->fd >= 0)
        (void)close(use->fd);
    *use = (struct slurm_use){ .fd = -1 };
}

bool slurm_use_is_over(const char *dir, const char *tag)
{
    char path[PATH_MAX];
    int fd = -1;
    int error = open_file(dir, tag, 0, &fd);
    bool is_over = error == ENOENT;

    if (!error) {
        is_over = flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
        if (is_over && record_path(path, sizeof path, dir, tag) == 0)
            (void)unlink(path);
        (void)close(fd);
    }
    return is_over;
}
