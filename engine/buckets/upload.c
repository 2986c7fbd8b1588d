#include "engine/buckets/buckets_private.h"

#include "assay/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* What waits to be written is handed to the disk in pieces, so that the last fsync is short. */
enum { WRITE_BEHIND_BYTES = 16 * 1024 * 1024 };

struct upload {
    struct buckets *buckets;
    struct session_row row; /* bucket, name and what was asked for */
    char file[UPLOAD_ID_TEXT];
    bool is_session;
    bool is_hashed; /* hash is of all bytes so far; else it is made at the end */
    int bucket_fd;
    int folder_fd; /* of BUCKETS_UPLOADS */
    int fd;
    int64_t offset;
    int64_t handed_over; /* to the disk */
    struct running_hash hash;
};

static bool make_id(struct buckets *buckets, char id[UPLOAD_ID_TEXT], struct assay_error *err)
{
    unsigned char bytes[(UPLOAD_ID_TEXT - 1) / 2];

    if (!buckets->env->entropy(buckets->env->context, bytes, sizeof bytes))
        return assay_fail(err, ASSAY_UNAVAILABLE, NULL, "there is no entropy to be had");
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* Only what make_id() writes: it becomes a file's name. */
static bool is_id(const char *id)
{
    return strlen(id) == UPLOAD_ID_TEXT - 1 && strspn(id, "0123456789abcdef") == UPLOAD_ID_TEXT - 1;
}

static bool copy_options(struct session_row *row, const struct upload_options *options,
                         struct assay_error *err)
{
    row->bucket = strdup(options->bucket);
    row->name = strdup(options->name);
    row->fields = strdup(options->fields ? options->fields : "{}");
    if (!row->bucket || !row->name || !row->fields)
        return assay_fail_memory(err);
    row->options = *options;
    row->options.bucket = row->bucket;
    row->options.name = row->name;
    row->options.fields = row->fields;
    return true;
}

/* Opens the bucket and the folder of uploads in it, made where they are missing. */
static bool open_folders(struct upload *upload, struct assay_error *err)
{
    upload->bucket_fd = bucket_open_or_make(upload->buckets, upload->row.bucket, err);
    if (upload->bucket_fd < 0)
        return false;
    if (mkdirat(upload->bucket_fd, BUCKETS_UPLOADS, 0777) == 0 || errno == EEXIST)
        upload->folder_fd =
            plain_open_below(upload->bucket_fd, BUCKETS_UPLOADS, O_PATH | O_DIRECTORY, 0);
    return upload->folder_fd >= 0 ||
           assay_fail_errno(err, errno, "the folder " BUCKETS_UPLOADS " of bucket %s",
                            upload->row.bucket);
}

static bool open_file(struct upload *upload, int flags, struct assay_error *err)
{
    upload->fd = plain_file_open_below(upload->folder_fd, upload->file, O_RDWR | flags, 0666);
    return upload->fd >= 0 ||
           assay_fail_errno(err, errno, "write to bucket %s", upload->row.bucket);
}

static struct upload *new_upload(struct buckets *buckets, struct assay_error *err)
{
    struct upload *upload = calloc(1, sizeof *upload);

    if (!upload) {
        (void)assay_fail_memory(err);
        return NULL;
    }
    upload->buckets = buckets;
    upload->bucket_fd = -1;
    upload->folder_fd = -1;
    upload->fd = -1;
    upload->is_hashed = true;
    running_hash_init(&upload->hash);
    return upload;
}

static void close_files(struct upload *upload)
{
    if (upload->fd >= 0)
        (void)close(upload->fd);
    if (upload->folder_fd >= 0)
        (void)close(upload->folder_fd);
    if (upload->bucket_fd >= 0)
        (void)close(upload->bucket_fd);
    session_row_clear(&upload->row);
    free(upload);
}

/* What is wrong with the request is known before its bytes have come. */
static bool check_options(struct upload *upload, struct assay_error *err)
{
    const struct upload_options *options = &upload->row.options;
    struct object_info info = { 0 };
    bool is_there = false;
    bool is_ok = false;

    if (!buckets_lock(upload->buckets, err))
        return false;
    is_ok = object_look(upload->buckets, upload->bucket_fd, options->bucket, options->name, &info,
                        &is_there, err);
    (void)pthread_mutex_unlock(&upload->buckets->mutex);
    is_ok = is_ok && object_conditions_check(&options->conditions, is_there ? &info : NULL, err);
    object_info_clear(&info);
    return is_ok;
}

static struct upload *begin(struct buckets *buckets, const struct upload_options *options,
                            struct assay_error *err)
{
    struct upload *upload = NULL;
    char *fields = NULL;

    if (!bucket_name_check(options->bucket, err) || !object_name_check(options->name, err))
        return NULL;
    fields = fields_merge(NULL, options->fields, err); /* their size is known to be right */
    free(fields);
    upload = fields ? new_upload(buckets, err) : NULL;
    if (!upload)
        return NULL;
    if (make_id(buckets, upload->file, err) && copy_options(&upload->row, options, err) &&
        open_folders(upload, err) && check_options(upload, err) &&
        open_file(upload, O_CREAT | O_EXCL, err))
        return upload;
    close_files(upload);
    return NULL;
}

struct upload *upload_begin(struct buckets *buckets, const struct upload_options *options,
                            struct assay_error *err)
{
    return begin(buckets, options, err);
}

bool upload_session_new(struct buckets *buckets, const struct upload_options *options,
                        char id[UPLOAD_ID_TEXT], struct assay_error *err)
{
    struct upload *upload = begin(buckets, options, err);
    bool is_ok = false;

    if (!upload)
        return false;
    upload->is_session = true;
    memcpy(id, upload->file, UPLOAD_ID_TEXT);
    if (buckets_lock_for_change(buckets, err)) {
        is_ok = side_add_session(buckets, id, &upload->row.options, err);
        buckets_unlock(buckets);
    }
    upload->is_session = is_ok;
    upload_free(upload);
    return is_ok;
}

static bool read_session(struct buckets *buckets, const char *id, struct session_row *row,
                         struct assay_error *err)
{
    bool is_ok = false;

    if (!is_id(id))
        return assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no such upload");
    if (!buckets_lock(buckets, err))
        return false;
    is_ok = side_read_session(buckets, id, row, err);
    (void)pthread_mutex_unlock(&buckets->mutex);
    return is_ok;
}

/* With the sums that the last writer left, or without any. */
static void take_kept_hash(struct upload *upload)
{
    struct buckets *buckets = upload->buckets;

    (void)pthread_mutex_lock(&buckets->mutex);
    for (int i = 0; i < KEPT_HASHES; i++)
        if (buckets->kept[i].used && strcmp(buckets->kept[i].id, upload->file) == 0) {
            upload->hash = buckets->kept[i].hash;
            buckets->kept[i].used = 0;
        }
    (void)pthread_mutex_unlock(&buckets->mutex);
    upload->is_hashed = upload->hash.offset == upload->offset;
    if (!upload->is_hashed)
        running_hash_init(&upload->hash);
}

static void keep_hash(struct upload *upload)
{
    struct buckets *buckets = upload->buckets;
    struct kept_hash *oldest = &buckets->kept[0];

    if (!upload->is_hashed || upload->offset == 0)
        return;
    (void)pthread_mutex_lock(&buckets->mutex);
    for (int i = 1; i < KEPT_HASHES; i++)
        if (buckets->kept[i].used < oldest->used)
            oldest = &buckets->kept[i];
    memcpy(oldest->id, upload->file, UPLOAD_ID_TEXT);
    oldest->hash = upload->hash;
    oldest->used = ++buckets->clock;
    (void)pthread_mutex_unlock(&buckets->mutex);
}

struct upload *upload_session_open(struct buckets *buckets, const char *id, struct assay_error *err)
{
    struct upload *upload = new_upload(buckets, err);
    struct stat file;

    if (!upload || !read_session(buckets, id, &upload->row, err))
        goto fail;
    memcpy(upload->file, id, UPLOAD_ID_TEXT);
    if (!open_folders(upload, err))
        goto fail;
    if (!open_file(upload, 0, err)) {
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no such upload any more");
        goto fail;
    }
    if (flock(upload->fd, LOCK_EX | LOCK_NB) != 0) {
        (void)assay_fail(err, ASSAY_ABORTED, NULL, "another connection writes to this upload");
        goto fail;
    }
    if (fstat(upload->fd, &file) != 0) {
        (void)assay_fail_errno(err, errno, "read an upload");
        goto fail;
    }
    upload->is_session = true;
    upload->offset = file.st_size;
    upload->handed_over = file.st_size;
    take_kept_hash(upload);
    return upload;
fail:
    if (upload)
        close_files(upload);
    return NULL;
}

/* How much of a session lies there; false: there is no file, it has ended. */
static bool find_offset(struct buckets *buckets, const struct session_row *row, const char *id,
                        int64_t *offset)
{
    struct assay_error ignored = { 0 };
    int bucket_fd = bucket_open(buckets, row->bucket, &ignored);
    int folder_fd =
        bucket_fd < 0 ? -1 : plain_open_below(bucket_fd, BUCKETS_UPLOADS, O_PATH | O_DIRECTORY, 0);
    struct stat file;
    bool is_there = folder_fd >= 0 && fstatat(folder_fd, id, &file, AT_SYMLINK_NOFOLLOW) == 0;

    if (is_there)
        *offset = file.st_size;
    if (folder_fd >= 0)
        (void)close(folder_fd);
    if (bucket_fd >= 0)
        (void)close(bucket_fd);
    return is_there;
}

bool upload_session_stat(struct buckets *buckets, const char *id, int64_t *offset, bool *is_done,
                         struct object_info *info, char **bucket, struct assay_error *err)
{
    struct session_row row = { 0 };
    bool is_ok = read_session(buckets, id, &row, err);

    *is_done = false;
    *bucket = NULL;
    if (is_ok && !find_offset(buckets, &row, id, offset)) {
        /* The row was written before the file was renamed: only then was it done. */
        *is_done = row.done_generation != 0;
        is_ok = *is_done
                    ? object_stat(buckets, row.bucket, row.name, OBJECT_ALL_HASHES, info, err)
                    : assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no such upload any more");
    }
    if (is_ok) {
        *bucket = row.bucket;
        row.bucket = NULL;
    }
    session_row_clear(&row);
    return is_ok;
}

bool upload_session_cancel(struct buckets *buckets, const char *id, struct assay_error *err)
{
    struct upload *upload = upload_session_open(buckets, id, err);
    bool is_ok = false;

    if (!upload)
        return false;
    if (buckets_lock_for_change(buckets, err)) {
        is_ok = side_remove_session(buckets, id, err);
        buckets_unlock(buckets);
    }
    upload->is_session = !is_ok;
    upload_free(upload);
    return is_ok;
}

const char *upload_bucket(const struct upload *upload)
{
    return upload->row.bucket;
}

const char *upload_name(const struct upload *upload)
{
    return upload->row.name;
}

int64_t upload_offset(const struct upload *upload)
{
    return upload->offset;
}

static bool write_all(struct upload *upload, const char *bytes, size_t size,
                      struct assay_error *err)
{
    while (size > 0) {
        ssize_t written = pwrite(upload->fd, bytes, size, upload->offset);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return assay_fail_errno(err, errno, "write to bucket %s", upload->row.bucket);
        if (upload->is_hashed)
            running_hash_add(&upload->hash, bytes, (size_t)written);
        bytes += written;
        size -= (size_t)written;
        upload->offset += written;
    }
    return true;
}

bool upload_write(struct upload *upload, const void *bytes, size_t size, struct assay_error *err)
{
    if (size > 0 && object_is_folder(upload->row.name))
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "an object whose name ends with / is a folder, and has no bytes");
    if (!write_all(upload, bytes, size, err))
        return false;
    if (upload->offset - upload->handed_over >= WRITE_BEHIND_BYTES) {
        (void)sync_file_range(upload->fd, upload->handed_over, upload->offset - upload->handed_over,
                              SYNC_FILE_RANGE_WRITE);
        upload->handed_over = upload->offset;
    }
    return true;
}

