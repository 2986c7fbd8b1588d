#include "engine/server/body.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { GZIP = 16 };

/* The caller frees it. */
static char *deflate_text(const char *text, size_t size, int format, size_t *packed_size)
{
    z_stream stream = { 0 };
    size_t room = size / 100 + 4096;
    char *packed = malloc(room);

    cr_assert(eq(int, deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + format, 9, 0), Z_OK));
    stream.next_in = (unsigned char *)text;
    stream.avail_in = (unsigned int)size;
    stream.next_out = (unsigned char *)packed;
    stream.avail_out = (unsigned int)room;
    cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
    *packed_size = room - stream.avail_out;
    (void)deflateEnd(&stream);
    return packed;
}

static enum body_fault add_in_pieces(struct body *body, const char *bytes, size_t size,
                                     size_t piece)
{
    for (size_t at = 0; at < size; at += piece)
        body_add(body, bytes + at, size - at < piece ? size - at : piece);
    return body_end(body);
}

Test(body, compressed_in_pieces_of_any_size_it_is_what_was_sent)
{
    static const size_t pieces[] = { 1, 7, 4096, 1000000 };
    size_t size = 300000;
    char *text = malloc(size);

    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 7);
    for (int format = 0; format <= GZIP; format += GZIP) {
        size_t packed_size = 0;
        char *packed = deflate_text(text, size, format, &packed_size);

        for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
            struct body body = { 0 };

            body_expect_compressed(&body);
            cr_assert(eq(int, (int)add_in_pieces(&body, packed, packed_size, pieces[i]), BODY_OK));
            cr_assert(eq(sz, body.size, size));
            cr_assert(zero(int, memcmp(body.data, text, size)));
            cr_assert(zero(int, body.data[size]));
            body_clear(&body);
        }
        free(packed);
    }
    free(text);
}

Test(body, what_is_cut_off_altered_or_followed_by_something_is_broken)
{
    char text[5000];
    size_t size = 0;
    char *packed = NULL;

    memset(text, 'x', sizeof text);
    packed = deflate_text(text, sizeof text, GZIP, &size);
    for (size_t cut = 0; cut < size; cut++) {
        struct body body = { 0 };

        body_expect_compressed(&body);
        cr_assert(eq(int, (int)add_in_pieces(&body, packed, cut, 8), BODY_BROKEN), "%zu", cut);
        cr_assert(zero(ptr, body.data));
        body_clear(&body);
    }
    for (size_t piece = 1; piece < size + 2; piece += size) {
        struct body body = { 0 };

        packed = realloc(packed, size + 1);
        packed[size] = 'x';
        body_expect_compressed(&body);
        cr_assert(eq(int, (int)add_in_pieces(&body, packed, size + 1, piece), BODY_BROKEN));
        body_clear(&body);
    }
    packed[size - 6] ^= 1; /* the checksum */
    {
        struct body body = { 0 };

        body_expect_compressed(&body);
        cr_assert(eq(int, (int)add_in_pieces(&body, packed, size, 100), BODY_BROKEN));
        body_clear(&body);
    }
    free(packed);
}

Test(body, a_small_one_that_grows_beyond_the_limit_is_too_large)
{
    size_t size = BODY_MAX + 1;
    char *text = calloc(1, size);
    size_t packed_size = 0;
    char *packed = deflate_text(text, size, GZIP, &packed_size);
    struct body body = { 0 };

    cr_assert(lt(sz, packed_size, size / 500));
    body_expect_compressed(&body);
    cr_assert(eq(int, (int)add_in_pieces(&body, packed, packed_size, 4096), BODY_TOO_LARGE));
    cr_assert(zero(ptr, body.data));
    body_clear(&body);
    free(packed);
    free(text);
}

Test(body, plain_up_to_the_limit_is_kept_and_one_byte_more_is_not)
{
    char *text = calloc(1, BODY_MAX + 1);
    struct body body = { 0 };

    cr_assert(eq(int, (int)add_in_pieces(&body, text, BODY_MAX, BODY_MAX / 3), BODY_OK));
    cr_assert(eq(sz, body.size, BODY_MAX));
    body_add(&body, "x", 1);
    cr_assert(eq(int, (int)body_end(&body), BODY_TOO_LARGE));
    body_clear(&body);
    body_add(&body, text, BODY_MAX + 1);
    cr_assert(eq(int, (int)body_end(&body), BODY_TOO_LARGE));
    body_clear(&body);
    free(text);
}
