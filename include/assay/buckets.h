/*
 * assay/buckets.h - gs:// on this machine: objects are the files below <state_dir>/buckets/BUCKET/.
 *
 * The files are the truth: trials read and write them without asking. What a file cannot hold, such
 * as an object's content type, its generation and its checksums, lies beside them in
 * <state_dir>/buckets.db, and counts only while size, modification time and inode of the file are
 * those that it was written for. Any number of processes may use a folder's buckets at the same
 * time; a change is decided and made under one lock, and after a crash an object is the old one or
 * the new one, with all that belongs to it.
 *
 * No link is followed below buckets/, and nothing leads out of it. Any thread may call; an upload
 * belongs to one thread at a time. Codes: ASSAY_NOT_FOUND, ASSAY_INVALID for names that no file can
 * have, ASSAY_PRECONDITION, ASSAY_EXISTS where a name is taken (also `a` beside `a/b`),
 * ASSAY_EXHAUSTED for a full disk, ASSAY_UNAVAILABLE and ASSAY_DATA_LOSS for a broken folder.
 */
#ifndef ASSAY_BUCKETS_H
#define ASSAY_BUCKETS_H

#include "assay/env.h"
#include "assay/error.h"

#include <stdint.h>

enum {
    OBJECT_NAME_MAX = 1024, /* bytes */
    OBJECT_LIST_MAX = 1000, /* items of a page */
    OBJECT_SOURCES_MAX = 32,
    OBJECT_FIELDS_MAX = 64 * 1024,
    OBJECT_MD5_SIZE = 16,
    UPLOAD_ID_TEXT = 33,
};

struct buckets;

/* Nothing is opened or made before it is needed. env is borrowed. NULL for lack of memory. */
struct buckets *buckets_new(const char *state_dir, const struct assay_env *env,
                            struct assay_error *err);
void buckets_free(struct buckets *buckets); /* with no upload left; NULL is fine */

/* Removes what uploads left behind that nobody has gone on with for a week. */
void buckets_sweep(struct buckets *buckets);

struct bucket_info {
    char name[256];
    int64_t created_us;
    int64_t metageneration;
    char *fields; /* JSON object of what clients have set; owned: free() */
};

/* The storage service's rules for a bucket's name. */
bool bucket_name_check(const char *name, struct assay_error *err);
bool bucket_stat(struct buckets *buckets, const char *name, struct bucket_info *info,
                 struct assay_error *err);
/* fields: a JSON object, or NULL for none. ASSAY_EXISTS. */
bool bucket_make(struct buckets *buckets, const char *name, const char *fields,
                 struct assay_error *err);
/* Members of the JSON object patch take the place of those that are there, null removes one. */
bool bucket_patch(struct buckets *buckets, const char *name, const char *patch,
                  struct bucket_info *info, struct assay_error *err);
/* ASSAY_ABORTED for one with objects in it. */
bool bucket_remove(struct buckets *buckets, const char *name, struct assay_error *err);
/* All, by name; each is told once. False and *err, also when on_bucket returns false. */
typedef bool (*bucket_fn)(void *context, const struct bucket_info *info, struct assay_error *err);
bool bucket_each(struct buckets *buckets, bucket_fn on_bucket, void *context,
                 struct assay_error *err);

/* What is kept of an object. Zero it to start; object_info_clear(). */
struct object_info {
    char *name;
    char *fields; /* JSON object of what clients have set (contentType, metadata, …) */
    int64_t size;
    int64_t generation, metageneration;
    int64_t created_us, updated_us;
    bool has_hashes;
    uint32_t crc32c; /* Castagnoli's polynomial */
    uint8_t md5[OBJECT_MD5_SIZE];
};
void object_info_clear(struct object_info *info); /* a zeroed one is fine */

/* What must be so at the moment of a change; a generation of 0 stands for "there is none". */
struct object_condition {
    bool is_set;
    int64_t value;
};
struct object_conditions {
    struct object_condition generation_match, generation_not_match;
    struct object_condition metageneration_match, metageneration_not_match;
};
/* info: NULL for an object that is not there. False and *err (ASSAY_PRECONDITION). */
bool object_conditions_check(const struct object_conditions *conditions,
                             const struct object_info *info, struct assay_error *err);

/*
 * A name is parts between slashes, none of them empty, "." or ".."; one with a slash at its end is
 * a folder that is an object, too. False and *err (ASSAY_INVALID).
 */
bool object_name_check(const char *name, struct assay_error *err);

enum object_hashing {
    OBJECT_KNOWN_HASHES, /* has_hashes only where somebody has computed them before */
    OBJECT_ALL_HASHES,   /* reads all of a file that a trial has written, once */
};
bool object_stat(struct buckets *buckets, const char *bucket, const char *name,
                 enum object_hashing hashing, struct object_info *info, struct assay_error *err);