bool upload_sync(struct upload *upload, struct assay_error *err)
{
    return fsync(upload->fd) == 0 ||
           assay_fail_errno(err, errno, "write to bucket %s", upload->row.bucket);
}

void upload_expect_crc32c(struct upload *upload, uint32_t crc32c)
{
    upload->row.options.has_crc32c = true;
    upload->row.options.crc32c = crc32c;
}

void upload_expect_md5(struct upload *upload, const uint8_t md5[OBJECT_MD5_SIZE])
{
    upload->row.options.has_md5 = true;
    memcpy(upload->row.options.md5, md5, OBJECT_MD5_SIZE);
}

static bool sum_up(struct upload *upload, struct object_info *info, struct assay_error *err)
{
    const struct upload_options *options = &upload->row.options;

    if (!upload->is_hashed) {
        running_hash_init(&upload->hash);
        if (!object_hash_file(upload->fd, &upload->hash, err))
            return false;
    }
    running_hash_finish(&upload->hash, info);
    upload->is_hashed = false; /* the sums are ended: who goes on begins anew */
    if (options->has_crc32c && options->crc32c != info->crc32c)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "Provided CRC32C doesn't match calculated CRC32C: the bytes that came "
                          "are not those that were sent");
    if (options->has_md5 && memcmp(options->md5, info->md5, OBJECT_MD5_SIZE) != 0)
        return assay_fail(err, ASSAY_INVALID, NULL,
                          "Provided MD5 hash doesn't match calculated MD5 hash: the bytes that "
                          "came are not those that were sent");
    return true;
}

