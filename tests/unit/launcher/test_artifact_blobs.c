#include "launcher/artifact.h"
#include "launcher/artifact_manifest.h"
#include "launcher/artifact_unpack.h"

#include "support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];
static char source[300];
static char target[300];
static char dir[300];
static struct artifact_blobs blobs;
static struct artifact_stored stored;
static struct artifact_tree tree;
static struct assay_error err;

static void make_folder(void)
{
    support_folder_make(folder);
    (void)snprintf(source, sizeof source, "%s/source", folder);
    (void)snprintf(target, sizeof target, "%s/below/target", folder);
    (void)snprintf(dir, sizeof dir, "%s/registry/blobs", folder);
    cr_assert(mkdir(source, 0755) == 0);
    blobs = (struct artifact_blobs){ .dir = dir };
    tree = (struct artifact_tree){ .fd = -1 };
}

static void remove_folder(void)
{
    artifact_tree_clear(&tree);
    support_folder_remove(folder);
}

TestSuite(artifact_blobs, .init = make_folder, .fini = remove_folder);

static void write_at(const char *below, const char *name, const char *text)
{
    char path[700];
    FILE *file = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", below, name);
    for (char *slash = strchr(path + strlen(below) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
    (void)unlink(path);
    file = fopen(path, "we");
    cr_assert(file != NULL, "%s", path);
    cr_assert(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void add(void)
{
    cr_assert(artifact_blobs_add(&blobs, source, false, &stored, &err), "%s", err.message);
    artifact_tree_clear(&tree);
    cr_assert(artifact_blobs_read(&blobs, stored.digest, &tree, &err), "%s", err.message);
}

static void expect_refused(bool is_guarded, enum assay_code code, const char *word)
{
    cr_assert(not(artifact_blobs_add(&blobs, source, is_guarded, &stored, &err)));
    cr_assert(eq(int, (int)err.code, (int)code), "%s", err.message);
    cr_assert(strstr(err.message, word) != NULL, "%s", err.message);
}

static bool keep_none(void *context, const char *sha256)
{
    (void)context;
    (void)sha256;
    return false;
}

/* All blobs with their bytes, by removing them. */
static uint64_t count_bytes(void)
{
    uint64_t bytes = 0;

    cr_assert(artifact_blobs_sweep(&blobs, keep_none, NULL, &bytes, &err));
    return bytes;
}

Test(artifact_blobs, the_same_bytes_are_one_blob_read_only_under_their_hash)
{
    static const char hello[] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    char path[BLOB_PATH];
    struct stat info;

    write_at(source, "a", "hello");
    write_at(source, "sub/b", "hello");
    add();
    cr_assert(eq(sz, tree.count, 2));
    cr_assert(eq(int, strcmp(tree.entries[0].sha256, hello), 0));
    cr_assert(eq(int, strcmp(tree.entries[1].sha256, hello), 0));
    cr_assert(stat(artifact_blob_path(&blobs, hello, path), &info) == 0);
    cr_assert(eq(int, (int)(info.st_mode & 0777), 0444));
    (void)stat(artifact_blob_path(&blobs, stored.digest, path), &info);
    cr_assert(eq(u64, count_bytes(), 5 + (uint64_t)info.st_size));
}

Test(artifact_blobs, the_same_files_have_the_same_digest_whatever_the_order_and_the_time)
{
    char first[SHA256_TEXT];

    write_at(source, "a", "1");
    write_at(source, "b", "2");
    add();
    memcpy(first, stored.digest, sizeof first);
    write_at(source, "b", "2");
    write_at(source, "a", "1");
    add();
    cr_assert(eq(int, strcmp(first, stored.digest), 0));
    write_at(source, "b", "3");
    add();
    cr_assert(ne(int, strcmp(first, stored.digest), 0));
}

Test(artifact_blobs, an_artifact_is_unpacked_with_its_modes_and_no_less)
{
    char path[700];
    struct stat info;
    size_t size = 0;
    char *text = NULL;

    write_at(source, "x/y/run", "#!");
    (void)snprintf(path, sizeof path, "%s/x/y/run", source);
    cr_assert(chmod(path, 0750) == 0);
    add();
    cr_assert(artifact_unpack(&blobs, &tree, target, &err), "%s", err.message);
    (void)snprintf(path, sizeof path, "%s/x/y/run", target);
    cr_assert(stat(path, &info) == 0);
    cr_assert(eq(int, (int)(info.st_mode & 0777), 0750));
    text = support_read(target, "x/y/run", &size);
    cr_assert(eq(int, strcmp(text, "#!"), 0));
    free(text);
    cr_assert(artifact_unpack(&blobs, &tree, target, &err), "what is there already is the same");
    write_at(target, "x/other", "more");
    cr_assert(not(artifact_unpack(&blobs, &tree, target, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_EXISTS));
}

Test(artifact_blobs, two_do_not_unpack_into_one_folder_and_rubbish_of_a_crash_is_in_nobodys_way)
{
    char partial[700];
    int fd = -1;

    write_at(source, "a", "1");
    add();
    (void)snprintf(partial, sizeof partial, "%s/below/.target.partial", folder);
    write_at(folder, "below/.target.partial/half", "of it");
    fd = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, flock(fd, LOCK_EX), 0));
    cr_assert(not(artifact_unpack(&blobs, &tree, target, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_EXISTS));
    cr_assert(support_exists(partial, "half"), "the other one's file is gone");
    (void)close(fd);
    cr_assert(artifact_unpack(&blobs, &tree, target, &err), "%s", err.message);
    cr_assert(support_exists(target, "a"));
    cr_assert(not(support_exists(target, "half")));
    cr_assert(not(support_exists(folder, "below/.target.partial")));
}

static void *unpack_often(void *context)
{
    (void)context;
    for (int i = 0; i < 200; i++) {
        struct assay_error why = { 0 };

        if (!artifact_unpack(&blobs, &tree, target, &why) && why.code != ASSAY_EXISTS)
            return &tree;
        (void)artifact_remove(target, &why);
    }
    return NULL;
}

Test(artifact_blobs, of_two_threads_that_unpack_to_one_place_none_meets_half_of_it)
{
    pthread_t other;
    void *other_failed = NULL;
    void *failed = NULL;

    write_at(source, "a", "1");
    write_at(source, "b/c", "2");
    add();
    cr_assert(eq(int, pthread_create(&other, NULL, unpack_often, NULL), 0));
    failed = unpack_often(NULL);
    cr_assert(eq(int, pthread_join(other, &other_failed), 0));
    cr_assert(not(failed || other_failed));
    cr_assert(not(support_exists(folder, "below/.target.partial")));
}

static void note(void *context, const char *path, const char *why)
{
    (void)why;
    (void)snprintf(context, 100, "%s", path);
}

Test(artifact_blobs, a_damaged_file_is_found_by_its_path_is_not_unpacked_and_is_mended_by_its_bytes)
{
    char path[BLOB_PATH];
    char damaged[100] = "";
    size_t count = 0;

    write_at(source, "good", "good");
    write_at(source, "weights", "weights");
    add();
    (void)artifact_blob_path(&blobs, tree.entries[1].sha256, path);
    *strrchr(path, '/') = '\0';
    write_at(path, tree.entries[1].sha256, "weighty");
    cr_assert(artifact_verify(&blobs, &tree, note, damaged, &count, &err));
    cr_assert(eq(sz, count, 1));
    cr_assert(eq(int, strcmp(damaged, "weights"), 0));
    cr_assert(not(artifact_unpack(&blobs, &tree, target, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS));
    cr_assert(strstr(err.message, "weights") != NULL);
    cr_assert(not(support_exists(folder, "below/target")));
    cr_assert(not(support_exists(folder, "below/.target.partial")));
    add();
    cr_assert(artifact_verify(&blobs, &tree, note, damaged, &count, &err));
    cr_assert(eq(sz, count, 0));
}

Test(artifact_blobs, a_damaged_manifest_is_data_loss)
{
    char path[BLOB_PATH];
    struct artifact_tree other;

    write_at(source, "a", "1");
    add();
    (void)artifact_blob_path(&blobs, stored.digest, path);
    *strrchr(path, '/') = '\0';
    write_at(path, stored.digest, "{\"files\":[]}");
    cr_assert(not(artifact_blobs_read(&blobs, stored.digest, &other, &err)));
    cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS));
    artifact_tree_clear(&other);
}

static bool is_of_tree(void *context, const char *sha256)
{
    const struct artifact_tree *wanted = context;

    for (size_t i = 0; i < wanted->count; i++)
        if (strcmp(wanted->entries[i].sha256, sha256) == 0)
            return true;
    return strcmp(stored.digest, sha256) == 0;
}

Test(artifact_blobs, a_sweep_takes_what_is_not_needed_and_what_was_left_half_made)
{
    uint64_t bytes = 0;
    size_t count = 0;

    write_at(source, "a", "old");
    add();
    write_at(source, "a", "new");
    add();
    write_at(dir, ".new-abcdef", "half");
    cr_assert(artifact_blobs_sweep(&blobs, is_of_tree, &tree, &bytes, &err));
    cr_assert(bytes > 3 + 4);
    cr_assert(artifact_verify(&blobs, &tree, note, NULL, &count, &err));
    cr_assert(eq(sz, count, 0));
    cr_assert(not(support_exists(dir, ".new-abcdef")));
}

Test(artifact_blobs, an_empty_folder_and_none_are_refused)
{
    expect_refused(false, ASSAY_PRECONDITION, "no file");
    cr_assert(rmdir(source) == 0);
    expect_refused(false, ASSAY_NOT_FOUND, "no folder");
}

static void make_link(const char *text, const char *name)
{
    char path[700];

    (void)snprintf(path, sizeof path, "%s/%s", source, name);
    cr_assert(symlink(text, path) == 0);
}

Test(artifact_blobs, a_link_to_a_file_inside_is_that_file_unless_others_wrote_the_folder)
{
    write_at(source, "sub/file", "text");
    make_link("sub/file", "link");
    add();
    cr_assert(eq(int, strcmp(tree.entries[0].path, "link"), 0));
    cr_assert(eq(int, (int)tree.entries[0].kind, ARTIFACT_FILE));
    cr_assert(eq(int, strcmp(tree.entries[0].sha256, tree.entries[1].sha256), 0));
    expect_refused(true, ASSAY_INVALID, "link");
}

Test(artifact_blobs, links_that_lead_out_or_to_folders_and_pipes_are_refused)
{
    char path[700];

    write_at(source, "sub/file", "text");
    make_link("/etc/passwd", "out");
    expect_refused(false, ASSAY_INVALID, "out");
    (void)snprintf(path, sizeof path, "%s/out", source);
    cr_assert(unlink(path) == 0);
    make_link("sub", "out");
    expect_refused(false, ASSAY_INVALID, "out");
    cr_assert(unlink(path) == 0);
    cr_assert(mkfifo(path, 0600) == 0);
    expect_refused(false, ASSAY_INVALID, "out");
}

static bool end_now(const void *context)
{
    (void)context;
    return true;
}

Test(artifact_blobs, an_end_comes_between_two_files_and_leaves_no_version)
{
    write_at(source, "a", "1");
    blobs.is_ending = end_now;
    expect_refused(false, ASSAY_ABORTED, "ends");
}

Test(artifact_blobs, what_is_shown_is_the_blobs_themselves)
{
    char path[BLOB_PATH];
    char shown[700];
    struct stat one, other;

    write_at(source, "d/a", "1");
    add();
    cr_assert(artifact_show(&blobs, &tree, target, &err), "%s", err.message);
    (void)snprintf(shown, sizeof shown, "%s/d/a", target);
    cr_assert(stat(shown, &one) == 0);
    cr_assert(stat(artifact_blob_path(&blobs, tree.entries[0].sha256, path), &other) == 0);
    cr_assert(eq(u64, one.st_ino, other.st_ino));
    write_at(target, "rubbish", "x");
    cr_assert(artifact_show(&blobs, &tree, target, &err));
    cr_assert(not(support_exists(target, "rubbish")));
}

Test(artifact_blobs, a_manifest_that_would_leave_its_folder_is_none)
{
#define FILE_OF(path, mode)                                                                        \
    "{\"path\":\"" path "\",\"sizeBytes\":1,\"sha256\":\""                                         \
    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\",\"mode\":\"" mode "\"}"
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"files\":{}}",
        "{\"files\":[{}]}",
        "{\"files\":[" FILE_OF("../x", "0644") "]}",
        "{\"files\":[" FILE_OF("a/../../x", "0644") "]}",
        "{\"files\":[" FILE_OF("/etc/x", "0644") "]}",
        "{\"files\":[" FILE_OF("a//x", "0644") "]}",
        "{\"files\":[" FILE_OF("a/.", "0644") "]}",
        "{\"files\":[" FILE_OF("", "0644") "]}",
        "{\"files\":[" FILE_OF("a", "4755") "]}",
        "{\"files\":[" FILE_OF("a", "0888") "]}",
        "{\"files\":[" FILE_OF("b", "0644") "," FILE_OF("a", "0644") "]}",
        "{\"files\":[" FILE_OF("a", "0644") "," FILE_OF("a", "0644") "]}",
    };
    static const char good[] = "{\"files\":[" FILE_OF("a", "0644") "," FILE_OF("b/c", "0755") "]}";

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct artifact_tree other;

        cr_assert(not(artifact_manifest_read(bad[i], strlen(bad[i]), &other, &err)), "%s", bad[i]);
        cr_assert(eq(int, (int)err.code, ASSAY_DATA_LOSS), "%s", bad[i]);
        artifact_tree_clear(&other);
    }
    cr_assert(artifact_manifest_read(good, strlen(good), &tree, &err));
    cr_assert(eq(sz, tree.count, 2));
}
