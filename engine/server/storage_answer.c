#include "engine/server/storage_answer.h"

#include "assay/value.h"
#include "engine/server/storage_route.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void storage_answer_init(struct storage_answer *answer)
{
    *answer = (struct storage_answer){ .fd = -1 };
}

void storage_answer_clear(struct storage_answer *answer)
{
    free(answer->body);
    if (answer->fd >= 0)
        (void)close(answer->fd);
    for (size_t i = 0; i < answer->header_count; i++)
        free(answer->headers[i].value);
    storage_answer_init(answer);
}

void storage_answer_header(struct storage_answer *answer, const char *name, const char *format, ...)
{
    char *value = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&value, format, args) < 0)
        value = NULL;
    va_end(args);
    if (value && answer->header_count < STORAGE_HEADERS_MAX)
        answer->headers[answer->header_count++] =
            (struct storage_header){ .name = name, .value = value };
    else
        free(value);
}

static const struct {
    enum assay_code code;
    int status;
    const char *reason;
} statuses[] = {
    { ASSAY_INVALID, 400, "invalid" },
    { ASSAY_DENIED, 403, "forbidden" },
    { ASSAY_NOT_FOUND, 404, "notFound" },
    { ASSAY_EXISTS, 409, "conflict" },
    { ASSAY_ABORTED, 409, "conflict" },
    { ASSAY_PRECONDITION, 412, "conditionNotMet" },
    { ASSAY_RANGE, 416, "requestedRangeNotSatisfiable" },
    { ASSAY_CANCELLED, 499, "cancelled" },
    { ASSAY_UNIMPLEMENTED, 501, "notImplemented" },
    { ASSAY_UNAVAILABLE, 503, "backendError" },
    /* A full disk: clients repeat 429 and 503, which would not help. */
    { ASSAY_EXHAUSTED, 507, "insufficientStorage" },
};

void storage_answer_error(struct storage_answer *answer, const struct assay_error *err)
{
    const char *reason = "backendError";
    struct json_writer w;
    FILE *out = NULL;
    int status = 500;

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].code == err->code) {
            status = statuses[i].status;
            reason = statuses[i].reason;
        }
    storage_answer_clear(answer);
    answer->status = status;
    out = open_memstream(&answer->body, &answer->size);
    if (!out)
        return;
    answer->content_type = "application/json; charset=UTF-8";
    json_writer_init(&w, out, 2);
    json_begin_object(&w);
    json_key(&w, "error");
    json_begin_object(&w);
    json_key(&w, "code");
    json_int(&w, status);
    json_key(&w, "message");
    json_string(&w, err->message);
    json_key(&w, "errors");
    json_begin_array(&w);
    json_begin_object(&w);
    json_key(&w, "message");
    json_string(&w, err->message);
    json_key(&w, "domain");
    json_string(&w, "global");
    json_key(&w, "reason");
    json_string(&w, reason);
    json_end_object(&w);
    json_end_array(&w);
    json_end_object(&w);
    json_end_object(&w);
    (void)json_writer_finish(&w);
    (void)fclose(out);
}

FILE *storage_answer_begin(struct storage_answer *answer, struct json_writer *writer)
{
    struct assay_error err = { 0 };
    FILE *out = open_memstream(&answer->body, &answer->size);

    if (out) {
        json_writer_init(writer, out, 2);
        return out;
    }
    (void)assay_fail_memory(&err);
    storage_answer_error(answer, &err);
    return NULL;
}

bool storage_answer_end(struct storage_answer *answer, FILE *out, struct json_writer *writer)
{
    struct assay_error err = { 0 };
    bool is_ok = json_writer_finish(writer);

    is_ok = fclose(out) == 0 && is_ok;
    if (is_ok) {
        if (answer->status == 0)
            answer->status = 200;
        answer->content_type = "application/json; charset=UTF-8";
        return true;
    }
    (void)assay_fail_memory(&err);
    storage_answer_error(answer, &err);
    return false;
}

static void write_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_string(w, text);
}

static void write_number(struct json_writer *w, const char *key, int64_t number)
{
    json_key(w, key);
    json_int64(w, number);
}

/* Milliseconds, also where there are none. */
static void write_time(struct json_writer *w, const char *key, int64_t wall_us)
{
    int64_t ms = wall_us / 1000;
    char second[ASSAY_TIME_TEXT];
    char text[ASSAY_TIME_TEXT + 8];

    (void)assay_time_text(ms / 1000 * 1000000, second);
    (void)snprintf(text, sizeof text, "%.*s.%03dZ", (int)strcspn(second, "Z"), second,
                   (int)(ms % 1000));
    write_text(w, key, text);
}

