#include "launcher/shim/log_cap.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CAP = 1024 * 1024, LINE = 16 };

static char folder[256];
static bool has_no_holes; /* as on a file system that makes none */

int __real_fallocate(int fd, int mode, off_t from, off_t size);
int __wrap_fallocate(int fd, int mode, off_t from, off_t size);

int __wrap_fallocate(int fd, int mode, off_t from, off_t size)
{
    if (!has_no_holes)
        return __real_fallocate(fd, mode, from, size);
    errno = EOPNOTSUPP;
    return -1;
}

static void make_folder(void)
{
    has_no_holes = false;
    support_folder_make(folder);
}

static void remove_folder(void)
{
    support_folder_remove(folder);
}

TestSuite(log_cap, .init = make_folder, .fini = remove_folder, .timeout = 60);

/* Lines that tell their own offset, up to a size. */
static void grow_to(const char *name, size_t size)
{
    char path[512];
    char *block = malloc(size + LINE);
    struct stat info = { 0 };
    size_t at = 0;
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    cr_assert(fd >= 0 && block && fstat(fd, &info) == 0);
    for (at = (size_t)info.st_size; at < size; at += LINE)
        (void)snprintf(block + at, LINE + 1, "%015u\n", (unsigned)at);
    cr_assert(eq(sz, (size_t)write(fd, block + info.st_size, size - (size_t)info.st_size),
                 size - (size_t)info.st_size));
    cr_assert(eq(int, close(fd), 0));
    free(block);
}

static struct stat look(const char *name)
{
    char path[512];
    struct stat info = { 0 };

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert(eq(int, stat(path, &info), 0));
    return info;
}

/* Whether the bytes from .. to are those that were written. */
static bool is_whole(const char *text, size_t from, size_t to)
{
    char line[LINE + 1];

    for (size_t at = from; at < to; at += LINE) {
        (void)snprintf(line, sizeof line, "%015u\n", (unsigned)at);
        if (memcmp(text + at, line, LINE) != 0)
            return false;
    }
    return true;
}

Test(log_cap, a_log_that_takes_less_than_its_share_is_let_be)
{
    struct log_cap cap = { .dir = folder, .max_bytes = CAP };
    char *text = NULL;

    grow_to("stdout.log", CAP - CAP / 4);
    (void)log_cap_look(&cap);
    text = support_read(folder, "stdout.log", NULL);
    cr_assert(is_whole(text, 0, CAP - CAP / 4));
    free(text);
}

Test(log_cap, the_beginning_and_the_newest_half_stay_and_the_middle_is_given_back)
{
    struct log_cap cap = { .dir = folder, .max_bytes = CAP };
    const size_t sizes[] = { 3 * CAP, 4 * CAP, 4 * CAP + CAP / 8, 7 * CAP + 48 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *text = NULL;
        size_t size = 0;

        grow_to("stderr.log", sizes[i]);
        (void)log_cap_look(&cap);
        cr_assert(le(i64, look("stderr.log").st_blocks * 512, CAP));
        text = support_read(folder, "stderr.log", &size);
        cr_assert(eq(sz, size, sizes[i]));
        cr_assert(is_whole(text, 0, CAP / 4));
        cr_assert(is_whole(text, size - CAP / 2, size));
        cr_assert(eq(chr, text[size / 2 / LINE * LINE], '\0'));
        free(text);
    }
}

Test(log_cap, a_log_that_pours_is_looked_at_more_often)
{
    struct log_cap cap = { .dir = folder, .max_bytes = CAP };
    int64_t calm_us = log_cap_look(&cap);

    grow_to("stdout.log", CAP / 2);
    cr_assert(lt(i64, log_cap_look(&cap), calm_us));
    cr_assert(eq(i64, log_cap_look(&cap), calm_us));
}

Test(log_cap, a_quiet_log_is_looked_at_less_and_less_often_until_it_grows_again)
{
    struct log_cap cap = { .dir = folder, .max_bytes = CAP };
    int64_t calm_us = log_cap_look(&cap);
    int64_t longest_us = 0;

    for (int i = 0; i < 10; i++) {
        int64_t pause_us = log_cap_look(&cap);

        cr_assert(le(i64, longest_us, pause_us));
        longest_us = pause_us;
    }
    cr_assert(eq(i64, longest_us, 8 * calm_us));
    grow_to("stdout.log", CAP / 32);
    cr_assert(eq(i64, log_cap_look(&cap), calm_us));
}

Test(log_cap, a_link_in_the_place_of_a_log_is_not_followed)
{
    struct log_cap cap = { .dir = folder, .max_bytes = CAP };
    char path[512];
    char *text = NULL;

    grow_to("precious", 3 * CAP);
    (void)snprintf(path, sizeof path, "%s/stdout.log", folder);
    cr_assert(eq(int, symlink("precious", path), 0));
    (void)log_cap_look(&cap);
    text = support_read(folder, "precious", NULL);
    cr_assert(is_whole(text, 0, 3 * CAP));
    free(text);
}

Test(log_cap, where_no_holes_are_made_the_log_grows_and_nobody_looks_again)
{
    struct log_cap cap = { .dir = folder, .max_bytes = CAP };

    has_no_holes = true;
    grow_to("stdout.log", CAP / 2);
    cr_assert(lt(i64, log_cap_look(&cap), INT64_MAX));
    cr_assert(not(cap.is_powerless));
    grow_to("stdout.log", 2 * CAP);
    cr_assert(eq(i64, log_cap_look(&cap), INT64_MAX));
    cr_assert(cap.is_powerless);
}
