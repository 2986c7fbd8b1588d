#include "launcher/artifact_blobs.h"

#include "assay/plain_file.h"
#include "launcher/artifact_copy.h"
#include "launcher/artifact_manifest.h"
#include "launcher/shim/record_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEW_PREFIX ".new-" /* of a file that has no name yet */

enum { FOLDERS = 256, FOLDER_SIZE = 3 }; /* "ab" */

char *artifact_blob_path(const struct artifact_blobs *blobs, const char *sha256,
                         char path[BLOB_PATH])
{
    (void)snprintf(path, BLOB_PATH, "%s/%.2s/%s", blobs->dir, sha256, sha256);
    return path;
}

/* One addition. */
struct adding {
    const struct artifact_blobs *blobs;
    bool is_guarded;
    unsigned char *buffer;
    bool is_touched[FOLDERS]; /* folders whose names are to be synced */
};

static unsigned folder_of(const char *sha256)
{
    char text[FOLDER_SIZE] = { sha256[0], sha256[1], '\0' };

    return (unsigned)strtoul(text, NULL, 16);
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) < 0 ? errno : 0;

    if (fd >= 0)
        (void)close(fd);
    return error;
}

static bool sync_names(const struct adding *adding, struct assay_error *err)
{
    char path[BLOB_PATH];
    int error = 0;

    for (unsigned i = 0; i < FOLDERS && !error; i++) {
        (void)snprintf(path, sizeof path, "%s/%02x", adding->blobs->dir, i);
        error = adding->is_touched[i] ? sync_folder(path) : 0;
    }
    error = error ? error : sync_folder(adding->blobs->dir);
    return error == 0 || assay_fail_errno(err, error, "%s", adding->blobs->dir);
}

/* A file of its own for what comes next; its path. */
static int open_new(const struct adding *adding, char path[BLOB_PATH], struct assay_error *err)
{
    int fd = -1;

    (void)snprintf(path, BLOB_PATH, "%s/" NEW_PREFIX "XXXXXX", adding->blobs->dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        (void)assay_fail_errno(err, errno, "%s", path);
    return fd;
}

/* It is there, and has the bytes that its name says. */
static bool is_whole(const struct adding *adding, const struct artifact_entry *entry)
{
    struct assay_error ignored = { 0 };
    char path[BLOB_PATH];

    return access(artifact_blob_path(adding->blobs, entry->sha256, path), F_OK) == 0 &&
           artifact_blob_copy(adding->blobs, entry, -1, adding->buffer, &ignored);
}

/* Gives the file at path, open at fd, its name, unless a whole one has it; path is then gone.
 * Whoever gave that its name may not have synced the folder yet, so it is touched in any case. */
static int give_name(struct adding *adding, int fd, const char *path,
                     const struct artifact_entry *entry)
{
    char name[BLOB_PATH];
    char folder[BLOB_PATH];

    adding->is_touched[folder_of(entry->sha256)] = true;
    if (is_whole(adding, entry))
        return unlink(path) < 0 ? errno : 0;
    if (fchmod(fd, 0444) < 0 || fsync(fd) < 0)
        return errno;
    (void)snprintf(folder, sizeof folder, "%s/%.2s", adding->blobs->dir, entry->sha256);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return errno;
    if (rename(path, artifact_blob_path(adding->blobs, entry->sha256, name)) < 0)
        return errno;
    return 0;
}

/* What stands at the path when it is opened, whatever it was when the folder was listed. */
static int open_source(const struct adding *adding, int root, const char *path)
{
    const struct open_how how = { .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                                  .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    struct stat info;
    int fd = -1;

    if (adding->is_guarded)
        return plain_file_open_below(root, path, O_RDONLY, 0);
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd < 0 || (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)))
        return fd;
    (void)close(fd);
    errno = ELOOP;
    return -1;
}

static bool fail_source(const struct artifact_entry *entry, int error, struct assay_error *err)
{
    if (entry->kind == ARTIFACT_LINK || error == ELOOP)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "%s is a symbolic link and cannot be kept as a file", entry->path);
    return assay_fail_errno(err, error, "%s", entry->path);
}

