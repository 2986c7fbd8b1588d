#include "launcher/storage.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static void expect(const char *uri, const char *wanted)
{
    struct assay_error err = { 0 };
    char *path = storage_path(uri, "/state/buckets", "/home/me/study", &err);

    cr_assert(path != NULL, "%s: %s", uri, err.message);
    cr_assert(eq(str, path, (char *)wanted));
    free(path);
}

static void refuse(const char *uri, const char *reason)
{
    struct assay_error err = { 0 };
    char *path = storage_path(uri, "/state/buckets", "/home/me/study", &err);

    cr_assert(path == NULL, "%s became %s", uri, path);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(strstr(err.message, reason) != NULL, "%s", err.message);
}

Test(storage, a_bucket_is_a_folder)
{
    expect("gs://my-bucket", "/state/buckets/my-bucket");
    expect("gs://my-bucket/", "/state/buckets/my-bucket");
    expect("gs://my-bucket/a/b/", "/state/buckets/my-bucket/a/b");
    expect("gs://my-bucket//a//./b", "/state/buckets/my-bucket/a/b");
    expect("gs://my-bucket/a/../b", "/state/buckets/my-bucket/b");
    expect("gs://my-bucket/a/..", "/state/buckets/my-bucket");
    expect("gs://example.com_x-1/..a/b..", "/state/buckets/example.com_x-1/..a/b..");
    expect("gs://bucket/with space%20", "/state/buckets/bucket/with space%20");
}

Test(storage, a_path_does_not_leave_its_bucket)
{
    refuse("gs://my-bucket/..", "leaves its bucket");
    refuse("gs://my-bucket/../other", "leaves its bucket");
    refuse("gs://my-bucket/a/../../my-bucket/b", "leaves its bucket");
    refuse("gs://my-bucket/a/b/../../../../etc/passwd", "leaves its bucket");
}

Test(storage, what_is_no_bucket_name_is_refused)
{
    static const char *const names[] = {
        "gs://",
        "gs:///x",
        "gs://ab",
        "gs://Upper",
        "gs://-abc",
        "gs://abc-",
        "gs://a..b",
        "gs://../x",
        "gs://...",
        "gs://a b",
        "gs://a\nb",
        "gs://0123456789012345678901234567890123456789012345678901234567890123",
        "gs://0123456789012345678901234567890123456789012345678901234567890123.com",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        refuse(names[i], "bucket name");
}

Test(storage, plain_paths_are_themselves)
{
    expect("/a/b/", "/a/b");
    expect("/", "/");
    expect("//", "/");
    expect("/..", "/");
    expect("/../../a/./b/../c", "/a/c");
    expect("out", "/home/me/study/out");
    expect("./out/", "/home/me/study/out");
    expect("../out", "/home/me/out");
    expect("../../../../..", "/");
    expect(".", "/home/me/study");
    expect("a:b", "/home/me/study/a:b");
    expect("gs:/x", "/home/me/study/gs:/x");
}

Test(storage, file_uris_are_decoded)
{
    expect("file:///a/b", "/a/b");
    expect("file://localhost/a", "/a");
    expect("file:///my%20dir/%C3%A4%2f", "/my dir/\xc3\xa4");
    expect("file:///", "/");
    refuse("file://host/a", "no host");
    refuse("file://", "no host");
    refuse("file:///a%2", "hex");
    refuse("file:///a%00", "hex");
    refuse("file:///a%zz", "hex");
}

Test(storage, other_schemes_are_refused_by_name)
{
    refuse("s3://bucket/x", "\"s3\"");
    refuse("https://example.com/x", "\"https\"");
    refuse("GS://bucket", "\"GS\"");
    refuse("", "empty");
}

Test(storage, what_is_missing_is_told)
{
    struct assay_error err = { 0 };

    cr_assert(storage_path("gs://bucket/x", NULL, "/x", &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_PRECONDITION));
    cr_assert(storage_path("relative", "/x", NULL, &err) == NULL);
    cr_assert(eq(int, err.code, ASSAY_INVALID));
}

Test(storage, the_bases_may_be_untidy)
{
    struct assay_error err = { 0 };
    char *path = storage_path("gs://bucket/x", "/state//buckets/./", NULL, &err);

    cr_assert(eq(str, path, "/state/buckets/bucket/x"));
    free(path);
    path = storage_path("x", NULL, "/", &err);
    cr_assert(eq(str, path, "/x"));
    free(path);
}
