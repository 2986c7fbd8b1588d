#include "launcher/python/package_digests.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char folder[256];
static char path[512];
static struct package_digests *digests;
static struct assay_error err;

static void set_up(void)
{
    support_folder_make(folder);
    (void)snprintf(path, sizeof path, "%s/package.whl", folder);
    digests = package_digests_new(&err);
    cr_assert(digests != NULL);
}

static void tear_down(void)
{
    package_digests_free(digests);
    support_folder_remove(folder);
}

TestSuite(package_digests, .init = set_up, .fini = tear_down);

Test(package_digests, a_files_digest_is_its_sha256)
{
    char text[PACKAGE_DIGEST_TEXT];

    support_write(folder, "package.whl", "abc", 0600); /* FIPS 180-4's example */
    cr_assert(package_digests_find(digests, path, text, &err), "%s", err.message);
    cr_assert(eq(str, text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

Test(package_digests, another_file_in_its_place_has_another)
{
    char first[PACKAGE_DIGEST_TEXT];
    char second[PACKAGE_DIGEST_TEXT];
    char other[512];

    support_write(folder, "package.whl", "abc", 0600);
    cr_assert(package_digests_find(digests, path, first, &err));
    support_write(folder, "other", "abd", 0600);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    cr_assert(rename(other, path) == 0);
    cr_assert(package_digests_find(digests, path, second, &err));
    cr_assert(ne(str, first, second));
}

/* By another's hand that puts its time back: only its ctime could tell, which cannot be put back,
 * so the bytes are found out, too. */
Test(package_digests, a_file_that_was_changed_in_place_is_read_again)
{
    char first[PACKAGE_DIGEST_TEXT];
    char second[PACKAGE_DIGEST_TEXT];
    struct stat info;

    support_write(folder, "package.whl", "abc", 0600);
    cr_assert(stat(path, &info) == 0);
    cr_assert(package_digests_find(digests, path, first, &err));
    do { /* until the file system's clock has gone on */
        struct timespec times[2] = { info.st_atim, info.st_mtim };
        struct stat now;

        support_write(folder, "package.whl", "abd", 0600);
        cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
        cr_assert(stat(path, &now) == 0);
        if (now.st_ctim.tv_sec != info.st_ctim.tv_sec ||
            now.st_ctim.tv_nsec != info.st_ctim.tv_nsec)
            break;
    } while (true);
    cr_assert(package_digests_find(digests, path, second, &err));
    cr_assert(ne(str, first, second));
}

Test(package_digests, what_is_not_there_or_no_file_is_named)
{
    char text[PACKAGE_DIGEST_TEXT];

    cr_assert(not(package_digests_find(digests, path, text, &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(strstr(err.message, path) != NULL);
    cr_assert(not(package_digests_find(digests, folder, text, &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
    cr_assert(mkfifo(path, 0600) == 0);
    cr_assert(not(package_digests_find(digests, path, text, &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
}

Test(package_digests, more_files_than_are_remembered_still_have_theirs)
{
    char text[PACKAGE_DIGEST_TEXT];
    char first[PACKAGE_DIGEST_TEXT] = "";

    for (int i = 0; i < 300; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "p%d", i);
        support_write(folder, name, name, 0600);
        (void)snprintf(path, sizeof path, "%s/%s", folder, name);
        cr_assert(package_digests_find(digests, path, text, &err));
        if (i == 0)
            memcpy(first, text, sizeof first);
    }
    (void)snprintf(path, sizeof path, "%s/p0", folder);
    cr_assert(package_digests_find(digests, path, text, &err));
    cr_assert(eq(str, text, first));
}
