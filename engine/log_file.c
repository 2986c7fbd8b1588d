#include "engine/log_file.h"

#include "assay/plain_file.h"
#include "engine/byte_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int log_file_open(const char *dir, const char *stream)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s.log", dir, stream) < (int)sizeof path)
        return plain_file_open(path, O_RDONLY, 0);
    errno = ENAMETOOLONG;
    return -1;
}

/* A system without holes has none: there SEEK_DATA fails, or says that all is data. */
int64_t log_file_left_out(int fd, int64_t offset)
{
    off_t data = lseek(fd, offset, SEEK_DATA);

    return data > offset ? data - offset : 0;
}

/* Looked for after the bytes were read: they may have been given back in between. */
ssize_t log_file_read(int fd, int64_t offset, char *buffer, size_t room)
{
    ssize_t size = pread(fd, buffer, room, offset);
    off_t hole = size > 0 ? lseek(fd, offset, SEEK_HOLE) : -1;

    return hole >= offset && hole - offset < size ? hole - offset : size;
}

char *log_file_gap_text(int64_t left_out, char text[LOG_GAP_TEXT])
{
    char amount[BYTE_TEXT];

    (void)snprintf(text, LOG_GAP_TEXT, "\n[… %s left out …]\n", byte_text(left_out, amount));
    return text;
}
