/*
 * A page token, and a request with a position that begins with a line of its own: what is accepted
 * is written the same again, what was written is accepted, and with one bit changed no more.
 */
#include "engine/api/list/page_token.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const struct assay_error *err, const char *field)
{
    if (err->code != ASSAY_INVALID || strcmp(err->field, field) != 0 || !err->message[0])
        abort();
}

static void read_token(const char *text, const struct page_request *request)
{
    struct page_position position = { 0 };
    struct assay_error err = { 0 };
    char again[PAGE_TOKEN_TEXT];

    if (!page_token_read(text, request, &position, &err))
        check_refusal(&err, "page_token");
    else if (*text && strcmp(page_token_write(request, &position, again), text) != 0)
        abort();
}

static void read_size(const char *text)
{
    struct assay_error err = { 0 };
    int size = 0;

    if (!page_size_read(text, PAGE_SIZE_DEFAULT, &size, &err))
        check_refusal(&err, "page_size");
    else if (size < 1 || size > PAGE_SIZE_MAX)
        abort();
}

/* Writes the position that the text begins with, for a request of what follows. */
static void write_token(const char *text, size_t size)
{
    struct page_position position = { 0 };
    struct page_position back = { 0 };
    struct page_request request = { .collection = "studies", .filter = text };
    struct assay_error err = { 0 };
    char token[PAGE_TOKEN_TEXT];

    memcpy(&position, text, size < sizeof position ? size : sizeof position);
    (void)page_token_write(&request, &position, token);
    if (!page_token_read(token, &request, &back, &err) || back.key != position.key ||
        back.id != position.id)
        abort();
    token[size % (PAGE_TOKEN_TEXT - 1)] ^= 1;
    if (page_token_read(token, &request, &back, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    struct page_request request = { .collection = "customJobs" };

    if (!text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    read_token(text, &request);
    read_size(text);
    write_token(text, size);
    free(text);
    return 0;
}
