#include "engine/server/exchange.h"

#include "assay/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct exchange {
    char *path;  /* decoded */
    char *query; /* encoded; NULL where there is none */
    char *body;
    size_t size;
    size_t capacity;
    bool has_begun;
    bool is_path_bad;
    bool is_too_large;
    bool is_short_of_memory;
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. False for half an escape, or one that would end the text early. */
static bool decode_path(char *path)
{
    char *to = path;

    for (const char *from = path; *from; from++) {
        int high = 0;
        int low = 0;

        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        high = hex_value(from[1]);
        low = high >= 0 ? hex_value(from[2]) : -1;
        if (low < 0 || high + low == 0)
            return false;
        *to++ = (char)(high * 16 + low);
        from += 2;
    }
    *to = '\0';
    return *path == '/';
}

struct exchange *exchange_new(const char *target)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    char *mark = NULL;

    if (!exchange)
        return NULL;
    exchange->path = strdup(target);
    if (!exchange->path) {
        free(exchange);
        return NULL;
    }
    mark = strchr(exchange->path, '?');
    if (mark) {
        *mark = '\0';
        exchange->query = mark + 1;
    }
    exchange->is_path_bad = !decode_path(exchange->path);
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    free(exchange->path);
    free(exchange->body);
    free(exchange);
}

bool exchange_has_begun(struct exchange *exchange)
{
    bool has_begun = exchange->has_begun;

    exchange->has_begun = true;
    return has_begun;
}

static void drop_body(struct exchange *exchange)
{
    free(exchange->body);
    exchange->body = NULL;
    exchange->size = 0;
    exchange->capacity = 0;
}

bool exchange_expect(struct exchange *exchange, size_t body_size)
{
    exchange->is_too_large = body_size > EXCHANGE_BODY_MAX;
    return !exchange->is_too_large;
}

static bool make_room(struct exchange *exchange, size_t size)
{
    size_t capacity = exchange->capacity ? exchange->capacity : 4096;
    char *grown = NULL;

    if (exchange->size + size < exchange->capacity)
        return true;
    while (capacity <= exchange->size + size)
        capacity *= 2;
    grown = realloc(exchange->body, capacity);
    if (!grown)
        return false;
    exchange->body = grown;
    exchange->capacity = capacity;
    return true;
}

void exchange_add(struct exchange *exchange, const char *bytes, size_t size)
{
    if (exchange->is_too_large || exchange->is_short_of_memory)
        return;
    exchange->is_too_large = size > EXCHANGE_BODY_MAX - exchange->size;
    exchange->is_short_of_memory = !exchange->is_too_large && !make_room(exchange, size);
    if (exchange->is_too_large || exchange->is_short_of_memory) {
        drop_body(exchange);
        return;
    }
    memcpy(exchange->body + exchange->size, bytes, size);
    exchange->size += size;
    exchange->body[exchange->size] = '\0';
}

/* An answer of the transport's own, shaped like the API's. */
static bool refuse(int status, const char *name, const char *message,
                   struct assay_response *response)
{
    struct json_writer w;
    bool is_written = false;
    FILE *out = NULL;

    *response = (struct assay_response){ .status = status,
                                         .content_type = "application/json; charset=UTF-8" };
    out = open_memstream(&response->body, &response->size);
    if (!out)
        return false;
    json_writer_init(&w, out, 2);
    json_begin_object(&w);
    json_key(&w, "error");
    json_begin_object(&w);
    json_key(&w, "code");
    json_int(&w, status);
    json_key(&w, "message");
    json_string(&w, message);
    json_key(&w, "status");
    json_string(&w, name);
    json_end_object(&w);
    json_end_object(&w);
    is_written = json_writer_finish(&w);
    is_written = fclose(out) == 0 && is_written;
    if (!is_written)
        assay_response_clear(response);
    return is_written;
}

bool exchange_answer(struct exchange *exchange, const char *method, struct assay *assay,
                     struct assay_response *response)
{
    struct assay_error err = { 0 };
    struct assay_request request = { .method = method,
                                     .path = exchange->path,
                                     .query = exchange->query,
                                     .body = exchange->body,
                                     .body_size = exchange->size };

    if (exchange->is_path_bad)
        return refuse(400, "INVALID_ARGUMENT", "the path is not percent-encoded correctly",
                      response);
    if (exchange->is_too_large)
        return refuse(413, "INVALID_ARGUMENT", "the request's body is larger than 65 MiB",
                      response);
    if (exchange->is_short_of_memory)
        return refuse(503, "RESOURCE_EXHAUSTED", "out of memory for the request's body", response);
    return assay_call(assay, &request, response, &err);
}
