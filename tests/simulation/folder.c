#include "tests/simulation/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(int is_ok, const char *what)
{
    if (is_ok)
        return;
    perror(what);
    abort();
}

char *folder_make(char path[FOLDER_PATH])
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");

    (void)snprintf(path, FOLDER_PATH, "%s/assay-test-XXXXXX", base ? base : "/tmp");
    must(mkdtemp(path) != NULL, path);
    return path;
}

void folder_remove(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry = NULL;

    must(dir != NULL, path);
    while ((entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            must(unlinkat(dirfd(dir), entry->d_name, 0) == 0, entry->d_name);
    }
    must(closedir(dir) == 0, path);
    must(rmdir(path) == 0, path);
}

void file_write(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    must(fd >= 0, path);
    must(write(fd, data, size) == (ssize_t)size, path);
    must(close(fd) == 0, path);
}

void file_copy(const char *source, const char *target)
{
    char buffer[65536];
    int in = open(source, O_RDONLY | O_CLOEXEC);
    int out = -1;
    ssize_t size = 0;

    if (in < 0) {
        must(errno == ENOENT, source);
        must(unlink(target) == 0 || errno == ENOENT, target);
        return;
    }
    out = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    must(out >= 0, target);
    while ((size = read(in, buffer, sizeof buffer)) > 0)
        must(write(out, buffer, (size_t)size) == size, target);
    must(size == 0, source);
    must(close(in) == 0, source);
    must(close(out) == 0, target);
}
