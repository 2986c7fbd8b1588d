#include "engine/buckets/buckets_private.h"

#include "assay/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024 };

/* A source as it is opened: what is read is one generation, whatever becomes of the name. */
struct open_source {
    struct object_info info;
    int fd;
};

static bool open_source(struct buckets *buckets, const struct object_source *source,
                        struct open_source *opened, struct assay_error *err)
{
    opened->fd =
        object_open(buckets, source->bucket, source->name, OBJECT_KNOWN_HASHES, &opened->info, err);
    return opened->fd >= 0 && object_conditions_check(&source->conditions, &opened->info, err);
}

static bool append(struct upload *upload, int fd, char *bytes, struct assay_error *err)
{
    off_t at = 0;
    ssize_t got = 1;

    while (got > 0) {
        got = pread(fd, bytes, COPY_BYTES, at);
        if (got < 0 && errno == EINTR) {
            got = 1;
        } else if (got > 0) {
            if (!upload_write(upload, bytes, (size_t)got, err))
                return false;
            at += got;
        }
    }
    return got == 0 || assay_fail_errno(err, errno, "read an object");
}

static bool append_all(struct upload *upload, const struct open_source *sources, size_t count,
                       struct assay_error *err)
{
    char *bytes = malloc(COPY_BYTES);
    bool is_ok = true;

    if (!bytes)
        return assay_fail_memory(err);
    for (size_t i = 0; i < count && is_ok; i++)
        is_ok = append(upload, sources[i].fd, bytes, err);
    free(bytes);
    return is_ok;
}

bool object_compose(struct buckets *buckets, const struct object_source *sources, size_t count,
                    const struct upload_options *options, struct object_info *info,
                    struct assay_error *err)
{
    struct open_source opened[OBJECT_SOURCES_MAX] = { 0 };
    struct upload_options own = *options;
    struct upload *upload = NULL;
    bool is_ok = false;
    size_t ready = 0;

    *info = (struct object_info){ 0 };
    if (count == 0 || count > OBJECT_SOURCES_MAX)
        return assay_fail(err, ASSAY_INVALID, NULL, "an object is composed of 1 to %d others",
                          (int)OBJECT_SOURCES_MAX);
    for (; ready < count; ready++)
        if (!open_source(buckets, &sources[ready], &opened[ready], err)) {
            ready++;
            goto out;
        }
    if (!own.fields)
        own.fields = opened[0].info.fields;
    upload = upload_begin(buckets, &own, err);
    is_ok = upload && append_all(upload, opened, count, err) && upload_commit(upload, info, err);
    upload_free(upload);
out:
    while (ready-- > 0) {
        if (opened[ready].fd >= 0)
            (void)close(opened[ready].fd);
        object_info_clear(&opened[ready].info);
    }
    return is_ok;
}

/* Whatever stands at the object's name now, as its file. */
static bool stat_file(int bucket_fd, const char *name, struct stat *file, struct assay_error *err)
{
    int fd = object_file_open(bucket_fd, name, O_PATH, file, err);

    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

static bool look_checked(struct buckets *buckets, int bucket_fd, const char *bucket,
                         const char *name, const struct object_conditions *conditions,
                         struct object_info *info, struct assay_error *err)
{
    bool is_there = false;

    if (!object_look(buckets, bucket_fd, bucket, name, info, &is_there, err))
        return false;
    if (!is_there)
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "No such object: %s/%.1024s", bucket, name);
    return object_conditions_check(conditions, info, err);
}

static bool patch_locked(struct buckets *buckets, int bucket_fd, const char *bucket,
                         const char *name, const char *patch, bool is_whole,
                         const struct object_conditions *conditions, struct object_info *info,
                         struct assay_error *err)
{
    struct file_mark mark;
    struct stat file;
    char *fields = NULL;

    if (!look_checked(buckets, bucket_fd, bucket, name, conditions, info, err) ||
        !stat_file(bucket_fd, name, &file, err))
        return false;
    fields = fields_merge(is_whole ? NULL : info->fields, patch, err);
    if (!fields)
        return false;
    free(info->fields);
    info->fields = fields;
    info->metageneration++;
    info->updated_us = assay_wall_us(buckets->env);
    mark = file_mark(&file);
    return side_add(buckets, bucket, name, &mark, info, err);
}

bool object_patch(struct buckets *buckets, const char *bucket, const char *name, const char *patch,
                  bool is_whole, const struct object_conditions *conditions,
                  struct object_info *info, struct assay_error *err)
{
    int bucket_fd = bucket_open(buckets, bucket, err);
    bool is_ok = false;

    *info = (struct object_info){ 0 };
    if (bucket_fd < 0)
        return false;
    if (buckets_lock_for_change(buckets, err)) {
        is_ok =
            patch_locked(buckets, bucket_fd, bucket, name, patch, is_whole, conditions, info, err);
        buckets_unlock(buckets);
    }
    (void)close(bucket_fd);
    if (!is_ok)
        object_info_clear(info);
    return is_ok;
}

/* Takes the file away, and folders that nothing else is in. */
static bool remove_file(int bucket_fd, const char *name, struct assay_error *err)
{
    char path[OBJECT_NAME_MAX + 1];
    char *slash = NULL;
    int fd = -1;
    bool is_ok = false;

    memcpy(path, name, strlen(name) + 1);
    slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    fd = plain_open_below(bucket_fd, slash ? path : ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return assay_fail_errno(err, errno, "delete the object %.512s", name);
    is_ok = unlinkat(fd, slash ? slash + 1 : path, 0) == 0 ||
            assay_fail_errno(err, errno, "delete the object %.512s", name);
    if (is_ok)
        (void)fsync(fd);
    (void)close(fd);
    return is_ok;
}

static bool remove_locked(struct buckets *buckets, int bucket_fd, const char *bucket,
                          const char *name, const struct object_conditions *conditions,
                          struct assay_error *err)
{
    struct object_info info = { 0 };
    bool is_ok = look_checked(buckets, bucket_fd, bucket, name, conditions, &info, err);

    object_info_clear(&info);
    /* Of a folder only the row makes an object; what else is in it stays. */
    is_ok = is_ok && (object_is_folder(name) || remove_file(bucket_fd, name, err)) &&
            side_forget(buckets, bucket, name, err);
    if (is_ok)
        object_prune_parents(buckets, bucket_fd, bucket, name);
    return is_ok;
}

bool object_remove(struct buckets *buckets, const char *bucket, const char *name,
                   const struct object_conditions *conditions, struct assay_error *err)
{
    int bucket_fd = bucket_open(buckets, bucket, err);
    bool is_ok = false;

    if (bucket_fd < 0)
        return false;
    if (buckets_lock_for_change(buckets, err)) {
        is_ok = remove_locked(buckets, bucket_fd, bucket, name, conditions, err);
        buckets_unlock(buckets);
    }
    (void)close(bucket_fd);
    return is_ok;
}
