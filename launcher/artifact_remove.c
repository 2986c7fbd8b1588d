#include "launcher/artifact.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A trial may leave folders nested deeper than any path or stack allows. So a folder that is not
 * empty is emptied by moving the folders in it up to the top, which never descends more than one
 * level, whatever the depth.
 */
struct removal {
    int top;
    unsigned long long hoisted; /* gives each moved folder a name of its own */
};

/* What unlink() says of a folder: Linux the first, POSIX the second. */
static bool is_folder_error(int error)
{
    return error == EISDIR || error == EPERM;
}

/* A folder that its owner may not write to cannot be emptied or moved. */
static void unlock(int parent, const char *name)
{
    (void)fchmodat(parent, name, 0700, 0);
}

static int hoist(struct removal *removal, int parent, const char *name)
{
    char fresh[64];

    for (bool is_unlocked = false;;) {
        (void)snprintf(fresh, sizeof fresh, ".assay-remove-%llu", removal->hoisted++);
        if (renameat(parent, name, removal->top, fresh) == 0)
            return 0;
        if (errno == EACCES && !is_unlocked) {
            unlock(parent, name);
            is_unlocked = true;
        } else if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR) {
            return errno;
        }
    }
}

/* Removes name, which is no folder, or an empty one. ENOTEMPTY, or another errno. */
static int remove_simple(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (!is_folder_error(errno))
        return errno;
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return 0;
    return errno == EEXIST ? ENOTEMPTY : errno;
}

typedef int (*each_fn)(struct removal *removal, int parent, const char *name);

static int hoist_one(struct removal *removal, int parent, const char *name)
{
    int error = remove_simple(parent, name);

    return error == ENOTEMPTY ? hoist(removal, parent, name) : error;
}

/* Calls each for what is in the folder, whose descriptor it takes; counts. An errno. */
static int for_each(struct removal *removal, int fd, each_fn each, size_t *count)
{
    DIR *dir = fdopendir(fd);
    struct dirent *item = NULL;
    int error = 0;

    *count = 0;
    if (!dir) {
        error = errno;
        (void)close(fd);
        return error;
    }
    while (!error && (item = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0)
            continue;
        error = each(removal, fd, item->d_name);
        ++*count;
    }
    (void)closedir(dir);
    return error;
}

static int open_folder(int parent, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);

    if (fd < 0 && errno == EACCES) {
        unlock(parent, name);
        fd = openat(parent, name, flags);
    }
    return fd;
}

static int remove_one(struct removal *removal, int parent, const char *name)
{
    int error = remove_simple(parent, name);
    size_t count = 1;

    while (error == ENOTEMPTY && count) {
        int fd = open_folder(parent, name);

        if (fd < 0)
            return errno;
        (void)fchmod(fd, 0700); /* where it matters and fails, what follows fails too */
        error = for_each(removal, fd, hoist_one, &count);
        if (!error)
            error = remove_simple(parent, name);
    }
    return error;
}

static int empty_top(struct removal *removal)
{
    size_t count = 1;
    int error = 0;

    (void)fchmod(removal->top, 0700);
    while (count && !error) {
        int fd = openat(removal->top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        error = fd < 0 ? errno : for_each(removal, fd, remove_one, &count);
    }
    return error;
}

bool artifact_remove(const char *dir, struct assay_error *err)
{
    struct removal removal = { .top = open_folder(AT_FDCWD, dir) };
    int error = 0;

    if (removal.top < 0 && (errno == ENOTDIR || errno == ELOOP)) /* a file, a link: itself goes */
        return unlink(dir) == 0 || assay_fail_errno(err, errno, "%s", dir);
    if (removal.top < 0)
        return errno == ENOENT || assay_fail_errno(err, errno, "%s", dir);
    error = empty_top(&removal);
    (void)close(removal.top);
    if (!error && rmdir(dir) < 0)
        error = errno;
    return error == 0 || assay_fail_errno(err, error, "%s", dir);
}
