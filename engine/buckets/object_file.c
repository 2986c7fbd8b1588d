#include "engine/buckets/buckets_private.h"

#include "assay/plain_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HASH_BYTES = 256 * 1024 };

static bool fail_missing(const char *name, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "No such object: %.1024s", name);
}

int object_file_open(int bucket_fd, const char *name, int flags, struct stat *file,
                     struct assay_error *err)
{
    int fd = -1;

    if (!object_name_check(name, err))
        return -1;
    if (object_is_folder(name))
        fd = plain_open_below(bucket_fd, name, O_RDONLY | O_DIRECTORY, 0);
    else
        fd = plain_file_open_below(bucket_fd, name, flags, 0);
    if (fd >= 0 && fstat(fd, file) == 0)
        return fd;
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EISDIR)
        (void)fail_missing(name, err);
    else
        (void)assay_fail_errno(err, errno, "read the object %.512s", name);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static int make_part(int folder, const char *name, struct assay_error *err)
{
    int fd = -1;

    if (mkdirat(folder, name, 0777) == 0 || errno == EEXIST)
        fd = plain_open_below(folder, name, O_PATH | O_DIRECTORY, 0);
    if (fd >= 0)
        return fd;
    if (errno == ENOTDIR)
        (void)assay_fail(err, ASSAY_EXISTS, NULL,
                         "there is an object %s, so there can be none below %s/: both are files "
                         "of one folder",
                         name, name);
    else if (errno == ELOOP)
        (void)assay_fail(err, ASSAY_INVALID, NULL,
                         "there is a symbolic link %s, which is not followed", name);
    else
        (void)assay_fail_errno(err, errno, "make the folder %s", name);
    return -1;
}

int object_parent_make(int bucket_fd, const char *name, char last[256], struct assay_error *err)
{
    int folder = fcntl(bucket_fd, F_DUPFD_CLOEXEC, 0);

    if (folder < 0)
        (void)assay_fail_errno(err, errno, "open the bucket");
    while (folder >= 0) {
        size_t size = strcspn(name, "/");
        int next = -1;

        memcpy(last, name, size); /* checked: at most NAME_MAX */
        last[size] = '\0';
        name += size + (name[size] == '/');
        if (!*name)
            break;
        next = make_part(folder, last, err);
        (void)close(folder);
        folder = next;
    }
    return folder;
}

/* Removes a folder with nothing in it; false: it stays. */
static bool remove_folder(int bucket_fd, char *path)
{
    char *slash = strrchr(path, '/');
    int parent = -1;
    bool is_gone = false;

    if (!slash)
        return unlinkat(bucket_fd, path, AT_REMOVEDIR) == 0;
    *slash = '\0';
    parent = plain_open_below(bucket_fd, path, O_PATH | O_DIRECTORY, 0);
    *slash = '/';
    if (parent < 0)
        return false;
    is_gone = unlinkat(parent, slash + 1, AT_REMOVEDIR) == 0;
    (void)close(parent);
    return is_gone;
}

bool object_is_marked(struct buckets *buckets, int bucket_fd, const char *bucket, const char *path)
{
    char name[OBJECT_NAME_MAX + 2];
    struct assay_error ignored = { 0 };
    struct object_info info = { 0 };
    bool is_there = false;

    (void)snprintf(name, sizeof name, "%s/", path);
    if (!object_look(buckets, bucket_fd, bucket, name, &info, &is_there, &ignored))
        return false;
    object_info_clear(&info);
    return is_there;
}

void object_prune_parents(struct buckets *buckets, int bucket_fd, const char *bucket,
                          const char *name)
{
    char path[OBJECT_NAME_MAX + 1];
    char *slash = NULL;

    (void)snprintf(path, sizeof path, "%s", name);
    while ((slash = strrchr(path, '/')) != NULL) {
        *slash = '\0';
        if (object_is_marked(buckets, bucket_fd, bucket, path) || !remove_folder(bucket_fd, path))
            return;
    }
}

