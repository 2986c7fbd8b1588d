#include "launcher/python/package_path.h"

#include "tests/unit/launcher/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char folder[256];
static struct assay_error err;

static void set_up(void)
{
    char bucket[512];

    support_folder_make(folder);
    (void)snprintf(bucket, sizeof bucket, "%s/bucket", folder);
    cr_assert(mkdir(bucket, 0700) == 0);
    support_write(folder, "bucket/trainer-0.1.tar.gz", "", 0600);
    support_write(folder, "trainer-0.1-py3-none-any.whl", "", 0600);
    support_write(folder, "train.py", "", 0600);
}

static void tear_down(void)
{
    support_folder_remove(folder);
}

TestSuite(package_path, .init = set_up, .fini = tear_down);

static void assert_found(const char *uri, const char *place)
{
    char expected[512];
    char *path = package_path(uri, folder, folder, &err);

    (void)snprintf(expected, sizeof expected, "%s/%s", folder, place);
    cr_assert(path != NULL, "%s: %s", uri, err.message);
    cr_assert(eq(str, path, expected));
    free(path);
}

static void assert_refused(const char *uri, enum assay_code code, const char *word)
{
    err = (struct assay_error){ 0 };
    cr_assert(package_path(uri, folder, folder, &err) == NULL);
    cr_assert(eq(int, err.code, code), "%s: %s", uri, err.message);
    cr_assert(strstr(err.message, word) != NULL, "%s", err.message);
}

Test(package_path, packages_are_found_in_buckets_and_beside_the_document)
{
    char uri[512];

    assert_found("gs://bucket/trainer-0.1.tar.gz", "bucket/trainer-0.1.tar.gz");
    assert_found("trainer-0.1-py3-none-any.whl", "trainer-0.1-py3-none-any.whl");
    (void)snprintf(uri, sizeof uri, "file://%s/trainer-0.1-py3-none-any.whl", folder);
    assert_found(uri, "trainer-0.1-py3-none-any.whl");
}

Test(package_path, what_is_missing_is_named_as_the_document_has_it)
{
    assert_refused("gs://bucket/other-0.1.tar.gz", ASSAY_NOT_FOUND, "gs://bucket/other-0.1.tar.gz");
    assert_refused("train.py/x.whl", ASSAY_NOT_FOUND, "no package");
}

Test(package_path, what_pip_could_not_take_is_refused)
{
    assert_refused("bucket", ASSAY_INVALID, "folder");
    assert_refused("train.py", ASSAY_INVALID, ".whl");
    assert_refused("s3://bucket/trainer-0.1.tar.gz", ASSAY_INVALID, "s3");
}
