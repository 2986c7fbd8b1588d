#include "engine/server/exchange.h"

#include "assay/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct exchange {
    char *path;  /* decoded */
    char *query; /* encoded; NULL where there is none */
    struct body body;
    int refusal; /* HTTP status; 0: none */
    enum assay_code code;
    char message[512];
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

/* "." or "..", which mean nothing in a name and much to whoever takes one for a file's. */
static bool has_dot_segment(const char *path)
{
    for (const char *at = path; at; at = strchr(at + 1, '/')) {
        size_t dots = strspn(at + 1, ".");

        if ((dots == 1 || dots == 2) && (at[1 + dots] == '/' || at[1 + dots] == '\0'))
            return true;
    }
    return false;
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
    if (!decode_path(exchange->path))
        exchange_refuse(exchange, 400, ASSAY_INVALID, "the path is not percent-encoded correctly");
    else if (has_dot_segment(exchange->path))
        exchange_refuse(exchange, 400, ASSAY_INVALID, "no part of the path may be . or ..");
    return exchange;
}

void exchange_free(struct exchange *exchange)
{
    if (!exchange)
        return;
    body_clear(&exchange->body);
    free(exchange->path);
    free(exchange);
}

const char *exchange_path(const struct exchange *exchange)
{
    return exchange->path;
}

void exchange_refuse(struct exchange *exchange, int status, enum assay_code code,
                     const char *message)
{
    if (exchange->refusal)
        return;
    exchange->refusal = status;
    exchange->code = code;
    (void)snprintf(exchange->message, sizeof exchange->message, "%s", message);
    body_clear(&exchange->body);
}

bool exchange_is_refused(const struct exchange *exchange)
{
    return exchange->refusal != 0;
}

static void refuse_body(struct exchange *exchange, enum body_fault fault)
{
    switch (fault) {
    case BODY_OK:
        break;
    case BODY_TOO_LARGE:
        exchange_refuse(exchange, 413, ASSAY_INVALID, "the request's body is larger than 65 MiB");
        break;
    case BODY_NO_MEMORY:
        exchange_refuse(exchange, 503, ASSAY_EXHAUSTED, "out of memory for the request's body");
        break;
    case BODY_BROKEN:
        exchange_refuse(exchange, 400, ASSAY_INVALID,
                        "the request's body is not compressed as its Content-Encoding says");
        break;
    }
}

void exchange_expect(struct exchange *exchange, size_t body_size)
{
    if (body_size > BODY_MAX)
        refuse_body(exchange, BODY_TOO_LARGE);
}

void exchange_expect_encoding(struct exchange *exchange, const char *encoding)
{
    if (exchange->refusal || !*encoding || strcasecmp(encoding, "identity") == 0)
        return;
    if (strcasecmp(encoding, "gzip") == 0 || strcasecmp(encoding, "x-gzip") == 0 ||
        strcasecmp(encoding, "deflate") == 0)
        body_expect_compressed(&exchange->body);
    else
        exchange_refuse(exchange, 415, ASSAY_INVALID,
                        "the request's body may be plain, gzip or deflate");
}

void exchange_add(struct exchange *exchange, const char *bytes, size_t size)
{
    if (exchange->refusal)
        return;
    body_add(&exchange->body, bytes, size);
    refuse_body(exchange, exchange->body.fault);
}

/* An answer of the transport's own, shaped like the API's. */
static bool write_refusal(const struct exchange *exchange, struct assay_response *response)
{
    struct json_writer w;
    bool is_written = false;
    FILE *out = NULL;

    *response = (struct assay_response){ .status = exchange->refusal,
                                         .content_type = "application/json; charset=UTF-8" };
    out = open_memstream(&response->body, &response->size);
    if (!out)
        return false;
    json_writer_init(&w, out, 2);
    json_begin_object(&w);
    json_key(&w, "error");
    json_begin_object(&w);
    json_key(&w, "code");
    json_int(&w, exchange->refusal);
    json_key(&w, "message");
    json_string(&w, exchange->message);
    json_key(&w, "status");
    json_string(&w, assay_code_info(exchange->code)->name);
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
                                     .query = exchange->query };

    if (!exchange->refusal)
        refuse_body(exchange, body_end(&exchange->body));
    if (exchange->refusal)
        return write_refusal(exchange, response);
    request.body = exchange->body.data;
    request.body_size = exchange->body.size;
    return assay_call(assay, &request, response, &err);
}
