#include "engine/buckets/buckets_private.h"

#include <stdlib.h>
#include <string.h>

/* What SQLite says, as one of our errors. */
static bool fail(struct buckets *buckets, struct assay_error *err)
{
    int code = sqlite3_errcode(buckets->db);
    enum assay_code ours = ASSAY_UNAVAILABLE;

    if (code == SQLITE_NOMEM)
        return assay_fail_memory(err);
    if (code == SQLITE_FULL)
        ours = ASSAY_EXHAUSTED;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        ours = ASSAY_DATA_LOSS;
    return assay_fail(err, ours, NULL, "the state folder's buckets.db: %s",
                      sqlite3_errmsg(buckets->db));
}

bool side_execute(struct buckets *buckets, const char *sql, struct assay_error *err)
{
    return sqlite3_exec(buckets->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(buckets, err);
}

static sqlite3_stmt *prepare(struct buckets *buckets, const char *sql, struct assay_error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(buckets->db, sql, -1, &statement, NULL) != SQLITE_OK)
        (void)fail(buckets, err);
    return statement;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* Ends a statement that answers nothing. */
static bool run(struct buckets *buckets, sqlite3_stmt *statement, struct assay_error *err)
{
    bool is_ok = sqlite3_step(statement) == SQLITE_DONE || fail(buckets, err);

    (void)sqlite3_finalize(statement);
    return is_ok;
}

struct file_mark file_mark(const struct stat *file)
{
    if (S_ISDIR(file->st_mode))
        return (struct file_mark){ .inode = (int64_t)file->st_ino };
    return (struct file_mark){ .size = file->st_size,
                               .mtime_ns = (int64_t)file->st_mtim.tv_sec * 1000000000 +
                                           file->st_mtim.tv_nsec,
                               .inode = (int64_t)file->st_ino };
}

static char *column_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text ? strdup((const char *)text) : NULL;
}

static void read_row(sqlite3_stmt *row, struct object_info *info)
{
    const void *md5 = sqlite3_column_blob(row, 5);

    info->generation = sqlite3_column_int64(row, 0);
    info->metageneration = sqlite3_column_int64(row, 1);
    info->created_us = sqlite3_column_int64(row, 2);
    info->updated_us = sqlite3_column_int64(row, 3);
    info->crc32c = (uint32_t)sqlite3_column_int64(row, 4);
    info->has_hashes = md5 && sqlite3_column_bytes(row, 5) == OBJECT_MD5_SIZE;
    if (info->has_hashes)
        memcpy(info->md5, md5, OBJECT_MD5_SIZE);
    info->fields = column_text(row, 6);
}

/* A file that a trial has written: all that there is to know is its own. */
static void describe_stranger(const struct stat *file, struct object_info *info)
{
    int64_t changed_us =
        (int64_t)file->st_mtim.tv_sec * 1000000 + (int64_t)file->st_mtim.tv_nsec / 1000;

    info->generation = changed_us > 0 ? changed_us : 1;
    info->metageneration = 1;
    info->created_us = changed_us;
    info->updated_us = changed_us;
    info->fields = strdup("{}");
}

bool side_read(struct buckets *buckets, const char *bucket, const char *name,
               const struct stat *file, struct object_info *info, bool *is_known,
               struct assay_error *err)
{
    static const char sql[] =
        "SELECT generation, metageneration, created_us, updated_us, crc32c, md5, fields "
        "FROM object WHERE bucket=? AND name=? AND inode=? AND size=? AND mtime_ns=? "
        "ORDER BY generation DESC LIMIT 1";
    struct file_mark mark = file_mark(file);
    sqlite3_stmt *statement = prepare(buckets, sql, err);
    int code = SQLITE_ERROR;

    if (!statement)
        return false;
    bind_text(statement, 1, bucket);
    bind_text(statement, 2, name);
    (void)sqlite3_bind_int64(statement, 3, mark.inode);
    (void)sqlite3_bind_int64(statement, 4, mark.size);
    (void)sqlite3_bind_int64(statement, 5, mark.mtime_ns);
    code = sqlite3_step(statement);
    *is_known = code == SQLITE_ROW;
    info->size = mark.size;
    if (code == SQLITE_ROW)
        read_row(statement, info);
    else if (code == SQLITE_DONE)
        describe_stranger(file, info);
    else
        (void)fail(buckets, err);
    (void)sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return false;
    return info->fields || assay_fail_memory(err);
}

static bool remove_rows(struct buckets *buckets, const char *bucket, const char *name,
                        int64_t kept_generation, struct assay_error *err)
{
    sqlite3_stmt *statement =
        prepare(buckets, "DELETE FROM object WHERE bucket=? AND name=? AND generation<>?", err);

    if (!statement)
        return false;
    bind_text(statement, 1, bucket);
    bind_text(statement, 2, name);
    (void)sqlite3_bind_int64(statement, 3, kept_generation);
    return run(buckets, statement, err);
}