static bool add_file(struct adding *adding, int root, struct artifact_entry *entry,
                     struct assay_error *err)
{
    struct stat info;
    char path[BLOB_PATH];
    int from = open_source(adding, root, entry->path);
    int to = -1;
    int error = 0;

    if (from < 0)
        return fail_source(entry, errno, err);
    if (fstat(from, &info) == 0)
        entry->mode = info.st_mode & 0777;
    entry->kind = ARTIFACT_FILE;
    to = open_new(adding, path, err);
    if (to < 0) {
        (void)close(from);
        return false;
    }
    error = artifact_copy_bytes(from, to, entry, adding->buffer);
    if (!error)
        error = give_name(adding, to, path, entry);
    if (error)
        (void)unlink(path);
    (void)close(to); /* synced: there is nothing left to fail */
    (void)close(from);
    return error == 0 || assay_fail_errno(err, error, "copy of %s", entry->path);
}

static bool add_files(struct adding *adding, struct artifact_tree *tree, struct assay_error *err)
{
    const struct artifact_blobs *blobs = adding->blobs;
    bool is_ok = true;

    tree->summary.file_count = 0;
    tree->summary.size_bytes = 0;
    for (size_t i = 0; i < tree->count && is_ok; i++) {
        struct artifact_entry *entry = &tree->entries[i];

        if (entry->kind == ARTIFACT_FOLDER)
            continue;
        if (blobs->is_ending && blobs->is_ending(blobs->context))
            return assay_fail(err, ASSAY_ABORTED, NULL, "the engine ends");
        is_ok = add_file(adding, tree->fd, entry, err);
        tree->summary.file_count++;
        tree->summary.size_bytes += entry->size_bytes;
    }
    return is_ok;
}

static bool add_manifest(struct adding *adding, const struct artifact_tree *tree, char *digest,
                         struct assay_error *err)
{
    size_t size = 0;
    char *text = artifact_manifest_text(tree, &size, err);
    struct artifact_entry entry = { .size_bytes = size };
    struct sha256_ctx hash;
    char path[BLOB_PATH];
    int fd = -1;
    int error = 0;

    if (!text)
        return false;
    sha256_init(&hash);
    sha256_update(&hash, size, (const uint8_t *)text);
    sha256_text(&hash, entry.sha256);
    fd = open_new(adding, path, err);
    if (fd >= 0) {
        error = artifact_write_whole(fd, text, size);
        if (!error)
            error = give_name(adding, fd, path, &entry);
        if (error) {
            (void)unlink(path);
            (void)assay_fail_errno(err, error, "manifest");
        }
        (void)close(fd);
    }
    free(text);
    memcpy(digest, entry.sha256, sizeof entry.sha256);
    return fd >= 0 && !error;
}

bool artifact_blobs_add(const struct artifact_blobs *blobs, const char *source_dir, bool is_guarded,
                        struct artifact_stored *stored, struct assay_error *err)
{
    struct artifact_tree tree = { .fd = -1 };
    struct adding *adding = calloc(1, sizeof *adding);
    unsigned char *buffer = malloc(ARTIFACT_COPY_BUFFER);
    int error = 0;
    bool is_added = false;

    if (!adding || !buffer) {
        (void)assay_fail_memory(err);
        goto out;
    }
    *adding = (struct adding){ .blobs = blobs, .is_guarded = is_guarded, .buffer = buffer };
    error = record_make_dirs(blobs->dir);
    if (error) {
        (void)assay_fail_errno(err, error, "%s", blobs->dir);
        goto out;
    }
    if (!artifact_tree_scan(&tree, source_dir, err) || !add_files(adding, &tree, err))
        goto out;
    if (tree.summary.file_count == 0) {
        (void)assay_fail(err, ASSAY_PRECONDITION, NULL, "there is no file in %s", source_dir);
        goto out;
    }
    is_added = add_manifest(adding, &tree, stored->digest, err) && sync_names(adding, err);
    stored->summary = tree.summary;
out:
    artifact_tree_clear(&tree);
    free(buffer);
    free(adding);
    return is_added;
}

