/*
 * A request as it comes off the wire: the target up to the first line break, a byte that says how
 * the body is encoded and cut, the body. The engine is given a path that begins with a slash and
 * has no dot segment, and a body within the limit; else the answer is a refusal.
 */
#include "engine/server/exchange.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

bool assay_call(struct assay *assay, const struct assay_request *request,
                struct assay_response *response, struct assay_error *err)
{
    (void)assay;
    (void)err;
    if (request->path[0] != '/' || strstr(request->path, "/../") || strstr(request->path, "/./"))
        abort();
    if (request->body_size > BODY_MAX)
        abort();
    if (request->body && request->body[request->body_size] != '\0')
        abort();
    *response = (struct assay_response){ .status = 200, .body = strdup("{}"), .size = 2 };
    return response->body != NULL;
}

static void send_body(struct exchange *exchange, const uint8_t *data, size_t size)
{
    static const char *const encodings[] = { "identity", "gzip", "deflate", "br" };
    size_t piece = size > 0 ? (size_t)(data[0] >> 2) + 1 : 1;

    if (size == 0)
        return;
    exchange_expect_encoding(exchange, encodings[data[0] & 3]);
    for (size_t at = 1; at < size; at += piece)
        exchange_add(exchange, (const char *)data + at, size - at < piece ? size - at : piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    size_t length = end ? (size_t)(end - data) : size;
    char *target = strndup((const char *)data, length);
    struct exchange *exchange = target ? exchange_new(target) : NULL;
    struct assay_response response = { 0 };

    if (exchange) {
        if (end)
            send_body(exchange, end + 1, size - length - 1);
        if (!exchange_answer(exchange, "POST", NULL, &response))
            abort();
        if (exchange_is_refused(exchange) != (response.status != 200))
            abort();
    }
    assay_response_clear(&response);
    exchange_free(exchange);
    free(target);
    return 0;
}