bool side_add(struct buckets *buckets, const char *bucket, const char *name,
              const struct file_mark *mark, const struct object_info *info, struct assay_error *err)
{
    sqlite3_stmt *statement =
        prepare(buckets, "INSERT OR REPLACE INTO object VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", err);

    if (!statement)
        return false;
    bind_text(statement, 1, bucket);
    bind_text(statement, 2, name);
    (void)sqlite3_bind_int64(statement, 3, info->generation);
    (void)sqlite3_bind_int64(statement, 4, info->metageneration);
    (void)sqlite3_bind_int64(statement, 5, mark->inode);
    (void)sqlite3_bind_int64(statement, 6, mark->size);
    (void)sqlite3_bind_int64(statement, 7, mark->mtime_ns);
    (void)sqlite3_bind_int64(statement, 8, info->created_us);
    (void)sqlite3_bind_int64(statement, 9, info->updated_us);
    if (info->has_hashes) {
        (void)sqlite3_bind_int64(statement, 10, info->crc32c);
        (void)sqlite3_bind_blob(statement, 11, info->md5, OBJECT_MD5_SIZE, SQLITE_STATIC);
    }
    bind_text(statement, 12, info->fields);
    return run(buckets, statement, err);
}

bool side_write(struct buckets *buckets, const char *bucket, const char *name,
                const struct file_mark *mark, const struct object_info *info,
                int64_t kept_generation, struct assay_error *err)
{
    return remove_rows(buckets, bucket, name, kept_generation, err) &&
           side_add(buckets, bucket, name, mark, info, err);
}

bool side_forget(struct buckets *buckets, const char *bucket, const char *name,
                 struct assay_error *err)
{
    return remove_rows(buckets, bucket, name, -1, err);
}

/* A statement whose only value is the bucket's name. */
static bool run_with(struct buckets *buckets, const char *sql, const char *text,
                     struct assay_error *err)
{
    sqlite3_stmt *statement = prepare(buckets, sql, err);

    if (!statement)
        return false;
    bind_text(statement, 1, text);
    return run(buckets, statement, err);
}

bool side_forget_bucket(struct buckets *buckets, const char *bucket, struct assay_error *err)
{
    return run_with(buckets, "DELETE FROM object WHERE bucket=?", bucket, err) &&
           run_with(buckets, "DELETE FROM upload WHERE bucket=?", bucket, err) &&
           run_with(buckets, "DELETE FROM bucket WHERE name=?", bucket, err);
}

bool side_read_bucket(struct buckets *buckets, const char *bucket, struct bucket_info *info,
                      struct assay_error *err)
{
    sqlite3_stmt *statement =
        prepare(buckets, "SELECT created_us, metageneration, fields FROM bucket WHERE name=?", err);
    int code = SQLITE_ERROR;

    if (!statement)
        return false;
    bind_text(statement, 1, bucket);
    code = sqlite3_step(statement);
    info->metageneration = 1;
    if (code == SQLITE_ROW) {
        info->created_us = sqlite3_column_int64(statement, 0);
        info->metageneration = sqlite3_column_int64(statement, 1);
        info->fields = column_text(statement, 2);
    } else if (code == SQLITE_DONE) {
        info->fields = strdup("{}");
    } else {
        (void)fail(buckets, err);
    }
    (void)sqlite3_finalize(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return false;
    return info->fields || assay_fail_memory(err);
}

bool side_write_bucket(struct buckets *buckets, const char *bucket, const struct bucket_info *info,
                       struct assay_error *err)
{
    sqlite3_stmt *statement =
        prepare(buckets, "INSERT OR REPLACE INTO bucket VALUES(?,?,?,?)", err);

    if (!statement)
        return false;
    bind_text(statement, 1, bucket);
    (void)sqlite3_bind_int64(statement, 2, info->created_us);
    (void)sqlite3_bind_int64(statement, 3, info->metageneration);
    bind_text(statement, 4, info->fields);
    return run(buckets, statement, err);
}

void session_row_clear(struct session_row *row)
{
    free(row->bucket);
    free(row->name);
    free(row->fields);
    *row = (struct session_row){ 0 };
}

enum { CONDITION_COUNT = 4 };

/* The conditions in the order of the columns. */
static void list_conditions(struct object_conditions *conditions,
                            struct object_condition *list[CONDITION_COUNT])
{
    list[0] = &conditions->generation_match;
    list[1] = &conditions->generation_not_match;
    list[2] = &conditions->metageneration_match;
    list[3] = &conditions->metageneration_not_match;
}

bool side_add_session(struct buckets *buckets, const char *id, const struct upload_options *options,
                      struct assay_error *err)
{
    struct object_conditions conditions = options->conditions;
    struct object_condition *list[CONDITION_COUNT];
    sqlite3_stmt *statement =
        prepare(buckets, "INSERT INTO upload VALUES(?,?,?,?,?,0,?,?,?,?,?,?)", err);

