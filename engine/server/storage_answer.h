/*
 * engine/server/storage_answer.h - what the storage API answers: resources as JSON, errors in its
 * own shape, an object's bytes by their file.
 *
 * One thread at a time.
 */
#ifndef ENGINE_SERVER_STORAGE_ANSWER_H
#define ENGINE_SERVER_STORAGE_ANSWER_H

#include "assay/buckets.h"
#include "assay/json.h"

#include <stdint.h>

enum { STORAGE_HEADERS_MAX = 20 };

struct storage_header {
    const char *name; /* static */
    char *value;
};

/* Zero it to start, but for fd, which is -1: storage_answer_init(). Owns all. */
struct storage_answer {
    int status;
    const char *content_type; /* static, or one of the headers' texts; NULL: none */
    char *body;               /* NULL: empty, or the file's */
    size_t size;
    int fd; /* in place of a body: count bytes from first on; -1: none */
    int64_t first, count;
    struct storage_header headers[STORAGE_HEADERS_MAX];
    size_t header_count;
};

void storage_answer_init(struct storage_answer *answer);
void storage_answer_clear(struct storage_answer *answer);
/* What there is no memory for is left out. */
void storage_answer_header(struct storage_answer *answer, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* In place of whatever stood there. */
void storage_answer_error(struct storage_answer *answer, const struct assay_error *err);

/* A stream for a JSON body, and its end; NULL and false leave an error in the answer. */
FILE *storage_answer_begin(struct storage_answer *answer, struct json_writer *writer);
bool storage_answer_end(struct storage_answer *answer, FILE *out, struct json_writer *writer);

/* base: "http://127.0.0.1:8080", for links. */
void storage_write_object(struct json_writer *writer, const char *base, const char *bucket,
                          const struct object_info *info);
void storage_write_bucket(struct json_writer *writer, const char *base,
                          const struct bucket_info *info);
void storage_answer_object(struct storage_answer *answer, const char *base, const char *bucket,
                           const struct object_info *info);

/* x-goog-hash, x-goog-generation and what else belongs to an object's bytes. */
void storage_answer_object_headers(struct storage_answer *answer, const struct object_info *info);

/*
 * Of a client's resource of an object or bucket, what is the client's to say; the caller frees it.
 * An empty text is {}. NULL and *err (ASSAY_INVALID) for what is no JSON object.
 */
char *storage_client_fields(const char *body, size_t size, bool is_bucket, struct assay_error *err);

#endif
