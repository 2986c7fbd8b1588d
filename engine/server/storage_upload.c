#include "engine/server/storage_upload.h"

#include "engine/server/storage_multipart.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { RESOURCE_MAX = 1024 * 1024 };

enum upload_kind { UPLOAD_MEDIA, UPLOAD_MULTIPART, UPLOAD_SESSION };

struct storage_upload {
    struct storage_upload_request request;
    enum upload_kind kind;
    struct upload *upload; /* NULL: not begun, or failed */
    struct assay_error err;
    bool has_failed;
    struct multipart *multipart;
    char *resource; /* of a multipart body, as it comes */
    size_t resource_size;
    char *id;
    struct storage_content_range range;
    int64_t skipped; /* bytes at the request's beginning that are there already */
    int64_t to_come; /* bytes of the request that Content-Range still has room for */
};

static bool is_type(const char *query, const char *type)
{
    char *text = storage_query_text(query, "uploadType");
    bool is = text && strcasecmp(text, type) == 0;

    free(text);
    return is;
}

static char *session_id(const char *query)
{
    return storage_query_text(query, "upload_id");
}

bool storage_upload_is_wanted(const struct storage_upload_request *request)
{
    char *id = NULL;

    if (!request->route->is_upload || request->route->target != STORAGE_OBJECTS)
        return false;
    id = session_id(request->query);
    free(id);
    if (id)
        return strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    return strcmp(request->method, "POST") == 0 && !is_type(request->query, "resumable");
}

static void fail(struct storage_upload *upload)
{
    upload->has_failed = true;
    upload_free(upload->upload);
    upload->upload = NULL;
}

/* "crc32c=AAAAAA==,md5=…", and the same in a resource: what the client says of its bytes. */
static bool read_crc32c(const char *text, struct upload_options *options, struct assay_error *err)
{
    uint8_t crc[4];

    if (!storage_base64_read(text, crc, sizeof crc))
        return assay_fail(err, ASSAY_INVALID, "crc32c", "crc32c must be 4 bytes in base64");
    options->has_crc32c = true;
    options->crc32c =
        (uint32_t)crc[0] << 24 | (uint32_t)crc[1] << 16 | (uint32_t)crc[2] << 8 | crc[3];
    return true;
}

static bool read_md5(const char *text, struct upload_options *options, struct assay_error *err)
{
    options->has_md5 = storage_base64_read(text, options->md5, sizeof options->md5);
    return options->has_md5 ||
           assay_fail(err, ASSAY_INVALID, "md5Hash", "md5Hash must be 16 bytes in base64");
}

static bool read_hash_header(const char *header, struct upload_options *options,
                             struct assay_error *err)
{
    while (header && *header) {
        size_t length = strcspn(header, ",");
        char text[64];
        bool is_ok = true;

        if (length < sizeof text) {
            memcpy(text, header, length);
            text[length] = '\0';
            if (strncmp(text, "crc32c=", 7) == 0)
                is_ok = read_crc32c(text + 7, options, err);
            else if (strncmp(text, "md5=", 4) == 0)
                is_ok = read_md5(text + 4, options, err);
        }
        if (!is_ok)
            return false;
        header += length;
        header += strspn(header, ", ");
    }
    return true;
}

/* A member that the client has not set itself. */
static bool add_default(cJSON *tree, const char *name, const char *text)
{
    return !text || !*text || json_get(tree, name) || cJSON_AddStringToObject(tree, name, text);
}

/* What an upload's resource says, with what query and headers add. Owned: clear_wanted(). */
struct wanted_object {
    struct upload_options options;
    char *name, *fields;
};

static void clear_wanted(struct wanted_object *wanted)
{
    free(wanted->name);
    free(wanted->fields);
}

static bool read_resource(const struct storage_upload_request *request, const cJSON *tree,
                          struct wanted_object *wanted, struct assay_error *err)
{
    const char *name = cJSON_GetStringValue(json_get(tree, "name"));
    const char *crc32c = cJSON_GetStringValue(json_get(tree, "crc32c"));
    const char *md5 = cJSON_GetStringValue(json_get(tree, "md5Hash"));

