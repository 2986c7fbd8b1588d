#include "launcher/container/container_traces.h"

#include "assay/plain_file.h"
#include "launcher/subprocess.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPLAINT_BYTES = 4096 }; /* of the end of a replica's standard error */

/* In the folder that its client was started in. */
#define OOM_MARK "work/oom"

const char *container_complaint(const char *dir, char line[CONTAINER_COMPLAINT_TEXT])
{
    char path[PATH_MAX];
    char text[COMPLAINT_BYTES + 1];
    off_t end = 0;
    ssize_t size = -1;
    int fd = -1;

    line[0] = '\0';
    if ((size_t)snprintf(path, sizeof path, "%s/stderr.log", dir) >= sizeof path)
        return line;
    fd = plain_file_open(path, O_RDONLY, 0);
    if (fd < 0)
        return line;
    end = lseek(fd, 0, SEEK_END);
    size = pread(fd, text, COMPLAINT_BYTES, end > COMPLAINT_BYTES ? end - COMPLAINT_BYTES : 0);
    (void)close(fd);
    text[size > 0 ? size : 0] = '\0';
    return subprocess_last_line(text, line, CONTAINER_COMPLAINT_TEXT);
}

/* An empty file is conmon's, and in nobody's way any more; what a trial wrote is its own. */
bool container_take_oom_mark(const char *dir)
{
    char path[PATH_MAX];
    struct stat stat = { 0 };

    if ((size_t)snprintf(path, sizeof path, "%s/" OOM_MARK, dir) >= sizeof path ||
        lstat(path, &stat) < 0 || !S_ISREG(stat.st_mode) || stat.st_size > 0)
        return false;
    (void)unlink(path);
    return true;
}
