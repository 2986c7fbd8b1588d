#include "assay/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(int error)
{
    errno = error;
    return -1;
}

/* Why openat() of a part failed: where a folder is asked for, a link is only "no folder". */
static int why_not_opened(int folder, const char *name, int error)
{
    struct stat info;
    bool is_link = error == ENOTDIR && fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                   S_ISLNK(info.st_mode);

    return is_link ? ELOOP : error;
}

/* Opens the path's first part, and moves on to the rest of it. */
static int open_part(int folder, const char **path, int flags, mode_t mode)
{
    char name[NAME_MAX + 1];
    size_t size = strcspn(*path, "/");
    const char *rest = *path + size + strspn(*path + size, "/");
    int fd = -1;

    if (size == 0 || (size == 2 && memcmp(*path, "..", 2) == 0))
        return refuse(EINVAL);
    if (size > NAME_MAX)
        return refuse(ENAMETOOLONG);
    memcpy(name, *path, size);
    name[size] = '\0';
    *path = rest;
    fd =
        openat(folder, name, (*rest ? O_PATH | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC, mode);
    return fd >= 0 ? fd : refuse(why_not_opened(folder, name, errno));
}

int plain_open_below(int root, const char *path, int flags, mode_t mode)
{
    int folder = root;

    for (;;) {
        int fd = open_part(folder, &path, flags, mode);
        int error = errno;

        if (folder != root)
            (void)close(folder);
        if (fd < 0)
            return refuse(error);
        if (!*path)
            return fd;
        folder = fd;
    }
}

int plain_file_open_below(int root, const char *path, int flags, mode_t mode)
{
    int fd = plain_open_below(root, path, flags | O_NONBLOCK | O_NOCTTY, mode);
    struct stat info;

    /* A socket; a FIFO that nobody reads; a folder, for whoever wants to write. */
    if (fd < 0 && (errno == ENXIO || errno == EISDIR))
        return refuse(ELOOP);
    if (fd < 0 || (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)))
        return fd;
    (void)close(fd);
    return refuse(ELOOP);
}

int plain_file_open(const char *path, int flags, mode_t mode)
{
    char folder[PATH_MAX];
    size_t size = strlen(path);
    int root = -1;
    int fd = -1;
    int error = 0;

    for (int parts = 0; parts < 2 && size > 0; parts++)
        while (size > 0 && path[--size] != '/')
            continue;
    if (path[size] != '/') /* all of it */
        return plain_file_open_below(AT_FDCWD, path, flags, mode);
    if (size + 2 > sizeof folder)
        return refuse(ENAMETOOLONG);
    memcpy(folder, path, size + 1); /* with the slash, which is all there is of the root */
    folder[size + 1] = '\0';
    root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    path += size + strspn(path + size, "/");
    fd = plain_file_open_below(root, path, flags, mode);
    error = errno;
    (void)close(root);
    return fd >= 0 ? fd : refuse(error);
}