    wanted->name = storage_query_text(request->query, "name");
    if (!wanted->name && name)
        wanted->name = strdup(name);
    if (!wanted->name)
        return assay_fail(err, ASSAY_INVALID, "name", "Required: the object's name");
    wanted->options.bucket = request->route->bucket;
    wanted->options.name = wanted->name;
    return (!crc32c || read_crc32c(crc32c, &wanted->options, err)) &&
           (!md5 || read_md5(md5, &wanted->options, err)) &&
           read_hash_header(request->headers->hash, &wanted->options, err) &&
           storage_query_conditions(request->query, "", &wanted->options.conditions, err);
}

/* content_type: of the bytes, where the resource does not say. */
static bool read_wanted(const struct storage_upload_request *request, const char *body, size_t size,
                        const char *content_type, struct wanted_object *wanted,
                        struct assay_error *err)
{
    cJSON *tree = size > 0 ? json_read(body, size, err) : cJSON_CreateObject();
    char *encoding = storage_query_text(request->query, "contentEncoding");
    char *text = NULL;
    bool is_ok = tree != NULL;

    if (tree && !cJSON_IsObject(tree))
        is_ok = assay_fail(err, ASSAY_INVALID, NULL, "the object's resource must be JSON");
    is_ok = is_ok && read_resource(request, tree, wanted, err);
    if (is_ok && !(add_default(tree, "contentType", content_type) &&
                   add_default(tree, "contentEncoding",
                               encoding ? encoding : request->headers->content_encoding)))
        is_ok = assay_fail_memory(err);
    text = is_ok ? json_text(tree, 0) : NULL;
    if (is_ok && !text)
        is_ok = assay_fail_memory(err);
    if (is_ok)
        wanted->fields = storage_client_fields(text, strlen(text), false, err);
    wanted->options.fields = wanted->fields;
    free(text);
    free(encoding);
    cJSON_Delete(tree);
    return is_ok && wanted->fields;
}

static void begin_bytes(struct storage_upload *upload, const char *body, size_t size,
                        const char *content_type)
{
    struct wanted_object wanted = { 0 };

    if (read_wanted(&upload->request, body, size, content_type, &wanted, &upload->err))
        upload->upload = upload_begin(upload->request.buckets, &wanted.options, &upload->err);
    clear_wanted(&wanted);
    if (!upload->upload)
        fail(upload);
}

/* Part 0 is the resource, part 1 the bytes. */
static bool on_part(void *context, int number, const char *headers)
{
    struct storage_upload *upload = context;
    const char *value = NULL;
    size_t size = multipart_header(headers, "Content-Type", &value);
    char type[256] = "";

    if (number == 0)
        return true;
    if (number > 1)
        return false;
    if (size < sizeof type)
        memcpy(type, value ? value : "", value ? size : 0);
    begin_bytes(upload, upload->resource ? upload->resource : "", upload->resource_size, type);
    return !upload->has_failed;
}

static bool on_bytes(void *context, int number, const char *bytes, size_t size)
{
    struct storage_upload *upload = context;
    char *grown = NULL;

    if (number > 0)
        return upload_write(upload->upload, bytes, size, &upload->err);
    if (size > RESOURCE_MAX - upload->resource_size)
        return assay_fail(&upload->err, ASSAY_INVALID, NULL, "the resource is larger than 1 MiB");
    grown = realloc(upload->resource, upload->resource_size + size);
    if (!grown)
        return assay_fail_memory(&upload->err);
    memcpy(grown + upload->resource_size, bytes, size);
    upload->resource = grown;
    upload->resource_size += size;
    return true;
}

static void begin_multipart(struct storage_upload *upload)
{
    const struct multipart_reader reader = { .on_part = on_part,
                                             .on_bytes = on_bytes,
                                             .context = upload };
    const char *type = upload->request.headers->content_type;

    upload->multipart = multipart_new(type ? type : "", &reader);
    if (upload->multipart)
        return;
    (void)assay_fail(&upload->err, ASSAY_INVALID, NULL,
                     "Content-Type must be multipart/related with a boundary");
    fail(upload);
}

