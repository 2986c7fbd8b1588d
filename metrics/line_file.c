#include "metrics/line_file.h"

#include "assay/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STABLE_TRIES = 4,
    COMPARE_SIZE = 16 * 1024,
    SKIP_ROUNDS = 128, /* of COMPARE_SIZE each per call */
};

bool line_file_open(struct line_file *file, const char *path, struct assay_error *err)
{
    struct stat info;

    *file = (struct line_file){ .fd = plain_file_open(path, O_RDONLY, 0) };
    if (file->fd < 0) {
        if (errno == ELOOP)
            return assay_fail(err, ASSAY_PRECONDITION, NULL, "%s is not a regular file", path);
        /* ESTALE: on a network file system, replaced at this moment. */
        if (errno == ENOENT || errno == ENOTDIR || errno == ESTALE)
            return true;
        return assay_fail_errno(err, errno, "cannot read %s", path);
    }
    if (fstat(file->fd, &info)) {
        int error_number = errno;

        line_file_close(file);
        return assay_fail_errno(err, error_number, "cannot read %s", path);
    }
    file->size = (uint64_t)info.st_size;
    file->mtime_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    return true;
}

void line_file_close(struct line_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

/* Fills the buffer as far as the file reaches. */
static bool read_at(int fd, uint64_t start, char *buffer, size_t max, size_t *size,
                    struct assay_error *err)
{
    *size = 0;
    while (*size < max) {
        ssize_t got = pread(fd, buffer + *size, max - *size, (off_t)(start + *size));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return assay_fail_errno(err, errno, "cannot read what the trial wrote");
        if (got == 0)
            break;
        *size += (size_t)got;
    }
    return true;
}

bool line_piece_read(struct line_piece *piece, int fd, uint64_t start, size_t max,
                     struct assay_error *err)
{
    struct stat info;
    size_t left = 0;

    line_piece_clear(piece);
    piece->start = start;
    if (fstat(fd, &info))
        return assay_fail_errno(err, errno, "cannot read what the trial wrote");
    if ((uint64_t)info.st_size > start) {
        uint64_t rest = (uint64_t)info.st_size - start;

        left = rest < max ? (size_t)rest : max;
    }
    piece->bytes = malloc(left + 1);
    if (!piece->bytes)
        return assay_fail_memory(err);
    if (!read_at(fd, start, piece->bytes, left, &piece->size, err))
        return false;
    piece->bytes[piece->size] = '\0'; /* sanitizers take what regexec() is given for a string */
    piece->is_end = piece->size < max;
    return true;
}

/* Whether the file still holds the piece's bytes in its place. */
static bool is_unchanged(const struct line_piece *piece, int fd, bool *answer,
                         struct assay_error *err)
{
    char again[COMPARE_SIZE];

    *answer = false;
    for (size_t at = 0; at < piece->size;) {
        size_t want = piece->size - at < sizeof again ? piece->size - at : sizeof again;
        size_t got = 0;

        if (!read_at(fd, piece->start + at, again, want, &got, err))
            return false;
        if (got < want || memcmp(piece->bytes + at, again, want) != 0)
            return true;
        at += want;
    }
    *answer = true;
    return true;
}

bool line_piece_read_stable(struct line_piece *piece, int fd, uint64_t start, size_t max,
                            struct assay_error *err)
{
    bool is_stable = false;

    for (int i = 0; i < STABLE_TRIES && !is_stable; i++) {
        if (!line_piece_read(piece, fd, start, max, err) ||
            !is_unchanged(piece, fd, &is_stable, err))
            return false;
    }
    piece->is_torn = !is_stable;
    return true;
}

void line_piece_clear(struct line_piece *piece)
{
    if (!piece)
        return;
    free(piece->bytes);
    *piece = (struct line_piece){ 0 };
}

/* Not memchr() twice: a log of carriage returns only would be searched to its end each time. */
static const char *find_end(const char *from, size_t size, bool is_cr_end)
{
    if (!is_cr_end)
        return memchr(from, '\n', size);
    for (const char *at = from; at < from + size; at++) {
        if (*at == '\n' || *at == '\r')
            return at;
    }
    return NULL;
}

bool line_cursor_next(struct line_cursor *cursor, struct line_span *line)
{
    const char *from = cursor->bytes + cursor->at;
    size_t left = cursor->size - cursor->at;
    const char *end = left ? find_end(from, left, cursor->is_cr_end) : NULL;

    if (!end && (left == 0 || !cursor->is_last_line))
        return false;
    line->start = cursor->at;
    line->size = end ? (size_t)(end - from) : left;
    line->next = line->start + line->size + (end != NULL);
    cursor->at = line->next;
    return true;
}

bool line_is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)line[i] > ' ')
            return false;
    }
    return true;
}

/* What was left out of a log's middle has no end of a line, and may be of any length. */
static uint64_t next_data(int fd, uint64_t at)
{
    off_t data = lseek(fd, (off_t)at, SEEK_DATA);

    return data > (off_t)at ? (uint64_t)data : at;
}

bool line_skip_long(int fd, bool is_cr_end, uint64_t *scan, uint64_t *end, struct assay_error *err)
{
    char chunk[COMPARE_SIZE];

    *end = 0;
    for (int i = 0; i < SKIP_ROUNDS; i++) {
        const char *found = NULL;
        size_t got = 0;

        if (!read_at(fd, *scan, chunk, sizeof chunk, &got, err))
            return false;
        found = find_end(chunk, got, is_cr_end);
        if (found) {
            *end = *scan + (uint64_t)(found - chunk) + 1;
            return true;
        }
        *scan = next_data(fd, *scan + got);
        if (got < sizeof chunk)
            return true;
    }
    return true;
}
