#include "launcher/artifact_copy.h"

#include "launcher/sha256_text.h"

#include <errno.h>
#include <unistd.h>

int artifact_write_whole(int fd, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;

    while (size) {
        ssize_t count = write(fd, at, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        at += count;
        size -= (size_t)count;
    }
    return 0;
}

int artifact_copy_bytes(int from, int to, struct artifact_entry *entry, unsigned char *buffer)
{
    struct sha256_ctx hash;
    ssize_t count = 0;
    int error = 0;

    sha256_init(&hash);
    entry->size_bytes = 0;
    do {
        count = read(from, buffer, ARTIFACT_COPY_BUFFER);
        if (count < 0 && errno != EINTR)
            return errno;
        if (count > 0) {
            sha256_update(&hash, (size_t)count, buffer);
            entry->size_bytes += (uint64_t)count;
            error = to < 0 ? 0 : artifact_write_whole(to, buffer, (size_t)count);
        }
    } while (count != 0 && !error);
    sha256_text(&hash, entry->sha256);
    return error;
}
