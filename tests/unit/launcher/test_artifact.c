#include "launcher/artifact.h"

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

static char folder[256];
static char source[300];
static char target[300];

static void make_folder(void)
{
    support_folder_make(folder);
    (void)snprintf(source, sizeof source, "%s/source", folder);
    (void)snprintf(target, sizeof target, "%s/models/one", folder);
    cr_assert(mkdir(source, 0750) == 0);
}

static void remove_folder(void)
{
    support_folder_remove(folder);
}

TestSuite(artifact, .init = make_folder, .fini = remove_folder);

static void make_dir(const char *name, mode_t mode)
{
    char path[700];

    (void)snprintf(path, sizeof path, "%s/%s", source, name);
    cr_assert(mkdir(path, mode) == 0);
    cr_assert(chmod(path, mode) == 0);
}

static void make_link(const char *text, const char *name)
{
    char path[700];

    (void)snprintf(path, sizeof path, "%s/%s", source, name);
    cr_assert(symlink(text, path) == 0);
}

static void publish(const cJSON *about)
{
    struct artifact_summary summary;
    struct assay_error err = { 0 };

    cr_assert(artifact_publish(source, target, about, &summary, &err), "%s", err.message);
}

static void expect_refused(enum assay_code code, const char *words)
{
    struct artifact_summary summary;
    struct assay_error err = { 0 };

    cr_assert(not(artifact_publish(source, target, NULL, &summary, &err)));
    cr_assert(eq(int, err.code, code), "%s", err.message);
    cr_assert(strstr(err.message, words) != NULL, "%s", err.message);
    cr_assert(not(support_exists(folder, "models/one")));
    cr_assert(not(support_exists(folder, "models/one.partial")));
}

static cJSON *read_manifest(void)
{
    size_t size = 0;
    char *text = support_read(target, "manifest.json", &size);
    struct assay_error err = { 0 };
    cJSON *manifest = json_read(text, size, &err);

    cr_assert(manifest != NULL, "%s", err.message);
    free(text);
    return manifest;
}

static mode_t mode_of(const char *name)
{
    char path[700];
    struct stat info;

    (void)snprintf(path, sizeof path, "%s/%s", target, name);
    cr_assert(lstat(path, &info) == 0, "%s", path);
    return info.st_mode & 07777;
}

Test(artifact, a_tree_is_copied_with_modes_links_and_empty_folders)
{
    char *text = NULL;

    support_write(source, "weights.bin", "abc", 0640);
    make_dir("bin", 0755);
    support_write(source, "bin/run", "#!/bin/sh\n", 0755);
    make_dir("empty", 0700);
    make_dir("sealed", 0555);
    make_link("weights.bin", "latest");
    make_link("../weights.bin", "bin/up");
    publish(NULL);
    text = support_read(target, "model/weights.bin", NULL);
    cr_assert(eq(str, text, "abc"));
    free(text);
    text = support_read(target, "model/bin/up", NULL); /* through the link */
    cr_assert(eq(str, text, "abc"));
    free(text);
    cr_assert(eq(uint, mode_of("model"), 0750));
    cr_assert(eq(uint, mode_of("model/weights.bin"), 0640));
    cr_assert(eq(uint, mode_of("model/bin/run"), 0755));
    cr_assert(eq(uint, mode_of("model/empty"), 0700));
    cr_assert(eq(uint, mode_of("model/sealed"), 0555));
    cr_assert(eq(uint, mode_of("model/latest") & 0777, 0777));
}

