/*
 * assay/utf8.h - the one place that knows how UTF-8 is built (RFC 3629).
 *
 * Inline, because the JSON reader and writer ask once per character. Pure functions.
 */
#ifndef ASSAY_UTF8_H
#define ASSAY_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes (1 to 4) of the character that begins at text, of which left bytes may be read; 0 when
 * they are no UTF-8: stray or missing continuation bytes, overlong forms, surrogates, more than
 * U+10FFFF.
 */
static inline size_t utf8_size(const char *text, size_t left)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char lowest = 0x80;
    unsigned char highest = 0xbf;
    size_t size = 0;

    if (left == 0)
        return 0;
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] < 0xc2 || byte[0] > 0xf4)
        return 0;
    size = byte[0] < 0xe0 ? 2 : (byte[0] < 0xf0 ? 3 : 4);
    if (size > left)
        return 0;
    /* Only the second byte tells the overlong, the surrogates and the too large ones. */
    if (byte[0] == 0xe0)
        lowest = 0xa0;
    if (byte[0] == 0xed)
        highest = 0x9f;
    if (byte[0] == 0xf0)
        lowest = 0x90;
    if (byte[0] == 0xf4)
        highest = 0x8f;
    if (byte[1] < lowest || byte[1] > highest)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return 0;
    }
    return size;
}

/* Characters in a text that is UTF-8: all bytes but the continuation bytes. */
static inline size_t utf8_count(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Writes the code point (a scalar value) to text and returns its bytes, 1 to 4. */
static inline size_t utf8_put(char *text, uint32_t code)
{
    size_t size = code < 0x80 ? 1 : (code < 0x800 ? 2 : (code < 0x10000 ? 3 : 4));
    static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = size - 1; i > 0; i--) {
        text[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    text[0] = (char)(first[size] | code);
    return size;
}

#endif