static void begin_session(struct storage_upload *upload)
{
    const char *range = upload->request.headers->content_range;
    struct upload_options hashes = { 0 };
    int64_t offset = 0;

    upload->range = (struct storage_content_range){ .first = 0, .last = -1, .total = -1 };
    if (range && !storage_content_range_read(range, &upload->range)) {
        (void)assay_fail(&upload->err, ASSAY_INVALID, NULL, "cannot read Content-Range: %.80s",
                         range);
        fail(upload);
        return;
    }
    if (upload->range.is_query)
        return; /* asked at the end */
    upload->upload = upload_session_open(upload->request.buckets, upload->id, &upload->err);
    if (!upload->upload) {
        /* An older connection, which the client has given up, is noticed in a moment. */
        if (upload->err.code == ASSAY_ABORTED)
            upload->err.code = ASSAY_UNAVAILABLE;
        fail(upload);
        return;
    }
    offset = upload_offset(upload->upload);
    if (upload->range.first > offset) {
        (void)assay_fail(&upload->err, ASSAY_UNAVAILABLE, NULL,
                         "According to the Content-Range header, the upload offset is %" PRId64
                         " bytes, which exceeds the %" PRId64 " bytes that have been uploaded.",
                         upload->range.first, offset);
        fail(upload);
        return;
    }
    upload->skipped = offset - upload->range.first;
    upload->to_come = INT64_MAX;
    if (upload->range.last >= 0 && upload->range.last < INT64_MAX)
        upload->to_come = upload->range.last - upload->range.first + 1;
    if (upload->range.last < 0 && upload->range.total >= 0)
        upload->to_come = upload->range.total - upload->range.first;
    if (!read_hash_header(upload->request.headers->hash, &hashes, &upload->err)) {
        fail(upload);
        return;
    }
    if (hashes.has_crc32c)
        upload_expect_crc32c(upload->upload, hashes.crc32c);
    if (hashes.has_md5)
        upload_expect_md5(upload->upload, hashes.md5);
}

struct storage_upload *storage_upload_new(const struct storage_upload_request *request)
{
    struct storage_upload *upload = calloc(1, sizeof *upload);

    if (!upload)
        return NULL;
    upload->request = *request;
    upload->id = session_id(request->query);
    if (upload->id)
        upload->kind = UPLOAD_SESSION;
    else
        upload->kind = is_type(request->query, "multipart") ? UPLOAD_MULTIPART : UPLOAD_MEDIA;
    if (upload->kind == UPLOAD_SESSION)
        begin_session(upload);
    else if (upload->kind == UPLOAD_MULTIPART)
        begin_multipart(upload);
    else
        begin_bytes(upload, "", 0, request->headers->content_type);
    return upload;
}

void storage_upload_free(struct storage_upload *upload)
{
    if (!upload)
        return;
    upload_free(upload->upload);
    multipart_free(upload->multipart);
    free(upload->resource);
    free(upload->id);
    free(upload);
}

static void write_bytes(struct storage_upload *upload, const char *bytes, size_t size)
{
    size_t known = upload->skipped < (int64_t)size ? (size_t)upload->skipped : size;

    if (upload->kind == UPLOAD_SESSION && (int64_t)size > upload->to_come) {
        (void)assay_fail(&upload->err, ASSAY_INVALID, NULL,
                         "more bytes have come than Content-Range tells of");
        fail(upload);
        return;
    }
    upload->to_come -= (int64_t)size;
    upload->skipped -= (int64_t)known;
    if (size > known && !upload_write(upload->upload, bytes + known, size - known, &upload->err))
        fail(upload);
}

void storage_upload_add(struct storage_upload *upload, const char *bytes, size_t size)
{
    if (upload->has_failed || upload->range.is_query)
        return;
    if (upload->kind != UPLOAD_MULTIPART) {
        write_bytes(upload, bytes, size);
    } else if (!multipart_add(upload->multipart, bytes, size)) {
        if (upload->err.code == ASSAY_OK)
            (void)assay_fail(&upload->err, ASSAY_INVALID, NULL,
                             "the multipart body is not as its boundary says");
        fail(upload);
    }
}

/* Tells a client how much has come: 308, which is no redirection here. */
static void answer_offset(struct storage_answer *answer, int64_t offset)
{
    storage_answer_clear(answer);
    answer->status = 308;
    if (offset > 0)
        storage_answer_header(answer, "Range", "bytes=0-%" PRId64, offset - 1);
}

static void commit(struct storage_upload *upload, struct storage_answer *answer)
{
    struct object_info info = { 0 };

    if (upload_commit(upload->upload, &info, &upload->err)) {
        storage_answer_object(answer, upload->request.base, upload_bucket(upload->upload), &info);
        storage_answer_header(answer, "x-goog-generation", "%" PRId64, info.generation);
    } else {
        storage_answer_error(answer, &upload->err);
    }
    object_info_clear(&info);
}