    if (!statement)
        return false;
    list_conditions(&conditions, list);
    bind_text(statement, 1, id);
    bind_text(statement, 2, options->bucket);
    bind_text(statement, 3, options->name);
    bind_text(statement, 4, options->fields ? options->fields : "{}");
    (void)sqlite3_bind_int64(statement, 5, assay_wall_us(buckets->env));
    for (int i = 0; i < CONDITION_COUNT; i++)
        if (list[i]->is_set)
            (void)sqlite3_bind_int64(statement, 6 + i, list[i]->value);
    if (options->has_crc32c)
        (void)sqlite3_bind_int64(statement, 10, options->crc32c);
    if (options->has_md5)
        (void)sqlite3_bind_blob(statement, 11, options->md5, OBJECT_MD5_SIZE, SQLITE_STATIC);
    return run(buckets, statement, err);
}

static void read_session(sqlite3_stmt *statement, struct session_row *row)
{
    struct upload_options *options = &row->options;
    struct object_condition *list[CONDITION_COUNT];
    const void *md5 = sqlite3_column_blob(statement, 9);

    row->bucket = column_text(statement, 0);
    row->name = column_text(statement, 1);
    row->fields = column_text(statement, 2);
    row->done_generation = sqlite3_column_int64(statement, 3);
    list_conditions(&options->conditions, list);
    for (int i = 0; i < CONDITION_COUNT; i++) {
        list[i]->is_set = sqlite3_column_type(statement, 4 + i) != SQLITE_NULL;
        list[i]->value = sqlite3_column_int64(statement, 4 + i);
    }
    options->has_crc32c = sqlite3_column_type(statement, 8) != SQLITE_NULL;
    options->crc32c = (uint32_t)sqlite3_column_int64(statement, 8);
    options->has_md5 = md5 && sqlite3_column_bytes(statement, 9) == OBJECT_MD5_SIZE;
    if (options->has_md5)
        memcpy(options->md5, md5, OBJECT_MD5_SIZE);
    options->bucket = row->bucket;
    options->name = row->name;
    options->fields = row->fields;
}

bool side_read_session(struct buckets *buckets, const char *id, struct session_row *row,
                       struct assay_error *err)
{
    static const char sql[] =
        "SELECT bucket, name, fields, done_generation, generation_match, generation_not_match, "
        "metageneration_match, metageneration_not_match, crc32c, md5 FROM upload WHERE id=?";
    sqlite3_stmt *statement = prepare(buckets, sql, err);
    int code = SQLITE_ERROR;

    if (!statement)
        return false;
    bind_text(statement, 1, id);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        read_session(statement, row);
    else if (code == SQLITE_DONE)
        (void)assay_fail(err, ASSAY_NOT_FOUND, NULL, "there is no such upload");
    else
        (void)fail(buckets, err);
    (void)sqlite3_finalize(statement);
    if (code != SQLITE_ROW)
        return false;
    return (row->bucket && row->name && row->fields) || assay_fail_memory(err);
}

bool side_end_session(struct buckets *buckets, const char *id, int64_t generation,
                      struct assay_error *err)
{
    sqlite3_stmt *statement =
        prepare(buckets, "UPDATE upload SET done_generation=? WHERE id=?", err);

    if (!statement)
        return false;
    (void)sqlite3_bind_int64(statement, 1, generation);
    bind_text(statement, 2, id);
    return run(buckets, statement, err);
}

bool side_remove_session(struct buckets *buckets, const char *id, struct assay_error *err)
{
    return run_with(buckets, "DELETE FROM upload WHERE id=?", id, err);
}

bool side_forget_old_sessions(struct buckets *buckets, int64_t before_us, struct assay_error *err)
{
    sqlite3_stmt *statement = prepare(buckets, "DELETE FROM upload WHERE begun_us<?", err);

    if (!statement)
        return false;
    (void)sqlite3_bind_int64(statement, 1, before_us);
    return run(buckets, statement, err);
}

bool side_each_folder(struct buckets *buckets, const char *bucket, const char *prefix,
                      bool (*on_name)(void *context, const char *name), void *context,
                      struct assay_error *err)
{
    sqlite3_stmt *statement =
        prepare(buckets,
                "SELECT DISTINCT name FROM object WHERE bucket=? AND name>=? AND "
                "substr(name, 1, length(?2))=?2 AND substr(name, -1)='/'",
                err);
    int code = SQLITE_ROW;
    bool goes_on = true;

    if (!statement)
        return false;
    bind_text(statement, 1, bucket);
    bind_text(statement, 2, prefix);
    while (goes_on && (code = sqlite3_step(statement)) == SQLITE_ROW)
        goes_on = on_name(context, (const char *)sqlite3_column_text(statement, 0));
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        (void)fail(buckets, err);
    (void)sqlite3_finalize(statement);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}
