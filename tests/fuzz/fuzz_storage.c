/*
 * A path, a newline, a query, a newline, a multipart body: a name that the path or the query gives
 * is one that can be spelt and read again, ranges lie within the object, and a body comes out the
 * same however it was cut.
 */
#include "engine/server/storage_multipart.h"
#include "engine/server/storage_route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE = 1000 };

/* A sum over all that a body's parts say, of where one begins, too. */
struct sum {
    uint32_t crc;
    int parts;
};

static bool on_part(void *context, int number, const char *headers)
{
    struct sum *sum = context;
    const char *value = NULL;
    size_t length = multipart_header(headers, "Content-Type", &value);

    if (number != sum->parts++ || (value && length > strlen(value)))
        abort();
    sum->crc = object_crc32c(sum->crc, headers, strlen(headers) + 1);
    return true;
}

static bool on_bytes(void *context, int number, const char *bytes, size_t size)
{
    struct sum *sum = context;

    if (number != sum->parts - 1 || size == 0)
        abort();
    sum->crc = object_crc32c(sum->crc, bytes, size);
    return true;
}

/* False: broken, or not whole. */
static bool read_body(const char *body, size_t size, size_t piece, struct sum *sum)
{
    const struct multipart_reader reader = { on_part, on_bytes, sum };
    struct multipart *multipart = multipart_new("multipart/related; boundary=b", &reader);
    bool is_ok = multipart != NULL;

    *sum = (struct sum){ 0 };
    for (size_t at = 0; is_ok && at < size; at += piece)
        is_ok = multipart_add(multipart, body + at, piece < size - at ? piece : size - at);
    is_ok = is_ok && multipart_is_whole(multipart);
    multipart_free(multipart);
    return is_ok;
}

static void check_body(const char *body, size_t size)
{
    struct sum whole;
    struct sum cut;
    bool is_whole = read_body(body, size, size, &whole);

    if (read_body(body, size, 1, &cut) != is_whole)
        abort();
    if (is_whole && (whole.crc != cut.crc || whole.parts != cut.parts))
        abort();
}

static void check_path(const char *path)
{
    static const char *const methods[] = { "GET", "POST" };
    struct storage_route route;
    struct assay_error err = { 0 };

    for (size_t i = 0; i < 2; i++) {
        if (!storage_route_read(path, methods[i], &route, &err) && err.code != ASSAY_INVALID)
            abort();
        if (route.target == STORAGE_OBJECT && route.name && object_name_check(route.name, &err) &&
            (strstr(route.name, "//") || strcmp(route.name, "..") == 0 || route.name[0] == '/'))
            abort();
        storage_route_clear(&route);
    }
    (void)storage_is_path(path);
}

static void check_query(const char *query)
{
    struct storage_content_range content;
    struct object_conditions conditions = { 0 };
    struct assay_error err = { 0 };
    int64_t first = 0;
    int64_t count = 0;
    char *text = storage_query_text(query, "name");

    if (strncmp(query, "name=", 5) == 0 && !text && storage_query_check(query, &err))
        abort();
    free(text);
    (void)storage_query_conditions(query, "", &conditions, &err);
    if (storage_range_read(query, SIZE, &first, &count) == STORAGE_RANGE_PART &&
        (first < 0 || count <= 0 || first + count > SIZE))
        abort();
    if (storage_content_range_read(query, &content) && !content.is_query && content.last >= 0 &&
        (content.first < 0 || content.last < content.first))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    char *query = NULL;
    char *body = NULL;

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    query = memchr(text, '\n', size);
    if (query) {
        *query++ = '\0';
        body = memchr(query, '\n', size - (size_t)(query - text));
    }
    if (body)
        *body++ = '\0';
    check_path(text);
    if (query)
        check_query(query);
    if (body)
        check_body(body, size - (size_t)(body - text));
    free(text);
    return 0;
}