Test(artifact, the_manifest_tells_about_and_lists_files_sorted_with_hashes)
{
    cJSON *about = cJSON_CreateObject();
    cJSON *manifest = NULL;
    const cJSON *files = NULL;
    const cJSON *file = NULL;

    cr_assert(cJSON_AddStringToObject(about, "trial", "7") != NULL);
    support_write(source, "b", "abc", 0644);
    make_dir("a", 0755);
    support_write(source, "a/empty", "", 0644);
    support_write(source, "a.txt", "x", 0644);
    publish(about);
    manifest = read_manifest();
    cr_assert(eq(str, json_get(manifest, "trial")->valuestring, "7"));
    files = json_get(manifest, "files");
    cr_assert(eq(int, cJSON_GetArraySize(files), 3));
    cr_assert(eq(str, json_get(cJSON_GetArrayItem(files, 0), "path")->valuestring, "a.txt"));
    file = cJSON_GetArrayItem(files, 1);
    cr_assert(eq(str, json_get(file, "path")->valuestring, "a/empty"));
    /* The two are the published test values of SHA-256: of nothing, and of "abc" (FIPS 180-2). */
    cr_assert(eq(str, json_get(file, "sha256")->valuestring,
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    file = cJSON_GetArrayItem(files, 2);
    cr_assert(eq(str, json_get(file, "path")->valuestring, "b"));
    cr_assert(eq(dbl, json_get(file, "sizeBytes")->valuedouble, 3));
    cr_assert(eq(str, json_get(file, "sha256")->valuestring,
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    cJSON_Delete(manifest);
    cJSON_Delete(about);
}

Test(artifact, a_large_file_is_copied_whole)
{
    size_t size = 3 * 1024 * 1024 + 17;
    char *text = malloc(size + 1);
    char *copy = NULL;
    size_t copy_size = 0;

    cr_assert(text != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i * 7 % 26);
    text[size] = '\0';
    support_write(source, "large", text, 0644);
    publish(NULL);
    copy = support_read(target, "model/large", &copy_size);
    cr_assert(eq(sz, copy_size, size));
    cr_assert(memcmp(copy, text, size) == 0);
    free(copy);
    free(text);
}

Test(artifact, a_target_that_exists_is_replaced_whole)
{
    char *text = NULL;

    support_write(source, "old", "1", 0644);
    publish(NULL);
    cr_assert(support_exists(target, "model/old"));
    make_dir("old-folder", 0755);
    (void)snprintf(source, sizeof source, "%s/second", folder);
    cr_assert(mkdir(source, 0755) == 0);
    support_write(source, "new", "2", 0644);
    publish(NULL);
    cr_assert(not(support_exists(target, "model/old")));
    text = support_read(target, "model/new", NULL);
    cr_assert(eq(str, text, "2"));
    free(text);
    cr_assert(not(support_exists(folder, "models/one.partial")));
}

Test(artifact, rubbish_of_an_interrupted_call_is_removed)
{
    char path[700];

    support_write(source, "x", "1", 0644);
    (void)snprintf(path, sizeof path, "%s/models", folder);
    cr_assert(mkdir(path, 0755) == 0);
    (void)snprintf(path, sizeof path, "%s.partial", target);
    cr_assert(mkdir(path, 0755) == 0);
    support_write(path, "half", "", 0644);
    (void)snprintf(path, sizeof path, "%s.old.partial", target);
    cr_assert(mkdir(path, 0755) == 0);
    publish(NULL);
    cr_assert(not(support_exists(folder, "models/one.partial")));
    cr_assert(not(support_exists(folder, "models/one.old.partial")));
    cr_assert(not(support_exists(target, "half")));
}

Test(artifact, links_to_the_outside_are_refused_by_name)
{
    static const char *const texts[] = {
        "/etc/passwd", "..", "../../x", "a/../../x", "/", "deep/.."
    };

    support_write(source, "x", "1", 0644);
    make_dir("a", 0755);
    make_dir("a/b", 0755);
    make_link("../..", "a/b/deep"); /* inside: the root itself */
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *name = strcmp(texts[i], "deep/..") == 0 ? "a/b/sly" : "sly";
        char path[700];

        make_link(texts[i], name);
        expect_refused(ASSAY_INVALID, "sly is a symbolic link that leads outside");
        (void)snprintf(path, sizeof path, "%s/%s", source, name);
        cr_assert(unlink(path) == 0);
    }
    make_link("nothing/here", "dangling"); /* leads nowhere in the copy either */
    publish(NULL);
    cr_assert(support_exists(target, "model/dangling"));
}

Test(artifact, what_is_no_file_is_refused_by_name)
{
    char path[700];

    support_write(source, "x", "1", 0644);
    make_dir("a", 0755);
    (void)snprintf(path, sizeof path, "%s/a/pipe", source);
    cr_assert(mkfifo(path, 0644) == 0);
    expect_refused(ASSAY_INVALID, "a/pipe is neither");
}

Test(artifact, nothing_to_keep_is_told_apart_from_no_folder)
{
    struct artifact_summary summary;
    struct assay_error err = { 0 };

    make_dir("empty", 0755);
    expect_refused(ASSAY_PRECONDITION, "no file");
    cr_assert(not(artifact_check(source, &summary, &err)));
    cr_assert(eq(int, err.code, ASSAY_PRECONDITION));
    (void)snprintf(source, sizeof source, "%s/none", folder);
    expect_refused(ASSAY_NOT_FOUND, "no folder");
    cr_assert(not(artifact_check(source, &summary, &err)));
    cr_assert(eq(int, err.code, ASSAY_NOT_FOUND));
}

Test(artifact, a_check_counts_files_and_bytes)
{
    struct artifact_summary summary;
    struct assay_error err = { 0 };

    support_write(source, "x", "123", 0644);
    make_dir("a", 0755);
    support_write(source, "a/y", "4567", 0644);
    cr_assert(artifact_check(source, &summary, &err));
    cr_assert(eq(u64, summary.file_count, 2));
    cr_assert(eq(u64, summary.size_bytes, 7));
}

Test(artifact, a_source_within_its_target_is_refused)
{
    struct artifact_summary summary;
    struct assay_error err = { 0 };

    support_write(source, "x", "1", 0644);
    cr_assert(not(artifact_publish(source, source, NULL, &summary, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(not(artifact_publish(source, folder, NULL, &summary, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cr_assert(support_exists(source, "x"));
}

Test(artifact, the_list_of_files_is_the_manifests_own)
{
    cJSON *about = cJSON_CreateObject();
    struct artifact_summary summary;
    struct assay_error err = { 0 };

    cr_assert(cJSON_AddStringToObject(about, "files", "mine") != NULL);
    support_write(source, "x", "1", 0644);
    cr_assert(not(artifact_publish(source, target, about, &summary, &err)));
    cr_assert(eq(int, err.code, ASSAY_INVALID));
    cJSON_Delete(about);
}

/* A chain of folders that no path could name as a whole. */
static void make_deep(int depth)
{
    int fd = open(source, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (int i = 0; i < depth; i++) {
        int next = -1;

        cr_assert(mkdirat(fd, "folder", 0755) == 0);
        cr_assert(i % 10 || mkdirat(fd, "beside", 0755) == 0);
        next = openat(fd, "folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        cr_assert(next >= 0);
        (void)close(fd);
        fd = next;
    }
    cr_assert(mknodat(fd, "file", S_IFREG | 0644, 0) == 0);
    (void)close(fd);
}

Test(artifact, a_bottomless_tree_is_refused_and_removed)
{
    struct assay_error err = { 0 };

    make_deep(3000);
    expect_refused(ASSAY_INVALID, "too long");
    cr_assert(artifact_remove(source, &err), "%s", err.message);
    cr_assert(not(support_exists(folder, "source")));
}

Test(artifact, removal_follows_no_link)
{
    char path[700];
    struct assay_error err = { 0 };

    support_write(folder, "precious", "1", 0644);
    make_link("..", "up");
    make_link("../precious", "file");
    make_dir("locked", 0000);
    cr_assert(artifact_remove(source, &err), "%s", err.message);
    cr_assert(support_exists(folder, "precious"));
    cr_assert(not(support_exists(folder, "source")));
    (void)snprintf(path, sizeof path, "%s/link", folder);
    cr_assert(symlink(folder, path) == 0);
    cr_assert(artifact_remove(path, &err)); /* the link, not what it leads to */
    cr_assert(support_exists(folder, "precious"));
    cr_assert(not(support_exists(folder, "link")));
}

Test(artifact, removing_what_is_not_there_is_success)
{
    struct assay_error err = { 0 };

    cr_assert(artifact_remove("/nonexistent/folder", &err));
}
