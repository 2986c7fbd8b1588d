#include "engine/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever the system says of it, a state folder that cannot be used has one code. */
static bool fail_unusable(struct assay_error *err, int error_number, const char *path)
{
    (void)assay_fail_errno(err, error_number, "state folder %s cannot be used", path);
    err->code = ASSAY_UNAVAILABLE;
    return false;
}

/* Makes path, which is its owner's alone, and what is missing above it. */
static bool make_dirs(const char *path, struct assay_error *err)
{
    char *copy = strdup(path);
    size_t size = strlen(path);
    bool is_made = copy != NULL;

    while (copy && size > 1 && copy[size - 1] == '/')
        copy[--size] = '\0'; /* the last one counts */
    for (char *at = copy ? copy + 1 : NULL; is_made && at; at = at ? at + 1 : NULL) {
        at = strchr(at, '/');
        if (at)
            *at = '\0';
        is_made = mkdir(copy, at ? 0777 : 0700) == 0 || errno == EEXIST;
        if (at)
            *at = '/';
    }
    if (!copy)
        (void)assay_fail_memory(err);
    else if (!is_made)
        (void)fail_unusable(err, errno, path);
    free(copy);
    return is_made;
}

char *state_folder_open(const char *path, bool is_reader, struct assay_error *err)
{
    char *found = NULL;

    if (!is_reader && !make_dirs(path, err))
        return NULL;
    found = realpath(path, NULL);
    if (found)
        return found;
    if (errno == ENOENT)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL,
                         "there is no state folder %s; `assay run` makes it", path);
    else
        (void)fail_unusable(err, errno, path);
    return NULL;
}

/* Who works in the folder: "1234\nassay run study.yaml". */
static bool fail_in_use(int fd, const char *state_dir, struct assay_error *err)
{
    char text[512] = "";
    ssize_t size = pread(fd, text, sizeof text - 1, 0);
    char *command = size > 0 ? strchr(text, '\n') : NULL;

    if (command) {
        *command++ = '\0';
        command[strcspn(command, "\n")] = '\0';
    }
    return assay_fail(err, ASSAY_UNAVAILABLE, NULL,
                      "state folder %s is in use by process %s (%s); wait for it, stop it, or "
                      "choose another folder with --state DIR",
                      state_dir, text[0] ? text : "?", command ? command : "?");
}

static void write_lock_owner(int fd)
{
    char command[400] = "";
    char text[512];
    int cmdline = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = cmdline >= 0 ? read(cmdline, command, sizeof command - 1) : 0;

    for (ssize_t i = 0; i + 1 < size; i++)
        if (command[i] == '\0')
            command[i] = ' ';
    if (cmdline >= 0)
        (void)close(cmdline);
    (void)snprintf(text, sizeof text, "%ld\n%s\n", (long)getpid(), command);
    /* Only for people to read: the lock itself is the kernel's. */
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, strlen(text), 0);
}

int state_folder_lock(const char *state_dir, struct assay_error *err)
{
    char path[PATH_MAX];
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/lock", state_dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        (void)assay_fail_errno(err, errno, "open %s", path);
        err->code = ASSAY_UNAVAILABLE;
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)fail_in_use(fd, state_dir, err);
        (void)close(fd);
        return -1;
    }
    write_lock_owner(fd);
    return fd;
}
