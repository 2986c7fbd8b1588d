#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int record_path(char *path, size_t size, const char *dir, const char *name)
{
    int used = snprintf(path, size, "%s/%s", dir, name);

    return used < 0 || (size_t)used >= size ? ENAMETOOLONG : 0;
}

int record_make_dirs(const char *dir)
{
    char path[PATH_MAX];
    size_t size = strlen(dir);

    /* The common case first: only the last folder is missing. */
    if (mkdir(dir, 0777) == 0 || errno == EEXIST)
        return 0;
    if (errno != ENOENT)
        return errno;
    if (size >= sizeof path)
        return ENAMETOOLONG;
    memcpy(path, dir, size + 1);
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST)
            return errno;
        *slash = '/';
    }
    return mkdir(path, 0777) < 0 && errno != EEXIST ? errno : 0;
}

/* Up to size bytes; an errno. */
static int read_whole(int fd, char *text, size_t size, size_t *used)
{
    *used = 0;
    while (*used < size) {
        ssize_t count = read(fd, text + *used, size - *used);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        if (count == 0)
            break;
        *used += (size_t)count;
    }
    return 0;
}

int record_file_read(const char *dir, const char *name, const char *format,
                     char text[RECORD_TEXT_MAX])
{
    static const char last[] = "\nend\n";
    char path[PATH_MAX];
    size_t format_size = strlen(format);
    size_t size = 0;
    int error = record_path(path, sizeof path, dir, name);
    int fd = -1;

    if (error)
        return error;
    /* Not blocking: what lies there may be anything by now, a FIFO too. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOTDIR ? ENOENT : errno;
    error = read_whole(fd, text, RECORD_TEXT_MAX - 1, &size);
    (void)close(fd);
    if (error)
        return error;
    text[size] = '\0';
    if (strlen(text) != size || size < format_size + sizeof last ||
        memcmp(text, format, format_size) != 0 || text[format_size] != '\n' ||
        strcmp(text + size - (sizeof last - 1), last) != 0)
        return EBADMSG;
    return 0;
}

/* Where the value of key begins, and its length. NULL when there is none. */
static const char *find_value(const char *text, const char *key, size_t *size)
{
    size_t key_size = strlen(key);

    for (const char *line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncmp(line, key, key_size) == 0 && line[key_size] == ' ') {
            *size = strcspn(line + key_size + 1, "\n");
            return line + key_size + 1;
        }
    }
    return NULL;
}

bool record_file_text(const char *text, const char *key, char *value, size_t size)
{
    size_t length = 0;
    const char *start = find_value(text, key, &length);

    if (!start || length >= size)
        return false;
    memcpy(value, start, length);
    value[length] = '\0';
    return true;
}

bool record_file_number(const char *text, const char *key, int64_t *number)
{
    char digits[32];
    char *end = NULL;
    long long value = 0;

    if (!record_file_text(text, key, digits, sizeof digits) || digits[0] == '\0')
        return false;
    errno = 0;
    value = strtoll(digits, &end, 10);
    if (errno || *end)
        return false;
    *number = value;
    return true;
}

static int write_whole(int fd, const char *text, size_t size)
{
    while (size) {
        ssize_t count = write(fd, text, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        text += count;
        size -= (size_t)count;
    }
    return 0;
}

static int write_new_file(const char *path, const char *text, size_t size, bool is_synced)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    int error = 0;

    if (fd < 0)
        return errno;
    error = write_whole(fd, text, size);
    if (!error && is_synced && fsync(fd) < 0)
        error = errno;
    if (close(fd) < 0 && !error)
        error = errno;
    return error;
}

static int sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = 0;

    if (fd < 0)
        return errno;
    if (fsync(fd) < 0)
        error = errno;
    (void)close(fd);
    return error;
}

int record_file_write(const char *dir, const char *name, const char *text, size_t size,
                      bool is_synced)
{
    char path[PATH_MAX];
    char partial[PATH_MAX + 32];
    int error = record_path(path, sizeof path, dir, name);

    if (error)
        return error;
    /* The writer's pid keeps two that write at once from sharing one temporary file. */
    (void)snprintf(partial, sizeof partial, "%s.%ld", path, (long)getpid());
    error = write_new_file(partial, text, size, is_synced);
    if (!error && rename(partial, path) < 0)
        error = errno;
    if (error) {
        (void)unlink(partial);
        return error;
    }
    return is_synced ? sync_dir(dir) : 0;
}