bool artifact_blob_copy(const struct artifact_blobs *blobs, const struct artifact_entry *entry,
                        int to, unsigned char *buffer, struct assay_error *err)
{
    struct artifact_entry found = { 0 };
    char path[BLOB_PATH];
    int fd = open(artifact_blob_path(blobs, entry->sha256, path),
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int error = 0;

    if (fd < 0 && errno == ENOENT)
        return assay_fail(err, ASSAY_DATA_LOSS, NULL, "is missing");
    if (fd < 0)
        return assay_fail_errno(err, errno, "%s", path);
    error = artifact_copy_bytes(fd, to, &found, buffer);
    (void)close(fd);
    if (error)
        return assay_fail_errno(err, error, "%s", path);
    if (found.size_bytes == entry->size_bytes && strcmp(found.sha256, entry->sha256) == 0)
        return true;
    return assay_fail(err, ASSAY_DATA_LOSS, NULL, "is damaged: its bytes are not those it had");
}

/* The whole text, NUL-terminated, which the caller frees. */
static char *read_blob(const char *path, size_t *size, struct assay_error *err)
{
    FILE *file = fopen(path, "re");
    struct stat info;
    char *text = NULL;

    if (!file || fstat(fileno(file), &info) < 0) {
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL, "the manifest is missing");
    } else if (info.st_size > ARTIFACT_MANIFEST_MAX) {
        (void)assay_fail(err, ASSAY_DATA_LOSS, NULL, "the manifest is damaged");
    } else if (!(text = malloc((size_t)info.st_size + 1))) {
        (void)assay_fail_memory(err);
    } else {
        *size = fread(text, 1, (size_t)info.st_size, file);
        text[*size] = '\0';
    }
    if (file)
        (void)fclose(file);
    return text;
}

bool artifact_blobs_read(const struct artifact_blobs *blobs, const char *digest,
                         struct artifact_tree *tree, struct assay_error *err)
{
    struct sha256_ctx hash;
    char found[SHA256_TEXT];
    char path[BLOB_PATH];
    size_t size = 0;
    char *text = read_blob(artifact_blob_path(blobs, digest, path), &size, err);
    bool is_read = false;

    *tree = (struct artifact_tree){ .fd = -1 };
    if (!text)
        return false;
    sha256_init(&hash);
    sha256_update(&hash, size, (const uint8_t *)text);
    sha256_text(&hash, found);
    is_read = strcmp(found, digest) == 0
                  ? artifact_manifest_read(text, size, tree, err)
                  : assay_fail(err, ASSAY_DATA_LOSS, NULL, "the manifest is damaged");
    free(text);
    return is_read;
}

struct sweeping {
    artifact_needed_fn is_needed;
    void *context;
    uint64_t freed_bytes;
};

/* Of one folder: the blobs in it; of the root (is_root): what has no name yet. */
static int sweep_folder(struct sweeping *sweeping, const char *path, bool is_root)
{
    DIR *dir = opendir(path);
    const struct dirent *item = NULL;
    int error = 0;

    if (!dir)
        return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
    while (!error && (item = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
        struct stat info;
        bool is_going = is_root ? strncmp(item->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0
                                : strlen(item->d_name) == SHA256_TEXT - 1 &&
                                      !sweeping->is_needed(sweeping->context, item->d_name);

        if (!is_going || fstatat(dirfd(dir), item->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (unlinkat(dirfd(dir), item->d_name, 0) < 0)
            error = errno;
        else
            sweeping->freed_bytes += (uint64_t)info.st_size;
    }
    (void)closedir(dir);
    return error;
}

bool artifact_blobs_sweep(const struct artifact_blobs *blobs, artifact_needed_fn is_needed,
                          void *context, uint64_t *freed_bytes, struct assay_error *err)
{
    struct sweeping sweeping = { .is_needed = is_needed, .context = context };
    char path[BLOB_PATH];
    int error = sweep_folder(&sweeping, blobs->dir, true);

    for (unsigned i = 0; i < FOLDERS && !error; i++) {
        (void)snprintf(path, sizeof path, "%s/%02x", blobs->dir, i);
        error = sweep_folder(&sweeping, path, false);
    }
    *freed_bytes += sweeping.freed_bytes;
    return error == 0 || assay_fail_errno(err, error, "%s", blobs->dir);
}
