#include "engine/live/log_tail.h"

#include "assay/utf8.h"
#include "engine/log_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const log_stream_names[LOG_STREAMS] = { "stdout", "stderr" };

/* The first line that begins behind the offset, where there is one near. */
static int64_t next_line(int fd, int64_t offset, char *buffer, size_t room)
{
    ssize_t size = offset > 0 ? pread(fd, buffer, room, offset) : 0;
    const char *end = size > 0 ? memchr(buffer, '\n', (size_t)size) : NULL;

    return end ? offset + (end - buffer) + 1 : offset;
}

/* Where a character begins that is not all there. */
static size_t without_half_character(const char *bytes, size_t size)
{
    size_t at = size;

    for (size_t i = 1; i <= 3 && i <= size; i++) {
        unsigned char byte = (unsigned char)bytes[size - i];

        if (byte < 0x80)
            break;
        if (byte >= 0xc0) {
            at = size - i;
            break;
        }
    }
    return at < size && utf8_size(bytes + at, size - at) == 0 ? at : size;
}

/* The piece says how much was left out, where something was. */
static bool tell_gap(int fd, int64_t *offset, struct log_piece *piece)
{
    int64_t left_out = log_file_left_out(fd, *offset);

    if (left_out == 0)
        return false;
    piece->size = strlen(log_file_gap_text(left_out, piece->bytes));
    *offset += left_out;
    return true;
}

static bool read_piece(struct log_tail *tail, int fd, int64_t max_before, bool is_last,
                       struct log_piece *piece)
{
    int64_t *offset = &tail->offsets[piece->stream];
    struct stat info;
    ssize_t size = 0;

    if (*offset < 0) {
        if (fstat(fd, &info) != 0)
            return false;
        *offset = info.st_size > max_before
                      ? next_line(fd, info.st_size - max_before, piece->bytes, LOG_PIECE)
                      : 0;
    }
    piece->offset = *offset;
    if (tell_gap(fd, offset, piece))
        return true;
    size = log_file_read(fd, *offset, piece->bytes, LOG_PIECE);
    if (size < 0)
        return false;
    /* What is missing will not come. */
    is_last = is_last || log_file_left_out(fd, *offset + size) > 0;
    piece->size = is_last ? (size_t)size : without_half_character(piece->bytes, (size_t)size);
    piece->bytes[piece->size] = '\0';
    *offset += (int64_t)piece->size;
    return true;
}

bool log_tail_read(struct log_tail *tail, const char *dir, int stream, int64_t max_before,
                   bool is_last, struct log_piece *piece, struct assay_error *err)
{
    int fd = log_file_open(dir, log_stream_names[stream]);
    bool is_ok = false;

    piece->stream = stream;
    piece->size = 0;
    if (fd < 0)
        is_ok = errno == ENOENT || errno == ELOOP;
    else
        is_ok = read_piece(tail, fd, max_before, is_last, piece);
    if (!is_ok)
        (void)assay_fail_errno(err, errno, "read %s/%s.log", dir, log_stream_names[stream]);
    if (fd >= 0)
        (void)close(fd);
    return is_ok;
}