/* The row of the file as it is now, and, of a session, that it has ended; not yet renamed. */
static bool write_rows(struct upload *upload, const struct file_mark *mark,
                       const struct object_info *info, int64_t current_generation,
                       struct assay_error *err)
{
    struct buckets *buckets = upload->buckets;

    if (!side_execute(buckets, "BEGIN IMMEDIATE", err))
        return false;
    if (side_write(buckets, upload->row.bucket, upload->row.name, mark, info, current_generation,
                   err) &&
        (!upload->is_session || side_end_session(buckets, upload->file, info->generation, err)) &&
        side_execute(buckets, "COMMIT", err))
        return true;
    (void)sqlite3_exec(buckets->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool fail_clash(const struct upload *upload, struct assay_error *err)
{
    return assay_fail(err, ASSAY_EXISTS, NULL,
                      "there are objects below %.512s/, so there can be no object %.512s: both are "
                      "files of one folder",
                      upload->row.name, upload->row.name);
}

/* A folder that is an object is a folder with a row. */
static bool make_folder(struct upload *upload, int parent_fd, const char *last,
                        struct object_info *info, int64_t current, struct assay_error *err)
{
    struct file_mark mark;
    struct stat file;
    int fd = -1;
    bool is_ok = false;

    if (mkdirat(parent_fd, last, 0777) != 0 && errno != EEXIST)
        return assay_fail_errno(err, errno, "make the folder %s", last);
    fd = plain_open_below(parent_fd, last, O_PATH | O_DIRECTORY, 0);
    if (fd < 0)
        return errno == ENOTDIR
                   ? assay_fail(err, ASSAY_EXISTS, NULL, "there is an object %s already", last)
                   : assay_fail_errno(err, errno, "the folder %s", last);
    is_ok = fstat(fd, &file) == 0 || assay_fail_errno(err, errno, "the folder %s", last);
    (void)close(fd);
    if (!is_ok)
        return false;
    mark = file_mark(&file);
    if (!write_rows(upload, &mark, info, current, err))
        return false;
    (void)unlinkat(upload->folder_fd, upload->file, 0);
    return true;
}

static bool put_file(struct upload *upload, int parent_fd, const char *last,
                     struct object_info *info, int64_t current, struct assay_error *err)
{
    struct file_mark mark;
    struct stat file;

    /* A folder without objects is none, and in nobody's way. */
    if (fstatat(parent_fd, last, &file, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(file.st_mode) &&
        (object_is_marked(upload->buckets, upload->bucket_fd, upload->row.bucket,
                          upload->row.name) ||
         object_tree_has_files(parent_fd, last) || !object_remove_empty_tree(parent_fd, last)))
        return fail_clash(upload, err);
    if (fstat(upload->fd, &file) != 0)
        return assay_fail_errno(err, errno, "read an upload");
    mark = file_mark(&file);
    info->size = mark.size;
    if (!write_rows(upload, &mark, info, current, err))
        return false;
    if (renameat(upload->folder_fd, upload->file, parent_fd, last) == 0)
        return true;
    return errno == EISDIR || errno == ENOTEMPTY
               ? fail_clash(upload, err)
               : assay_fail_errno(err, errno, "write the object %.512s", upload->row.name);
}

/* With the lock. */
static bool replace(struct upload *upload, struct object_info *info, struct assay_error *err)
{
    struct buckets *buckets = upload->buckets;
    const struct upload_options *options = &upload->row.options;
    struct object_info current = { 0 };
    char last[256];
    bool is_there = false;
    bool is_ok = false;
    int parent_fd = -1;

    if (!object_look(buckets, upload->bucket_fd, options->bucket, options->name, &current,
                     &is_there, err) ||
        !object_conditions_check(&options->conditions, is_there ? &current : NULL, err))
        goto out;
    info->created_us = assay_wall_us(buckets->env);
    info->updated_us = info->created_us;
    info->generation =
        info->created_us > current.generation ? info->created_us : current.generation + 1;
    info->metageneration = 1;
    parent_fd = object_parent_make(upload->bucket_fd, options->name, last, err);
    if (parent_fd < 0)
        goto out;
    is_ok = object_is_folder(options->name)
                ? make_folder(upload, parent_fd, last, info, current.generation, err)
                : put_file(upload, parent_fd, last, info, current.generation, err);
out:
    object_info_clear(&current);
    if (parent_fd >= 0)
        (void)close(parent_fd);
    return is_ok;
}

/* The rename, too, is on the disk before anybody is told of it. */
static void sync_parent(const struct upload *upload)
{
    char path[OBJECT_NAME_MAX + 1];
    char *slash = NULL;
    int fd = -1;

    (void)snprintf(path, sizeof path, "%s", upload->row.name);
    slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    fd = plain_open_below(upload->bucket_fd, slash ? path : ".", O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

bool upload_commit(struct upload *upload, struct object_info *info, struct assay_error *err)
{
    bool is_ok = false;

    *info = (struct object_info){ 0 };
    if (!sum_up(upload, info, err) || !upload_sync(upload, err) ||
        !object_info_name(info, upload->row.name, err))
        goto out;
    info->fields = strdup(upload->row.fields);
    if (!info->fields) {
        (void)assay_fail_memory(err);
        goto out;
    }
    if (buckets_lock_for_change(upload->buckets, err)) {
        is_ok = replace(upload, info, err);
        buckets_unlock(upload->buckets);
    }
    if (is_ok) {
        sync_parent(upload);
        upload->file[0] = '\0'; /* it has another name now */
    }
out:
    if (!is_ok)
        object_info_clear(info);
    return is_ok;
}

void upload_free(struct upload *upload)
{
    if (!upload)
        return;
    if (upload->is_session && upload->file[0])
        keep_hash(upload);
    else if (upload->file[0])
        (void)unlinkat(upload->folder_fd, upload->file, 0);
    close_files(upload);
}
