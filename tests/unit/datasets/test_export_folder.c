#include "engine/datasets/export_folder.h"
#include "launcher/artifact.h"
#include "tests/simulation/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[FOLDER_PATH];
static struct data_place place;

static void setup(void)
{
    folder_make(root);
    (void)snprintf(place.buckets_dir, sizeof place.buckets_dir, "%s/buckets", root);
}

static void teardown(void)
{
    struct assay_error err = { 0 };

    cr_assert(artifact_remove(root, &err), "%s", err.message);
}

TestSuite(export_folder, .init = setup, .fini = teardown);

static bool is_there(const char *path)
{
    char whole[2 * FOLDER_PATH];
    struct stat info;

    (void)snprintf(whole, sizeof whole, "%s/buckets/%s", root, path);
    return lstat(whole, &info) == 0;
}

static void put_file(const struct export_folder *folder, const char *name)
{
    int fd = openat(folder->fd, name, O_WRONLY | O_CREAT | O_EXCL, 0666);

    cr_assert_geq(fd, 0);
    (void)close(fd);
}

Test(export_folder, it_appears_when_it_is_finished_and_a_later_run_replaces_it)
{
    struct export_folder folder;
    struct assay_error err = { 0 };

    cr_assert(export_folder_begin(&folder, &place, "gs://bucket/x", "data", &err), "%s",
              err.message);
    put_file(&folder, "shard");
    cr_assert(not(is_there("bucket/x/data")));
    cr_assert(export_folder_finish(&folder, &err), "%s", err.message);
    export_folder_clear(&folder);
    cr_assert(is_there("bucket/x/data/shard"));

    cr_assert(export_folder_begin(&folder, &place, "gs://bucket/x", "data", &err));
    cr_assert(folder.is_there);
    put_file(&folder, "other");
    cr_assert(export_folder_finish(&folder, &err), "%s", err.message);
    cr_assert_eq(faccessat(folder.fd, "other", F_OK, 0), 0, "it is not open at the one there");
    export_folder_clear(&folder);
    cr_assert(not(is_there("bucket/x/data/shard")), "two runs are mixed");
    cr_assert(is_there("bucket/x/data/other"));
    cr_assert(not(is_there("bucket/x/.data.partial")));
}

Test(export_folder, what_was_not_finished_goes_with_the_run_or_with_the_next_one)
{
    struct export_folder folder;
    struct export_folder next;
    struct assay_error err = { 0 };

    cr_assert(export_folder_begin(&folder, &place, "gs://bucket", "data", &err), "%s", err.message);
    put_file(&folder, "old"); /* a run that is killed here never clears it */
    cr_assert(export_folder_begin(&next, &place, "gs://bucket", "data", &err), "%s", err.message);
    cr_assert(not(next.is_there));
    put_file(&next, "old");
    export_folder_clear(&next);
    cr_assert(not(is_there("bucket/.data.partial")));
    folder.is_finished = true; /* nothing is left for it to remove */
    export_folder_clear(&folder);
}

Test(export_folder, a_link_in_its_place_is_not_followed)
{
    struct export_folder folder;
    struct assay_error err = { 0 };
    char path[2 * FOLDER_PATH];

    cr_assert(export_folder_begin(&folder, &place, "gs://bucket", "other", &err));
    export_folder_clear(&folder);
    (void)snprintf(path, sizeof path, "%s/buckets/bucket/data", root);
    cr_assert_eq(symlink("/tmp", path), 0);
    cr_assert(not(export_folder_begin(&folder, &place, "gs://bucket", "data", &err)));
    export_folder_clear(&folder);
    cr_assert_eq(unlink(path), 0);
}

Test(export_folder, a_server_for_others_writes_to_buckets_only)
{
    struct export_folder folder;
    struct assay_error err = { 0 };

    place.is_guarded = true;
    cr_assert(not(export_folder_begin(&folder, &place, root, "data", &err)));
    cr_assert_eq((int)err.code, ASSAY_DENIED);
    export_folder_clear(&folder);
    place.is_guarded = false;
    cr_assert(export_folder_begin(&folder, &place, root, "data", &err), "%s", err.message);
    export_folder_clear(&folder);
}

Test(export_folder, a_stamp_has_three_digits_of_fraction)
{
    char text[EXPORT_STAMP];

    cr_assert_str_eq(export_stamp(1000000, text), "1970-01-01T00:00:01.000Z");
    cr_assert_str_eq(export_stamp(1123999, text), "1970-01-01T00:00:01.123Z");
}
