#include "assay/plain_file.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-plain-XXXXXX";
static int root = -1;

/* own/ is a folder with a file, link one to it, and own/away leads to the file's. */
static void make_folder(void)
{
    int fd = -1;

    cr_assert(mkdtemp(folder) != NULL);
    root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(eq(int, mkdirat(root, "own", 0700), 0));
    fd = openat(root, "own/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(fd >= 0);
    (void)close(fd);
    cr_assert(eq(int, symlinkat("own", root, "link"), 0));
    cr_assert(eq(int, symlinkat("file", root, "own/away"), 0));
    cr_assert(eq(int, mkfifoat(root, "own/fifo", 0600), 0));
}

static void remove_folder(void)
{
    static const char *const names[] = { "own/file", "own/away", "own/fifo", "own/new", "link" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlinkat(root, names[i], 0);
    (void)unlinkat(root, "own", AT_REMOVEDIR);
    (void)rmdir(folder);
    (void)close(root);
}

TestSuite(plain_file, .init = make_folder, .fini = remove_folder, .timeout = 60);

/* 0, or what it is refused for. */
static int open_path(const char *name, int flags)
{
    char path[PATH_MAX];
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    errno = 0;
    fd = plain_file_open(path, flags, 0600);
    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? errno : 0;
}

static int open_below(const char *name, int flags)
{
    int fd = plain_open_below(root, name, flags, 0600);

    if (fd >= 0)
        (void)close(fd);
    return fd < 0 ? errno : 0;
}

Test(plain_file, a_file_is_opened_read_and_made)
{
    cr_expect(eq(int, open_path("own/file", O_RDONLY), 0));
    cr_expect(eq(int, open_path("own//file", O_RDONLY), 0));
    cr_expect(eq(int, open_path("own/new", O_WRONLY | O_CREAT), 0));
    cr_expect(eq(int, open_path("own/none", O_RDONLY), ENOENT));
    cr_expect(eq(int, open_path("none/file", O_RDONLY), ENOENT));
}

Test(plain_file, neither_the_file_nor_its_folder_may_be_a_link)
{
    cr_expect(eq(int, open_path("own/away", O_RDONLY), ELOOP));
    cr_expect(eq(int, open_path("own/away", O_WRONLY | O_APPEND), ELOOP));
    cr_expect(eq(int, open_path("link/file", O_RDONLY), ELOOP));
}

Test(plain_file, what_is_no_file_is_refused_and_holds_nobody)
{
    cr_expect(eq(int, open_path("own/fifo", O_RDONLY), ELOOP));
    cr_expect(eq(int, open_path("own/fifo", O_WRONLY), ELOOP));
    cr_expect(eq(int, open_path("own", O_RDONLY), ELOOP));
    cr_expect(eq(int, open_path("own", O_WRONLY), ELOOP));
    cr_expect(eq(int, open_path("own/file/more", O_RDONLY), ENOTDIR));
}

Test(plain_file, nothing_outside_a_folder_is_below_it)
{
    cr_expect(eq(int, open_below("own/file", O_RDONLY), 0));
    cr_expect(eq(int, open_below("own", O_RDONLY | O_DIRECTORY), 0));
    cr_expect(eq(int, open_below("link", O_RDONLY | O_DIRECTORY), ELOOP));
    cr_expect(eq(int, open_below("link/file", O_RDONLY), ELOOP));
    cr_expect(eq(int, open_below("own/../own/file", O_RDONLY), EINVAL));
    cr_expect(eq(int, open_below("/etc/passwd", O_RDONLY), EINVAL));
    cr_expect(eq(int, open_below("", O_RDONLY), EINVAL));
}