/* One path segment: all but unreserved characters are escaped. */
static void write_link(struct json_writer *w, const char *key, const char *base, const char *kind,
                       const char *bucket, const char *name, const char *end)
{
    char *link = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&link, &size);

    if (!out)
        return;
    (void)fprintf(out, "%s%s/b/%s%s", base, kind, bucket, name ? "/o/" : "");
    for (; name && *name; name++) {
        unsigned char c = (unsigned char)*name;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~", c))
            (void)fputc(c, out);
        else
            (void)fprintf(out, "%%%02X", c);
    }
    (void)fputs(end, out);
    if (fclose(out) == 0)
        write_text(w, key, link);
    free(link);
}

static void write_hashes(struct json_writer *w, const struct object_info *info)
{
    uint8_t crc[4] = { (uint8_t)(info->crc32c >> 24), (uint8_t)(info->crc32c >> 16),
                       (uint8_t)(info->crc32c >> 8), (uint8_t)info->crc32c };
    char text[STORAGE_BASE64_TEXT];

    write_text(w, "md5Hash", storage_base64_text(info->md5, sizeof info->md5, text));
    write_text(w, "crc32c", storage_base64_text(crc, sizeof crc, text));
}

/* The client's own members, and what stands for those that it has not set. */
static void write_fields(struct json_writer *w, const char *fields, const char *const *defaults)
{
    struct assay_error ignored = { 0 };
    cJSON *tree = json_read(fields, strlen(fields), &ignored);
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, tree)
    {
        json_key(w, member->string);
        json_node(w, member);
    }
    for (; *defaults; defaults += 2)
        if (!json_get(tree, defaults[0]))
            write_text(w, defaults[0], defaults[1]);
    cJSON_Delete(tree);
}

static void write_etag(struct json_writer *w, int64_t generation, int64_t metageneration)
{
    char text[64];

    (void)snprintf(text, sizeof text, "%" PRId64 "-%" PRId64, generation, metageneration);
    write_text(w, "etag", text);
}

void storage_write_object(struct json_writer *writer, const char *base, const char *bucket,
                          const struct object_info *info)
{
    static const char *const defaults[] = { "contentType", "application/octet-stream",
                                            "storageClass", "STANDARD", NULL };
    char generation[32];
    char *id = NULL;

    (void)snprintf(generation, sizeof generation, "%" PRId64, info->generation);
    json_begin_object(writer);
    write_text(writer, "kind", "storage#object");
    if (asprintf(&id, "%s/%s/%s", bucket, info->name, generation) >= 0)
        write_text(writer, "id", id);
    free(id);
    write_link(writer, "selfLink", base, "/storage/v1", bucket, info->name, "");
    write_link(writer, "mediaLink", base, "/download/storage/v1", bucket, info->name, "?alt=media");
    write_text(writer, "name", info->name);
    write_text(writer, "bucket", bucket);
    write_text(writer, "generation", generation);
    write_number(writer, "metageneration", info->metageneration);
    write_number(writer, "size", info->size);
    if (info->has_hashes)
        write_hashes(writer, info);
    write_etag(writer, info->generation, info->metageneration);
    write_time(writer, "timeCreated", info->created_us);
    write_time(writer, "updated", info->updated_us);
    write_time(writer, "timeStorageClassUpdated", info->created_us);
    write_time(writer, "timeFinalized", info->created_us);
    write_fields(writer, info->fields, defaults);
    json_end_object(writer);
}

void storage_write_bucket(struct json_writer *writer, const char *base,
                          const struct bucket_info *info)
{
    static const char *const defaults[] = {
        "location", "US", "locationType", "multi-region", "storageClass", "STANDARD", NULL
    };

    json_begin_object(writer);
    write_text(writer, "kind", "storage#bucket");
    write_text(writer, "id", info->name);
    write_text(writer, "name", info->name);
    write_link(writer, "selfLink", base, "/storage/v1", info->name, NULL, "");
    write_text(writer, "projectNumber", "0");
    write_number(writer, "metageneration", info->metageneration);
    write_etag(writer, info->created_us, info->metageneration);
    write_time(writer, "timeCreated", info->created_us);
    write_time(writer, "updated", info->created_us);
    write_fields(writer, info->fields, defaults);
    json_end_object(writer);
}

void storage_answer_object(struct storage_answer *answer, const char *base, const char *bucket,
                           const struct object_info *info)
{
    struct json_writer w;
    FILE *out = storage_answer_begin(answer, &w);

    if (!out)
        return;
    storage_write_object(&w, base, bucket, info);
    if (storage_answer_end(answer, out, &w))
        storage_answer_header(answer, "ETag", "%" PRId64 "-%" PRId64, info->generation,
                              info->metageneration);
}

