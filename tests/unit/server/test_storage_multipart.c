#include "engine/server/storage_multipart.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What came of a body, as text: "[headers]bytes" for each part. */
struct told {
    FILE *out;
    char *text;
    size_t size;
};

static bool on_part(void *context, int number, const char *headers)
{
    struct told *told = context;
    const char *value = NULL;
    size_t size = multipart_header(headers, "content-type", &value);

    (void)fprintf(told->out, "[%d %.*s]", number, (int)size, value ? value : "");
    return true;
}

static bool on_bytes(void *context, int number, const char *bytes, size_t size)
{
    struct told *told = context;

    (void)number;
    (void)fwrite(bytes, 1, size, told->out);
    return true;
}

/* In pieces of that size; "" for one that is broken or not whole. The caller frees it. */
static char *read_body(const char *type, const char *body, size_t piece)
{
    struct told told = { 0 };
    const struct multipart_reader reader = { on_part, on_bytes, &told };
    struct multipart *multipart = multipart_new(type, &reader);
    bool is_ok = multipart != NULL;

    told.out = open_memstream(&told.text, &told.size);
    for (size_t at = 0, size = strlen(body); is_ok && at < size; at += piece)
        is_ok = multipart_add(multipart, body + at, piece < size - at ? piece : size - at);
    is_ok = is_ok && multipart_is_whole(multipart);
    (void)fclose(told.out);
    multipart_free(multipart);
    if (!is_ok)
        told.text[0] = '\0';
    return told.text;
}

/* However the body is cut. */
static void expect(const char *type, const char *body, const char *wanted)
{
    for (size_t piece = 1; piece <= strlen(body); piece++) {
        char *told = read_body(type, body, piece);

        cr_assert(eq(str, told, (char *)wanted), "in pieces of %zu", piece);
        free(told);
    }
}

static const char type[] = "multipart/related; boundary=\"==cut==\"";

Test(storage_multipart, parts_come_whole_however_the_body_is_cut)
{
    expect(type,
           "--==cut==\r\nContent-Type: application/json\r\n\r\n{}\r\n--==cut==\r\n"
           "content-type:text/plain\r\n\r\na\r\n--==cut\r\nb\n--==cut==x\r\n--==cut==--\r\nafter",
           "[0 application/json]{}[1 text/plain]a\r\n--==cut\r\nb\n--==cut==x");
}

Test(storage_multipart, lines_may_end_with_a_bare_line_feed)
{
    expect(type,
           "--==cut==\nContent-Type: a/json\n\n{}\n--==cut==\nContent-Type: b/c\n\nx\r\ny\r\n"
           "--==cut==--",
           "[0 a/json]{}[1 b/c]x\r\ny\r");
}

Test(storage_multipart, a_boundary_may_be_bare_and_a_part_without_headers_or_bytes)
{
    expect("multipart/mixed; boundary=c; x=y", "before\r\n--c  \r\n\r\n\r\n--c\r\n\r\n\r\n--c--",
           "[0 ][1 ]");
}

Test(storage_multipart, what_is_broken_or_cut_off_is_not_whole)
{
    static const char *const bodies[] = {
        "--==cut==\r\nA: b\r\n\r\nbytes",
        "--==cut==x\r\nA: b\r\n\r\nbytes\r\n--==cut==--",
        "",
        "no boundary at all",
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        expect(type, bodies[i], "");
}

Test(storage_multipart, headers_of_a_part_have_an_end)
{
    size_t size = 20000;
    char *body = malloc(size + 32);
    char *told = NULL;
    int head = snprintf(body, 32, "--==cut==\r\nA: ");

    memset(body + head, 'x', size - (size_t)head);
    body[size] = '\0';
    told = read_body(type, body, 100);
    cr_assert(eq(str, told, ""));
    free(told);
    free(body);
}

Test(storage_multipart, a_boundary_is_needed)
{
    const struct multipart_reader reader = { on_part, on_bytes, NULL };

    cr_assert(zero(ptr, (void *)multipart_new("multipart/related", &reader)));
    cr_assert(zero(ptr, (void *)multipart_new("multipart/related; boundary=\"\"", &reader)));
    cr_assert(zero(ptr, (void *)multipart_new("a; boundary=0123456789012345678901234567890123456789"
                                              "0123456789012345678901234567890",
                                              &reader)));
}
