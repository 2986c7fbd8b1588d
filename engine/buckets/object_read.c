#include "engine/buckets/buckets_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void object_info_clear(struct object_info *info)
{
    free(info->name);
    free(info->fields);
    *info = (struct object_info){ 0 };
}

bool object_info_name(struct object_info *info, const char *name, struct assay_error *err)
{
    info->name = strdup(name);
    return info->name || assay_fail_memory(err);
}

static bool fail_missing(const char *bucket, const char *name, struct assay_error *err)
{
    return assay_fail(err, ASSAY_NOT_FOUND, NULL, "No such object: %s/%.1024s", bucket, name);
}

/* What an opened file is. A folder that nobody made an object of is none. */
static bool read_opened(struct buckets *buckets, const char *bucket, const char *name,
                        const struct stat *file, struct object_info *info, bool *is_there,
                        struct assay_error *err)
{
    bool is_known = false;

    *info = (struct object_info){ 0 };
    if (!side_read(buckets, bucket, name, file, info, &is_known, err) ||
        !object_info_name(info, name, err)) {
        object_info_clear(info);
        return false;
    }
    *is_there = is_known || !S_ISDIR(file->st_mode);
    if (!*is_there)
        object_info_clear(info);
    return true;
}

bool object_look(struct buckets *buckets, int bucket_fd, const char *bucket, const char *name,
                 struct object_info *info, bool *is_there, struct assay_error *err)
{
    struct stat file;
    int fd = object_file_open(bucket_fd, name, O_PATH, &file, err);
    bool is_ok = false;

    *info = (struct object_info){ 0 };
    *is_there = false;
    if (fd < 0) {
        is_ok = err->code == ASSAY_NOT_FOUND;
        if (is_ok)
            *err = (struct assay_error){ 0 };
        return is_ok;
    }
    is_ok = read_opened(buckets, bucket, name, &file, info, is_there, err);
    (void)close(fd);
    return is_ok;
}

/* It is still the file that was looked at. */
static bool is_same(int fd, const struct file_mark *mark)
{
    struct stat file;
    struct file_mark now;

    if (fstat(fd, &file) != 0)
        return false;
    now = file_mark(&file);
    return now.size == mark->size && now.mtime_ns == mark->mtime_ns && now.inode == mark->inode;
}

/*
 * What nobody has summed up yet is, and is kept for the next who asks. A file that is written
 * meanwhile goes without. A reader is never refused for it.
 */
static void add_hashes(struct buckets *buckets, int fd, const char *bucket, const char *name,
                       const struct stat *file, struct object_info *info)
{
    struct assay_error ignored = { 0 };
    struct file_mark mark = file_mark(file);
    struct running_hash hash;

    running_hash_init(&hash);
    if (!object_hash_file(fd, &hash, &ignored) || !is_same(fd, &mark) || hash.offset != mark.size)
        return;
    running_hash_finish(&hash, info);
    if (!buckets_lock_for_change(buckets, &ignored))
        return;
    (void)side_add(buckets, bucket, name, &mark, info, &ignored);
    buckets_unlock(buckets);
}

/* Opens and reads what is known; -1 and *err. */
static int open_known(struct buckets *buckets, const char *bucket, const char *name,
                      struct stat *file, struct object_info *info, struct assay_error *err)
{
    int bucket_fd = bucket_open(buckets, bucket, err);
    bool is_there = false;
    int fd = -1;

    *info = (struct object_info){ 0 };
    if (bucket_fd < 0)
        return -1;
    fd = object_file_open(bucket_fd, name, O_RDONLY, file, err);
    (void)close(bucket_fd);
    if (fd < 0)
        return -1;
    if (buckets_lock(buckets, err)) {
        bool is_ok = read_opened(buckets, bucket, name, file, info, &is_there, err);

        (void)pthread_mutex_unlock(&buckets->mutex);
        if (is_ok && is_there)
            return fd;
        if (is_ok)
            (void)fail_missing(bucket, name, err);
    }
    (void)close(fd);
    return -1;
}

int object_open(struct buckets *buckets, const char *bucket, const char *name,
                enum object_hashing hashing, struct object_info *info, struct assay_error *err)
{
    struct stat file;
    int fd = open_known(buckets, bucket, name, &file, info, err);

    if (fd < 0)
        return -1;
    if (S_ISDIR(file.st_mode)) {
        (void)close(fd);
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            (void)assay_fail_errno(err, errno, "open /dev/null");
            object_info_clear(info);
        }
        return fd;
    }
    if (hashing == OBJECT_ALL_HASHES && !info->has_hashes)
        add_hashes(buckets, fd, bucket, name, &file, info);
    return fd;
}

bool object_stat(struct buckets *buckets, const char *bucket, const char *name,
                 enum object_hashing hashing, struct object_info *info, struct assay_error *err)
{
    int fd = object_open(buckets, bucket, name, hashing, info, err);

    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

static bool fail_condition(const char *which, int64_t wanted, int64_t found,
                           struct assay_error *err)
{
    return assay_fail(err, ASSAY_PRECONDITION, NULL,
                      "At least one of the pre-conditions you specified did not hold: %s=%lld, "
                      "and it is %lld.",
                      which, (long long)wanted, (long long)found);
}

bool object_conditions_check(const struct object_conditions *conditions,
                             const struct object_info *info, struct assay_error *err)
{
    int64_t generation = info ? info->generation : 0;
    int64_t metageneration = info ? info->metageneration : 0;

    if (conditions->generation_match.is_set && conditions->generation_match.value != generation)
        return fail_condition("ifGenerationMatch", conditions->generation_match.value, generation,
                              err);
    if (conditions->generation_not_match.is_set &&
        conditions->generation_not_match.value == generation)
        return fail_condition("ifGenerationNotMatch", conditions->generation_not_match.value,
                              generation, err);
    if (conditions->metageneration_match.is_set &&
        conditions->metageneration_match.value != metageneration)
        return fail_condition("ifMetagenerationMatch", conditions->metageneration_match.value,
                              metageneration, err);
    if (conditions->metageneration_not_match.is_set &&
        conditions->metageneration_not_match.value == metageneration)
        return fail_condition("ifMetagenerationNotMatch",
                              conditions->metageneration_not_match.value, metageneration, err);
    return true;
}