/* "bytes *" "/N": how much is there? All of it: then that was the end. */
static void answer_query(struct storage_upload *upload, struct storage_answer *answer)
{
    const struct storage_upload_request *request = &upload->request;
    struct object_info info = { 0 };
    char *bucket = NULL;
    int64_t offset = 0;
    bool is_done = false;

    if (!upload_session_stat(request->buckets, upload->id, &offset, &is_done, &info, &bucket,
                             &upload->err)) {
        storage_answer_error(answer, &upload->err);
    } else if (is_done) {
        storage_answer_object(answer, request->base, bucket, &info);
    } else if (upload->range.total == offset) {
        upload->upload = upload_session_open(request->buckets, upload->id, &upload->err);
        /* The connection that brought the bytes may still be at its commit: ask again. */
        if (upload->err.code == ASSAY_ABORTED)
            upload->err.code = ASSAY_UNAVAILABLE;
        if (upload->upload)
            commit(upload, answer);
        else
            storage_answer_error(answer, &upload->err);
    } else {
        answer_offset(answer, offset);
    }
    object_info_clear(&info);
    free(bucket);
}

/* A body whose end is not told is the last one, and so is one that ends where all does. */
static bool is_last(const struct storage_upload *upload)
{
    const struct storage_content_range *range = &upload->range;

    if (range->total >= 0)
        return upload_offset(upload->upload) >= range->total;
    return range->last < 0;
}

static void answer_session(struct storage_upload *upload, struct storage_answer *answer)
{
    if (upload->range.total >= 0 && upload_offset(upload->upload) > upload->range.total) {
        (void)assay_fail(&upload->err, ASSAY_INVALID, NULL,
                         "more bytes have come than Content-Range tells of");
        storage_answer_error(answer, &upload->err);
    } else if (is_last(upload)) {
        commit(upload, answer);
    } else if (upload_sync(upload->upload, &upload->err)) {
        answer_offset(answer, upload_offset(upload->upload));
    } else {
        storage_answer_error(answer, &upload->err);
    }
}

void storage_upload_answer(struct storage_upload *upload, struct storage_answer *answer)
{
    if (upload->kind == UPLOAD_MULTIPART && !upload->has_failed &&
        !(upload->upload && multipart_is_whole(upload->multipart))) {
        (void)assay_fail(&upload->err, ASSAY_INVALID, NULL,
                         "the multipart body ends before its last boundary");
        fail(upload);
    }
    /* A PUT to a session that is done already, of a client that has missed the answer. */
    if (upload->kind == UPLOAD_SESSION && upload->has_failed &&
        upload->err.code == ASSAY_NOT_FOUND) {
        upload->err = (struct assay_error){ 0 };
        answer_query(upload, answer);
    } else if (upload->has_failed) {
        storage_answer_error(answer, &upload->err);
    } else if (upload->range.is_query) {
        answer_query(upload, answer);
    } else if (upload->kind == UPLOAD_SESSION) {
        answer_session(upload, answer);
    } else {
        commit(upload, answer);
    }
}

static void answer_location(const struct storage_upload_request *request, const char *id,
                            struct storage_answer *answer)
{
    storage_answer_header(answer, "Location",
                          "%s/upload/storage/v1/b/%s/o?uploadType=resumable&upload_id=%s",
                          request->base, request->route->bucket, id);
    storage_answer_header(answer, "X-GUploader-UploadID", "%s", id);
    answer->status = 200;
}

void storage_session_begin(const struct storage_upload_request *request, const char *body,
                           size_t size, struct storage_answer *answer)
{
    struct wanted_object wanted = { 0 };
    struct assay_error err = { 0 };
    char id[UPLOAD_ID_TEXT];

    if (read_wanted(request, body, size, request->headers->upload_content_type, &wanted, &err) &&
        upload_session_new(request->buckets, &wanted.options, id, &err))
        answer_location(request, id, answer);
    else
        storage_answer_error(answer, &err);
    clear_wanted(&wanted);
}

void storage_session_cancel(const struct storage_upload_request *request,
                            struct storage_answer *answer)
{
    struct assay_error err = { 0 };
    char *id = session_id(request->query);

    /* 499 is how the service says that it was given up. */
    if (id && upload_session_cancel(request->buckets, id, &err))
        answer->status = 499;
    else
        storage_answer_error(answer, &err);
    free(id);
}
