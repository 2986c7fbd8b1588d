#include "launcher/artifact.h"

#include "launcher/artifact_copy.h"
#include "launcher/shim/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODEL_NAME "model"
#define MANIFEST_NAME "manifest.json"

bool artifact_check(const char *source_dir, struct artifact_summary *summary,
                    struct assay_error *err)
{
    struct artifact_tree tree = { .fd = -1 };
    bool is_fit = artifact_tree_scan(&tree, source_dir, err);

    *summary = tree.summary;
    if (is_fit && tree.summary.file_count == 0)
        is_fit = assay_fail(err, ASSAY_PRECONDITION, NULL, "there is no file in %s", source_dir);
    artifact_tree_clear(&tree);
    return is_fit;
}

static int copy_file(int source, int target, struct artifact_entry *entry, unsigned char *buffer)
{
    int from = openat(source, entry->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int to = -1;
    int error = 0;

    if (from < 0)
        return errno;
    to = openat(target, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0) {
        error = errno;
        goto out;
    }
    error = artifact_copy_bytes(from, to, entry, buffer);
    if (!error && (fchmod(to, entry->mode) < 0 || fsync(to) < 0))
        error = errno;
    if (close(to) < 0 && !error)
        error = errno;
out:
    (void)close(from);
    return error;
}

static int copy_link(int source, int target, const char *path)
{
    char text[PATH_MAX];
    ssize_t size = readlinkat(source, path, text, sizeof text - 1);

    if (size < 0)
        return errno;
    text[size] = '\0';
    return symlinkat(text, target, path) < 0 ? errno : 0;
}

static int copy_entry(int source, int target, struct artifact_entry *entry, unsigned char *buffer)
{
    switch (entry->kind) {
    case ARTIFACT_FOLDER:
        return mkdirat(target, entry->path, 0700) < 0 ? errno : 0;
    case ARTIFACT_FILE:
        return copy_file(source, target, entry, buffer);
    case ARTIFACT_LINK:
        return copy_link(source, target, entry->path);
    }
    return EINVAL;
}

static int finish_folder(int parent, const char *path, mode_t mode)
{
    int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = 0;

    if (fd < 0)
        return errno;
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        error = errno;
    (void)close(fd);
    return error;
}

/* The tree goes into the empty folder target. */
static bool copy_tree(struct artifact_tree *tree, int target, struct assay_error *err)
{
    unsigned char *buffer = malloc(ARTIFACT_COPY_BUFFER);
    struct artifact_entry *entry = NULL;
    int error = 0;

    if (!buffer)
        return assay_fail_memory(err);
    tree->summary = (struct artifact_summary){ 0 };
    for (size_t i = 0; i < tree->count && !error; i++) {
        entry = &tree->entries[i];
        error = copy_entry(tree->fd, target, entry, buffer);
        tree->summary.file_count += entry->kind == ARTIFACT_FILE;
        tree->summary.size_bytes += entry->size_bytes;
    }
    /* From the deepest up: a folder may get bits that forbid its owner to enter. */
    for (size_t i = tree->count; i-- > 0 && !error;) {
        entry = &tree->entries[i];
        if (entry->kind == ARTIFACT_FOLDER)
            error = finish_folder(target, entry->path, entry->mode);
    }
    free(buffer);
    if (!error && (fchmod(target, tree->mode) < 0 || fsync(target) < 0))
        return assay_fail_errno(err, errno, "copy");
    return error == 0 || assay_fail_errno(err, error, "copy of %s", entry ? entry->path : "model");
}

static void write_files(struct json_writer *writer, const struct artifact_tree *tree)
{
    json_key(writer, "files");
    json_begin_array(writer);
    for (size_t i = 0; i < tree->count; i++) {
        const struct artifact_entry *entry = &tree->entries[i];

        if (entry->kind != ARTIFACT_FILE)
            continue;
        json_begin_object(writer);
        json_key(writer, "path");
        json_string(writer, entry->path);
        json_key(writer, "sizeBytes");
        json_int(writer, (int64_t)entry->size_bytes);
        json_key(writer, "sha256");
        json_string(writer, entry->sha256);
        json_end_object(writer);
    }
    json_end_array(writer);
}

static bool write_manifest(int dir, const struct artifact_tree *tree, const cJSON *about,
                           struct assay_error *err)
{
    int fd = openat(dir, MANIFEST_NAME, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    struct json_writer writer;
    bool is_written = false;

    if (!out) {
        (void)assay_fail_errno(err, errno, MANIFEST_NAME);
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    json_writer_init(&writer, out, 2);
    json_begin_object(&writer);
    for (const cJSON *member = about ? about->child : NULL; member; member = member->next) {
        json_key(&writer, member->string);
        json_node(&writer, member);
    }
    write_files(&writer, tree);
    json_end_object(&writer);
    is_written = json_writer_finish(&writer) && fputc('\n', out) != EOF && fflush(out) == 0 &&
                 fsync(fd) == 0;
    if (!is_written)
        (void)assay_fail_errno(err, errno ? errno : EIO, MANIFEST_NAME);
    if (fclose(out) != 0 && is_written)
        is_written = assay_fail_errno(err, errno, MANIFEST_NAME);
    return is_written;
}

/* model/ and manifest.json in the folder partial, which does not exist yet. */
static bool fill(const char *partial, struct artifact_tree *tree, const cJSON *about,
                 struct assay_error *err)
{
    int dir = -1;
    int model = -1;
    bool is_filled = false;

    if (mkdir(partial, 0777) < 0)
        return assay_fail_errno(err, errno, "%s", partial);
    dir = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || mkdirat(dir, MODEL_NAME, 0700) < 0) {
        (void)assay_fail_errno(err, errno, "%s", partial);
        goto out;
    }
    model = openat(dir, MODEL_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (model < 0) {
        (void)assay_fail_errno(err, errno, "%s", partial);
        goto out;
    }
    if (!copy_tree(tree, model, err) || !write_manifest(dir, tree, about, err))
        goto out;
    is_filled = fsync(dir) == 0 || assay_fail_errno(err, errno, "%s", partial);
out:
    if (model >= 0)
        (void)close(model);
    if (dir >= 0)
        (void)close(dir);
    return is_filled;
}

/* The folder in which path lies, made if need be. */
static bool make_parent(const char *path, char parent[PATH_MAX], struct assay_error *err)
{
    const char *slash = strrchr(path, '/');
    int size = slash ? (int)(slash - path) : 0;
    int error = 0;

    (void)snprintf(parent, PATH_MAX, "%.*s", slash ? size : 1, slash ? path : ".");
    if (parent[0] == '\0')
        memcpy(parent, "/", 2);
    error = record_make_dirs(parent);
    return error == 0 || assay_fail_errno(err, error, "%s", parent);
}

/*
 * Puts partial in target's place; what was there is then at partial. On the few file systems that
 * cannot exchange two names there is a moment without target.
 */
static int replace(const char *partial, const char *target, const char *old)
{
    if (rename(partial, target) == 0)
        return 0;
    if (errno != ENOTEMPTY && errno != EEXIST)
        return errno;
    if (renameat2(AT_FDCWD, partial, AT_FDCWD, target, RENAME_EXCHANGE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (rename(target, old) < 0 || rename(partial, target) < 0)
        return errno;
    return 0;
}

static bool sync_folder(const char *dir, struct assay_error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;

    if (!is_synced)
        (void)assay_fail_errno(err, errno, "%s", dir);
    if (fd >= 0)
        (void)close(fd);
    return is_synced;
}

/* All the names that one publication goes by. */
struct places {
    char target[PATH_MAX - 32];
    char partial[PATH_MAX];
    char old[PATH_MAX];
    char parent[PATH_MAX];
};

static bool name_places(struct places *places, const char *target_dir, struct assay_error *err)
{
    size_t size = strlen(target_dir);

    while (size > 1 && target_dir[size - 1] == '/')
        size--;
    if (size >= sizeof places->target)
        return assay_fail(err, ASSAY_INVALID, NULL, "%.100s… is too long", target_dir);
    memcpy(places->target, target_dir, size);
    places->target[size] = '\0';
    (void)snprintf(places->partial, sizeof places->partial, "%s.partial", places->target);
    (void)snprintf(places->old, sizeof places->old, "%s.old.partial", places->target);
    return make_parent(places->target, places->parent, err);
}

/* What is published must not lie in the folder that is replaced. */
static bool check_source(const char *source_dir, const char *target, struct assay_error *err)
{
    char source_real[PATH_MAX];
    char target_real[PATH_MAX];
    size_t size = 0;

    if (!realpath(source_dir, source_real) || !realpath(target, target_real))
        return true; /* no source is told by the scan; no target holds nothing */
    size = strlen(target_real);
    if (strncmp(source_real, target_real, size) == 0 &&
        (source_real[size] == '/' || source_real[size] == '\0'))
        return assay_fail(err, ASSAY_INVALID, NULL, "%.500s lies in %.500s, which is replaced",
                          source_dir, target);
    return true;
}

static bool publish(const struct places *places, struct artifact_tree *tree, const cJSON *about,
                    struct assay_error *err)
{
    int error = 0;

    if (!artifact_remove(places->partial, err) || !artifact_remove(places->old, err))
        return false;
    if (!fill(places->partial, tree, about, err)) {
        struct assay_error ignored = { 0 };

        (void)artifact_remove(places->partial, &ignored); /* else the next call removes it */
        return false;
    }
    error = replace(places->partial, places->target, places->old);
    if (error)
        return assay_fail_errno(err, error, "%s", places->target);
    return sync_folder(places->parent, err) && artifact_remove(places->partial, err) &&
           artifact_remove(places->old, err);
}

bool artifact_publish(const char *source_dir, const char *target_dir, const cJSON *about,
                      struct artifact_summary *summary, struct assay_error *err)
{
    struct artifact_tree tree = { .fd = -1 };
    struct places *places = malloc(sizeof *places);
    bool is_published = false;

    *summary = (struct artifact_summary){ 0 };
    if (!places)
        return assay_fail_memory(err);
    if (about && json_get(about, "files")) {
        (void)assay_fail(err, ASSAY_INVALID, NULL, "\"files\" is the manifest's own member");
        goto out;
    }
    if (!name_places(places, target_dir, err) || !check_source(source_dir, places->target, err) ||
        !artifact_tree_scan(&tree, source_dir, err))
        goto out;
    if (tree.summary.file_count == 0) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL, "there is no file in %s", source_dir);
        goto out;
    }
    is_published = publish(places, &tree, about, err);
    *summary = tree.summary;
out:
    artifact_tree_clear(&tree);
    free(places);
    return is_published;
}
