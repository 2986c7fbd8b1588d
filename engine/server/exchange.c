#include "engine/server/exchange.h"

#include "assay/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ORIGIN_TEXT = 272 }; /* a host's name has 253 bytes at most */

struct exchange {
    char *target; /* owns the three */
    char *host;   /* of an absolute target; else NULL */
    char *path;   /* decoded */
    char *query;  /* encoded; NULL where there is none */
    struct body body;
    int refusal; /* HTTP status; 0: none */
    enum assay_code code;
    char message[512];
    char origin[ORIGIN_TEXT]; /* "": not known */
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of a name in a path, a slash or colon would look like the path's own, and a percent sign like an
 * escape of theirs: the API undoes these three, once it has split the path. */
static bool stays_encoded(int byte)
{
    return byte == '/' || byte == ':' || byte == '%';
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
        if (stays_encoded(high * 16 + low)) {
            *to++ = '%';
            *to++ = (char)toupper((unsigned char)from[1]);
            *to++ = (char)toupper((unsigned char)from[2]);
        } else {
            *to++ = (char)(high * 16 + low);
        }
        from += 2;
    }
    *to = '\0';
    return *path == '/';
}

/* Bytes of what ends a segment, encoded or not; 0: something else is there. */
static size_t slash_size(const char *at)
{
    if (*at == '/')
        return 1;
    return strncmp(at, "%2F", 3) == 0 ? 3 : 0;
}

/* "." or "..", which mean nothing in a name and much to whoever takes one for a file's. */
static bool has_dot_segment(const char *path)
{
    for (const char *at = path; *at; at++) {
        size_t size = slash_size(at);
        size_t dots = size ? strspn(at + size, ".") : 0;
        const char *end = at + size + dots;

        if ((dots == 1 || dots == 2) && (*end == '\0' || slash_size(end) > 0))
            return true;
    }
    return false;
}

/* "http://host:80/path?query", as a client sends it that takes us for a proxy, or "/path?query". */
static void split_target(struct exchange *exchange)
{
    char *mark = strchr(exchange->target, '?');
    char *scheme = NULL;

    if (mark) {
        *mark = '\0';
        exchange->query = mark + 1;
    }
    exchange->path = exchange->target;
    scheme = strstr(exchange->target, "://");
    if (!scheme || (strncasecmp(exchange->target, "http://", 7) != 0 &&
                    strncasecmp(exchange->target, "https://", 8) != 0))
        return;
    /* The host moves one to the left, to make room for its end. */
    exchange->host = scheme + 2;
    exchange->path = strchrnul(scheme + 3, '/');
    memmove(exchange->host, scheme + 3, (size_t)(exchange->path - (scheme + 3)));
    exchange->path[-1] = '\0';
    if (!*exchange->path)
        exchange->path = (char *)memcpy(exchange->target, "/", 2);
}

struct exchange *exchange_new(const char *target)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);

    if (!exchange)
        return NULL;
    exchange->target = strdup(target);
    if (!exchange->target) {
        free(exchange);
        return NULL;
    }
    split_target(exchange);
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
    free(exchange->target);
    free(exchange);
}

const char *exchange_path(const struct exchange *exchange)
{
    return exchange->path;
}

const char *exchange_host(const struct exchange *exchange)
{
    return exchange->host;
}

const char *exchange_query(const struct exchange *exchange)
{
    return exchange->query;
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

size_t exchange_body_size(const struct exchange *exchange)
{
    return exchange->body.size;
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

void exchange_note_origin(struct exchange *exchange, const char *scheme, const char *host)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    int size = 0;

    if (!host || !host[0] || host[strspn(host, plain)])
        return;
    size = snprintf(exchange->origin, sizeof exchange->origin, "%s://%s", scheme, host);
    if (size < 0 || (size_t)size >= sizeof exchange->origin)
        exchange->origin[0] = '\0';
}

/* The API's words for what has come. False: it is refused. */
static bool make_request(struct exchange *exchange, const char *method,
                         struct assay_request *request)
{
    if (!exchange->refusal)
        refuse_body(exchange, body_end(&exchange->body));
    *request = (struct assay_request){ .method = method,
                                       .path = exchange->path,
                                       .query = exchange->query,
                                       .body = exchange->body.data,
                                       .body_size = exchange->body.size,
                                       .origin = exchange->origin[0] ? exchange->origin : NULL };
    return !exchange->refusal;
}

bool exchange_body(struct exchange *exchange, const char **body, size_t *size)
{
    struct assay_request request;
    bool is_ok = make_request(exchange, "", &request);

    *body = request.body;
    *size = request.body_size;
    return is_ok;
}

bool exchange_answer(struct exchange *exchange, const char *method, struct assay *assay,
                     struct assay_response *response)
{
    struct assay_error err = { 0 };
    struct assay_request request;

    return make_request(exchange, method, &request) ? assay_call(assay, &request, response, &err)
                                                    : write_refusal(exchange, response);
}

bool exchange_begin(struct exchange *exchange, const char *method, struct assay *assay,
                    assay_answer_fn done, void *context)
{
    struct assay_error err = { 0 };
    struct assay_request request;
    struct assay_response response = { 0 };

    if (make_request(exchange, method, &request))
        return assay_call_begin(assay, &request, done, context, &err);
    if (!write_refusal(exchange, &response))
        return false;
    done(context, &response);
    return true;
}
