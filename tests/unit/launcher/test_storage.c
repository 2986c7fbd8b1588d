#include "launcher/storage.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A folder of buckets beside what is none of theirs: outside/, with a file. */
static char folder[] = "/tmp/assay-storage-XXXXXX";
static char buckets[64];

static const char *at(const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static void link_to(const char *target, const char *name)
{
    char path[128];
    char whole[128];

    cr_assert(eq(int, symlink(at(target, whole), at(name, path)), 0));
}

static void make_folder(void)
{
    char path[128];
    int fd = -1;

    cr_assert(mkdtemp(folder) != NULL);
    (void)snprintf(buckets, sizeof buckets, "%s/buckets", folder);
    cr_assert(eq(int, mkdir(buckets, 0700), 0));
    cr_assert(eq(int, mkdir(at("outside", path), 0700), 0));
    cr_assert(eq(int, mkdir(at("buckets/own", path), 0700), 0));
    fd = open(at("outside/x.whl", path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(fd >= 0);
    (void)close(fd);
    link_to("outside", "buckets/disk");
    link_to("outside", "buckets/own/away");
    link_to("outside/x.whl", "buckets/own/x.whl");
}

static void remove_folder(void)
{
    char path[128];

    for (const char *const *name =
             (const char *const[]){ "buckets/disk", "buckets/own/away", "buckets/own/x.whl",
                                    "buckets/own/a/b", "buckets/own/a", "buckets/own",
                                    "buckets/new/a", "buckets/new", "buckets", "outside/a",
                                    "outside/x.whl", "outside", NULL };
         *name; name++)
        (void)remove(at(*name, path));
    (void)rmdir(folder);
}

TestSuite(storage_links, .init = make_folder, .fini = remove_folder);

static enum assay_code open_in_bucket(const char *name, enum storage_links links)
{
    struct assay_error err = { 0 };
    char path[128];
    int fd = storage_open(at(name, path), buckets, links, O_RDONLY, &err);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 ? ASSAY_OK : err.code;
}

static enum assay_code make_in_bucket(const char *name, enum storage_links links)
{
    struct assay_error err = { 0 };
    char path[128];

    return storage_make_dirs(at(name, path), buckets, links, &err) ? ASSAY_OK : err.code;
}

static bool is_there(const char *name)
{
    char path[128];

    return access(at(name, path), F_OK) == 0;
}

Test(storage_links, nothing_is_read_through_a_link_below_a_bucket)
{
    cr_expect(eq(int, open_in_bucket("buckets/own", STORAGE_NO_LINKS), ASSAY_OK));
    cr_expect(eq(int, open_in_bucket("buckets/own/x.whl", STORAGE_NO_LINKS), ASSAY_INVALID));
    cr_expect(eq(int, open_in_bucket("buckets/own/x.whl", STORAGE_LINKED_BUCKETS), ASSAY_INVALID));
    cr_expect(eq(int, open_in_bucket("buckets/own/away/x.whl", STORAGE_NO_LINKS), ASSAY_INVALID));
    cr_expect(eq(int, open_in_bucket("buckets/own/none", STORAGE_NO_LINKS), ASSAY_NOT_FOUND));
    cr_expect(eq(int, open_in_bucket("outside/x.whl", STORAGE_LINKED_BUCKETS), ASSAY_INVALID));
}

Test(storage_links, a_bucket_may_be_a_link_only_where_its_owner_made_it)
{
    cr_expect(eq(int, open_in_bucket("buckets/disk/x.whl", STORAGE_LINKED_BUCKETS), ASSAY_OK));
    cr_expect(eq(int, open_in_bucket("buckets/disk", STORAGE_LINKED_BUCKETS), ASSAY_OK));
    cr_expect(eq(int, open_in_bucket("buckets/disk/x.whl", STORAGE_NO_LINKS), ASSAY_INVALID));
    cr_expect(eq(int, make_in_bucket("buckets/disk/a", STORAGE_NO_LINKS), ASSAY_INVALID));
    cr_expect(not(is_there("outside/a")));
    cr_expect(eq(int, make_in_bucket("buckets/disk/a", STORAGE_LINKED_BUCKETS), ASSAY_OK));
    cr_expect(is_there("outside/a"));
}

Test(storage_links, folders_are_made_but_none_through_a_link)
{
    cr_expect(eq(int, make_in_bucket("buckets/own/a/b", STORAGE_NO_LINKS), ASSAY_OK));
    cr_expect(eq(int, make_in_bucket("buckets/own/a/b", STORAGE_LINKED_BUCKETS), ASSAY_OK));
    cr_expect(is_there("buckets/own/a/b"));
    cr_expect(eq(int, make_in_bucket("buckets/new/a", STORAGE_LINKED_BUCKETS), ASSAY_OK));
    cr_expect(eq(int, make_in_bucket("buckets/own/away/a", STORAGE_NO_LINKS), ASSAY_INVALID));
    cr_expect(eq(int, make_in_bucket("buckets/own/away/a", STORAGE_LINKED_BUCKETS), ASSAY_INVALID));
    cr_expect(not(is_there("outside/a")));
}
