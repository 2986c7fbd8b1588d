#include "engine/api/list/page_token.h"

#include "assay/value.h"

#include <string.h>

/*
 * Version, key, id, hash of the request, hash of all before it; numbers have their highest byte
 * first. 33 bytes are 44 characters of base64 exactly: no padding, no bits to spare.
 */
enum {
    VERSION = 1,
    AT_KEY = 1,
    AT_ID = 9,
    AT_REQUEST = 17,
    AT_CHECK = 25,
    TOKEN_SIZE = 33,
    TOKEN_CHARS = PAGE_TOKEN_TEXT - 1,
};

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* The alphabet of RFC 4648, section 5. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* FNV-1a of 64 bits (Fowler, Noll, Vo): goes on from hash. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* With the terminating zero, so that no text runs into the next. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    if (!text)
        text = "";
    return hash_bytes(hash, text, strlen(text) + 1);
}

static uint64_t hash_request(const struct page_request *request)
{
    uint64_t hash = hash_text(HASH_START, request->collection);

    hash = hash_text(hash, request->parent);
    hash = hash_text(hash, request->filter);
    return hash_text(hash, request->order_by);
}

static void put_number(unsigned char *bytes, uint64_t number)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        bytes[i] = (unsigned char)number;
}

static uint64_t get_number(const unsigned char *bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

char *page_token_write(const struct page_request *request, const struct page_position *position,
                       char text[PAGE_TOKEN_TEXT])
{
    unsigned char bytes[TOKEN_SIZE] = { VERSION };

    put_number(bytes + AT_KEY, (uint64_t)position->key);
    put_number(bytes + AT_ID, (uint64_t)position->id);
    put_number(bytes + AT_REQUEST, hash_request(request));
    put_number(bytes + AT_CHECK, hash_bytes(HASH_START, bytes, AT_CHECK));
    for (int i = 0, at = 0; i < TOKEN_SIZE; i += 3, at += 4) {
        unsigned three = (unsigned)bytes[i] << 16 | (unsigned)bytes[i + 1] << 8 | bytes[i + 2];

        for (int j = 0; j < 4; j++)
            text[at + j] = alphabet[three >> (18 - 6 * j) & 63];
    }
    text[TOKEN_CHARS] = '\0';
    return text;
}

static bool decode(const char *text, unsigned char bytes[TOKEN_SIZE])
{
    if (strlen(text) != TOKEN_CHARS || strspn(text, alphabet) != TOKEN_CHARS)
        return false;
    for (int i = 0; i < TOKEN_SIZE; i += 3, text += 4) {
        unsigned three = 0;

        for (int j = 0; j < 4; j++)
            three = three << 6 | (unsigned)(strchr(alphabet, text[j]) - alphabet);
        bytes[i] = (unsigned char)(three >> 16);
        bytes[i + 1] = (unsigned char)(three >> 8);
        bytes[i + 2] = (unsigned char)three;
    }
    return true;
}

bool page_token_read(const char *text, const struct page_request *request,
                     struct page_position *position, struct assay_error *err)
{
    unsigned char bytes[TOKEN_SIZE];

    if (!text || !*text)
        return true;
    if (!decode(text, bytes) || bytes[0] != VERSION ||
        get_number(bytes + AT_CHECK) != hash_bytes(HASH_START, bytes, AT_CHECK))
        return assay_fail(err, ASSAY_INVALID, "page_token",
                          "this is no page token; send nextPageToken as it was received, or none "
                          "for the first page");
    if (get_number(bytes + AT_REQUEST) != hash_request(request))
        return assay_fail(err, ASSAY_INVALID, "page_token",
                          "this page token belongs to another list; parent, filter and orderBy "
                          "must stay the same from page to page");
    position->key = (int64_t)get_number(bytes + AT_KEY);
    position->id = (int64_t)get_number(bytes + AT_ID);
    return true;
}

bool page_size_read(const char *text, int default_size, int *size, struct assay_error *err)
{
    int64_t number = 0;

    if (text && *text && (!assay_integer_parse(text, &number) || number < 0 || number > INT32_MAX))
        return assay_fail(err, ASSAY_INVALID, "page_size",
                          "expected a whole number from 0 to %d, found \"%.64s\"", INT32_MAX, text);
    *size = number == 0 ? default_size : (number > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : (int)number);
    return true;
}