/* For reading, with what is known of it; -1 and *err. What is read is one generation: later ones
 * are other files. */
int object_open(struct buckets *buckets, const char *bucket, const char *name,
                enum object_hashing hashing, struct object_info *info, struct assay_error *err);

struct object_query {
    const char *bucket;
    const char *prefix;        /* "" for all */
    const char *delimiter;     /* NULL: none */
    const char *after;         /* items behind this name or prefix; "" from the start */
    const char *start, *end;   /* names from start on, and before end; NULL: no bound */
    int max;                   /* items and prefixes; 1 to OBJECT_LIST_MAX */
    bool has_folders_as_items; /* includeTrailingDelimiter: `a/` is an item beside its prefix */
};

/* By bytes over whole names. Owns all: object_list_clear(). */
struct object_list {
    struct object_info *items;
    size_t count;
    char **prefixes; /* what stands for names that have the delimiter behind the prefix */
    size_t prefix_count;
    char *next; /* the `after` of the next page; NULL: that was all */
};
/* An object that comes or goes meanwhile may be there or not; all others are. */
bool object_list_read(struct buckets *buckets, const struct object_query *query,
                      struct object_list *list, struct assay_error *err);
void object_list_clear(struct object_list *list);

/* What is to be written. All borrowed. */
struct upload_options {
    const char *bucket; /* made where it is missing */
    const char *name;
    const char *fields; /* JSON object, or NULL */
    struct object_conditions conditions;
    /* What the client says they are; a mismatch is ASSAY_INVALID, and nothing is changed. */
    bool has_crc32c, has_md5;
    uint32_t crc32c;
    uint8_t md5[OBJECT_MD5_SIZE];
};

struct upload;

/* Bytes go to a file of no object. A name that cannot be, and conditions that do not hold already
 * now, are told at once. */
struct upload *upload_begin(struct buckets *buckets, const struct upload_options *options,
                            struct assay_error *err);

/* One that is gone on with later, perhaps after a restart: id names it. */
bool upload_session_new(struct buckets *buckets, const struct upload_options *options,
                        char id[UPLOAD_ID_TEXT], struct assay_error *err);
/* ASSAY_NOT_FOUND: none, or a finished one; ASSAY_ABORTED: another connection writes to it. */
struct upload *upload_session_open(struct buckets *buckets, const char *id,
                                   struct assay_error *err);
/* What has come of a session: its offset, or, with *is_done, the object that it became. */
bool upload_session_stat(struct buckets *buckets, const char *id, int64_t *offset, bool *is_done,
                         struct object_info *info, char **bucket, struct assay_error *err);
bool upload_session_cancel(struct buckets *buckets, const char *id, struct assay_error *err);

const char *upload_bucket(const struct upload *upload);
const char *upload_name(const struct upload *upload);
/* How many bytes there are. */
int64_t upload_offset(const struct upload *upload);
bool upload_write(struct upload *upload, const void *bytes, size_t size, struct assay_error *err);
/* What has been written is on the disk. */
bool upload_sync(struct upload *upload, struct assay_error *err);
/* Another value than the options had, which only the end of a body tells. */
void upload_expect_crc32c(struct upload *upload, uint32_t crc32c);
void upload_expect_md5(struct upload *upload, const uint8_t md5[OBJECT_MD5_SIZE]);
/* It becomes the object, whole. upload_free() it then, also on failure. */
bool upload_commit(struct upload *upload, struct object_info *info, struct assay_error *err);
/* A session's bytes stay, for who goes on with it; any other's are gone. NULL is fine. */
void upload_free(struct upload *upload);

struct object_source {
    const char *bucket;
    const char *name;
    struct object_conditions conditions;
};

/*
 * A new object that is the sources one after the other. Fields are the first source's where options
 * have none.
 */
bool object_compose(struct buckets *buckets, const struct object_source *sources, size_t count,
                    const struct upload_options *options, struct object_info *info,
                    struct assay_error *err);

/* Members of patch take the place of those that are there, null removes; of "metadata" each. With
 * is_whole nothing stays that patch does not have. */
bool object_patch(struct buckets *buckets, const char *bucket, const char *name, const char *patch,
                  bool is_whole, const struct object_conditions *conditions,
                  struct object_info *info, struct assay_error *err);

bool object_remove(struct buckets *buckets, const char *bucket, const char *name,
                   const struct object_conditions *conditions, struct assay_error *err);

struct assay;

/* Trials that begin from now on find the storage API at url ("http://127.0.0.1:8080"), in
 * STORAGE_EMULATOR_HOST and CLOUD_STORAGE_EMULATOR_ENDPOINT, unless these are set already. Before
 * jobs are run. */
void assay_announce_storage(struct assay *assay, const char *url);

/* Goes on from crc, 0 at first. */
uint32_t object_crc32c(uint32_t crc, const void *bytes, size_t size);

#endif
