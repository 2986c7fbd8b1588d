#include "launcher/shim/log_cap.h"

#include "launcher/shim/record_file.h"
#include "launcher/shim/trial_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Of max_bytes a quarter is for the beginning and half for the newest part, so that a quarter can
 * be written before the next hole. Who writes an eighth between two looks is looked at more often;
 * who writes next to nothing less and less often, as the files may be another machine's.
 */
enum {
    HEAD_DIVISOR = 4,
    TAIL_DIVISOR = 2,
    HASTE_DIVISOR = 8,
    QUIET_DIVISOR = 64,
    BLOCK_SIZE = 512, /* of st_blocks, whatever the file system's */
    CALM_US = 1000 * 1000,
    HASTE_US = 100 * 1000,
    QUIET_US = 8 * CALM_US,
};

static int64_t round_down(int64_t bytes, int64_t unit)
{
    return bytes - bytes % unit;
}

/* Whole blocks only: of others nothing would be freed, and they would be cleared all the same. */
static void make_hole(struct log_cap *cap, int fd, const struct stat *info)
{
    int64_t unit = info->st_blksize > 0 ? info->st_blksize : BLOCK_SIZE;
    int64_t from = round_down(cap->max_bytes / HEAD_DIVISOR + unit - 1, unit);
    int64_t to = round_down(info->st_size - cap->max_bytes / TAIL_DIVISOR, unit);

    if (to <= from)
        return;
    if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from) < 0)
        cap->is_powerless = errno == EOPNOTSUPP || errno == ENOSYS;
}

/* The log's size. One that the trial has put something else in the place of is let be. */
static int64_t look_at(struct log_cap *cap, const char *name)
{
    char path[PATH_MAX];
    struct stat info = { 0 };
    int fd = -1;

    if (record_path(path, sizeof path, cap->dir, name) == 0)
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return 0;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
        info.st_blocks > cap->max_bytes / BLOCK_SIZE)
        make_hole(cap, fd, &info);
    (void)close(fd);
    return info.st_size;
}

int64_t log_cap_look(struct log_cap *cap)
{
    int64_t before = cap->seen_bytes;
    int64_t grown = 0;

    cap->seen_bytes = look_at(cap, TRIAL_STDOUT_NAME) + look_at(cap, TRIAL_STDERR_NAME);
    if (cap->is_powerless)
        return INT64_MAX;
    grown = cap->seen_bytes - before;
    if (grown > cap->max_bytes / HASTE_DIVISOR)
        cap->pause_us = HASTE_US;
    else if (grown > cap->max_bytes / QUIET_DIVISOR || cap->pause_us < CALM_US)
        cap->pause_us = CALM_US;
    else if (cap->pause_us < QUIET_US)
        cap->pause_us *= 2;
    return cap->pause_us;
}