/* Fields that are headers of the bytes, too. A line break would end the header: it is left out. */
static void add_field_headers(struct storage_answer *answer, const cJSON *fields)
{
    static const struct {
        const char *field, *header;
    } headers[] = { { "contentEncoding", "Content-Encoding" },
                    { "contentDisposition", "Content-Disposition" },
                    { "contentLanguage", "Content-Language" },
                    { "cacheControl", "Cache-Control" },
                    { "contentType", "Content-Type" } };
    bool has_type = false;

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        const char *text = cJSON_GetStringValue(json_get(fields, headers[i].field));

        if (!text || !*text || strpbrk(text, "\r\n"))
            continue;
        has_type = has_type || strcmp(headers[i].field, "contentType") == 0;
        storage_answer_header(answer, headers[i].header, "%s", text);
    }
    if (!has_type)
        storage_answer_header(answer, "Content-Type", "application/octet-stream");
}

void storage_answer_object_headers(struct storage_answer *answer, const struct object_info *info)
{
    struct assay_error ignored = { 0 };
    cJSON *fields = json_read(info->fields, strlen(info->fields), &ignored);
    const char *encoding = cJSON_GetStringValue(json_get(fields, "contentEncoding"));
    uint8_t crc[4] = { (uint8_t)(info->crc32c >> 24), (uint8_t)(info->crc32c >> 16),
                       (uint8_t)(info->crc32c >> 8), (uint8_t)info->crc32c };
    char crc_text[STORAGE_BASE64_TEXT];
    char md5_text[STORAGE_BASE64_TEXT];
    time_t changed = (time_t)(info->updated_us / 1000000);
    char date[64] = "";
    struct tm tm;

    if (info->has_hashes)
        storage_answer_header(answer, "x-goog-hash", "crc32c=%s,md5=%s",
                              storage_base64_text(crc, sizeof crc, crc_text),
                              storage_base64_text(info->md5, sizeof info->md5, md5_text));
    storage_answer_header(answer, "x-goog-generation", "%" PRId64, info->generation);
    storage_answer_header(answer, "x-goog-metageneration", "%" PRId64, info->metageneration);
    storage_answer_header(answer, "x-goog-storage-class", "STANDARD");
    storage_answer_header(answer, "x-goog-stored-content-length", "%" PRId64, info->size);
    storage_answer_header(answer, "x-goog-stored-content-encoding", "%s",
                          encoding && *encoding && !strpbrk(encoding, "\r\n") ? encoding
                                                                              : "identity");
    storage_answer_header(answer, "ETag", "%" PRId64 "-%" PRId64, info->generation,
                          info->metageneration);
    storage_answer_header(answer, "Accept-Ranges", "bytes");
    if (gmtime_r(&changed, &tm) && strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        storage_answer_header(answer, "Last-Modified", "%s", date);
    add_field_headers(answer, fields);
    cJSON_Delete(fields);
}

static bool is_listed(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* What a client sends back of a resource that it has read, and what only the server says. */
static bool is_clients(const char *name, bool is_bucket)
{
    static const char *const of_object[] = { "cacheControl",
                                             "contentDisposition",
                                             "contentEncoding",
                                             "contentLanguage",
                                             "contentType",
                                             "customTime",
                                             "eventBasedHold",
                                             "metadata",
                                             "storageClass",
                                             "temporaryHold",
                                             NULL };
    static const char *const of_server[] = { "kind",          "id",          "name",
                                             "selfLink",      "etag",        "metageneration",
                                             "generation",    "timeCreated", "updated",
                                             "projectNumber", "acl",         "defaultObjectAcl",
                                             "owner",         NULL };

    return is_bucket ? !is_listed(name, of_server) : is_listed(name, of_object);
}

char *storage_client_fields(const char *body, size_t size, bool is_bucket, struct assay_error *err)
{
    cJSON *tree = size > 0 ? json_read(body, size, err) : cJSON_CreateObject();
    cJSON *member = tree ? tree->child : NULL;
    char *text = NULL;

    if (!tree)
        return NULL;
    if (!cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        (void)assay_fail(err, ASSAY_INVALID, NULL, "the resource must be a JSON object");
        return NULL;
    }
    while (member) {
        cJSON *next = member->next;

        if (!is_clients(member->string, is_bucket))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, member));
        member = next;
    }
    text = json_text(tree, 0);
    if (!text)
        (void)assay_fail_memory(err);
    cJSON_Delete(tree);
    return text;
}