/* name NULL: the folder itself. */
static DIR *open_folder(int parent_fd, const char *name)
{
    int fd = plain_open_below(parent_fd, name ? name : ".", O_RDONLY | O_DIRECTORY, 0);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    if (!folder && fd >= 0)
        (void)close(fd);
    return folder;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

enum entry_kind { ENTRY_OTHER, ENTRY_FILE, ENTRY_FOLDER };

static enum entry_kind kind_of(int folder_fd, const struct dirent *entry)
{
    struct stat file;

    if (entry->d_type == DT_REG)
        return ENTRY_FILE;
    if (entry->d_type == DT_DIR)
        return ENTRY_FOLDER;
    if (entry->d_type != DT_UNKNOWN ||
        fstatat(folder_fd, entry->d_name, &file, AT_SYMLINK_NOFOLLOW) != 0)
        return ENTRY_OTHER;
    return S_ISREG(file.st_mode) ? ENTRY_FILE
                                 : (S_ISDIR(file.st_mode) ? ENTRY_FOLDER : ENTRY_OTHER);
}

/* Folders in folders, deeper than an object's name can reach, are not looked into. One that cannot
 * be read counts as full: it is shown, and not taken for something that may be removed. */
static bool has_files(int parent_fd, const char *name, int depth)
{
    DIR *folder = open_folder(parent_fd, name);
    const struct dirent *entry = NULL;
    bool has = !folder && errno != ENOENT && errno != ENOTDIR && errno != ELOOP;

    while (folder && !has && (entry = readdir(folder)) != NULL) {
        enum entry_kind kind = kind_of(dirfd(folder), entry);

        if (is_dots(entry->d_name) || (!name && strcmp(entry->d_name, BUCKETS_UPLOADS) == 0))
            continue;
        has = kind == ENTRY_FILE || (kind == ENTRY_FOLDER && depth < OBJECT_NAME_MAX / 2 &&
                                     has_files(dirfd(folder), entry->d_name, depth + 1));
    }
    if (folder)
        (void)closedir(folder);
    return has;
}

bool object_tree_has_files(int parent_fd, const char *name)
{
    return has_files(parent_fd, name, 0);
}

static bool remove_empty(int parent_fd, const char *name, int depth)
{
    DIR *folder = NULL;
    const struct dirent *entry = NULL;
    bool is_ok = depth < OBJECT_NAME_MAX / 2;

    if (unlinkat(parent_fd, name, AT_REMOVEDIR) == 0)
        return true;
    folder = is_ok ? open_folder(parent_fd, name) : NULL;
    is_ok = folder != NULL;
    while (is_ok && (entry = readdir(folder)) != NULL)
        if (!is_dots(entry->d_name))
            is_ok = remove_empty(dirfd(folder), entry->d_name, depth + 1);
    if (folder)
        (void)closedir(folder);
    return is_ok && unlinkat(parent_fd, name, AT_REMOVEDIR) == 0;
}

bool object_remove_empty_tree(int parent_fd, const char *name)
{
    return remove_empty(parent_fd, name, 0);
}

void running_hash_init(struct running_hash *hash)
{
    *hash = (struct running_hash){ 0 };
    md5_init(&hash->md5);
}

void running_hash_add(struct running_hash *hash, const void *bytes, size_t size)
{
    hash->crc32c = object_crc32c(hash->crc32c, bytes, size);
    md5_update(&hash->md5, size, bytes);
    hash->offset += (int64_t)size;
}

void running_hash_finish(struct running_hash *hash, struct object_info *info)
{
    info->crc32c = hash->crc32c;
    md5_digest(&hash->md5, OBJECT_MD5_SIZE, info->md5);
    info->has_hashes = true;
}

bool object_hash_file(int fd, struct running_hash *hash, struct assay_error *err)
{
    char *bytes = malloc(HASH_BYTES);
    ssize_t got = 1;

    if (!bytes)
        return assay_fail_memory(err);
    while (got > 0) {
        got = pread(fd, bytes, HASH_BYTES, hash->offset);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            running_hash_add(hash, bytes, (size_t)got);
    }
    free(bytes);
    return got == 0 || assay_fail_errno(err, errno, "read an object");
}
